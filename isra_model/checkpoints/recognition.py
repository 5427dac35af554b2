"""How much of what people bring a model recognises: any folder of class folders whose classes it knows."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

from isra_model.checkpoints.results import append_line
from isra_model.checkpoints.store import WEIGHTS, Checkpoint
from isra_model.data.benchmark import ImageSet
from isra_model.data.folder import load_domain
from isra_model.data.listing import folders_in
from isra_model.data.names import match
from isra_model.data.streams import open_images
from isra_model.markdown import table
from isra_model.training.evaluation import respond
from isra_model.training.version import commit

Z = 1.959964
"""The normal distribution's 97.5 % point."""


@dataclass(frozen=True)
class Rate:
    """A share of images, as counts.

    Attributes
    ----------
    right : int
        How many of the images.
    images : int
        How many images there are.
    """

    right: int
    images: int

    @property
    def percent(self) -> float:
        """Return the share in percent."""
        return 100.0 * self.right / self.images

    @property
    def interval(self) -> tuple[float, float]:
        """Return Wilson's 95 % interval in percent."""
        n, share = self.images, self.right / self.images
        middle, spread = share + Z**2 / (2 * n), Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
        return max(0.0, 100.0 * (middle - spread) / (1 + Z**2 / n)), 100.0 * (middle + spread) / (1 + Z**2 / n)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.percent:.1f} % ({low:.0f} to {high:.0f})"


@dataclass(frozen=True)
class Recognition:
    """What one model recognised of one folder's images.

    Attributes
    ----------
    first : Rate
        Images whose class is the model's first guess.
    among_three : Rate
        Images whose class is among its first three guesses.
    classes : dict[str, Rate]
        The first guesses by class.
    left_out : tuple[str, ...]
        What lies in the folder and is no image of a class that the model knows.
    """

    first: Rate
    among_three: Rate
    classes: dict[str, Rate]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class RecognitionRecord:
    """One recorded `Recognition`: of what, by what, and when.

    Attributes
    ----------
    model : str
        The model's title, such as "BA3US + ISRA".
    task : str
        Its source and target.
    sha256 : str
        Of the model's weights.
    commit : str
        Of the code that measured.
    date : str
        In UTC, to the day.
    device : str
        On which it was measured.
    data : str
        What the folder's images are called.
    first : Rate
        Images whose class is the model's first guess.
    among_three : Rate
        Images whose class is among its first three guesses.
    classes : dict[str, Rate]
        The first guesses by class.
    """

    model: str
    task: str
    sha256: str
    commit: str
    date: str
    device: str
    data: str
    first: Rate
    among_three: Rate
    classes: dict[str, Rate]


def holds_classes(folder: Path, checkpoint: Checkpoint) -> bool:
    """Return whether a folder holds the folder of a class that the model knows."""
    return folder.is_dir() and any(match(each.name, checkpoint.classes) for each in folders_in(folder))


def class_images(checkpoint: Checkpoint, folder: Path) -> ImageSet:
    """Return the images in a folder's class folders, ``<class>/*.png``, whose names agree with classes of a model.

    Names agree whatever their case, spaces, underscores and hyphens.

    Raises
    ------
    BenchmarkError
        If there is no folder of a class.
    """
    return load_domain(folder.name, folder, checkpoint.classes, lambda name: match(name, checkpoint.classes))


def recognise(checkpoint: Checkpoint, folder: Path) -> Recognition:
    """Measure a model on what `class_images` finds in a folder.

    Raises
    ------
    BenchmarkError
        If there is no folder of a class, or no image can be read.
    """
    images = class_images(checkpoint, folder)
    decoded = open_images(images, checkpoint.preprocessing)
    logits = respond(checkpoint.network, decoded, checkpoint.preprocessing).logits
    guesses = logits.topk(min(3, logits.shape[1]), dim=1).indices
    hits = guesses == decoded.labels.unsqueeze(1)
    first, among_three = hits[:, 0], hits.any(dim=1)
    classes = {
        checkpoint.classes[label]: _rate(first[decoded.labels == label])
        for label in torch.unique(decoded.labels).tolist()
    }
    left_out = tuple(f"{each.name}: {each.reason}" for each in images.ignored)
    return Recognition(_rate(first), _rate(among_three), classes, (*left_out, *decoded.skipped))


def _rate(hits: torch.Tensor) -> Rate:
    return Rate(int(hits.sum()), len(hits))


def append_recognition(path: Path, checkpoint: Checkpoint, found: Recognition, called: str) -> None:
    """Append what was recognised to a file of one JSON object a line."""
    record = RecognitionRecord(
        model=checkpoint.title,
        task=f"{checkpoint.source} → {checkpoint.target}",
        sha256=checkpoint.digests[WEIGHTS],
        commit=commit(),
        date=datetime.now(UTC).date().isoformat(),
        device="CPU",
        data=called,
        first=found.first,
        among_three=found.among_three,
        classes=found.classes,
    )
    append_line(path, json.dumps(asdict(record), ensure_ascii=False))


def read_recognitions(path: Path) -> list[RecognitionRecord]:
    """Return the recorded measurements, the last of each model, task and kind of images; none if there is no file."""
    if not path.exists():
        return []
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        values = json.loads(line)
        rates = {name: Rate(**values[name]) for name in ("first", "among_three")}
        classes = {name: Rate(**rate) for name, rate in values["classes"].items()}
        record = RecognitionRecord(**values | rates | {"classes": classes})
        found[record.task, record.model, record.data] = record
    return list(found.values())


def recognition_table(records: Sequence[RecognitionRecord]) -> str:
    """Return a Markdown table: models down, kinds of images across, with the shares of the first guess and of three."""
    kinds = sorted({record.data for record in records})
    models = sorted({(record.task, record.model) for record in records}, key=_place)
    by_place = {(record.task, record.model, record.data): record for record in records}
    rows = [[*model, *(_cell(by_place.get((*model, kind))) for kind in kinds)] for model in models]
    return table(["source → target", "model", *kinds], rows)


def _place(task_and_model: tuple[str, str]) -> tuple[str, bool, bool, str]:
    """Return what a row is sorted by: its task, then source-only first and models with ISRA last, as on the page."""
    task, model = task_and_model
    return task, model.endswith("+ ISRA"), model != "Source-only", model


def _cell(record: RecognitionRecord | None) -> str:
    if record is None:
        return "–"
    low, high = record.first.interval
    first, three = record.first.percent, record.among_three.percent
    return f"{first:.0f} ({low:.0f} to {high:.0f}), {three:.0f}, n = {record.first.images}"
