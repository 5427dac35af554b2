"""The tab *Predict*: an image, what the three models say, the images that speak for it, and its strongest topics."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from isra_model.interface import payloads
from isra_model.interface.actions import Seen
from isra_model.interface.components import image_upload, panel
from isra_model.interface.snippets import predict_snippet
from isra_model.interface.studio import ISRA, Example, OpenTask

MAX_FILES = 16


@dataclass(frozen=True)
class PredictTab:
    """The components of the tab that events are about."""

    image: gr.Image
    pad: gr.HTML
    files: gr.File
    table: gr.HTML
    examples: gr.HTML
    models: gr.HTML
    neighbours: gr.HTML
    strip: gr.HTML
    share: gr.HTML


def predict_tab(task: OpenTask, seen: Seen, examples: tuple[Example, ...]) -> PredictTab:
    """Lay the tab out, with everything that is known about the worked example in it."""
    said = payloads.prediction_payload(seen.key, task, seen.views)
    strip = payloads.strip_payload(seen.key, seen.views.get(ISRA))
    with gr.Row(elem_classes="isra-predict"):
        with gr.Column(elem_classes="isra-input"):
            with gr.Tabs(elem_classes="isra-inputs"):
                with gr.Tab("Image"):
                    image = image_upload(
                        seen.image,
                        sources=["upload", "webcam", "clipboard"],
                        label="Image",
                        show_label=False,
                        height=312,
                        elem_id="input-image",
                        buttons=[],
                    )
                with gr.Tab("Draw"):
                    pad = panel("pad", {}, ["sketch"])
                with gr.Tab("Several"):
                    files = gr.File(
                        file_count="multiple",
                        file_types=["image"],
                        label=f"Up to {MAX_FILES} images",
                        height=312,
                        elem_id="input-files",
                    )
            strip_of_examples = panel("examples", [_example(example) for example in examples], ["example"])
        with gr.Column(elem_classes="isra-models"):
            models = panel("models", said)
        with gr.Column(elem_classes="isra-evidence-column"):
            neighbours = panel("neighbours", said, ["open"])
    table = panel("table", {"rows": [], "titles": [], "note": ""}, ["open_file"], visible=False)
    strip_panel = panel("strip", strip)
    share = panel("sharePredict", {"python": predict_snippet(task.name)})
    return PredictTab(image, pad, files, table, strip_of_examples, models, neighbours, strip_panel, share)


def _example(example: Example) -> dict[str, str]:
    return {"title": example.title, "picture": payloads.data_url(example.open(), 112)}
