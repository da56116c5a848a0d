// fastmcp: a Python client that makes typed data of what a tool's output schema promises.

import assert from "node:assert/strict";

import { GUIDE, build, inPlace, json, ok, refuses, wrong } from "./place.mjs";

await inPlace(async ({ server, run }) => {
  const command = ["--command", server.join(" "), "--json"];
  const { tools, resources, prompts } = json(run("fastmcp", ["list", ...command, "--resources", "--prompts"]));
  assert(tools.length >= 10 && resources.length > 0 && prompts.length > 0);
  ok(`lists ${tools.length} tools, resources and prompts`);
  const read = run("fastmcp", ["call", ...command, "--target", GUIDE]);
  assert(read.status === 0 && read.text.includes("# "), read.said);
  ok("reads a resource");
  const call = (tool, args) => run("fastmcp", ["call", ...command, "--target", tool, "--input-json", JSON.stringify(args)]);
  await build((tool, args) => json(call(tool, args)), "castle");
  const refused = call("voxels_edit", wrong("castle"));
  assert.notEqual(refused.status, 0);
  refuses(JSON.parse(refused.text).content[0].text);
});
