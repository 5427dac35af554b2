"""The tab *Predict*: an image, what the models say, the images that speak for it, and its strongest topics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from isra_model.figures.pictures import data_url
from isra_model.interface import payloads
from isra_model.interface.actions import Seen
from isra_model.interface.components import image_upload, panel
from isra_model.interface.payloads import Payload
from isra_model.interface.snippets import predict_snippet
from isra_model.interface.studio import Example, OpenTask
from isra_model.interface.topics import strip_payload

MAX_FILES = 16


@dataclass(frozen=True)
class PredictTab:
    """The components of the tab that events are about."""

    image: gr.Image
    files: gr.File
    table: gr.HTML
    models: gr.HTML
    neighbours: gr.HTML
    strip: gr.HTML
    why: gr.HTML
    share: gr.HTML


def predict_tab(
    task: OpenTask, seen: Seen, examples: tuple[Example, ...], suited: Payload, image_python: str
) -> PredictTab:
    """Lay the tab out, with everything that is known about the worked example in it."""
    said = said_payload(task, seen)
    strip = strip_payload(task, seen)
    with gr.Row(elem_classes="isra-predict"):
        with gr.Column(elem_classes="isra-input", min_width=0):
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
                    panel("pad", {})
                with gr.Tab("Several"):
                    files = gr.File(
                        file_count="multiple",
                        file_types=["image"],
                        label=f"Up to {MAX_FILES} images",
                        height=312,
                        elem_id="input-files",
                    )
            panel("suited", suited)
            panel("predict/examples", examples_payload(examples))
            panel("compare/bar", {})
        with gr.Column(elem_classes="isra-models", min_width=0):
            models = panel("predict/models", said)
        with gr.Column(elem_classes="isra-evidence-column", min_width=0):
            neighbours = panel("predict/neighbours", said)
    table = panel("several/table", {"rows": [], "titles": [], "note": ""}, visible=False)
    strip_panel = panel("predict/strip", strip, ["choose"])
    why = panel("why", why_payload(task, seen))
    share = panel("share", predict_share(task, image_python), elem_id="share-predict")
    return PredictTab(image, files, table, models, neighbours, strip_panel, why, share)


def said_payload(task: OpenTask, seen: Seen) -> Payload:
    """Return what the models say of the image, and where it is from, so that the address can name it."""
    told: Payload = {"place": dict(seen.place), "turn": seen.turn, "suited": seen.suited}
    return payloads.prediction_payload(seen.key, task, seen.views) | told


def why_payload(task: OpenTask, seen: Seen) -> Payload:
    """Return what each class's logit is made of, by the model whose topics are shown; nothing where none has any."""
    view = seen.topic_view
    if seen.topic_model is None or view is None or view.evidence is None:
        return {"key": seen.topics_key, "evidence": None}
    classes = task.inspectors[seen.topic_model].checkpoint.classes
    return {
        "key": seen.topics_key,
        "title": task.titles[seen.topic_model],
        "names": task.topics_id(seen.topic_model),
        "classes": list(classes),
        "shared": [bool(shared) for shared in task.gallery.shared],
        "evidence": payloads.evidence_payload(view.evidence),
    }


def predict_share(task: OpenTask, image: str) -> Payload:
    """Return the Python that says the same as the tab."""
    python = predict_snippet(task.location, task.models[-1], image)
    return {"python": python, "printed": ["#panel-models", "#panel-why"]}


def examples_payload(examples: Sequence[Example]) -> list[Payload]:
    """Return the strip of examples."""
    return [{"title": example.title, "picture": data_url(example.open(), 112)} for example in examples]
