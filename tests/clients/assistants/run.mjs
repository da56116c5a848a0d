// Runs one real assistant against a scripted model: `run.mjs NAME`. It prints `ok WHAT` for each thing
// that worked and `fact NAME: VALUE` for what was seen, and fails with what went wrong.
//
// GOXE_TEST_BIN     the goxe that is tested
// GOXE_TEST_CLIENT  the folder that holds the assistant's node_modules
// GOXE_TEST_DUMP    a folder for everything that the model was sent

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";

import { Daemon, parentOf, processesOf } from "./daemon.mjs";
import { ASSISTANTS, furnish } from "./homes.mjs";
import { LABELS, PROJECT, abandoned, expected, session } from "./session.mjs";
import { MARK, Stub } from "./stub.mjs";

const SESSION_MS = 120_000;
/** How long an assistant may take to leave once its work is done. */
const LEAVE_MS = 20_000;

const [name] = parseArgs({ allowPositionals: true }).positionals;
const assistant = ASSISTANTS[name];
assert(assistant, `one of: ${Object.keys(ASSISTANTS).join(", ")}`);

const place = mkdtempSync(join(tmpdir(), "goxe-assistant-"));
const home = join(place, "home");
const work = join(home, "work");
mkdirSync(work, { recursive: true });
const path = join(process.env.GOXE_TEST_CLIENT, "node_modules", ".bin");
const plain = { HOME: home, PATH: `${join(process.execPath, "..")}:/usr/bin:/bin`, LANG: "C.UTF-8", CI: "true" };

const note = (what, value) =>
  console.log(value === undefined ? `ok ${what}` : `fact ${what}: ${String(value).replaceAll("\n", " | ")}`);
let died;
const daemon = new Daemon(process.env.GOXE_TEST_BIN, join(place, "data"), plain);
const started = [];
let output = "";
let requests = [];
try {
  await withStub(session(daemon, note), converse);
  verify();
  await withStub(abandoned(daemon, die), abandon);
} catch (error) {
  console.error(output.slice(-8000));
  console.error(`requests: ${requests.join(", ")}`);
  throw error;
} finally {
  await end();
}

async function withStub(session, work) {
  const stub = new Stub(assistant.wire, session, process.env.GOXE_TEST_DUMP);
  await stub.listen();
  requests = stub.requests;
  try {
    furnish(assistant, name, home, stub.url, daemon);
    await work(stub);
    if (stub.outside.size > 0) note("refused", `${[...stub.outside].sort().join(", ")} (asked of the proxy)`);
  } finally {
    stub.close();
  }
}

function start(stub) {
  const environment = { ...plain, ...proxies(stub.url), ...assistant.environment(stub.url) };
  const child = spawn(join(path, assistant.program), assistant.words(MARK), {
    cwd: work, env: environment, stdio: ["ignore", "pipe", "pipe"], detached: true,
  });
  started.push(child);
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (output += piece));
  return child;
}

async function converse(stub) {
  note("is set up by goxe mcp config --write");
  const child = start(stub);
  const left = new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signal)));
  const first = await within(SESSION_MS, Promise.race([stub.ended, left]), "the session did not end");
  if (stub.failure) throw stub.failure;
  assert(stub.finished, `the assistant left with ${first} before the session ended`);
  assert.equal(await within(LEAVE_MS, left, "the assistant did not leave"), 0, "the assistant's exit code");
  note("leaves by itself");
}

/** What holds of the project, asked for without the assistant. */
function verify() {
  const wanted = expected();
  const found = daemon.voxels(PROJECT);
  assert.deepEqual([...found].sort(), [...wanted].sort());
  const { groups } = daemon.ask("history.list", { project: PROJECT });
  assert.deepEqual(groups.filter((group) => !group.undone).map((group) => group.label), LABELS);
  assert.equal(daemon.kills, 2);
  note(`left exactly the ${wanted.size} voxels it should, each edit done once`);
}

/** The assistant is killed while a call is at work: its bridge goes, and nothing else does. */
async function abandon(stub) {
  start(stub);
  const dead = new Promise((resolve) => (died = resolve));
  await within(SESSION_MS, Promise.race([dead, stub.ended]), "nobody died");
  if (stub.failure) throw stub.failure;
  const { pid } = daemon.endpoint();
  await leave(() => processesOf(daemon.data).filter(([other]) => other !== pid), "the bridge outlived its assistant");
  assert.equal(daemon.ask("system.status", {}).pid, pid);
  // What was at work leaves nothing behind, whether it was done or not.
  assert.deepEqual([...daemon.voxels(PROJECT)].sort(), [...expected()].sort());
  note("is killed in a call, and the bridge leaves the daemon alone");
}

/** Kills the process that started the bridge; the program that was started may be a wrapper of it. */
function die() {
  const { pid } = daemon.endpoint();
  const bridges = processesOf(daemon.data).filter(([other]) => other !== pid);
  assert.equal(bridges.length, 1, JSON.stringify(bridges));
  process.kill(parentOf(bridges[0][0]), "SIGKILL");
  died();
}

/** Waits until `look` finds no process any more. */
async function leave(look, what) {
  const deadline = Date.now() + LEAVE_MS;
  for (let left; (left = look()).length > 0; await setTimeout(20)) {
    assert(Date.now() < deadline, `${what}: ${JSON.stringify(left)}`);
  }
}

/** Ends what was started, by name of its own folder, and says so if the assistant left something. */
async function end() {
  for (const child of started) {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // The whole group has left.
    }
  }
  daemon.stop();
  try {
    await leave(() => processesOf(place), "processes outlived the session");
  } finally {
    for (const [pid] of processesOf(place)) process.kill(pid, "SIGKILL");
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  }
  note("left no process behind");
}

/** Everything that is not on the loopback goes to the stub, which refuses it. */
function proxies(url) {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
  const loopback = "127.0.0.1,localhost,::1";
  return { ...Object.fromEntries(names.map((word) => [word, url])), NO_PROXY: loopback, no_proxy: loopback };
}

async function within(ms, promise, what) {
  const done = new AbortController();
  const late = setTimeout(ms, undefined, { signal: done.signal }).then(() => {
    throw new Error(`${what} in ${ms} ms`);
  }, () => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    done.abort();
  }
}
