// The TypeScript SDK's major version before the newest, which knows the legacy era of MCP only.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

import { build, inPlace, ok } from "./model.mjs";

await inPlace(async (server) => {
  const client = new Client({ name: "goxe-tests", version: "1.0.0" });
  await client.connect(new StdioClientTransport(server));
  ok(`speaks with ${client.getServerVersion().name}`);
  await build(client);
  await client.close();
});
