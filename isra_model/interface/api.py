"""The HTTP interface: the same answers as the page's, as plain JSON under stable names."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import gradio as gr

from isra_model.inspection.views import View
from isra_model.interface.actions import Actions, Seen
from isra_model.interface.components import UNOPENED, image_upload, uploaded_path


def add_api(actions: Actions) -> None:
    """Add the endpoints `predict`, `topics`, `place` and `checkpoints`; their components are never shown."""
    names = list(actions.studio.names)
    with gr.Row(visible=False):
        upload = image_upload(label="image")
        choice = gr.Dropdown(names, value=names[0], label="checkpoint")
        model = gr.Textbox("", label="model")
        answer = gr.JSON(label="answer")
        predict, topics, place, checkpoints = (gr.Button(str(i)) for i in range(4))

    def seen(image: dict[str, Any] | None, checkpoint: str, request: gr.Request, model: str | None = None) -> Seen:
        actions.admit(request)
        return actions.look(actions.open_file(uploaded_path(image)), checkpoint, model)

    def predict_image(image: dict[str, Any] | None, checkpoint: str, request: gr.Request) -> dict[str, Any]:
        """Return what each model says: classes, entropy, leak and neighbours."""
        return {model: _prediction(view) for model, view in seen(image, checkpoint, request).views.items()}

    def image_topics(
        image: dict[str, Any] | None, checkpoint: str, model: str, request: gr.Request
    ) -> list[dict[str, Any]]:
        """Return the topics of a model, by default the last that has any, strongest first."""
        view = seen(image, checkpoint, request, model).topic_view
        return [] if view is None else [_topic(view, number) for number in range(len(view.topics))]

    def place_image(image: dict[str, Any] | None, checkpoint: str, request: gr.Request) -> dict[str, Any]:
        """Return where the image lies on each model's maps."""
        views = seen(image, checkpoint, request).views
        return {
            model: {
                map_name: asdict(placement) | {"position": placement.position.tolist()}
                for map_name, placement in view.map.items()
            }
            for model, view in views.items()
        }

    def list_checkpoints() -> list[dict[str, Any]]:
        """Return the checkpoints by name, with their accuracy on the target in per cent."""
        return [{"name": name, "accuracy": actions.studio.accuracy(name)} for name in names]

    predict.click(predict_image, [upload, choice], answer, api_name="predict", concurrency_id="look", **UNOPENED)
    topics.click(image_topics, [upload, choice, model], answer, api_name="topics", concurrency_id="look", **UNOPENED)
    place.click(place_image, [upload, choice], answer, api_name="place", concurrency_id="look", **UNOPENED)
    checkpoints.click(list_checkpoints, None, answer, api_name="checkpoints")


def _prediction(view: View) -> dict[str, Any]:
    return {
        "predictions": [asdict(prediction) for prediction in view.predictions],
        "entropy": view.entropy,
        "source_only_mass": view.source_only_mass,
        "source_neighbours": [asdict(neighbour) for neighbour in view.source_neighbours],
        "target_neighbours": [asdict(neighbour) for neighbour in view.target_neighbours],
    }


def _topic(view: View, number: int) -> dict[str, Any]:
    topic = view.topics[number]
    return {
        "index": topic.index,
        "value": topic.value,
        "strength": topic.strength,
        "alive": topic.alive,
        "grid": topic.grid.tolist(),
        "feature_mask": topic.feature_mask.tolist(),
    }
