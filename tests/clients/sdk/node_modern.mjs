// The newest TypeScript client, in the era its argument names: modern (discover) or legacy (initialize).

import assert from "node:assert/strict";

import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

import { build, inPlace, ok } from "./model.mjs";

const era = process.argv[2] ?? "modern";

await inPlace(async (server) => {
  const mode = era === "modern" ? "auto" : "legacy";
  const client = new Client({ name: "goxe-tests", version: "1.0.0" }, { versionNegotiation: { mode } });
  await client.connect(new StdioClientTransport(server));
  const version = client.getNegotiatedProtocolVersion();
  assert.equal(version >= "2026-07-28", era === "modern", version);
  ok(`speaks ${version}`);
  await build(client);
  await client.close();
});
