// Runs one real assistant against a scripted model: `run.mjs NAME`. It prints `ok WHAT` for each thing
// that worked and `fact NAME: VALUE` for what was seen, and fails with what went wrong.

import assert from "node:assert/strict";
import { parseArgs } from "node:util";

import { parentOf, processesOf } from "./daemon.mjs";
import { SESSION_MS, gone, inPlace, note, within } from "./place.mjs";
import { LABELS, PROJECT, abandoned, expected, session } from "./session.mjs";

const [name] = parseArgs({ allowPositionals: true }).positionals;

await inPlace(async (place) => {
  const { daemon } = place;
  await place.seat(name, session(daemon, note));
  note("is set up by goxe mcp config --write, and leaves by itself");
  verify(daemon);

  let died;
  const dead = new Promise((resolve) => (died = resolve));
  const die = () => {
    killClient(daemon);
    died();
  };
  await place.seat(name, abandoned(daemon, die), async (seat) => {
    place.start(seat);
    await within(SESSION_MS, Promise.race([dead, seat.stub.ended]), "nobody died");
    if (seat.stub.failure) throw seat.stub.failure;
    await survives(daemon);
  });
});

/** What holds of the project, asked for without the assistant. */
function verify(daemon) {
  const wanted = expected();
  assert.deepEqual([...daemon.voxels(PROJECT)].sort(), [...wanted].sort());
  assert.deepEqual(daemon.groups(PROJECT).map(({ label }) => label), LABELS);
  assert.equal(daemon.kills, 2);
  note(`left exactly the ${wanted.size} voxels it should, each edit done once`);
}

/** The assistant was killed while a call was at work: its bridge goes, and nothing else does. */
async function survives(daemon) {
  const { pid } = daemon.endpoint();
  await gone(() => bridges(daemon), "the bridge outlived its assistant");
  assert.equal(daemon.ask("system.status", {}).pid, pid);
  // What was at work leaves nothing behind, whether it was done or not.
  assert.deepEqual([...daemon.voxels(PROJECT)].sort(), [...expected()].sort());
  note("is killed in a call, and the bridge leaves the daemon alone");
}

/** Kills the process that started the bridge; the program that was started may be a wrapper of it. */
function killClient(daemon) {
  const found = bridges(daemon);
  assert.equal(found.length, 1, JSON.stringify(found));
  process.kill(parentOf(found[0][0]), "SIGKILL");
}

function bridges(daemon) {
  const { pid } = daemon.endpoint();
  return processesOf(daemon.data).filter(([other]) => other !== pid);
}
