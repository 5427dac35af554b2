"""What the app has to work with: the checkpoints of a folder, read when first asked for, and the example images."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from PIL import Image

from isra_model.data.decoding import OWN_FILES, open_image
from isra_model.inspection import Inspector, look_with_every_model, read_inspectors
from isra_model.inspection.gallery import Gallery
from isra_model.inspection.views import View

MODELS: dict[str, str] = {"source-only": "Source only", "ba3us": "BA3US", "ba3us-isra": "BA3US + ISRA"}
BASELINE = "source-only"
ISRA = "ba3us-isra"
DEFAULT_TASK = "office-icons-solid-to-line"


class StudioError(ValueError):
    """Something asked for that is not there; the message says what to do and names no path."""


@dataclass(frozen=True)
class Example:
    """An image that the page offers: a file and what it is called."""

    path: Path
    title: str

    def open(self) -> Image.Image:
        """Return the image, RGB."""
        return open_image(self.path, OWN_FILES)


@dataclass(frozen=True)
class OpenTask:
    """The models of one checkpoint folder, ready to look at images.

    Attributes
    ----------
    name : the folder's name, ``<benchmark>-<source>-to-<target>``.
    inspectors : by model name, in the order of `MODELS`.
    """

    name: str
    inspectors: Mapping[str, Inspector]

    def look(self, image: Image.Image) -> dict[str, View]:
        """Return what each model says about an image."""
        return look_with_every_model(self.inspectors, image)

    @property
    def main(self) -> Inspector:
        """Return the model that the page is about: BA3US + ISRA where it is there, else the last."""
        return self.inspectors.get(ISRA) or list(self.inspectors.values())[-1]

    @property
    def gallery(self) -> Gallery:
        """Return the gallery that the models share."""
        gallery = self.main.gallery
        if gallery is None:
            raise StudioError("This checkpoint has no gallery: make one with `python -m isra_model gallery`.")
        return gallery

    @property
    def models(self) -> tuple[str, ...]:
        """Return the names of the models, in the order of `MODELS`."""
        return tuple(self.inspectors)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Return model names to titles."""
        return {model: MODELS[model] for model in self.inspectors}

    def accuracy(self, model: str) -> float | None:
        """Return a model's recorded accuracy on the target in per cent, if it was measured."""
        value = self.inspectors[model].checkpoint.metrics.get("accuracy")
        return None if value is None else float(value)


def open_task(folder: Path) -> OpenTask:
    """Read the models in a checkpoint folder.

    Raises
    ------
    StudioError
        If there is none.
    """
    return OpenTask(folder.name, read_inspectors(folder))


class Studio:
    """The checkpoints of a folder and a few examples.

    Parameters
    ----------
    checkpoints : a folder of task folders; those with a gallery are offered.
    examples : a folder of images with an `examples.json` that lists them.
    opener : reads a task folder.
    kept : how many tasks stay in memory.
    """

    def __init__(
        self, checkpoints: Path, examples: Path, opener: Callable[[Path], OpenTask] = open_task, kept: int = 4
    ) -> None:
        self._folders = {folder.parent.parent.name: folder.parent.parent for folder in _galleries(checkpoints)}
        if not self._folders:
            raise StudioError(f"No checkpoint with a gallery in '{checkpoints}': train one, or name another folder.")
        self.examples = _examples(examples)
        self._opener = opener
        self._kept = kept
        self._tasks: OrderedDict[str, OpenTask] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the tasks' names, the default one first."""
        return tuple(sorted(self._folders, key=lambda name: (name != DEFAULT_TASK, name)))

    def task(self, name: str) -> OpenTask:
        """Return a task by name, from memory if it was used lately.

        Raises
        ------
        StudioError
            If there is no such task.
        """
        if name not in self._folders:
            raise StudioError("There is no such checkpoint: choose one from the list.")
        with self._lock:
            task = self._tasks.pop(name, None) or self._opener(self._folders[name])
            self._tasks[name] = task
            if len(self._tasks) > self._kept:
                self._tasks.popitem(last=False)
            return task

    def sprite(self, name: str, number: int) -> Path | None:
        """Return the file of a task's sprite, or None if there is none; for serving it without naming its path."""
        if name not in self._folders:
            return None
        files = self.task(name).gallery.sprites.files
        return files[number] if 0 <= number < len(files) else None

    def accuracy(self, name: str) -> float | None:
        """Return the main model's accuracy on the target in per cent, from its metrics alone."""
        for model in reversed(MODELS):
            metrics = self._folders[name] / model / "metrics.json"
            if metrics.is_file():
                value = json.loads(metrics.read_text(encoding="utf-8")).get("accuracy")
                return None if value is None else float(value)
        return None


def _galleries(checkpoints: Path) -> list[Path]:
    return sorted(checkpoints.glob("*/gallery/gallery.json"))


def _examples(folder: Path) -> tuple[Example, ...]:
    listing = json.loads((folder / "examples.json").read_text(encoding="utf-8"))
    return tuple(Example(folder / entry["file"], entry["title"]) for entry in listing)
