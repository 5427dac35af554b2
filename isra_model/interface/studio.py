"""What the app has to work with: the checkpoints of a folder, read when first asked for, and the example images."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from PIL import Image

from isra_model.checkpoints import CheckpointError
from isra_model.checkpoints.store import ISRA_WEIGHTS
from isra_model.data.decoding import OWN_FILES, open_image
from isra_model.data.framing import Framing
from isra_model.inspection import Inspector, look_with_every_model, read_inspectors
from isra_model.inspection.appearance import Looks, drawn_like, read_looks
from isra_model.inspection.gallery import Gallery
from isra_model.inspection.gallery_checking import GalleryError
from isra_model.inspection.views import View
from isra_model.interface.library import OWN, LeftOut, TaskEntry, find_tasks, is_own, own_task

DEFAULT_TASK = "office-icons-solid-to-line"
GONE = "Your adapted model is no longer here, it is kept for an hour: bring your images again in Adapt your own."


class StudioError(ValueError):
    """Something asked for that is not there; the message says what to do and names no path."""


@dataclass(frozen=True)
class Example:
    """An image that the page offers: a file and what it is called."""

    path: Path
    title: str

    @property
    def python(self) -> str:
        """Return the Python that opens it, the file as its owner would name it, not where it lies on the server."""
        return f'Image.open("{"/".join(self.path.absolute().parts[-3:])}")'

    def open(self) -> Image.Image:
        """Return the image, RGB."""
        return open_image(self.path, OWN_FILES)


@dataclass(frozen=True)
class GalleryExample(Example):
    """The first image of a task's gallery, which the page offers where there are no other examples."""

    task: OpenTask

    @property
    def python(self) -> str:
        """Return the Python that opens it."""
        return f'Inspector.from_pretrained("{self.task.location}").gallery.thumbnail(0)'

    def open(self) -> Image.Image:
        """Return the image, RGB."""
        return self.task.gallery.thumbnail(0)


@dataclass(frozen=True)
class OpenTask:
    """The models of one checkpoint folder, ready to look at images.

    Attributes
    ----------
    name : str
        The folder's name; of a person's own task what only that person's page knows.
    inspectors : Mapping[str, Inspector]
        By model name, in the order of `model_folders`.
    """

    name: str
    inspectors: Mapping[str, Inspector]

    def look(self, image: Image.Image) -> dict[str, View]:
        """Return what each model says about an image, each topic placed where its own value arises."""
        views = look_with_every_model(self.inspectors, image)
        return {model: view.at_responses() for model, view in views.items()}

    @property
    def main(self) -> Inspector:
        """Return the model that the page is about: the last, which has ISRA if one has."""
        return list(self.inspectors.values())[-1]

    @property
    def gallery(self) -> Gallery:
        """Return the gallery that the models share."""
        gallery = self.main.gallery
        if gallery is None:
            raise StudioError("This checkpoint has no gallery: make one with `python -m isra_model gallery`.")
        return gallery

    @property
    def models(self) -> tuple[str, ...]:
        """Return the names of the models, in the order in which they are shown."""
        return tuple(self.inspectors)

    @property
    def topic_models(self) -> tuple[str, ...]:
        """Return the names of the models that have topics."""
        return tuple(name for name, inspector in self.inspectors.items() if inspector.checkpoint.has_topics)

    def topics_id(self, model: str) -> str:
        """Return what tells a model's topics from all others, those of the same model trained anew among them."""
        name = OWN if is_own(self.name) else self.name
        return f"{name}/{model}/{self.inspectors[model].checkpoint.digests[ISRA_WEIGHTS][:12]}"

    @property
    def location(self) -> str:
        """Return the task's folder as its owner would name it, without where that lies on the server."""
        folder = self.main.checkpoint.folder.absolute()
        folder = folder if folder.name == self.name else folder.parent
        return f"{folder.parent.name}/{folder.name}"

    @cached_property
    def titles(self) -> dict[str, str]:
        """Return model names to titles; two models of one method are told apart by their names."""
        titles = {model: inspector.checkpoint.title for model, inspector in self.inspectors.items()}
        known = Counter(titles.values())
        return {model: title if known[title] == 1 else f"{title} ({model})" for model, title in titles.items()}

    def accuracy(self, model: str) -> float | None:
        """Return a model's recorded accuracy on the target in per cent, if it was measured."""
        accuracy: float | None = self.inspectors[model].checkpoint.metrics.get("accuracy")
        return accuracy


def open_task(entry: TaskEntry) -> OpenTask:
    """Read the models of a task that can be shown.

    Raises
    ------
    CheckpointError, GalleryError
        If one was changed since the task was found.
    """
    return OpenTask(entry.name, read_inspectors(entry.folder, entry.models))


