"""What every Python client does: list the tools, build a model, look at it."""

import base64
import os
import shutil
import subprocess
import tempfile

GOXE = os.environ["GOXE_TEST_BIN"]
TOOLS = {
    "engine_health", "history", "job", "layers_edit", "project",
    "project_info", "render_view", "voxels_edit", "voxels_find", "voxels_read",
}
EDITS = [
    {"edit": "box", "min": [0, 0, 0], "max": [15, 15, 3], "color": "#808080"},
    {"edit": "sphere", "center": [8, 8, 9], "radius": 5, "color": "#c81e1e"},
    {"edit": "set", "voxels": [{"at": [0, 0, 4], "color": "#00ff00"}]},
]
PNG = b"\x89PNG\r\n\x1a\n"


def ok(what):
    print("ok", what, flush=True)


def check(holds, *facts):
    if not holds:
        raise AssertionError(" ".join(str(fact) for fact in facts))


class Place:
    """A data folder of its own, whose daemon is stopped at the end."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="goxe-client-")
        self.environment = {"GOXE_DATA": self.folder}
        return self

    def __exit__(self, *_):
        subprocess.run([GOXE, "daemon", "stop", "--data", self.folder], check=True, timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)


def plain(result):
    """A result of any version of the SDK as the JSON it was."""
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def build(list_tools, call_tool):
    """Drives one connected client through the whole of it."""
    listed = plain(await list_tools())["tools"]
    names = {tool["name"] for tool in listed}
    check(TOOLS <= names, "missing tools:", TOOLS - names)
    check(all(tool["inputSchema"]["type"] == "object" for tool in listed), "a schema is no object")
    ok("lists the tools")

    async def call(tool, **arguments):
        answer = plain(await call_tool(tool, arguments))
        check(not answer.get("isError"), tool, "answered", answer)
        return answer

    async def data(tool, **arguments):
        answer = await call(tool, **arguments)
        check("structuredContent" in answer, tool, "has no structured answer:", answer)
        return answer["structuredContent"]

    await call("project", action="create", project="castle")
    ok("creates a project")

    edited = await data("voxels_edit", project="castle", edits=EDITS, label="first")
    check(edited["added"] > 1024, edited)
    ok("edits voxels")

    refused = plain(await call_tool("voxels_edit", {"project": "castle", "edits": [EDITS[0], {"edit": "box"}]}))
    check(refused.get("isError"), "a wrong edit was not refused:", refused)
    ok("is told what is wrong with an edit")

    undone = await data("history", action="undo", project="castle")
    check(undone["edit"]["removed"] == edited["added"], undone)
    await data("history", action="redo", project="castle")
    info = await data("project_info", project="castle")
    check(info["voxels"] == edited["added"], info)
    ok("undoes and redoes")

    answer = await call("render_view", project="castle", width=160, height=120)
    images = [block for block in answer["content"] if block["type"] == "image"]
    check(len(images) == 1, "no image block:", answer)
    check(images[0]["mimeType"] == "image/png", images[0]["mimeType"])
    picture = base64.b64decode(images[0]["data"], validate=True)
    check(picture.startswith(PNG) and picture.rstrip().endswith(b"IEND\xaeB`\x82"), picture[:32])
    check(int.from_bytes(picture[16:20]) == 160 and int.from_bytes(picture[20:24]) == 120, picture[:32])
    ok("sees the render as an image")

    client = (await data("engine_health"))["bridge"]["client"]
    print(f"fact spoke: {client['name']} {client['version']}, MCP {client['protocol']}")
    ok("asks for the health")
