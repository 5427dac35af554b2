"""The HTTP interface: the same answers as the page's, as plain JSON under stable names."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import gradio as gr

from isra_model.inspection.views import Evidence, View
from isra_model.interface.actions import Actions, Seen
from isra_model.interface.components import UNOPENED, image_upload, uploaded_path


def add_api(actions: Actions) -> None:
    """Add the endpoints; their components are never shown."""
    names = list(actions.studio.names)
    with gr.Row(visible=False):
        upload = image_upload(label="image")
        choice = gr.Dropdown(names, value=names[0], label="checkpoint")
        model = gr.Textbox("", label="model")
        one, other = gr.Textbox("", label="this_class"), gr.Textbox("", label="that_class")
        answer = gr.JSON(label="answer")
        predict, topics, masks, explain, neighbours, place, checkpoints = (gr.Button(str(i)) for i in range(7))

    def seen(image: dict[str, Any] | None, checkpoint: str, request: gr.Request, model: str | None = None) -> Seen:
        actions.admit(request)
        return actions.look(actions.open_file(uploaded_path(image)), checkpoint, model)

    def predict_image(image: dict[str, Any] | None, checkpoint: str, request: gr.Request) -> dict[str, Any]:
        """Return what each model says: classes, entropy, leak, neighbours, and whether the image is like training's."""
        return {model: _prediction(view) for model, view in seen(image, checkpoint, request).views.items()}

    def image_topics(
        image: dict[str, Any] | None, checkpoint: str, model: str, request: gr.Request
    ) -> list[dict[str, Any]]:
        """Return the topics of a model, by default the last that has any, strongest first."""
        view = seen(image, checkpoint, request, model).topic_view
        return [] if view is None else [_topic(view, number) for number in range(len(view.topics))]

    def topic_masks(image: dict[str, Any] | None, checkpoint: str, model: str, request: gr.Request) -> dict[str, Any]:
        """Return the masks of a model's living topics, strongest first, and the box of the image that they cover."""
        view = seen(image, checkpoint, request, model).topic_view
        return {} if view is None else _masks(view)

    def explain_classes(
        image: dict[str, Any] | None, checkpoint: str, model: str, this_class: str, that_class: str, request: gr.Request
    ) -> dict[str, Any]:
        """Return what the difference of two classes' logits is made of, by default of the first guess and the next."""
        view = seen(image, checkpoint, request, model).topic_view
        return {} if view is None or view.evidence is None else _difference(view, view.evidence, this_class, that_class)

    def image_neighbours(image: dict[str, Any] | None, checkpoint: str, request: gr.Request) -> dict[str, Any]:
        """Return the nearest training images of both domains for each model, nearest first."""
        views = seen(image, checkpoint, request).views
        return {model: _neighbours(view) for model, view in views.items()}

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

    look: dict[str, Any] = {"concurrency_id": "look", **UNOPENED}
    predict.click(predict_image, [upload, choice], answer, api_name="predict", **look)
    topics.click(image_topics, [upload, choice, model], answer, api_name="topics", **look)
    masks.click(topic_masks, [upload, choice, model], answer, api_name="topic_masks", **look)
    explain.click(explain_classes, [upload, choice, model, one, other], answer, api_name="explain", **look)
    neighbours.click(image_neighbours, [upload, choice], answer, api_name="neighbours", **look)
    place.click(place_image, [upload, choice], answer, api_name="place", **look)
    checkpoints.click(list_checkpoints, None, answer, api_name="checkpoints")


def _prediction(view: View) -> dict[str, Any]:
    return {
        "predictions": [asdict(prediction) for prediction in view.predictions],
        "entropy": view.entropy,
        "source_only_mass": view.source_only_mass,
        "appearance": view.appearance and {"distance": view.appearance.distance, "unlike": view.appearance.unlike},
        **_neighbours(view),
    }


def _neighbours(view: View) -> dict[str, Any]:
    return {
        "source_neighbours": [asdict(neighbour) for neighbour in view.source_neighbours],
        "target_neighbours": [asdict(neighbour) for neighbour in view.target_neighbours],
    }


def _masks(view: View) -> dict[str, Any]:
    living = [topic for topic in view.topics if topic.alive]
    return {
        "box": list(view.frame.box),
        "masks": [{"topic": each.index, "strength": each.strength, "grid": each.grid.tolist()} for each in living],
    }


def _difference(view: View, evidence: Evidence, this: str, that: str) -> dict[str, Any]:
    """Return the difference of two classes' logits: what each topic, the residual and the constant add to it."""
    by_label = {prediction.label: prediction.index for prediction in view.predictions}
    guesses = [prediction.label for prediction in view.predictions]
    this = this or next(label for label in guesses if label != that)
    that = that or next((label for label in guesses if label != this), this)
    for label in (this, that):
        if label not in by_label:
            raise gr.Error("There is no such class: take one of those that predict answers.", print_exception=False)
    first, second = by_label[this], by_label[that]
    topics = evidence.contributions[:, first] - evidence.contributions[:, second]
    logits = evidence.logits()
    return {
        "this_class": this,
        "that_class": that,
        "topics": {str(topic): float(topics[topic]) for topic in topics.nonzero()[0]},
        "residual": float(evidence.residual[first] - evidence.residual[second]),
        "constant": float(evidence.constant[first] - evidence.constant[second]),
        "difference": float(logits[first] - logits[second]),
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
