"""What a server offers beside its tools, with the Python SDK's newest client: resources, subscriptions,
prompts, completions, progress and a question to the user. The first argument is the era."""

import asyncio
import json
import sys
import warnings

import mcp_types as types
from mcp import Client, MCPDeprecationWarning
from mcp.client.stdio import StdioServerParameters, stdio_client

import model

ERA = sys.argv[1]
BOX = {"edit": "box", "min": [0, 0, 0], "max": [7, 7, 7], "color": "#c81e1e"}
# The older era's own ways are deprecated in the newest client, and still what older servers have.
warnings.simplefilter("ignore", MCPDeprecationWarning)


async def main():
    asked = []

    async def user(_, params):
        asked.append(params.message)
        return types.ElicitResult(action="accept", content={"confirm": True})

    told = asyncio.Queue()

    async def hear(message):
        message = getattr(message, "root", message)
        if getattr(message, "method", "").startswith("notifications/resources/"):
            await told.put(model.plain(message))

    with model.Place() as place:
        server = StdioServerParameters(command=model.GOXE, args=["mcp"], env=place.environment)
        mode = "legacy" if ERA == "legacy" else "auto"
        async with Client(stdio_client(server), mode=mode, elicitation_callback=user, message_handler=hear) as client:
            model.ok(f"speaks {client.protocol_version}")
            await lists(client)
            await works(client, place)
            await listens(client, told)
            await asks(client, asked)


async def lists(client):
    uris = [resource.uri for resource in (await client.list_resources()).resources]
    model.check("goxe://status" in map(str, uris) and "goxe://guide" in map(str, uris), uris)
    templates = (await client.list_resource_templates()).resource_templates
    model.check(len(templates) >= 4, templates)
    prompts = {prompt.name for prompt in (await client.list_prompts()).prompts}
    model.check({"build_model", "review_model"} <= prompts, prompts)
    prompt = await client.get_prompt("build_model", {"goal": "a fox"})
    model.check("a fox" in prompt.messages[0].content.text, prompt)
    model.ok("lists resources, templates and prompts with no daemon")


async def call(client, name, progress=None, **arguments):
    answer = await client.call_tool(name, arguments, progress_callback=progress)
    model.check(not answer.is_error, name, answer.content)
    return answer


async def works(client, place):
    await call(client, "project", action="create", project="castle")
    await call(client, "voxels_edit", project="castle", edits=[BOX])
    castle = await client.read_resource("goxe://projects/castle")
    model.check(json.loads(castle.contents[0].text)["voxels"] == 512, castle)
    picture = await call(client, "render_view", project="castle", width=64, height=64)
    link = next(block for block in picture.content if block.type == "resource_link")
    model.check(str(link.uri) in picture.content[0].text, picture.content[0])
    render = (await client.read_resource(str(link.uri))).contents[0]
    model.check(render.mime_type == "image/png" and render.blob.startswith("iVBOR"), render.mime_type)
    model.ok("reads a project, and a picture by its link")

    reference = types.PromptReference(type="ref/prompt", name="review_model")
    done = await client.complete(reference, {"name": "project", "value": "ca"})
    model.check(done.completion.values == ["castle"], done)
    reference = types.ResourceTemplateReference(type="ref/resource", uri="goxe://projects/{project}/layers/{layer}")
    done = await client.complete(reference, {"name": "layer", "value": ""}, {"project": "castle"})
    model.check(done.completion.values == ["main"], done)
    model.ok("completes names")

    try:
        await client.read_resource("goxe://projects/nobody")
        raise AssertionError("a resource that is not there was read")
    except Exception as error:
        code = getattr(getattr(error, "error", None), "code", None)
        model.check(code == (-32002 if ERA == "legacy" else -32602), repr(error), code)
    model.ok("is told that a resource is not there")


async def listens(client, told):
    edit = {"project": "castle", "edits": [{**BOX, "color": "#1ec81e"}]}
    if ERA == "legacy":
        await client.subscribe_resource("goxe://projects/castle")
        await asyncio.wait_for(settled(client), 10)
        await call(client, "voxels_edit", **edit)
        while True:
            message = await asyncio.wait_for(told.get(), 10)
            if message["method"].endswith("updated") and message["params"]["uri"] == "goxe://projects/castle":
                break
        await client.unsubscribe_resource("goxe://projects/castle")
    else:
        async with client.listen(resources_list_changed=True, resource_subscriptions=["goxe://projects/castle"]) as events:
            await asyncio.wait_for(settled(client), 10)
            await call(client, "voxels_edit", **edit)
            await call(client, "project", action="create", project="tower")
            seen = set()
            while len(seen) < 2:
                seen.add(type(await asyncio.wait_for(anext(events), 10)).__name__)
            model.check(seen == {"ResourceUpdated", "ResourcesListChanged"}, seen)
    model.ok("is told of changes")


async def settled(client):
    """The daemon is followed once its past is known."""
    await client.read_resource("goxe://events/recent", cache_mode="bypass")


async def asks(client, asked):
    await call(client, "project", action="create", project="old")
    gone = await call(client, "project", action="delete", project="old")
    await call(client, "project", action="purge", id=gone.structured_content["id"])
    model.check(len(asked) == 1 and "for good" in asked[0], asked)
    model.ok("asks its user before what cannot be taken back")


asyncio.run(main())
