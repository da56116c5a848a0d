// Runs the conformance suite of MCP on `goxe mcp` in front of a daemon of guests, which has what the
// suite asks for. Both sets of requirements, and no list of expected failures.
//
//   node run.mjs GOXE GUEST_HOST [REVISION...]
//
// Prints `ok REVISION SCENARIO` for each required scenario, then a table. Fails if one of them is
// missing, or if any of its checks failed or warned. What a revision does not require is told, and does
// not count.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "./http.mjs";

const modules = join(dirname(fileURLToPath(import.meta.url)), "node_modules");
const [goxe, host] = process.argv.slice(2, 4).map((path) => resolve(path));
const revisions = process.argv.length > 4 ? process.argv.slice(4) : ["2025-11-25", "2026-07-28"];
const suite = join(modules, "@modelcontextprotocol/conformance");
const folder = mkdtempSync(join(tmpdir(), "goxe-conformance."));
const quoted = (path) => `'${path.replaceAll("'", "'\\''")}'`;

// The scenarios that a revision requires of a server.
function required(revision) {
  const text = readFileSync(join(suite, "requirements", `${revision}.yaml`), "utf8");
  const section = text.split(/^server:$/m)[1].split(/^\S/m)[0];
  return [...section.matchAll(/^ {2}- (\S+)$/gm)].map(([, name]) => name);
}

// The checks of a scenario: their files lie in folders named after it.
function checks(results, scenario) {
  const own = new RegExp(`^server-${scenario}-\\d{4}-\\d{2}-\\d{2}T`);
  const folders = readdirSync(results).filter((name) => own.test(name));
  return folders.flatMap((name) => JSON.parse(readFileSync(join(results, name, "checks.json"), "utf8")));
}

// Runs what one revision requires. Returns how each scenario went: the number of its checks, or why not.
async function run(revision, url) {
  const results = join(folder, revision);
  const options = ["server", "--url", url, "--requirements", revision, "-o", results];
  const child = spawn(process.execPath, [join(suite, "dist/index.js"), ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (bytes) => (text += bytes));
  const [code] = await once(child, "close");
  const outcomes = new Map();
  for (const scenario of required(revision)) {
    const all = checks(results, scenario);
    const bad = all.filter(({ status }) => status === "FAILURE" || status === "WARNING");
    const good = all.length > 0 && bad.length === 0;
    outcomes.set(scenario, good ? all.length : "FAILED");
    console.log(`${good ? "ok" : "FAILED"} ${revision} ${scenario}`);
    if (all.length === 0) console.log("    it was not run");
    for (const { id, status, errorMessage } of bad) console.log(`    ${status} ${id}: ${errorMessage}`);
  }
  for (const line of text.split("Not scored for")[1]?.match(/^ {2}[✓✗] .*$/gm) ?? []) {
    console.log(`not required: ${revision} ${line.trim()}`);
  }
  const failed = [...outcomes.values()].filter((outcome) => outcome === "FAILED").length;
  if (code !== 0 && failed === 0) {
    console.log(text);
    throw new Error(`the suite ends with ${code}, and every check passed`);
  }
  return outcomes;
}

function table(all) {
  const scenarios = [...new Set(revisions.flatMap((revision) => [...all.get(revision).keys()]))];
  const width = Math.max(...scenarios.map((scenario) => scenario.length));
  const row = (name, cells) => console.log([name.padEnd(width), ...cells.map((cell) => String(cell).padStart(10))].join("  "));
  console.log("\nchecks that passed, by scenario and revision:");
  row("", revisions);
  for (const scenario of scenarios) row(scenario, revisions.map((revision) => all.get(revision).get(scenario) ?? "-"));
  let bad = 0;
  for (const revision of revisions) {
    const outcomes = [...all.get(revision).values()];
    const good = outcomes.filter((outcome) => outcome !== "FAILED").length;
    bad += outcomes.length - good;
    console.log(`conformance ${revision}: ${good} of ${outcomes.length} required scenarios`);
  }
  return bad;
}

const data = join(folder, "data");
const daemon = spawn(host, [data], { stdio: ["pipe", "pipe", "inherit"] });
let bad = 1;
try {
  await once(daemon.stdout, "data");
  const command = `${quoted(goxe)} mcp --data ${quoted(data)}`;
  const { url, close } = await serve(join(modules, "supergateway/dist/index.js"), command);
  try {
    const all = new Map();
    for (const revision of revisions) all.set(revision, await run(revision, url));
    bad = table(all);
  } finally {
    await close();
  }
} finally {
  daemon.stdin.end();
  if (daemon.exitCode === null) await once(daemon, "exit");
  rmSync(folder, { recursive: true, force: true });
}
process.exit(bad === 0 ? 0 : 1);
