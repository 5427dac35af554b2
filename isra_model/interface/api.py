"""The HTTP interface: the same answers as the page's, as plain JSON under stable names."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import gradio as gr

from isra_model.inspection.views import Evidence, Topic, View
from isra_model.interface.actions import Actions, Seen
from isra_model.interface.components import UNOPENED, image_upload, uploaded_path

Upload = dict[str, Any] | None
Answer = dict[str, Any]


def add_api(actions: Actions) -> None:
    """Add the endpoints; their components are never shown."""
    answers, names = Answers(actions), list(actions.studio.names)
    with gr.Row(visible=False):
        image = [image_upload(label="image"), gr.Dropdown(names, value=names[0], label="checkpoint")]
        model = gr.Textbox("", label="model")
        classes = [gr.Textbox("", label="this_class"), gr.Textbox("", label="that_class")]
        answer = gr.JSON(label="answer")
        look: dict[str, Any] = {"concurrency_id": "look", **UNOPENED}
        for name, function, inputs, options in (
            ("predict", answers.predict, image, look),
            ("topics", answers.topics, [*image, model], look),
            ("topic_masks", answers.topic_masks, [*image, model], look),
            ("explain", answers.explain, [*image, model, *classes], look),
            ("neighbours", answers.neighbours, image, look),
            ("place", answers.place, image, look),
            ("checkpoints", answers.checkpoints, None, {}),
        ):
            gr.Button(name).click(function, inputs, answer, api_name=name, **options)


class Answers:
    """What each endpoint answers."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    def predict(self, image: Upload, checkpoint: str, request: gr.Request) -> Answer:
        """Return what each model says: classes, entropy, leak, neighbours, and whether the image is like training's."""
        return {model: _prediction(view) for model, view in self._seen(image, checkpoint, request).views.items()}

    def topics(self, image: Upload, checkpoint: str, model: str, request: gr.Request) -> list[Answer]:
        """Return the topics of a model, by default the last that has any, strongest first."""
        view = self._seen(image, checkpoint, request, model).topic_view
        return [] if view is None else [_topic(topic) for topic in view.topics]

    def topic_masks(self, image: Upload, checkpoint: str, model: str, request: gr.Request) -> Answer:
        """Return where a model's living topics arise, strongest first, and the box of the image that grids cover."""
        view = self._seen(image, checkpoint, request, model).topic_view
        return {} if view is None else _masks(view)

    def explain(
        self, image: Upload, checkpoint: str, model: str, this_class: str, that_class: str, request: gr.Request
    ) -> Answer:
        """Return what the difference of two classes' logits is made of, by default of the first guess and the next."""
        view = self._seen(image, checkpoint, request, model).topic_view
        return {} if view is None or view.evidence is None else _difference(view, view.evidence, this_class, that_class)

    def neighbours(self, image: Upload, checkpoint: str, request: gr.Request) -> Answer:
        """Return the nearest training images of both domains for each model, nearest first."""
        return {model: _neighbours(view) for model, view in self._seen(image, checkpoint, request).views.items()}

    def place(self, image: Upload, checkpoint: str, request: gr.Request) -> Answer:
        """Return where the image lies on each model's maps."""
        return {model: _places(view) for model, view in self._seen(image, checkpoint, request).views.items()}

    def checkpoints(self) -> list[Answer]:
        """Return the checkpoints by name, with their accuracy on the target in per cent."""
        studio = self._actions.studio
        return [{"name": name, "accuracy": studio.accuracy(name)} for name in studio.names]

    def _seen(self, image: Upload, checkpoint: str, request: gr.Request, model: str | None = None) -> Seen:
        self._actions.admit(request)
        return self._actions.look(self._actions.open_file(uploaded_path(image)), checkpoint, model)


def _prediction(view: View) -> Answer:
    return {
        "predictions": [asdict(prediction) for prediction in view.predictions],
        "entropy": view.entropy,
        "source_only_mass": view.source_only_mass,
        "appearance": view.appearance and {"distance": view.appearance.distance, "unlike": view.appearance.unlike},
        **_neighbours(view),
    }


def _neighbours(view: View) -> Answer:
    return {
        "source_neighbours": [asdict(neighbour) for neighbour in view.source_neighbours],
        "target_neighbours": [asdict(neighbour) for neighbour in view.target_neighbours],
    }


def _places(view: View) -> Answer:
    return {name: asdict(place) | {"position": place.position.tolist()} for name, place in view.map.items()}


def _masks(view: View) -> Answer:
    living = [topic for topic in view.topics if topic.alive]
    return {
        "box": list(view.frame.box),
        "masks": [{"topic": each.index, "strength": each.strength, "grid": each.grid.tolist()} for each in living],
    }


def _difference(view: View, evidence: Evidence, this: str, that: str) -> Answer:
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


def _topic(topic: Topic) -> Answer:
    return {
        "index": topic.index,
        "value": topic.value,
        "strength": topic.strength,
        "alive": topic.alive,
        "grid": topic.grid.tolist(),
        "feature_mask": topic.feature_mask.tolist(),
    }
