"""The Python SDK's session, of two major versions, in the legacy era of MCP: initialize first."""

import asyncio

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

import model


async def main():
    with model.Place() as place:
        server = StdioServerParameters(command=model.GOXE, args=["mcp"], env=place.environment)
        async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
            version = model.plain(await session.initialize())["protocolVersion"]
            model.check(version < "2026-07-28", version)
            model.ok(f"speaks {version}")
            await model.build(session.list_tools, session.call_tool)


asyncio.run(main())
