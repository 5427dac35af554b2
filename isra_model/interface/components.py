"""Panels that JavaScript draws: a `gr.HTML` whose value is plain data and whose script is a module of `assets/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from PIL import Image

# Gradio must not open uploads: its decoder knows no limits, and names the file's path when it fails.
UNOPENED: dict[str, Any] = {"preprocess": False}


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


def image_upload(value: Image.Image | None = None, **options: Any) -> gr.Image:
    """Return a `gr.Image` for events with `**UNOPENED`, which hand over the upload as `uploaded_path` reads it."""
    return gr.Image(value, type="filepath", image_mode=None, **options)


def uploaded_path(upload: Mapping[str, Any] | None) -> str | None:
    """Return the file of an upload, which Gradio has checked to lie in its upload folder."""
    return None if upload is None else upload["path"]
