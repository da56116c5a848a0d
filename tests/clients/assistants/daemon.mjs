// The daemon behind the assistant, from outside: found by its data folder, asked by the command line,
// killed without a word.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

const WAIT_MS = 20_000;

export class Daemon {
  constructor(goxe, data, env) {
    Object.assign(this, { goxe, data, env });
    this.kills = 0;
  }

  /** What `goxe ARGUMENTS` prints. */
  command(...words) {
    return this.commandAt(this.env.HOME, ...words);
  }

  /** The same for whoever lives in this home. */
  commandAt(home, ...words) {
    const env = { ...this.env, HOME: home };
    const ran = spawnSync(this.goxe, [...words, "--data", this.data], { env, timeout: 60_000 });
    assert.equal(ran.status, 0, `goxe ${words.join(" ")}: ${ran.stderr}`);
    return ran.stdout.toString();
  }

  /** One method, by `goxe call`: another client than the assistant's. */
  ask(method, params) {
    return JSON.parse(this.command("call", method, JSON.stringify(params)));
  }

  /** The voxels of a project as a map from "x,y,z" to colour. */
  voxels(project) {
    const found = new Map();
    let cursor;
    do {
      const page = this.ask("voxel.read", { project, cursor, limit: 10_000 });
      for (const { at, color } of page.voxels) found.set(at.join(), color);
      ({ cursor } = page);
    } while (cursor);
    return found;
  }

  /** The undo groups of a project that stand, newest first. */
  groups(project) {
    return this.ask("history.list", { project, limit: 100 }).groups.filter(({ undone }) => !undone);
  }

  /** A render as goxe makes it. */
  picture(params) {
    const file = join(this.data, "..", "picture.png");
    this.command("call", "render.image", JSON.stringify(params), "--save", file, "--overwrite");
    return readFileSync(file);
  }

  endpoint() {
    return JSON.parse(readFileSync(join(this.data, "endpoint.json"), "utf8"));
  }

  /** Kills it, and returns once nobody listens any more. */
  async kill() {
    const { socket } = this.endpoint();
    this.killNow();
    const deadline = Date.now() + WAIT_MS;
    while (await Line.answers(socket)) {
      assert(Date.now() < deadline, "a killed daemon still listens");
    }
  }

  /** Does `act` as soon as a call of somebody else is at work on one of its lanes. */
  hit(act) {
    let isOver = false;
    const look = async () => {
      const line = await Line.open(this.endpoint().socket);
      let status;
      do {
        status = await line.ask("system.status");
      } while (!isOver && (status.lanes_busy === 0 || status.calls_in_flight === 0));
      line.close();
      if (isOver) return false;
      act();
      return true;
    };
    const looking = look();
    // A failure is told where it is waited for.
    looking.catch(() => {});
    /** Gives up, and tells whether it was done: a call may be faster than we look. */
    return () => {
      isOver = true;
      return looking;
    };
  }

  /** Kills it, whatever it does. */
  killNow() {
    process.kill(this.endpoint().pid, "SIGKILL");
    this.kills += 1;
  }

  stop() {
    if (existsSync(join(this.data, "endpoint.json"))) this.command("daemon", "stop");
  }
}

/** A connection that speaks one JSON message a line. */
class Line {
  static async open(path) {
    const line = new Line();
    line.socket = connect(path);
    line.text = "";
    line.waiting = [];
    line.socket.on("data", (piece) => line.take(piece));
    line.socket.on("close", () => line.waiting.shift()?.reject(new Error("the daemon hung up")));
    await new Promise((resolve, reject) => {
      line.socket.once("connect", resolve);
      line.socket.on("error", reject);
    });
    return line;
  }

  /** Whether somebody accepts on this socket. */
  static async answers(path) {
    try {
      (await Line.open(path)).close();
      return true;
    } catch {
      return false;
    }
  }

  take(piece) {
    this.text += piece;
    for (let end; (end = this.text.indexOf("\n")) >= 0; this.text = this.text.slice(end + 1)) {
      this.waiting.shift()?.resolve(JSON.parse(this.text.slice(0, end)).result);
    }
  }

  ask(method) {
    this.socket.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method })}\n`);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  close() {
    this.socket.destroy();
  }
}

/** The process that started another one. */
export function parentOf(pid) {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
}

/** Processes whose environment or arguments name this folder, but for us: [pid, command] of each. */
export function processesOf(folder) {
  const found = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      const where = readFileSync(`/proc/${pid}/environ`, "utf8") + command + readlinkSync(`/proc/${pid}/cwd`);
      if (where.includes(folder)) found.push([Number(pid), command]);
    } catch {
      // Gone meanwhile, or somebody else's.
    }
  }
  return found;
}
