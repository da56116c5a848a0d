// Where assistants run: a folder with a home for each, one daemon, and an end that leaves nothing running.
//
// GOXE_TEST_BIN     the goxe that is tested
// GOXE_TEST_CLIENT  the folder that holds an assistant's node_modules; those of others lie beside it
// GOXE_TEST_DUMP    a folder for everything that the models were sent

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { Daemon, processesOf } from "./daemon.mjs";
import { ASSISTANTS, furnish } from "./homes.mjs";
import { MARK, Stub } from "./stub.mjs";

export const SESSION_MS = 240_000;
/** How long an assistant may take to leave once its work is done. */
const LEAVE_MS = 20_000;

/** Prints what worked, or what was seen. */
export const note = (what, value) =>
  console.log(value === undefined ? `ok ${what}` : `fact ${what}: ${String(value).replaceAll("\n", " | ")}`);

/** Runs `work(place)`, and ends what it started. */
export async function inPlace(work) {
  const place = new Place();
  try {
    await work(place);
  } catch (error) {
    for (const { name, output, stub } of place.seats) {
      console.error(`${name}: ${stub.requests.join(", ")}\n${output.slice(-8000)}`);
    }
    throw error;
  } finally {
    await place.end();
  }
}

class Place {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "goxe-assistant-"));
    const path = `${dirname(process.execPath)}:/usr/bin:/bin`;
    // Nobody here may find the home of whoever runs the tests.
    this.plain = { HOME: this.folder, PATH: path, LANG: "C.UTF-8", CI: "true" };
    this.daemon = new Daemon(process.env.GOXE_TEST_BIN, join(this.folder, "data"), this.plain);
    this.seats = [];
  }

  /** Gives an assistant a session; `work(seat)` runs it, to its end if nothing else is said. */
  async seat(name, session, work = (seat) => this.run(seat)) {
    const assistant = ASSISTANTS[name];
    assert(assistant, `one of: ${Object.keys(ASSISTANTS).join(", ")}`);
    const home = join(this.folder, name);
    mkdirSync(join(home, "work"), { recursive: true });
    const dump = process.env.GOXE_TEST_DUMP && join(process.env.GOXE_TEST_DUMP, `${name}-${this.seats.length}`);
    const seat = { name, assistant, home, output: "", stub: new Stub(assistant.wire, session, dump) };
    this.seats.push(seat);
    await seat.stub.listen();
    try {
      furnish(assistant, name, home, seat.stub.url, this.daemon);
      await work(seat);
      const { outside } = seat.stub;
      if (outside.size > 0) note("refused", `${[...outside].sort().join(", ")} (asked of the proxy)`);
    } finally {
      seat.stub.close();
    }
  }

  /** Starts the assistant of a seat. */
  start(seat) {
    const { name, assistant, home, stub } = seat;
    const program = join(process.env.GOXE_TEST_CLIENT, "..", name, "node_modules/.bin", assistant.program);
    const env = { ...this.plain, HOME: home, ...proxies(stub.url), ...assistant.environment(stub.url) };
    const stdio = ["ignore", "pipe", "pipe"];
    seat.child = spawn(program, assistant.words(MARK), { cwd: join(home, "work"), env, stdio, detached: true });
    for (const stream of [seat.child.stdout, seat.child.stderr]) stream.on("data", (piece) => (seat.output += piece));
    return new Promise((resolve) => seat.child.once("close", (code, signal) => resolve(code ?? signal)));
  }

  /** Runs the assistant of a seat until its session is over and it has left. */
  async run(seat) {
    const { stub } = seat;
    const left = this.start(seat);
    const first = await within(SESSION_MS, Promise.race([stub.ended, left]), "the session did not end");
    if (stub.failure) throw stub.failure;
    assert(stub.finished, `the assistant left with ${first} before the session ended`);
    assert.equal(await within(LEAVE_MS, left, "the assistant did not leave"), 0, "the assistant's exit code");
  }

  /** Ends what was started, by name of its own folder, and says so if something outlived the sessions. */
  async end() {
    for (const { child } of this.seats.filter((seat) => seat.child)) {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // The whole group has left.
      }
    }
    this.daemon.stop();
    try {
      await gone(() => processesOf(this.folder), "processes outlived the session");
    } finally {
      for (const [pid] of processesOf(this.folder)) process.kill(pid, "SIGKILL");
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    }
    note("left no process behind");
  }
}

/** Waits until `look` finds no process any more. */
export async function gone(look, what) {
  const deadline = Date.now() + LEAVE_MS;
  for (let left; (left = look()).length > 0; await setTimeout(20)) {
    assert(Date.now() < deadline, `${what}: ${JSON.stringify(left)}`);
  }
}

/** Everything that is not on the loopback goes to the stub, which refuses it. */
function proxies(url) {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
  const loopback = "127.0.0.1,localhost,::1";
  return { ...Object.fromEntries(names.map((word) => [word, url])), NO_PROXY: loopback, no_proxy: loopback };
}

/** What a promise comes to, unless it takes longer than this. */
export async function within(ms, promise, what) {
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
