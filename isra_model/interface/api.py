"""The HTTP interface: the same answers as the page's and the command line's, as plain JSON under stable names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from isra_model.inspection import serialise
from isra_model.inspection.views import Topic
from isra_model.interface.actions import Actions, Seen
from isra_model.interface.components import UNOPENED, image_upload, uploaded_path

Upload = dict[str, Any] | None
Answer = dict[str, Any]


def add_api(actions: Actions) -> None:
    """Add the endpoints; their components are never shown."""
    answers, names = Answers(actions), list(actions.studio.names)
    with gr.Row(visible=False):
        checkpoint = gr.Dropdown(names, value=names[0], label="checkpoint")
        image = [image_upload(label="image"), checkpoint]
        model = gr.Textbox("", label="model")
        classes = [gr.Textbox("", label="this_class"), gr.Textbox("", label="that_class")]
        row, rows = _row(), _list_of_rows()
        answer = gr.JSON(label="answer")
        look: dict[str, Any] = {"concurrency_id": "look", **UNOPENED}
        for name, function, inputs, options in (
            ("predict", answers.predict, image, look),
            ("topics", answers.topics, [*image, model], look),
            ("topic_masks", answers.topic_masks, [*image, model], look),
            ("explain", answers.explain, [*image, model, *classes], look),
            ("neighbours", answers.neighbours, image, look),
            ("place", answers.place, image, look),
            ("inspect_point", answers.inspect_point, [row, checkpoint], {}),
            ("lasso_statistics", answers.lasso_statistics, [rows, checkpoint, model], {}),
            ("checkpoints", answers.checkpoints, None, {}),
        ):
            gr.Button(name).click(function, inputs, answer, api_name=name, **options)


class Answers:
    """What each endpoint answers; their docstrings are what an agent reads of them."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    def predict(self, image: Upload, checkpoint: str, request: gr.Request) -> Answer:
        """Return what each model says: classes, entropy, leak, neighbours, and whether the image is like training's."""
        views = self._seen(image, checkpoint, request).views
        return {model: serialise.prediction_as_json(view) for model, view in views.items()}

    def topics(self, image: Upload, checkpoint: str, model: str, request: gr.Request) -> list[Answer]:
        """Return the topics of a model, by default the last that has any, strongest first."""
        view = self._seen(image, checkpoint, request, model).topic_view
        return [] if view is None else [_topic(topic) for topic in view.topics]

    def topic_masks(self, image: Upload, checkpoint: str, model: str, request: gr.Request) -> Answer:
        """Return where a model's living topics arise, strongest first, and the box of the image that grids cover."""
        view = self._seen(image, checkpoint, request, model).topic_view
        return {} if view is None else serialise.masks_as_json(view)

    def explain(
        self, image: Upload, checkpoint: str, model: str, this_class: str, that_class: str, request: gr.Request
    ) -> Answer:
        """Return what the difference of two classes' logits is made of, by default of the first guess and the next."""
        view = self._seen(image, checkpoint, request, model).topic_view
        if view is None or view.evidence is None:
            return {}
        guesses = [prediction.label for prediction in view.predictions]
        this = this_class or next(label for label in guesses if label != that_class)
        that = that_class or next((label for label in guesses if label != this), this)
        if not {this, that} <= set(guesses):
            raise gr.Error("There is no such class: take one of those that predict answers.", print_exception=False)
        return serialise.difference_as_json(view, view.evidence, this, that)

    def neighbours(self, image: Upload, checkpoint: str, request: gr.Request) -> Answer:
        """Return the nearest training images of both domains for each model, nearest first."""
        views = self._seen(image, checkpoint, request).views
        return {model: serialise.neighbours_as_json(view) for model, view in views.items()}

    def place(self, image: Upload, checkpoint: str, request: gr.Request) -> Answer:
        """Return where the image lies on each model's maps."""
        views = self._seen(image, checkpoint, request).views
        return {model: serialise.places_as_json(view) for model, view in views.items()}

    def inspect_point(self, row: object, checkpoint: str, request: gr.Request) -> Answer:
        """Return what each model says of an image on its map, by the image's row: classes, weights, neighbours."""
        self._actions.admit(request)
        gallery = self._actions.task(checkpoint).gallery
        return serialise.point_as_json(gallery, _known_row(row, len(gallery)))

    def lasso_statistics(self, rows: object, checkpoint: str, model: str, request: gr.Request) -> Answer:
        """Return domains, classes, topics and domain mixing of some images on a model's map, by their rows.

        The model is the last of the checkpoint, which has ISRA if one has, if none is named.
        """
        self._actions.admit(request)
        task = self._actions.task(checkpoint)
        chosen = _known_model(model, task.models, "") or task.models[-1]
        listed = rows if isinstance(rows, list) and rows else [rows]
        known = [_known_row(row, len(task.gallery)) for row in listed]
        return serialise.selection_as_json(self._actions.select(checkpoint, chosen, known))

    def checkpoints(self) -> list[Answer]:
        """Return the checkpoints by name, with their accuracy on the target in per cent."""
        studio = self._actions.studio
        return [{"name": name, "accuracy": studio.accuracy(name)} for name in studio.names]

    def _seen(self, image: Upload, checkpoint: str, request: gr.Request, model: str = "") -> Seen:
        """Return what is seen, with the topics of a model, or of the last that has any if none is named."""
        self._actions.admit(request)
        known = _known_model(model, self._actions.task(checkpoint).topic_models, " with topics")
        return self._actions.look(self._actions.open_file(uploaded_path(image)), checkpoint, known)


def _list_of_rows() -> gr.JSON:
    """Return a component for row numbers that says what it takes: an agent's program refuses one that does not."""
    rows = gr.JSON([], label="rows")
    rows.api_info = lambda: {"type": "array", "items": {"type": "integer"}}  # type: ignore[method-assign]
    return rows


def _row() -> gr.Number:
    """Return a component for a row number that lets `_known_row` say what is none: its own error says nothing."""
    row = gr.Number(0, precision=0, label="row")
    row.preprocess = lambda payload: payload  # type: ignore[method-assign]
    return row


def _known_model(model: str, known: Sequence[str], kind: str) -> str | None:
    """Return a model that is named, None if none is, or say which there are."""
    if not model or model in known:
        return model or None
    advice = f"take one of {', '.join(known)}, or leave the name out" if known else "this checkpoint has none"
    raise gr.Error(f"There is no model '{model:.40}'{kind}: {advice}.", print_exception=False)


def _known_row(row: Any, count: int) -> int:
    """Return the number of a row, or say which there are."""
    whole = isinstance(row, int) or (isinstance(row, float) and row.is_integer())
    if isinstance(row, bool) or not whole or not 0 <= row < count:
        numbers = f"rows are numbers from 0 to {count - 1}"
        raise gr.Error(f"There is no row {row!s:.40}: {numbers}.", print_exception=False)
    return int(row)


def _topic(topic: Topic) -> Answer:
    return serialise.topic_as_json(topic) | {"feature_mask": topic.feature_mask.tolist()}
