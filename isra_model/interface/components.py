"""Panels that JavaScript draws: a `gr.HTML` whose value is plain data and whose script is a file of `assets/`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData
from PIL import Image

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = ("common.js", "overlay.js", "header.js", "pad.js", "predict.js", "topics.js", "map.js")


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
    """Return a `gr.Image` that hands over the uploaded file unopened, so that no decoder but ours ever sees it.

    Not a subclass: Gradio would write a stub file beside every module that holds one.
    """
    image = gr.Image(value, type="filepath", image_mode=None, **options)
    setattr(image, "preprocess", _path_of)  # noqa: B010
    return image


def _path_of(payload: ImageData | None) -> str | None:
    """Return the file in Gradio's upload folder, where Gradio has made sure that it is."""
    return None if payload is None else payload.path


def script_tags(terms: str) -> str:
    """Return all scripts of the page for its head; `terms` is the glossary as JSON."""
    sources = "\n".join((ASSETS / script).read_text(encoding="utf-8") for script in SCRIPTS)
    return f"<script>\n{sources}\nisra.terms = {terms};\n</script>"
