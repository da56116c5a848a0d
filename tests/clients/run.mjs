// Runs clients of MCP that nobody here wrote, two at a time, and prints what passed: `run.mjs` for a
// fast part of them, `run.mjs --all` for all. `--packages` prints what has to be installed instead.
//
// A client's script prints `ok WHAT` for each thing that worked and `fact NAME: VALUE` for what was seen.
//
// GOXE_TEST_BIN     the goxe that is tested
// GOXE_TEST_CACHE   where the clients are installed, each in `clients/PACKAGE`

import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";

import { processesOf } from "./assistants/daemon.mjs";

const HERE = import.meta.dirname;
const AT_ONCE = 2;
/** Far above what the slowest client takes on a busy machine. */
const CLIENT_MS = 600_000;
/** How long what a client started may take to follow it. */
const LEAVE_MS = 20_000;

const python = (script, ...words) => (folder) => [join(folder, "bin/python"), join(HERE, "sdk", script), ...words];
/** A module finds its packages from where it lies. */
const typescript = (script, ...words) => (folder, place) => {
  symlinkSync(join(folder, "node_modules"), join(place, "node_modules"));
  for (const file of ["model.mjs", script]) copyFileSync(join(HERE, "sdk", file), join(place, file));
  return [process.execPath, join(place, script), ...words];
};
const assistant = (name) => () => [process.execPath, join(HERE, "assistants/run.mjs"), name];
const together = (...names) => () => [process.execPath, join(HERE, "assistants/together.mjs"), ...names];
const commandLine = (script) => () => [process.execPath, join(HERE, "cli", script)];

/** Every client: what it is called, the package of it, which of the package it is, how it runs. */
const CLIENTS = [
  { name: "Claude Code", from: "claude-code", is: "@anthropic-ai/claude-code", words: assistant("claude-code"), fast: true },
  { name: "Codex", from: "codex", is: "@openai/codex", words: assistant("codex") },
  { name: "OpenCode", from: "opencode", is: "opencode-ai", words: assistant("opencode") },
  { name: "Gemini CLI", from: "gemini-cli", is: "@google/gemini-cli", words: assistant("gemini-cli") },
  // Both are installed by the lines above.
  { name: "Claude Code, Codex together", from: "claude-code", is: "@anthropic-ai/claude-code", words: together("claude-code", "codex") },
  { name: "Inspector", from: "inspector", is: "@modelcontextprotocol/inspector", words: commandLine("inspector.mjs") },
  { name: "mcpdo", from: "inspector", is: "@modelcontextprotocol/inspector", words: commandLine("mcpdo.mjs") },
  { name: "mcp-cli", from: "mcp-cli", is: "@wong2/mcp-cli", words: commandLine("mcp-cli.mjs") },
  { name: "fastmcp", from: "fastmcp", is: "fastmcp", words: commandLine("fastmcp.mjs") },
  { name: "TypeScript client", from: "sdk", is: "@modelcontextprotocol/client", words: typescript("node_modern.mjs", "modern"), fast: true },
  { name: "TypeScript client, legacy", from: "sdk", is: "@modelcontextprotocol/client", words: typescript("node_modern.mjs", "legacy"), fast: true },
  { name: "TypeScript SDK", from: "sdk", is: "@modelcontextprotocol/sdk", words: typescript("node_legacy.mjs"), fast: true },
  { name: "Python SDK 2", from: "python-sdk-2", is: "mcp", words: python("python_modern.py"), fast: true },
  { name: "Python SDK 2, legacy", from: "python-sdk-2", is: "mcp", words: python("python_legacy.py"), fast: true },
  { name: "Python SDK 2, resources", from: "python-sdk-2", is: "mcp", words: python("python_offers.py", "modern"), fast: true },
  { name: "Python SDK 2, resources, legacy", from: "python-sdk-2", is: "mcp", words: python("python_offers.py", "legacy"), fast: true },
  { name: "Python SDK 1", from: "python-sdk-1", is: "mcp", words: python("python_legacy.py"), fast: true },
];

