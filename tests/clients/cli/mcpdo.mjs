// mcpdo: a client that keeps its connection in a daemon of its own between commands, in both eras.

import assert from "node:assert/strict";

import { GUIDE, build, inPlace, json, ok, refuses, wrong } from "./place.mjs";

await inPlace(async ({ server, run }) => {
  const mcpdo = (...words) => run("mcpdo", words);
  try {
    for (const era of ["legacy", "modern"]) {
      json(mcpdo("--connection", `@${era}`, "connect", "--era", era, "--format", "json", "--", ...server));
      const call = (tool, args) => mcpdo("--connection", `@${era}`, "tools/call", tool, JSON.stringify(args), "--format", "json");
      await build((tool, args) => json(call(tool, args)), era);
      const read = mcpdo("--connection", `@${era}`, "resources/read", GUIDE, "--format", "json");
      assert.match(json(read).contents[0].text, /^# /);
      ok(`${era}: reads a resource`);
      const refused = call("voxels_edit", wrong(era));
      refuses(refused.said.replaceAll("\\n", "\n"));
      ok(`${era}: one connection over many commands`);
    }
  } finally {
    mcpdo("daemon", "stop");
  }
});
