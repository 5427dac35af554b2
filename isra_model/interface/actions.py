"""What happens when somebody does something: the functions behind the page's events and its HTTP interface."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from isra_model.data.decoding import ImageError, open_image
from isra_model.inspection.selection import Selection, rows_as_csv, summarise
from isra_model.inspection.views import View
from isra_model.interface import payloads
from isra_model.interface.limits import TokenBuckets, client_of
from isra_model.interface.payloads import STRIP_TOPICS, Payload, is_unlike
from isra_model.interface.snippets import image_snippet
from isra_model.interface.studio import OpenTask, Studio, StudioError

PREFIX_OF_SKETCH = "data:image/png;base64,"
MAX_SKETCH = 1_000_000
BAD_SKETCH = "The drawing cannot be read: clear the pad and draw again."
FORGOTTEN = "Your image was forgotten after an hour: send it again."
NOT_SHOWN = (
    "This image is not ours to show, so it cannot be looked at here: choose one of the source, or send your own."
)
TOO_MANY = "Too many requests from your address: wait a few seconds and try again."


@dataclass(frozen=True)
class Seen:
    """What a session is looking at.

    Attributes
    ----------
    key : str
        Names the image and the task, so that late answers about another image are ignored.
    task : str
        The task's name.
    image : Image.Image
        As it was brought: a view has it as its model frames it.
    views : Mapping[str, View]
        What each model says.
    topic_model : str | None
        Whose topics are shown; None if no model has any.
    turn : int | None
        Which of the page's asks it answers, so that an image that is known need not be opened again.
    place : Mapping[str, object]
        Where the image is from, ``{"example": 2}`` or ``{"row": 7, "of": task}``; empty if the visitor sent it.
    pinned : Seen | None
        What it is compared with, looked at by the same task; None if it is compared with nothing.
    before : Seen | None
        What was looked at before it, which the page shows until it has the answer; None of the first image.
    suited : Mapping[str, str] | None
        Name and title of the task whose target is drawn like it, where it is like no image that this task's models
        learned from; None if there is none.
    """

    key: str
    task: str
    image: Image.Image
    views: Mapping[str, View]
    topic_model: str | None = None
    turn: int | None = None
    place: Mapping[str, object] = field(default_factory=dict)
    pinned: Seen | None = None
    before: Seen | None = None
    suited: Mapping[str, str] | None = None

    @property
    def topics_key(self) -> str:
        """Return what names the image and the model whose topics are shown."""
        return f"{self.key}-{self.topic_model}"

    @property
    def topic_view(self) -> View | None:
        """Return what the model says whose topics are shown; None if no model has any."""
        return None if self.topic_model is None else self.views[self.topic_model]


def place_of(told: Mapping[str, Any]) -> Payload:
    """Return where an image is from by what the page said when it asked, see `Seen.place`."""
    match told.get("kind"):
        case "example":
            return {"example": told.get("index")}
        case "row":
            return {"row": told.get("row"), "of": told.get("task")}
    return {}


class Actions:
    """The page's functions; errors that are the visitor's to mend become `gr.Error` with a message and no path."""

    def __init__(self, studio: Studio, buckets: TokenBuckets) -> None:
        self.studio = studio
        self._buckets = buckets

    def admit(self, request: gr.Request | None, cost: float = 1) -> None:
        """Count a request against its client's bucket.

        Raises
        ------
        gr.Error
            If the client asks too often.
        """
        client = None if request is None else client_of(request)
        if client is not None and not self._buckets.take(client, cost):
            raise gr.Error(TOO_MANY, print_exception=False)

    def task(self, name: str) -> OpenTask:
        """Return a task by name, or say that there is none."""
        try:
            return self.studio.task(name)
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def open_file(self, path: str | None) -> Image.Image:
        """Return the image that a visitor sent, or say what is wrong with it."""
        if path is None:
            raise gr.Error("There is no image: choose one, draw one, or take an example.", print_exception=False)
        try:
            return open_image(Path(path))
        except ImageError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def open_sketch(self, drawing: object) -> Image.Image:
        """Return the drawing that the sketch pad sent as a data URL."""
        if not isinstance(drawing, str) or not drawing.startswith(PREFIX_OF_SKETCH) or len(drawing) > MAX_SKETCH:
            raise gr.Error(BAD_SKETCH, print_exception=False)
        try:
            return open_image(base64.b64decode(drawing.removeprefix(PREFIX_OF_SKETCH), validate=True))
        except (ImageError, binascii.Error) as error:
            raise gr.Error(BAD_SKETCH, print_exception=False) from error

    def open_example(self, index: object) -> Image.Image:
        """Return an example image by its place in the strip."""
        examples = self.studio.examples
        if not isinstance(index, int) or not 0 <= index < len(examples):
            raise gr.Error("There is no such example: choose one from the strip.", print_exception=False)
        return examples[index].open()

    def open_row(self, task: str, row: object) -> Image.Image:
        """Return an image of the gallery, if it may be shown."""
        gallery, chosen = self.task(task).gallery, self.rows(task, [row])[0]
        if not gallery.has_picture(chosen):
            raise gr.Error(NOT_SHOWN, print_exception=False)
        return gallery.thumbnail(chosen)

    def look(self, image: Image.Image, task: str, topic_model: str | None = None) -> Seen:
        """Look at an image with every model of a task; topics are of `topic_model`, or of the last that has any."""
        key = hashlib.sha256(image.tobytes() + task.encode()).hexdigest()[:16]
        opened = self.task(task)
        *_, last = None, *opened.topic_models
        chosen = topic_model if topic_model in opened.topic_models else last
        views = opened.look(image)
        return Seen(key, task, image, views, chosen, suited=self._suited(image) if is_unlike(views) else None)

    def _suited(self, image: Image.Image) -> Mapping[str, str] | None:
        name = self.studio.drawn_like(image)
        return self.studio.named(name) if name else None

    def image_snippet(self, seen: Seen) -> str:
        """Return the Python that opens the image that is looked at."""
        examples = [example.python for example in self.studio.examples]
        return image_snippet(seen.place, examples, self.task(seen.task).location)

    def scores(self, seen: Seen, topics: Sequence[int] | None = None) -> Payload:
        """Measure the faithfulness of some topics' masks, by default of the strongest living ones."""
        view = seen.topic_view
        if view is None or seen.topic_model is None:
            return {"key": seen.topics_key, "scores": {}}
        if topics is None:
            topics = [topic.index for topic in view.present_topics[:STRIP_TOPICS]]
        found = self.task(seen.task).inspectors[seen.topic_model].faithfulness(view, topics)
        return {"key": seen.topics_key, "scores": payloads.scores_payload(dict(zip(topics, found, strict=True)))}

    def topic_scores(self, seen: Seen, topic: object) -> Payload:
        """Measure one topic that a visitor chose."""
        known = {topic.index for topic in seen.topic_view.topics} if seen.topic_view else set()
        if topic not in known:
            raise gr.Error("There is no such topic: choose one from the grid.", print_exception=False)
        return self.scores(seen, [int(str(topic))])

    def selection_card(self, name: str, model: object, rows: object) -> Payload:
        """Return the card of the rows in a lasso."""
        task, selection = self.task(name), self.select(name, model, rows)
        table = rows_as_csv(task.gallery, str(model), selection.rows.tolist())
        return payloads.selection_payload(task, selection, table)

    def select(self, name: str, model: object, rows: object) -> Selection:
        """Summarise some rows of a task's gallery."""
        task = self.task(name)
        if model not in task.models or not isinstance(rows, list):
            raise gr.Error("The selection cannot be read: select again.", print_exception=False)
        return summarise(task.gallery, str(model), self.rows(name, rows))

    def rows(self, task: str, rows: Sequence[object]) -> list[int]:
        """Return those of `rows` that are in a task's gallery, in ascending order, or say that none is."""
        limit = len(self.task(task).gallery)
        chosen = [row for row in rows if isinstance(row, int) and 0 <= row < limit]
        if not chosen:
            raise gr.Error("There is no such image on the map: choose another.", print_exception=False)
        return sorted(set(chosen))
