// mcp-cli: a client that is told of its servers in the form that most clients share.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { build, inPlace, json, ok, refuses, wrong } from "./place.mjs";

await inPlace(async ({ folder, server: [command, ...args], run }) => {
  const file = join(folder, "servers.json");
  writeFileSync(file, JSON.stringify({ mcpServers: { goxe: { command, args } } }));
  const call = (tool, args) => run("mcp-cli", ["--config", file, "call-tool", `goxe:${tool}`, "--args", JSON.stringify(args)]);
  await build((tool, args) => json(call(tool, args)), "castle");
  // It cuts an address at every colon, and so reads no resource that has one.
  const prompt = run("mcp-cli", ["--config", file, "get-prompt", "goxe:build_model", "--args", JSON.stringify({ goal: "a lighthouse" })]);
  assert(prompt.status === 0 && prompt.text.includes("lighthouse"), prompt.said);
  ok("gets a prompt");
  refuses(call("voxels_edit", wrong("castle")).said.replaceAll('\\"', '"').replaceAll("\\n", "\n"));
});