const { values: chosen } = parseArgs({ options: { all: { type: "boolean" }, packages: { type: "boolean" }, only: { type: "string" } } });
const clients = CLIENTS.filter(({ name, fast }) => (chosen.only ? name === chosen.only : chosen.all || fast));
if (chosen.packages) {
  console.log([...new Set(clients.map(({ from }) => from))].join("\n"));
} else {
  process.exitCode = (await runAll()) ? 0 : 1;
}

async function runAll() {
  const waiting = [...clients];
  const rows = [];
  const lane = async () => {
    for (let client; (client = waiting.shift()); ) rows.push(await runOne(client));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  rows.sort((one, other) => clients.indexOf(one.client) - clients.indexOf(other.client));
  print(rows);
  return rows.every(({ failed }) => !failed);
}

async function runOne(client) {
  const place = mkdtempSync(join(tmpdir(), "goxe-c-"));
  const folder = join(process.env.GOXE_TEST_CACHE, "clients", client.from);
  const begin = Date.now();
  let log;
  let code;
  try {
    [code, log] = await run(client.words(folder, place), { ...process.env, GOXE_TEST_CLIENT: folder, TMPDIR: place });
    for (const [pid, command] of await remaining(place)) {
      log += `\nleft running: ${pid} ${command}`;
      process.kill(pid, "SIGKILL");
      code = "left processes";
    }
  } finally {
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  }
  const seconds = ((Date.now() - begin) / 1000).toFixed(1);
  const passed = [...log.matchAll(/^ok (.*)$/gm)].map(([, what]) => what);
  const failed = code !== 0 || passed.length === 0;
  if (failed) console.log(`${log.trimEnd()}\n`);
  console.log(`   ${client.name}: ${failed ? `FAILED with ${code}` : `${passed.length} ok`}, ${seconds} s`);
  return { client, passed, failed, facts: facts(log), seconds };
}

/** What still runs of a client once it had time to leave. */
async function remaining(place) {
  if (!existsSync("/proc/self")) return [];
  const deadline = Date.now() + LEAVE_MS;
  while (processesOf(place).length > 0 && Date.now() < deadline) await setTimeout(50);
  return processesOf(place);
}

/** Runs a program to its end in a process group of its own: [exit code, output]. */
function run([program, ...words], env) {
  return new Promise((resolve) => {
    const child = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let log = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (log += piece));
    const done = new AbortController();
    const late = () => {
      log += `\nnot done in ${CLIENT_MS} ms`;
      process.kill(-child.pid, "SIGKILL");
    };
    setTimeout(CLIENT_MS, undefined, { signal: done.signal }).then(late, () => {});
    child.once("error", (error) => {
      done.abort();
      resolve(["no start", `${log}${error}`]);
    });
    child.once("close", (code, signal) => {
      done.abort();
      resolve([code ?? signal, log]);
    });
  });
}

function facts(log) {
  const found = {};
  for (const [, name, value] of log.matchAll(/^fact ([^:]+): (.*)$/gm)) (found[name] ??= []).push(value);
  return found;
}

function print(rows) {
  const head = ["client", "version", "says it is", "MCP", "passed", "seconds"];
  const cells = rows.map(({ client, passed, failed, facts, seconds }) => {
    const spoken = (facts.spoke ?? []).map((spoke) => spoke.split(", MCP "));
    const unique = (column) => [...new Set(spoken.map((spoke) => spoke[column]))].join(", ");
    return [client.name, version(client), unique(0), unique(1), failed ? "FAILED" : String(passed.length), seconds];
  });
  const table = [head, ...cells];
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  console.log();
  for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
  for (const { client, facts } of rows) {
    for (const name of ["image", "author", "refused"]) for (const value of new Set(facts[name])) console.log(`${client.name}, ${name}: ${value}`);
  }
  console.log();
  for (const { client } of rows.filter(({ failed }) => failed)) console.log(`FAILED: ${client.name}`);
  const failures = rows.filter(({ failed }) => failed).length;
  console.log(`clients: ${rows.reduce((sum, { passed }) => sum + passed.length, 0)} ok, ${failures} failed`);
}

/** The version that the package pins. */
function version({ from, is }) {
  const folder = join(HERE, "packages", from);
  if (readdirSync(folder).includes("package.json")) {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).dependencies[is];
  }
  return new RegExp(`^${is}==(.*)$`, "m").exec(readFileSync(join(folder, "requirements.txt"), "utf8"))[1];
}