class Studio:
    """The checkpoints of a folder and a few examples.

    Parameters
    ----------
    checkpoints : Path
        A folder of task folders, or one of those, or a model's; what has no gallery is left out.
    examples : Path
        A folder of images with an `examples.json` that lists them; without it a gallery's first image is the example.
    opener : Callable[[TaskEntry], OpenTask]
        Reads a task.
    kept : int
        How many tasks stay in memory.

    Attributes
    ----------
    own_tasks : Callable[[str], Path | None]
        Finds the folder of a person's own task by what follows `OWN` in its name; by default nobody has one.
    """

    def __init__(
        self, checkpoints: Path, examples: Path, opener: Callable[[TaskEntry], OpenTask] = open_task, kept: int = 4
    ) -> None:
        library = find_tasks(checkpoints)
        self._entries = library.tasks
        self.left_out: list[LeftOut] = []
        for each in library.left_out:
            self._leave_out(each)
        if not self._entries:
            raise StudioError(_nothing_left(checkpoints, self.left_out))
        self._examples = examples
        self._opener = opener
        self.own_tasks: Callable[[str], Path | None] = lambda token: None
        self._kept = kept
        self._tasks: OrderedDict[str, OpenTask] = OrderedDict()
        self._lock = threading.Lock()
        self._opening: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """Return the images that the page offers, at least one."""
        listing = self._examples / "examples.json"
        if not listing.is_file():
            task = self.first_task()
            return (GalleryExample(task.gallery.sprites.files[0], task.gallery.label(0), task),)
        listed = json.loads(listing.read_text(encoding="utf-8"))
        return tuple(Example(self._examples / entry["file"], entry["title"]) for entry in listed)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the tasks' names, the default one first."""
        return tuple(sorted(self._entries, key=lambda name: (name != DEFAULT_TASK, name)))

    def holds(self, name: str) -> bool:
        """Return whether there is a task of a name, one of the folder's or a person's own."""
        return name in self._entries or self._own(name) is not None

    def task(self, name: str) -> OpenTask:
        """Return a task by name, from memory if it was used lately; a cold one keeps nobody else waiting.

        Raises
        ------
        StudioError
            If there is no such task, or it can no longer be read.
        """
        entry = self._entry(name)
        with self._lock:
            opening = self._opening[name]
        with opening:
            task = self._tasks.get(name) or self._open(entry)
        with self._lock:
            self._tasks[name] = task
            self._tasks.move_to_end(name)
            if len(self._tasks) > self._kept:
                self._tasks.popitem(last=False)
        return task

    def first_task(self) -> OpenTask:
        """Return the first task that can be read; those before it are left out.

        Raises
        ------
        StudioError
            If none can.
        """
        for name in self.names:
            try:
                return self.task(name)
            except StudioError:
                del self._entries[name]
        raise StudioError("No checkpoint can be read: train one, or name another folder of checkpoints.")

    def sprite(self, name: str, number: int) -> Path | None:
        """Return the file of a task's sprite, or None if there is none; for serving it without naming its path."""
        try:
            files = self.task(name).gallery.sprites.files
        except StudioError:
            return None
        return files[number] if 0 <= number < len(files) else None

    def title(self, name: str) -> str:
        """Return a task's title, source and target as they were recorded."""
        return self._entry(name).title

    def named(self, name: str) -> dict[str, str]:
        """Return a task's name and title, as what the page asks is to name and tell it."""
        return {"name": name, "title": self.title(name)}

    def adapted_to(self, target: str) -> str | None:
        """Return the name of the first task that adapts to a domain, or None if there is none."""
        return next((name for name in self.names if self._entries[name].target == target), None)

    def drawn_like(self, image: Image.Image) -> str | None:
        """Return the name of the task whose target's images are drawn most like an image; None if it is like none."""
        return drawn_like(image, {name: each for name, each in self._looks.items() if name in self._entries})

    @cached_property
    def _looks(self) -> dict[str, tuple[Framing, Looks]]:
        """Return how the images of each task's domains are drawn, and framed before; of galleries that can tell."""
        entries = self._entries.items()
        return {name: (entry.framing, read_looks(entry.looks)) for name, entry in entries if entry.looks}

    def accuracy(self, name: str) -> float | None:
        """Return the main model's accuracy on the target in per cent, if it was measured."""
        return self._entry(name).accuracy

    def _entry(self, name: str) -> TaskEntry:
        entry = self._entries.get(name) or self._own(name)
        if entry is None:
            self._tasks.pop(name, None)
            raise StudioError(GONE if is_own(name) else "There is no such checkpoint: choose one from the list.")
        return entry

    def _own(self, name: str) -> TaskEntry | None:
        folder = self.own_tasks(name.removeprefix(OWN)) if is_own(name) else None
        return own_task(name, folder) if folder else None

    def _open(self, entry: TaskEntry) -> OpenTask:
        try:
            return self._opener(entry)
        except (CheckpointError, GalleryError) as error:
            self._leave_out(LeftOut(entry.name, str(error)))
            raise StudioError("This checkpoint can no longer be read: choose another one.") from error

    def _leave_out(self, what: LeftOut) -> None:
        if what not in self.left_out:
            self.left_out.append(what)
            print(f"{what.name} is left out: {what.reason}", file=sys.stderr, flush=True)


def _nothing_left(checkpoints: Path, left_out: list[LeftOut]) -> str:
    if left_out:
        return f"Nothing in '{checkpoints}' can be shown: mend what is left out, or name another folder."
    return f"No checkpoint with a gallery in '{checkpoints}': train one, or name another folder."
