"""The same endpoints as tools of an agent, where the extra 'mcp' is installed."""

import ast
import base64
import importlib.util
import json
from typing import Any

import httpx
import pytest

from isra_model.interface.server import AppOptions, launch_studio
from isra_model.interface.studio import Studio, StudioError
from tests.interface.conftest import ISRA, NAME

TOOLS = {"predict", "topic_masks", "explain", "neighbours", "inspect_point", "lasso_statistics"}


def call(address: str, method: str, **params: Any) -> Any:
    """Return the result of one request, as an agent's program sends it."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    accept = {"Accept": "application/json, text/event-stream"}
    answer = httpx.post(f"{address}gradio_api/mcp/", json=request, headers=accept, timeout=60, follow_redirects=True)
    line = next(line for line in answer.text.splitlines() if line.startswith("data:"))
    return json.loads(line.removeprefix("data:"))["result"]


def test_an_agent_finds_the_tools_and_asks_them(studio: Studio) -> None:
    pytest.importorskip("mcp")
    demo = launch_studio(studio, AppOptions(mcp=True), block=False)
    try:
        address = str(demo.local_url)
        tools = {tool["name"]: tool for tool in call(address, "tools/list")["tools"]}
        picture = base64.b64encode(studio.examples[0].path.read_bytes()).decode()
        image = {"image": f"data:image/png;base64,{picture}", "checkpoint": NAME}
        said = call(address, "tools/call", name="predict", arguments=image)
        lasso = {"rows": [0, 1, 30], "checkpoint": NAME, "model": ISRA}
        told = call(address, "tools/call", name="lasso_statistics", arguments=lasso)
        refused = call(address, "tools/call", name="predict", arguments=image | {"image": "http://127.0.0.1:9/mug.png"})
    finally:
        demo.close()
    assert set(tools) >= TOOLS
    assert "what each model says" in tools["predict"]["description"]
    assert ISRA in ast.literal_eval(said["content"][0]["text"])  # Gradio writes answers as Python does
    assert ast.literal_eval(told["content"][0]["text"])["domains"] == {"source": 2, "target": 1}
    assert refused["isError"]


@pytest.mark.skipif(importlib.util.find_spec("mcp") is not None, reason="The extra 'mcp' is installed.")
def test_without_the_extra_who_asks_for_it_is_told_what_to_install(studio: Studio) -> None:
    with pytest.raises(StudioError, match=r"isra-model\[mcp\]"):
        launch_studio(studio, AppOptions(mcp=True))
