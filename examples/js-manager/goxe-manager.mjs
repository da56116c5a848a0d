// Keeps a goxe daemon running from Node, and tells what happens to it. One file, no dependencies.
//
// Everything goes through the command line: `goxe daemon start --json --events` starts, `goxe daemon
// status --json --events` tells what happens, a line of JSON each. So the daemon outlives this process,
// other programs share it, and nothing here polls.

import { spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { createInterface } from "node:readline";

/** Health checks in a row without an answer that cost a daemon its life. */
const FAILURES_MAX = 3;
/** A daemon that lived this long did start; one that did not is restarted after a pause. */
const STABLE_MS = 30_000;
/** The pause before the second restart in a row; it doubles up to the longest. */
const BACKOFF_MS = 500;
const BACKOFF_MS_MAX = 30_000;

/** Why goxe did not do what it was asked for, in its own words. */
export class GoxeError extends Error {
  constructor(message, { kind = "failed", code = null, hint = "" } = {}) {
    super(hint ? `${message} (${hint})` : message);
    this.name = "GoxeError";
    /** The exact cause, such as `no_daemon`. */
    this.kind = kind;
    /** Exit code of goxe: 1 failed, 2 usage or configuration, 3 no daemon, 4 not permitted. */
    this.code = code;
    this.hint = hint;
  }
}

/**
 * The daemon of one data folder.
 *
 * Events: `started` {pid, epoch, started}, `stopped` {pid, epoch, reason}, `health_check` {pid, healthy,
 * latencyMs}, `progress` (each line of a start), `failed` (an Error: a start or restart did not work).
 */
export class GoxeManager extends EventEmitter {
  #options;
  #wanted = false;
  #epoch = null;
  #startedAt = 0;
  #failures = 0;
  #backoffMs = 0;
  #starting = null;
  #watcher = null;
  #timer = null;

  /**
   * @param {object} [options]
   * @param {boolean} [options.autoStart] start the daemon at once (true)
   * @param {boolean} [options.restartOnFailure] start it again when it falls or hangs (true)
   * @param {number} [options.healthCheckTimeoutMs] how long a health check may take (GOXE_HEALTH_TIMEOUT, else 2 s)
   * @param {number} [options.healthCheckIntervalMs] how often health is asked for (10 s)
   * @param {number} [options.startupTimeoutMs] how long a start may take without progress (GOXE_STARTUP_TIMEOUT, else 30 s)
   * @param {string} [options.socketPath] where the daemon listens (GOXE_SOCKET, else the platform's place)
   * @param {string} [options.dataPath] its data folder, which is the daemon (GOXE_DATA, else the user's own)
   * @param {string} [options.program] the goxe program (GOXE_BIN, else `goxe` in the PATH)
   */
  constructor(options = {}) {
    super();
    const { autoStart = true, restartOnFailure = true, ...rest } = options;
    this.#options = { autoStart, restartOnFailure, ...rest };
    if (autoStart) {
      // Who listens to nothing yet gets to hear of it.
      queueMicrotask(() => this.start().catch((error) => this.emit("failed", error)));
    }
  }

  /** Starts the daemon if none runs, and returns once it answers: {pid, socket, epoch, started, ...}. */
  start() {
    this.#wanted = true;
    return this.#starting ?? this.#busy(this.#start());
  }

  /** Notes that a daemon is on its way, so that nobody else sees to it. */
  #busy(work) {
    const starting = work.finally(() => {
      if (this.#starting === starting) this.#starting = null;
    });
    return (this.#starting = starting);
  }

  async #start() {
    clearTimeout(this.#timer);
    let ready = null;
    await this.#run(["daemon", "start", "--json", "--events"], (line) => {
      this.emit("progress", line);
      if (line.event === "ready") ready = line;
    });
    if (!ready) throw new GoxeError("goxe ended without a word about the daemon");
    const { time, event, ...running } = ready;
    this.#announce(running.pid, running.epoch, running.started);
    if (this.#wanted) this.#watch();
    return running;
  }

  /** How the daemon is: {condition: "up" | "recovering" | "draining" | "hung" | "refused" | "down" | "failed", pid, ...}. */
  async getStatus() {
    // Whatever the daemon is like, its status is an answer; the exit code says the same again.
    let status = null;
    const take = (text) => (status = JSON.parse(text));
    await this.#run(["daemon", "status", "--json"], null, take).catch((error) => {
      if (!status) throw error;
    });
    return status;
  }

  /** Asks the daemon with a real request, now: {healthy, condition, pid, latencyMs, degraded}. Starts nothing. */
  async performHealthCheck() {
    const { condition, pid = null, probe_ms: latencyMs = null, status } = await this.getStatus();
    const healthy = condition === "up" && status?.healthy !== false;
    const check = { healthy, condition, pid, latencyMs, degraded: status?.degraded ?? [] };
    this.emit("health_check", check);
    return check;
  }

  /** Ends the daemon if it runs, by force if it hangs, and starts it. */
  restart() {
    this.#wanted = true;
    this.#failures = 0;
    return this.#busy(this.#restart(this.#starting));
  }

  async #restart(before) {
    await before?.catch(() => {});
    let running = null;
    await this.#run(["daemon", "restart", "--json"], null, (text) => (running = JSON.parse(text)));
    this.#announce(running.pid, running.epoch, true);
    this.#watch();
    return running;
  }

  /** Stops the daemon: it finishes what runs. Afterwards nothing here starts it again. */
  async stop() {
    this.close();
    let stopped = null;
    await this.#run(["daemon", "stop", "--json"], null, (text) => (stopped = JSON.parse(text)));
    this.#forget("it was stopped");
    return stopped;
  }

  /** Lets go of the daemon, which runs on. */
  close() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#watcher?.kill();
    this.#watcher = null;
  }

  /** Tells of a daemon once. */
  #announce(pid, epoch, started) {
    if (this.#epoch?.epoch === epoch) return;
    this.#forget("another one is in its place");
    this.#epoch = { pid, epoch };
    this.#startedAt = Date.now();
    this.#failures = 0;
    this.emit("started", { pid, epoch, started });
  }

  /** Tells of the end of the daemon that was told of. */
  #forget(reason) {
    if (!this.#epoch) return;
    const gone = this.#epoch;
    this.#epoch = null;
    this.emit("stopped", { ...gone, reason });
  }

  /** Follows the daemon for as long as it is wanted. */
  #watch() {
    if (this.#watcher) return;
    const child = this.#spawn(["daemon", "status", "--json", "--events"]);
    this.#watcher = child;
    createInterface({ input: child.stdout }).on("line", (line) => {
      // What a watcher that was given up still says is about somebody else's time.
      if (this.#watcher === child) this.#take(JSON.parse(line));
    });
    child.on("error", (error) => this.emit("failed", error));
    child.on("close", () => {
      if (this.#watcher !== child) return;
      this.#watcher = null;
      if (this.#wanted) this.#later(BACKOFF_MS, () => this.#watch());
    });
  }

  #take(line) {
    switch (line.event) {
      case "status":
        if (line.condition === "up") this.#announce(line.pid, line.epoch, false);
        // It fell before it was watched.
        if (line.condition === "down" || line.condition === "failed") this.#fell("it fell", true);
        break;
      case "started":
        this.#announce(line.pid, line.epoch, false);
        break;
      case "stopped":
        if (line.epoch === this.#epoch?.epoch) this.#fell(line.reason, line.failed);
        break;
      case "health_check":
        this.#checked(line);
        break;
      case "failed":
        this.emit("failed", new GoxeError(line.reason));
        break;
      default:
        this.emit("progress", line);
    }
  }

  #checked({ pid, healthy, latency_us: latencyUs }) {
    this.#failures = healthy ? 0 : this.#failures + 1;
    const latencyMs = latencyUs === null ? null : latencyUs / 1000;
    this.emit("health_check", { healthy, pid, latencyMs });
    if (this.#failures >= FAILURES_MAX && this.#options.restartOnFailure) {
      this.restart().catch((error) => this.emit("failed", error));
    }
  }

  /** The daemon is gone. Who stopped it meant it; a failure is healed. */
  #fell(reason, failed) {
    this.#forget(reason);
    if (!failed || !this.#wanted || this.#starting || !this.#options.restartOnFailure) return;
    const lived = Date.now() - this.#startedAt;
    const pause = lived >= STABLE_MS ? 0 : this.#backoffMs;
    this.#backoffMs = Math.min(BACKOFF_MS_MAX, Math.max(BACKOFF_MS, 2 * pause));
    this.#later(pause, () => this.#heal());
  }

  async #heal() {
    try {
      await this.start();
    } catch (error) {
      this.emit("failed", error);
      const pause = Math.min(BACKOFF_MS_MAX, Math.max(BACKOFF_MS, 2 * this.#backoffMs));
      this.#backoffMs = pause;
      if (this.#wanted) this.#later(pause, () => this.#heal());
    }
  }

  #later(ms, work) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#wanted && work(), ms);
  }

  /** Runs goxe to its end: lines of JSON to `onLine`, or the whole answer to `onText`. */
  #run(words, onLine, onText) {
    return new Promise((resolve, reject) => {
      const child = this.#spawn(words);
      let [out, said] = ["", ""];
      child.stdout.setEncoding("utf8");
      child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
      if (onLine) createInterface({ input: child.stdout }).on("line", (line) => onLine(JSON.parse(line)));
      else child.stdout.on("data", (text) => (out += text));
      child.on("error", (error) => reject(new GoxeError(`goxe cannot be run: ${error.message}`)));
      child.on("close", (code) => {
        if (onText && out) onText(out);
        if (code === 0) resolve();
        else reject(refusal(said, code));
      });
    });
  }

  #spawn(words) {
    const { program = process.env.GOXE_BIN || "goxe", dataPath, socketPath } = this.#options;
    const { healthCheckTimeoutMs, healthCheckIntervalMs, startupTimeoutMs } = this.#options;
    const own = {
      GOXE_DATA: dataPath,
      GOXE_SOCKET: socketPath,
      GOXE_STARTUP_TIMEOUT: startupTimeoutMs && `${startupTimeoutMs}ms`,
      GOXE_HEALTH_TIMEOUT: healthCheckTimeoutMs && `${healthCheckTimeoutMs}ms`,
      GOXE_MANAGER_HEALTH_MS: healthCheckIntervalMs && `${healthCheckIntervalMs}`,
    };
    const set = Object.fromEntries(Object.entries(own).filter(([, value]) => value));
    const env = { ...process.env, ...set };
    // It is our own variable, which goxe does not know.
    delete env.GOXE_BIN;
    return spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  }
}

/** What goxe said on standard error, as an Error: its last line is JSON. */
function refusal(said, code) {
  const line = said.trim().split("\n").at(-1) ?? "";
  try {
    const { message, kind, hint } = JSON.parse(line).error;
    return new GoxeError(message, { kind, code, hint });
  } catch {
    return new GoxeError(said.trim() || `goxe ended with ${code}`, { code });
  }
}
