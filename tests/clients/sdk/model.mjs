// What every TypeScript client does: list the tools, build a model, look at it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const GOXE = process.env.GOXE_TEST_BIN;
const TOOLS = [
  "engine_health", "history", "job", "layers_edit", "project",
  "project_info", "render_view", "voxels_edit", "voxels_find", "voxels_read",
];
const EDITS = [
  { edit: "box", min: [0, 0, 0], max: [15, 15, 3], color: "#808080" },
  { edit: "sphere", center: [8, 8, 9], radius: 5, color: "#c81e1e" },
  { edit: "set", voxels: [{ at: [0, 0, 4], color: "#00ff00" }] },
];
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export const ok = (what) => console.log("ok", what);

/** Runs `work(server)` against a data folder of its own, whose daemon is stopped at the end. */
export async function inPlace(work) {
  const folder = mkdtempSync(join(tmpdir(), "goxe-client-"));
  const env = { PATH: process.env.PATH, HOME: process.env.HOME ?? "/", GOXE_DATA: folder };
  try {
    await work({ command: GOXE, args: ["mcp"], env });
  } finally {
    const stopped = spawnSync(GOXE, ["daemon", "stop", "--data", folder], { timeout: 60_000 });
    assert.equal(stopped.status, 0, String(stopped.stderr));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Drives one connected client through the whole of it. */
export async function build(client) {
  const { tools } = await client.listTools();
  const names = new Set(tools.map((tool) => tool.name));
  for (const name of TOOLS) assert(names.has(name), `the tool ${name} is missing`);
  ok("lists the tools");

  const call = async (name, args) => {
    const answer = await client.callTool({ name, arguments: args });
    assert(!answer.isError, `${name} answered ${JSON.stringify(answer)}`);
    return answer;
  };
  const data = async (name, args) => {
    const answer = await call(name, args);
    assert(answer.structuredContent, `${name} has no structured answer`);
    return answer.structuredContent;
  };

  await call("project", { action: "create", project: "castle" });
  ok("creates a project");

  const edited = await data("voxels_edit", { project: "castle", edits: EDITS, label: "first" });
  assert(edited.added > 1024, JSON.stringify(edited));
  ok("edits voxels");

  const wrong = { project: "castle", edits: [EDITS[0], { edit: "box" }] };
  const refused = await client.callTool({ name: "voxels_edit", arguments: wrong });
  assert(refused.isError, "a wrong edit was not refused");
  ok("is told what is wrong with an edit");

  const undone = await data("history", { action: "undo", project: "castle" });
  assert.equal(undone.edit.removed, edited.added);
  await data("history", { action: "redo", project: "castle" });
  const info = await data("project_info", { project: "castle" });
  assert.equal(info.voxels, edited.added);
  ok("undoes and redoes");

  const answer = await call("render_view", { project: "castle", width: 160, height: 120 });
  const images = answer.content.filter((block) => block.type === "image");
  assert.equal(images.length, 1, "no image block");
  assert.equal(images[0].mimeType, "image/png");
  const picture = Buffer.from(images[0].data, "base64");
  assert(picture.subarray(0, 8).equals(PNG), "no PNG");
  assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [160, 120]);
  ok("sees the render as an image");

  const { name, version, protocol } = (await data("engine_health", {})).bridge.client;
  console.log(`fact spoke: ${name} ${version}, MCP ${protocol}`);
  ok("asks for the health");
}
