// What every client on the command line gets: a home and a data folder of its own, and the model it builds.
//
// GOXE_TEST_BIN     the goxe that is tested
// GOXE_TEST_CLIENT  the folder that holds the client

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const GOXE = process.env.GOXE_TEST_BIN;
/** A resource that is there without a daemon. */
export const GUIDE = "goxe://guide";
const RUN_MS = 60_000;
const EDITS = [{ edit: "box", min: [0, 0, 0], max: [9, 9, 9], color: "#808080" }];

export const ok = (what) => console.log("ok", what);
export const fact = (what, value) => console.log(`fact ${what}: ${value}`);

/** Runs `work` with a place for one client, whose daemon is stopped at the end. */
export async function inPlace(work) {
  const folder = mkdtempSync(join(tmpdir(), "goxe-client-"));
  const home = join(folder, "home");
  const data = join(folder, "data");
  mkdirSync(home);
  const client = process.env.GOXE_TEST_CLIENT;
  const path = [join(client, "node_modules/.bin"), join(client, "bin"), join(process.execPath, ".."), "/usr/bin", "/bin"];
  const env = { HOME: home, PATH: path.join(":"), LANG: "C.UTF-8", TERM: "dumb", CI: "true", FASTMCP_CHECK_FOR_UPDATES: "off" };
  /** What a program prints, and the code it leaves with. */
  const run = (program, words) => {
    const { status, stdout, stderr, error } = spawnSync(program, words, { env, timeout: RUN_MS, cwd: home, maxBuffer: 1 << 26 });
    return { status, error, text: String(stdout), said: `${program} ${words.join(" ")}: ${status} ${stdout}${stderr}`.slice(0, 4000) };
  };
  try {
    await work({ folder, server: [GOXE, "mcp", "--data", data], run });
  } finally {
    const stopped = spawnSync(GOXE, ["daemon", "stop", "--data", data], { timeout: RUN_MS, env });
    assert.equal(stopped.status, 0, String(stopped.stderr));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The JSON that a program prints; it must have gone well. */
export function json(ran) {
  assert.equal(ran.status, 0, ran.said);
  return JSON.parse(ran.text);
}

/** Builds a model through `call(tool, arguments)`, which returns the tool's result, and looks at it. */
export async function build(call, project) {
  const data = async (tool, args) => {
    const result = await call(tool, args);
    assert(!result.isError && !result.is_error, JSON.stringify(result));
    return result.structuredContent ?? result.structured_content;
  };
  const { name, version, protocol } = (await data("engine_health", {})).bridge.client;
  fact("spoke", `${name} ${version}, MCP ${protocol}`);
  await data("project", { action: "create", project });
  assert.equal((await data("voxels_edit", { project, edits: EDITS })).added, 1000);
  assert.equal((await data("project_info", { project })).voxels, 1000);
  ok("builds a model");
  const seen = await call("render_view", { project, width: 64, height: 48 });
  const [image] = seen.content.filter(({ type }) => type === "image");
  const picture = Buffer.from(image.data, "base64");
  assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [64, 48]);
  ok("sees the render as an image");
  return protocol;
}

/** Checks that a wrong edit is refused with the next call to make. */
export function refuses(text) {
  assert.match(text, /Next: voxels_edit \{/, text.slice(0, 4000));
  ok("is told what is wrong with an edit, and the next call");
}

/** An edit that nobody can do. */
export const wrong = (project) => ({ project, edits: [{ edit: "box" }] });
