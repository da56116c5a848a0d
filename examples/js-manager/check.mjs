// Tries the manager on a data folder of its own: start, health, kill -9, restart, stop. Prints `ok WHAT` for
// each thing that worked, and ends with 1 at the first that did not.

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { GoxeError, GoxeManager } from "./goxe-manager.mjs";

const ok = (what) => console.log(`ok ${what}`);
const folder = mkdtempSync(join(tmpdir(), "goxe-js-"));
const place = { dataPath: join(folder, "data"), socketPath: join(folder, "goxe.sock") };
const options = { ...place, healthCheckTimeoutMs: 5000, healthCheckIntervalMs: 200, startupTimeoutMs: 20000 };

/** The next event of this name that fits, or a failure: nothing here takes longer than half a minute. */
function next(manager, name, fits = () => true) {
  const signal = AbortSignal.timeout(30_000);
  return new Promise((resolve, reject) => {
    const look = async () => {
      for (;;) {
        const [event] = await once(manager, name, { signal });
        if (fits(event)) return resolve(event);
      }
    };
    look().catch(() => reject(new Error(`no event ${name}`)));
  });
}

async function main() {
  const idle = new GoxeManager({ ...options, autoStart: false });
  assert.equal((await idle.getStatus()).condition, "down");
  assert.equal((await idle.performHealthCheck()).healthy, false);
  assert.equal(existsSync(place.socketPath), false);
  ok("without autoStart nothing is started, and looking starts nothing");

  const manager = new GoxeManager(options);
  manager.on("failed", (error) => console.log(`failed: ${error.message}`));
  const started = next(manager, "started");
  const running = await manager.start();
  assert.equal((await started).pid, running.pid);
  assert.equal(running.started, true);
  assert.equal(running.socket, place.socketPath);
  ok("autoStart and start() are one start, at the socket that was chosen");

  assert.equal((await manager.start()).started, false);
  assert.equal((await manager.getStatus()).pid, running.pid);
  ok("a second start finds the daemon that runs");

  const check = await manager.performHealthCheck();
  assert.equal(check.healthy, true);
  assert.ok(check.latencyMs < 5000);
  assert.equal((await next(manager, "health_check")).pid, running.pid);
  ok("health is asked for by hand, and from time to time");

  let [stopped, again] = [next(manager, "stopped"), next(manager, "started")];
  process.kill(running.pid, "SIGKILL");
  assert.equal((await stopped).pid, running.pid);
  const healed = await again;
  assert.notEqual(healed.pid, running.pid);
  assert.equal((await manager.performHealthCheck()).healthy, true);
  ok("a daemon that is killed is told of, and started again");

  [stopped, again] = [next(manager, "stopped"), next(manager, "started")];
  const restarted = await manager.restart();
  assert.equal((await stopped).pid, healed.pid);
  assert.equal((await again).pid, restarted.pid);
  ok("restart() ends one and starts another");

  const other = new GoxeManager({ ...options, autoStart: false });
  await other.start();
  const told = next(other, "stopped");
  assert.equal((await manager.stop()).stopped, true);
  assert.equal((await told).pid, restarted.pid);
  other.close();
  assert.equal((await idle.getStatus()).condition, "down");
  ok("stop() ends it, and everybody who watches is told");

  const wrong = new GoxeManager({ ...options, autoStart: false, startupTimeoutMs: 1 });
  await assert.rejects(wrong.start(), (error) => error instanceof GoxeError && error.code === 2);
  const nowhere = new GoxeManager({ ...options, autoStart: false, program: join(folder, "none") });
  await assert.rejects(nowhere.start(), GoxeError);
  ok("errors say what is wrong");
}

try {
  await main();
} finally {
  await new GoxeManager({ ...place, autoStart: false }).stop().catch(() => {});
  rmSync(folder, { recursive: true, force: true });
}
