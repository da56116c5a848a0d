// Two real assistants at work on one project: `together.mjs NAME NAME`. Their edits interleave whole,
// what one has not seen it is told of, and an undo never takes back the other's work unasked.

import assert from "node:assert/strict";
import { parseArgs } from "node:util";

import { inPlace, note } from "./place.mjs";
import { data } from "./session.mjs";
import { short } from "./stub.mjs";

const PROJECT = "shared";
const EDITS = 8;
const UNDO = { tool: "history", arguments: { action: "undo", project: PROJECT } };
const { positionals: names } = parseArgs({ allowPositionals: true });

await inPlace(async (place) => {
  const { daemon } = place;
  const meet = meeting();
  await Promise.all(names.map((name, index) => place.seat(name, (index ? second : first)(name, index, meet))));
  note("each finishes its session");

  const voxels = daemon.voxels(PROJECT);
  const wanted = names.flatMap((_, index) => Array.from({ length: EDITS }, (_, step) => tower(index, step)).flat());
  assert.deepEqual([...voxels].sort(), wanted.sort());
  const groups = daemon.groups(PROJECT);
  assert.equal(groups.length, EDITS * names.length);
  const authors = names.map((name) => new Set(groups.filter(({ label }) => label.startsWith(name)).map(({ author }) => author)));
  assert(authors.every((own) => own.size === 1) && new Set(authors.flatMap((own) => [...own])).size === 2, JSON.stringify(groups));
  note("author", authors.flatMap((own) => [...own]).join(", "));
  note(`left exactly the ${wanted.length} voxels of both, each edit whole and by its author`);
});

/** Builds, then finds the other's edit in its way. */
async function* first(name, index, meet) {
  data(yield { tool: "project", arguments: { action: "create", project: PROJECT } });
  await meet("created");
  yield* build(name, index);
  await meet("built");
  const { revision } = data(yield { tool: "project_info", arguments: { project: PROJECT } });
  await meet("seen");
  await meet("changed");
  const late = yield edit("late", tower(index, EDITS), revision);
  assert(late.error !== false && /revision/.test(late.text) && /Next:/.test(late.text), short(late));
  note("is told that somebody edited meanwhile");
  const foreign = yield UNDO;
  assert(foreign.error !== false && /author/.test(foreign.text) && /Next:/.test(foreign.text), short(foreign));
  note("does not undo the other's work unasked");
  await meet("refused");
}

/** Builds, edits what the other has just seen, and takes that back. */
async function* second(name, index, meet) {
  await meet("created");
  yield* build(name, index);
  await meet("built");
  await meet("seen");
  data(yield edit("intruder", tower(index, EDITS)));
  await meet("changed");
  await meet("refused");
  const undone = data(yield UNDO);
  assert.equal(undone.label, "intruder", short(undone));
  note("undoes its own work");
}

function* build(name, index) {
  for (let step = 0; step < EDITS; step++) {
    const voxels = tower(index, step);
    assert.equal(data(yield edit(`${name} ${step}`, voxels)).added, voxels.length);
  }
}

function edit(label, voxels, revision) {
  const edits = [{ edit: "set", voxels: voxels.map(([at, color]) => ({ at: at.split(",").map(Number), color })) }];
  return { tool: "voxels_edit", arguments: { project: PROJECT, edits, label, ...(revision && { if_revision: revision }) } };
}

/** The voxels of one edit: the two build side by side, in turns. */
function tower(index, step) {
  const color = ["#c8322f", "#4f8a3c"][index];
  return Array.from({ length: 10 }, (_, z) => [`${step},${index},${z}`, color]);
}

/** A place where both wait for each other, by name. */
function meeting() {
  const waiting = new Map();
  return (where) => {
    if (!waiting.has(where)) {
      let open;
      const both = new Promise((resolve) => (open = resolve));
      waiting.set(where, { both, open });
      return both;
    }
    waiting.get(where).open();
    return waiting.get(where).both;
  };
}
