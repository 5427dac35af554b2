"""Panels that JavaScript draws: a `gr.HTML` whose value is plain data and whose script is a file of `assets/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

ASSETS = Path(__file__).parent / "assets"
# Gradio must not open uploads: its decoder knows no limits, and names the file's path when it fails.
UNOPENED: dict[str, Any] = {"preprocess": False}
SCRIPTS = (
    "common.js",
    "overlay.js",
    "header.js",
    "pad.js",
    "predict.js",
    "evidence.js",
    "topics.js",
    "map-plot.js",
    "map-hover.js",
    "map-play.js",
    "map.js",
    "card.js",
)


def panel(name: str, value: Any = None, events: Sequence[str] = (), **options: Any) -> gr.HTML:
    """Return the panel that `isra.panels[name]` draws in the browser.

    Parameters
    ----------
    name : the panel, also the prefix of its element's id.
    value : plain data (what JSON can hold); text in it is always drawn as text, never as HTML.
    events : the events that the script may trigger; each becomes a method of the returned component.
    """
    announced = ", ".join(f'"{event}"' for event in events)
    script = f"isra.start('{name}', {{element, props, trigger, watch, events: [{announced}]}});"
    return gr.HTML(
        value=value,
        html_template="",
        js_on_load=script,
        apply_default_css=False,
        elem_id=f"panel-{name}",
        elem_classes=["isra-panel"],
        **options,
    )


def image_upload(value: Image.Image | None = None, **options: Any) -> gr.Image:
    """Return a `gr.Image` for events with `**UNOPENED`, which hand over the upload as `uploaded_path` reads it."""
    return gr.Image(value, type="filepath", image_mode=None, **options)


def uploaded_path(upload: Mapping[str, Any] | None) -> str | None:
    """Return the file of an upload, which Gradio has checked to lie in its upload folder."""
    return None if upload is None else upload["path"]


def script_tags(terms: str) -> str:
    """Return all scripts of the page for its head; `terms` is the glossary as JSON."""
    sources = "\n".join((ASSETS / script).read_text(encoding="utf-8") for script in SCRIPTS)
    return f"<script>\n{sources}\nisra.terms = {terms};\n</script>"
