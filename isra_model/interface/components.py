"""Panels that JavaScript draws: a `gr.HTML` whose value is plain data and whose script is a module of `assets/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData
from gradio_client.utils import is_file_obj_with_meta, is_http_url_like
from PIL import Image
from pydantic import model_validator

# Gradio must not open uploads: its decoder knows no limits, and names the file's path when it fails.
UNOPENED: dict[str, Any] = {"preprocess": False}
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""For events of the page's own panels, which show by themselves that they wait."""
SEND_A_FILE = "Send the image as a file: gradio_client's handle_file(...), not a path, an address or its bytes as text."


def panel(
    name: str, value: Any = None, events: Sequence[str] = (), *, elem_id: str | None = None, **options: Any
) -> gr.HTML:
    """Return the panel that a JavaScript module of `assets/` draws in the browser.

    Parameters
    ----------
    name : str
        The module and the function that it exports, ``predict/strip``; one name where both have the same.
    value : Any
        Plain data (what JSON can hold); text in it is always drawn as text, never as HTML.
    events : Sequence[str]
        The events that the script may trigger; each becomes a method of the returned component.
    elem_id : str | None
        The element's id; by default ``panel-`` and the function's name.
    options : Any
        What else `gr.HTML` is to be told.
    """
    module, _, function = name.rpartition("/")
    announced = ", ".join(f'"{event}"' for event in events)
    context = f"{{element, props, trigger, watch, events: [{announced}]}}"
    return gr.HTML(
        value=value,
        html_template="",
        js_on_load=f"isra.then(({{ start }}) => start('{module or function}', '{function}', {context}));",
        apply_default_css=False,
        elem_id=elem_id or f"panel-{function}",
        elem_classes=["isra-panel"],
        **options,
    )


class SentImage(ImageData):
    """An image as Gradio's clients send it: a file that Gradio has seen to lie where uploads do."""

    @model_validator(mode="before")
    @classmethod
    def _only_files(cls, sent: Any) -> Any:
        """Return what was sent, without a path if it is no such file."""
        return sent if is_file_obj_with_meta(sent) else {}


def image_upload(value: Image.Image | None = None, **options: Any) -> gr.Image:
    """Return a `gr.Image` for events with `**UNOPENED`, which hand over the upload as `uploaded_path` reads it.

    It takes files alone: no address is fetched for a visitor. It is no subclass, since Gradio writes a file beside the
    source of each.
    """
    upload = gr.Image(value, type="filepath", image_mode=None, **options)
    move = upload.async_move_resource_to_block_cache

    async def move_files_only(place: str | Path | None) -> str | None:
        if is_http_url_like(str(place)):
            raise gr.Error(SEND_A_FILE, print_exception=False)
        return await move(place)

    upload.data_model = SentImage
    upload.async_move_resource_to_block_cache = move_files_only  # type: ignore[assignment, method-assign]
    return upload


def uploaded_path(upload: Mapping[str, Any] | None) -> str | None:
    """Return the file of an upload, which Gradio has checked to lie in its upload folder; None if there is none.

    Raises
    ------
    gr.Error
        If something else was sent.
    """
    if upload is None:
        return None
    if upload["path"] is None:
        raise gr.Error(SEND_A_FILE, print_exception=False)
    return str(upload["path"])


def sent(event: gr.EventData, name: str) -> object:
    """Return a value that the browser sent with an event; None if it did not. Never trusted: its reader checks it."""
    data = event._data
    return data.get(name) if isinstance(data, dict) else None
