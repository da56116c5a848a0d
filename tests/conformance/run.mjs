// Runs the conformance suite on `goxe mcp` in front of a daemon of guests, and prints what passed.
//
//   node run.mjs GOXE GUEST_HOST NODE_MODULES [REVISION...]
//
// Prints `ok REVISION SCENARIO` for each required scenario, and fails if one of them is missing or any
// of its checks failed or warned. What a revision does not require is told, and does not count.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { serve } from "./http.mjs";

const [goxe, host, modules, ...only] = process.argv.slice(2).map((path, i) => (i < 3 ? resolve(path) : path));
const revisions = only.length > 0 ? only : ["2025-11-25", "2026-07-28"];
const suite = join(modules, "@modelcontextprotocol/conformance");
const folder = mkdtempSync(join(tmpdir(), "goxe-conformance."));
const quoted = (path) => `'${path.replaceAll("'", "'\\''")}'`;

// The scenarios that a revision requires of a server.
function required(revision) {
  const text = readFileSync(join(suite, "requirements", `${revision}.yaml`), "utf8");
  const section = text.split(/^server:$/m)[1].split(/^\S/m)[0];
  return [...section.matchAll(/^ {2}- (\S+)$/gm)].map(([, name]) => name);
}

// The checks of a scenario that are no success: their files lie in folders named after it.
function complaints(results, scenario) {
  const own = new RegExp(`^server-${scenario}-\\d{4}-\\d{2}-\\d{2}T`);
  const folders = readdirSync(results).filter((name) => own.test(name));
  const checks = folders.flatMap((name) => JSON.parse(readFileSync(join(results, name, "checks.json"), "utf8")));
  if (checks.length === 0) return ["it was not run"];
  return checks
    .filter(({ status }) => status === "FAILURE" || status === "WARNING")
    .map(({ id, status, errorMessage }) => `${status} ${id}: ${errorMessage}`);
}

async function run(revision, url) {
  const results = join(folder, revision);
  const options = ["server", "--url", url, "--requirements", revision, "-o", results];
  const child = spawn(process.execPath, [join(suite, "dist/index.js"), ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (bytes) => (text += bytes));
  const [code] = await once(child, "exit");
  const scenarios = required(revision);
  let bad = 0;
  for (const scenario of scenarios) {
    const found = complaints(results, scenario);
    if (found.length === 0) {
      console.log(`ok ${revision} ${scenario}`);
    } else {
      bad += 1;
      console.log(`FAILED ${revision} ${scenario}`);
      for (const line of found) console.log(`    ${line}`);
    }
  }
  const extra = text.split("Not scored for")[1]?.match(/^ {2}[✓✗] .*$/gm) ?? [];
  for (const line of extra) console.log(`not required: ${revision}${line.replace(/^ /, "")}`);
  if (code !== 0 && bad === 0) {
    console.log(text);
    bad = 1;
  }
  console.log(`${revision}: ${scenarios.length - bad} of ${scenarios.length} required scenarios, exit ${code}`);
  return bad;
}

const data = join(folder, "data");
const daemon = spawn(host, [data], { stdio: ["pipe", "pipe", "inherit"] });
let bad = 0;
try {
  await once(daemon.stdout, "data");
  const { url, close } = await serve(
    join(modules, "supergateway/dist/index.js"),
    `${quoted(goxe)} mcp --data ${quoted(data)}`,
  );
  for (const revision of revisions) bad += await run(revision, url);
  await close();
} finally {
  daemon.stdin.end();
  if (daemon.exitCode === null) await once(daemon, "exit");
  rmSync(folder, { recursive: true, force: true });
}
process.exit(bad === 0 ? 0 : 1);
