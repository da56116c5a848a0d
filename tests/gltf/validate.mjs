// Exports projects with the real program. The .glb files must pass the Khronos validator with no error
// and no warning; the .obj files must hold, for another reader, as much as the .glb files do.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ObjFileParser from "obj-file-parser";
import { validateBytes } from "gltf-validator";

const GOXE = process.env.GOXE_TEST_BIN;
const CORPUS = process.env.GOXE_TEST_CORPUS;
/// What the validator only remarks, and why that is meant.
const MEANT = {
  NODE_EMPTY: "a layer with nothing in it stays a node",
};

const folder = mkdtempSync(join(tmpdir(), "goxe-gltf-"));
const env = { PATH: process.env.PATH, HOME: process.env.HOME ?? "/", GOXE_DATA: join(folder, "data") };

function goxe(...args) {
  const ran = spawnSync(GOXE, args, { env, cwd: folder, timeout: 60_000, encoding: "utf8" });
  assert.equal(ran.status, 0, `goxe ${args.join(" ").slice(0, 300)}: ${ran.stderr} ${ran.error}`);
  return ran.stdout;
}

const call = (method, params) => goxe("call", method, JSON.stringify(params));
const edit = (project, edits, layer) => call("voxel.edit", { project, edits, ...(layer && { layer }) });
const create = (project) => call("project.create", { project });
const imported = (file) => (project) => goxe("project", "import", join(CORPUS, `${file}.vox`), project);

/** A heap of single voxels in many colours. */
function heap(count) {
  const voxels = [];
  for (let n = 0; n < count; n += 1) {
    const at = [((n * 7) % 41) - 20, ((n * 13) % 43) - 21, (n * 29) % 67];
    const color = `#${((n * 2654435761) % 0x1000000).toString(16).padStart(6, "0")}`;
    voxels.push({ at, color });
  }
  return voxels;
}

/** Each makes a project; what is seen of it must come to the same in both formats. */
const PROJECTS = {
  empty: create,
  "one voxel": (project) => {
    create(project);
    edit(project, [{ edit: "set", voxels: [{ at: [-5, 6, 7], color: "#123456" }] }]);
  },
  "several layers": (project) => {
    create(project);
    edit(project, [{ edit: "box", min: [-70, -70, 0], max: [70, 70, 3], color: "#808080" }]);
    call("layer.create", { project, layer: "tower", group: "house/north side" });
    call("layer.create", { project, layer: "roof \"1\"", group: "house" });
    call("layer.create", { project, layer: "hidden" });
    call("layer.create", { project, layer: "bare" });
    edit(project, [{ edit: "cylinder", base: [0, 0, 2], axis: "z", radius: 9, height: 40, color: "#c8c8be" }], "tower");
    edit(project, [{ edit: "sphere", center: [0, 0, 44], radius: 12, color: "#c81e1e" }], "roof \"1\"");
    edit(project, [{ edit: "sphere", center: [60, 60, 44], radius: 12, color: "#1ec81e" }], "hidden");
    call("layer.hide", { project, layer: "hidden" });
  },
  "many colours": (project) => {
    create(project);
    // An argument has at most 128 KiB.
    const voxels = heap(5000);
    for (let from = 0; from < voxels.length; from += 1000) {
      edit(project, [{ edit: "set", voxels: voxels.slice(from, from + 1000) }]);
    }
  },
  big: (project) => {
    create(project);
    edit(project, [
      { edit: "sphere", center: [0, 0, 0], radius: 90, color: "#406080" },
      { edit: "sphere", center: [100, 40, 0], radius: 70, color: "#e0c060" },
    ]);
  },
  "materials: glass, emission, metal": imported("materials"),
  groups: imported("groups"),
  "instances, turned": imported("rotations"),
  "a wide model": imported("wide"),
};

