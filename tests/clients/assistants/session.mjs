// The session that every assistant runs: build, look, undo, lose the daemon twice, go on.

import assert from "node:assert/strict";

import { short } from "./stub.mjs";

export const PROJECT = "house";
const box = (min, max, color, mode) => ({ edit: "box", min, max, ...(color && { color }), ...(mode && { mode }) });

const HOUSE = [
  box([0, 0, 0], [9, 7, 0], "#8a8a8a"),
  box([0, 0, 1], [9, 7, 5], "#c8a070"),
  box([1, 1, 1], [8, 6, 5], undefined, "subtract"),
  box([4, 0, 1], [5, 0, 3], undefined, "subtract"),
  ...[0, 1, 2, 3].map((step) => box([0, step, 6 + step], [9, 7 - step, 6 + step], "#a03020")),
];
const CHIMNEY = [box([7, 2, 7], [7, 2, 11], "#505050")];
const WINDOWS = [box([2, 0, 3], [2, 0, 4], "#60b0ff"), box([7, 0, 3], [7, 0, 4], "#60b0ff")];
const TREE = [
  // Done twice it would be seen: everything would stand one further.
  { edit: "move", offset: [1, 0, 0] },
  { edit: "set", voxels: [{ at: [14, 3, 0], color: "#6a4a20" }, { at: [14, 3, 1], color: "#30a040" }] },
];
/** Much work that leaves nothing behind, so that the daemon can be killed in the middle of it. */
const WORK = Array.from({ length: 28 }, (_, index) => ({
  edit: "sphere", center: [200, 200, 200], radius: 50, ...(index % 2 ? { mode: "subtract" } : { color: "#ffffff" }),
}));
const UNDO = { tool: "history", arguments: { action: "undo", project: PROJECT } };
/** Calls that may be over before they are hit. */
const TRIES = 8;
const PICTURE = { project: PROJECT, view: "isometric", width: 320, height: 240 };

/** What the edits leave, as a map from "x,y,z" to colour. */
export function expected() {
  let voxels = new Map();
  for (const edit of [...HOUSE, ...WINDOWS, ...TREE]) {
    if (edit.edit === "move") {
      const by = (at) => at.split(",").map((part, axis) => Number(part) + edit.offset[axis]).join();
      voxels = new Map([...voxels].map(([at, color]) => [by(at), color]));
    }
    for (const { at, color } of edit.voxels ?? []) voxels.set(at.join(), color);
    if (edit.edit !== "box") continue;
    for (let x = edit.min[0]; x <= edit.max[0]; x++)
      for (let y = edit.min[1]; y <= edit.max[1]; y++)
        for (let z = edit.min[2]; z <= edit.max[2]; z++)
          if (edit.mode === "subtract") voxels.delete(`${x},${y},${z}`);
          else voxels.set(`${x},${y},${z}`, edit.color);
  }
  return voxels;
}

/** The labels of the undo groups that stand at the end, newest first. */
export const LABELS = ["tree", "windows", "house"];

/** Yields calls, is given what the assistant's model was told of them, and notes the facts. */
export async function* session(daemon, note) {
  const health = data(yield { tool: "engine_health", arguments: {} });
  const { name, version, protocol } = health.bridge.client;
  assert(name && protocol, short(health));
  note("spoke", `${name} ${version}, MCP ${protocol}`);
  note("asks for the health before there is a daemon");
  yield* build(daemon, note);
  yield* lose(daemon, note);
  yield* purge(note);

  const after = data(yield { tool: "project_info", arguments: { project: PROJECT } });
  assert.equal(after.voxels, expected().size, short(after));
  // As large as it comes, when a model names no size.
  const usual = { project: PROJECT };
  note("image", picture(yield { tool: "render_view", arguments: usual }, daemon, usual));
  note("looks at it again");
}

function* build(daemon, note) {
  data(yield { tool: "project", arguments: { action: "create", project: PROJECT } });
  note("creates a project");

  const built = data(yield edit("house", HOUSE));
  const info = data(yield { tool: "project_info", arguments: { project: PROJECT } });
  assert.equal(info.voxels, built.added - built.removed, short(info));
  note("builds a house");

  note("image", picture(yield { tool: "render_view", arguments: PICTURE }, daemon, PICTURE));
  note("sees the render as an image");

  const wrong = yield edit("wrong", [{ edit: "box" }]);
  assert(wrong.error !== false && wrong.text.split("Next: voxels_edit {").length === 2, short(wrong));
  note("error", wrong.text);
  note("reads what is wrong with an edit, and the next call");

  const chimney = data(yield edit("chimney", CHIMNEY));
  const undone = data(yield UNDO);
  assert.equal(undone.edit.removed, chimney.added, short(undone));
  note("undoes");
}

/** The daemon is killed, once between two calls and once while it works on one. */
async function* lose(daemon, note) {
  await daemon.kill();
  const windows = data(yield edit("windows", WINDOWS));
  assert.equal(windows.changed, 4, short(windows));
  note("edits after the daemon was killed");

  for (let tries = 1; ; tries++) {
    let stop;
    const began = () => (stop = daemon.hit(() => daemon.killNow()));
    const tree = data(yield { ...edit("tree", [...WORK, ...TREE]), began });
    assert(tree.added > 0, short(tree));
    if (await stop()) break;
    assert(tries < TRIES, "every call was over before the daemon could be killed");
    data(yield UNDO);
  }
  note("edits while the daemon is killed");
}

/** Nobody sits before a scripted session: what cannot be undone needs the user's word in the call. */
function* purge(note) {
  const scrap = { project: "scrap" };
  const { id } = data(yield { tool: "project", arguments: { action: "create", ...scrap } });
  data(yield { tool: "project", arguments: { action: "delete", ...scrap } });
  const unasked = yield { tool: "project", arguments: { action: "purge", id } };
  assert(unasked.error !== false && /(confirm|said no)/.test(unasked.text), short(unasked));
  assert(unasked.text.includes("Not done"), short(unasked));
  data(yield { tool: "project", arguments: { action: "purge", id, confirm: true } });
  note("purges nothing unasked");
}

/** A session whose assistant dies while a call is at work: `die` sees to that. */
export async function* abandoned(daemon, die) {
  for (let tries = 1; tries <= TRIES; tries++) {
    let stop;
    const began = () => (stop = daemon.hit(die));
    yield { ...edit("abandoned", WORK), began };
    await stop();
  }
  throw new Error("an assistant that should have been killed went on");
}

function edit(label, edits) {
  return { tool: "voxels_edit", arguments: { project: PROJECT, edits, label } };
}

/** The JSON of an answer, whatever the assistant wraps around it. */
export function data(result) {
  assert(result.error !== true, short(result));
  const text = result.text.slice(result.text.indexOf("{"), result.text.lastIndexOf("}") + 1);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`no JSON in the answer: ${short(result)}`);
  }
}

/** Checks that the model was sent one picture, and tells whether it is the one that goxe made. */
function picture(result, daemon, params) {
  assert.equal(result.images?.length, 1, `no picture: ${short({ ...result, images: result.images?.length })}`);
  const [{ type, bytes }] = result.images;
  const magic = { "image/png": "89504e47", "image/jpeg": "ffd8ff", "image/webp": "52494646" }[type];
  assert(magic && bytes.toString("hex", 0, 4).startsWith(magic), `${type} begins with ${bytes.subarray(0, 8).toString("hex")}`);
  const own = daemon.picture(params);
  return bytes.equals(own) ? `${type}, unchanged` : `${type}, ${bytes.length} bytes of ${own.length}`;
}
