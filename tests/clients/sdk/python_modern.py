"""The Python SDK's newest client, in the modern era of MCP: discover, no handshake."""

import asyncio

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

import model


async def main():
    with model.Place() as place:
        server = StdioServerParameters(command=model.GOXE, args=["mcp"], env=place.environment)
        async with Client(stdio_client(server)) as client:
            model.check(client.protocol_version >= "2026-07-28", client.protocol_version)
            model.ok(f"speaks {client.protocol_version}")
            await model.build(client.list_tools, client.call_tool)


asyncio.run(main())