/** What a .glb says: triangles, and the box around them. */
function outlineOfGlb(bytes) {
  const length = bytes.readUInt32LE(12);
  const document = JSON.parse(bytes.toString("utf8", 20, 20 + length));
  const outline = { quads: 0, min: [Infinity, Infinity, Infinity], max: [-Infinity, -Infinity, -Infinity] };
  for (const primitive of (document.meshes ?? []).flatMap((mesh) => mesh.primitives)) {
    outline.quads += document.accessors[primitive.indices].count / 6;
    const places = document.accessors[primitive.attributes.POSITION];
    outline.min = outline.min.map((least, axis) => Math.min(least, places.min[axis]));
    outline.max = outline.max.map((most, axis) => Math.max(most, places.max[axis]));
  }
  return { outline, document };
}

/** The same of an .obj, as another reader has it, whose materials must all be in the .mtl. */
function outlineOfObj(obj, mtl) {
  const outline = { quads: 0, min: [Infinity, Infinity, Infinity], max: [-Infinity, -Infinity, -Infinity] };
  const known = new Set([...mtl.matchAll(/^newmtl (\S+)$/gm)].map((found) => found[1]));
  for (const model of new ObjFileParser(obj).parse().models) {
    outline.quads += model.faces.length;
    for (const { material, vertices } of model.faces) {
      assert(known.has(material), `the material ${material} is not in the .mtl`);
      assert.equal(vertices.length, 4);
    }
  }
  for (const [, ...place] of obj.matchAll(/^v (\S+) (\S+) (\S+)$/gm)) {
    place.map(Number).forEach((value, axis) => {
      outline.min[axis] = Math.min(outline.min[axis], value);
      outline.max[axis] = Math.max(outline.max[axis], value);
    });
  }
  return outline;
}

async function check(name, make, number) {
  make(name);
  const [glb, obj] = [`${number}.glb`, `a ${number}.obj`];
  goxe("project", "export", name, glb);
  goxe("project", "export", name, obj);
  const bytes = readFileSync(join(folder, glb));
  const report = await validateBytes(new Uint8Array(bytes), { uri: glb, maxIssues: 100 });
  const { numErrors, numWarnings, messages } = report.issues;
  assert.equal(numErrors + numWarnings, 0, JSON.stringify(messages, null, 1));
  const odd = messages.filter((message) => !(message.code in MEANT));
  assert.deepEqual(odd, [], "remarks that nobody thought about");
  const { outline, document } = outlineOfGlb(bytes);
  assert.equal(document.scenes[0].name, name);
  const text = readFileSync(join(folder, obj), "utf8");
  assert(text.includes(`\nmtllib a_${number}.mtl\n`));
  const seen = outlineOfObj(text, readFileSync(join(folder, `a_${number}.mtl`), "utf8"));
  assert.deepEqual(seen, outline, "the two formats say different things");
  console.log("ok", `${name}: ${outline.quads} quads, ${bytes.length} bytes`);
  return document;
}

const documents = {};
try {
  let number = 0;
  for (const [name, make] of Object.entries(PROJECTS)) {
    documents[name] = await check(name, make, number);
    number += 1;
  }
  const nodes = documents["several layers"].nodes.map((node) => node.name);
  assert.deepEqual(nodes.sort(), ["bare", "house", "main", "north side", "roof \"1\"", "tower"]);
  const { materials } = documents["materials: glass, emission, metal"];
  const has = (what) => materials.some(what);
  assert(has((material) => material.extensions?.KHR_materials_transmission), JSON.stringify(materials));
  assert(has((material) => material.emissiveFactor?.[0] > 0), JSON.stringify(materials));
  assert(has((material) => material.pbrMetallicRoughness.metallicFactor > 0), JSON.stringify(materials));
  console.log("ok nodes and materials");
} finally {
  spawnSync(GOXE, ["daemon", "stop"], { env, timeout: 60_000 });
  rmSync(folder, { recursive: true, force: true });
}
