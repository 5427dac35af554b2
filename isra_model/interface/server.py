"""Starting the app: settings that hold for every visitor, and the few files that are served beside the page."""

from __future__ import annotations

import importlib.util
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import gradio as gr
from plotly.offline import get_plotlyjs
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from isra_model.files import project_root
from isra_model.interface.actions import Actions
from isra_model.interface.library import is_own
from isra_model.interface.limits import TokenBuckets
from isra_model.interface.page import build_page
from isra_model.interface.prints import printed_figure
from isra_model.interface.scripts import colour_variables, modules, page_head, style_sheets, version
from isra_model.interface.studio import Studio, StudioError
from isra_model.interface.theme import studio_theme

ROOT = project_root()
DAY = 86_400
YEAR = 365 * DAY
LAST_PORT = 65_535


@dataclass(frozen=True)
class AppOptions:
    """How the app runs.

    Attributes
    ----------
    checkpoints : Path
        Folder of task folders; those with a gallery are offered.
    host : str
        Address to listen on; 0.0.0.0 for every one.
    port : int | None
        Port to listen on; None takes the first free one from 7860.
    examples : Path
        Folder with `examples.json` and the images that it lists.
    mcp : bool
        Offer the HTTP interface to agents too, under /gradio_api/mcp/.
    """

    checkpoints: Path = ROOT / "checkpoints"
    host: str = "127.0.0.1"
    port: int | None = None
    examples: Path = ROOT / "assets" / "examples"
    mcp: bool = False


def launch_app(options: AppOptions, *, block: bool = True) -> gr.Blocks:
    """Start the app, and return it when it stops, or at once if not `block`.

    Raises
    ------
    StudioError
        If there is no checkpoint to show, or the host or the port cannot be listened on.
    """
    return launch_studio(Studio(options.checkpoints, options.examples), options, block=block)


def launch_studio(
    studio: Studio, options: AppOptions, *, block: bool = True, actions: Actions | None = None
) -> gr.Blocks:
    """Start the app on an opened studio."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if options.mcp and importlib.util.find_spec("mcp") is None:
        raise StudioError("Agents need one more package: pip install 'isra-model[mcp]', or leave out `mcp`.")
    port = _port(options)
    actions = actions or Actions(studio, TokenBuckets())
    demo = build_page(studio, actions)
    demo.queue(max_size=64, default_concurrency_limit=2)
    demo.launch(
        server_name=options.host,
        server_port=port,
        prevent_thread_lock=True,
        app_kwargs={
            "routes": [
                Route("/sprites/{task}/{number:int}.webp", _sprites(studio)),
                Route(f"/modules/{version()}/{{name}}", _module),
                Route("/figures/{task}/{view}.json", _figures(actions)),
                Route("/plotly.min.js", _plotly),
            ]
        },
        theme=studio_theme(),
        css=colour_variables(),
        css_paths=style_sheets(),
        head=page_head(),
        quiet=True,
        footer_links=["api"],
        mcp_server=options.mcp,
        **SAFETY,
    )
    if block:
        print(f"ISRA Studio runs on {demo.local_url}", flush=True)
        if options.mcp:
            print(f"Agents find its tools on {demo.local_url}gradio_api/mcp/", flush=True)
        demo.block_thread()
    return demo


SAFETY: dict[str, Any] = {
    "max_file_size": "64mb",
    "show_error": False,
    "strict_cors": True,
    "enable_monitoring": False,
    "run_history": False,
    "allowed_paths": [],
    "state_session_capacity": 200,
    "ssr_mode": False,
    "pwa": False,
    "share": False,
}


def _module(request: Request) -> Response:
    """Return a module of the page; its address changes with its content."""
    source = modules().get(request.path_params["name"])
    if source is None:
        return Response(status_code=404)
    headers = {"Cache-Control": f"public, max-age={YEAR}, immutable"}
    return Response(source, media_type="text/javascript", headers=headers)


def _plotly(request: Request) -> Response:
    """Return the library that draws plots, for a page that has not met it yet."""
    headers = {"Cache-Control": f"public, max-age={DAY}"}
    return Response(get_plotlyjs(), media_type="text/javascript", headers=headers)


def _figures(actions: Actions) -> Callable[[Request], Response]:
    """Return what answers with the plots of a view, as `printed_figure` makes them."""

    def figure(request: Request) -> Response:
        place, asked = request.path_params, request.query_params
        number = asked.get("number", "0")
        try:
            actions.admit(cast(gr.Request, request))
        except gr.Error:
            return Response(status_code=429)
        try:
            drawn = printed_figure(
                actions.studio.task(place["task"]), place["view"], asked.get("model"), int(number, base=10)
            )
        except (LookupError, StudioError, ValueError):
            return Response(status_code=404)
        return Response(drawn.to_json(), media_type="application/json")

    return figure


def _port(options: AppOptions) -> int | None:
    """Return the port to listen on, before anything costly is done; None is Gradio's to choose.

    Raises
    ------
    StudioError
        If the host is not this machine's, or the port cannot be listened on.
    """
    family, address = _address(options.host)
    if options.port is None:
        return None
    if not 1 <= options.port <= LAST_PORT:
        raise StudioError(f"There is no port {options.port}: give one from 1024 to {LAST_PORT}.")
    if _is_free(family, address, options.port):
        return options.port
    for port in range(options.port + 1, LAST_PORT + 1):
        if _is_free(family, address, port):
            raise StudioError(f"Port {options.port} is in use: {port} is free, `port` {port} takes it.")
    raise StudioError(f"Port {options.port} cannot be listened on: give one from 1024 to {LAST_PORT}.")


def _address(host: str) -> tuple[int, str]:
    """Return the family and the address, one of this machine's, that a host's name stands for."""
    try:
        found = socket.getaddrinfo(host.strip("[]") or None, 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    for family, _, _, _, (address, *_) in found:
        if _is_free(family, str(address), 0):
            return family, str(address)
    raise StudioError(
        f"'{host}' is no address of this machine: `host` 127.0.0.1 listens for this machine, 0.0.0.0 for every one."
    )


def _is_free(family: int, address: str, port: int) -> bool:
    try:
        with socket.socket(family) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((address, port))
    except OSError:
        return False
    return True


def _sprites(studio: Studio) -> Callable[[Request], Response]:
    """Return the endpoint of thumbnails by task and number, so that no path of the server is ever in a page."""

    def sprite(request: Request) -> Response:
        file = studio.sprite(request.path_params["task"], request.path_params["number"])
        if file is None:
            return Response(status_code=404)
        kept = "no-store" if is_own(request.path_params["task"]) else f"public, max-age={DAY}"
        return FileResponse(file, media_type="image/webp", headers={"Cache-Control": kept})

    return sprite
