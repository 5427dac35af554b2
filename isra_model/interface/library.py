"""Which tasks a folder of checkpoints holds, and what of it cannot be shown and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from isra_model.checkpoints import CheckpointError, Description, read_description
from isra_model.checkpoints.folders import GALLERY, LOOKS, gallery_folder, is_model, model_folders
from isra_model.data.framing import Framing
from isra_model.inspection.gallery_checking import (
    GalleryError,
    check_model,
    check_shared_files,
    gallery_command,
    gallery_description,
)

MODELS_SHOWN = 6
OWN = "~"
"""Begins the name of a task that is one person's own."""
_LIST_ENDING = re.compile(r"\.(txt|csv|lst|list)$")


@dataclass(frozen=True)
class TaskEntry:
    """A task that can be shown.

    Attributes
    ----------
    folder : Path
        Where it lies.
    name : str
        The folder's name, by which the page's address names it.
    title : str
        Source and target as they were recorded.
    target : str
        The target domain.
    models : tuple[str, ...]
        The models that can be shown, one to six, in the order of `model_folders`.
    accuracy : float | None
        Accuracy of the last model on the target in per cent, if it was measured.
    framing : Framing
        What its models have done to images first, see `isra_model.data.framing`.
    looks : Path | None
        The file of how its domains' images are drawn, if its gallery has one.
    """

    folder: Path
    name: str
    title: str
    target: str
    models: tuple[str, ...]
    accuracy: float | None
    framing: Framing
    looks: Path | None


@dataclass(frozen=True)
class LeftOut:
    """A task, or one of its models, that is not shown, and why; the reason may name folders of the server."""

    name: str
    reason: str


@dataclass(frozen=True)
class Library:
    """The tasks below a folder by name, and what was left out."""

    tasks: dict[str, TaskEntry]
    left_out: tuple[LeftOut, ...]


def find_tasks(checkpoints: Path) -> Library:
    """Return what can be shown of a folder: of tasks' folders, or of one task, or of one model."""
    tasks: list[TaskEntry] = []
    left_out: list[LeftOut] = []
    for folder in _task_folders(checkpoints):
        task, missing = _read_task(folder)
        tasks += [task] if task else []
        left_out += missing
    titles = Counter(task.title for task in tasks)
    named = (replace(task, title=f"{task.title} ({task.name})") if titles[task.title] > 1 else task for task in tasks)
    return Library({task.name: task for task in named}, tuple(left_out))


def is_own(name: str) -> bool:
    """Return whether a name is that of a task which one person brought, not of a folder's."""
    return name.startswith(OWN)


def own_task(name: str, folder: Path) -> TaskEntry | None:
    """Return the task in ``folder`` under the name by which its owner asks for it; None if it cannot be shown."""
    found, _ = _read_task(folder)
    return replace(found, name=name, accuracy=None) if found else None


def domain_title(name: str) -> str:
    """Return what people call a domain: its name, or that of its list's file, without folder and ending."""
    return _LIST_ENDING.sub("", re.split(r"[/\\]", name)[-1])


def _task_folders(checkpoints: Path) -> list[Path]:
    if is_model(checkpoints) or gallery_folder(checkpoints):
        return [checkpoints]
    folders = sorted(folder for folder in checkpoints.glob("*") if folder.is_dir())
    return [each for each in folders if is_model(each) or (each / GALLERY).is_dir() or any(each.glob("*/config.json"))]


def _read_task(folder: Path) -> tuple[TaskEntry | None, list[LeftOut]]:
    """Return a task as far as it can be shown; None if nothing of it can."""
    name = folder.absolute().name
    try:
        gallery, places = gallery_folder(folder), model_folders(folder)
        if gallery is None:
            raise GalleryError(f"it has no gallery: make one with `{gallery_command(folder)}`.")
        fields = gallery_description(gallery)
        check_shared_files(gallery, fields)
    except (CheckpointError, GalleryError) as error:
        return None, [LeftOut(name, str(error))]
    models: list[Description] = []
    left_out: list[LeftOut] = []
    for place in places:
        try:
            models.append(_read_model(place, gallery, fields, len(models)))
        except (CheckpointError, GalleryError) as error:
            left_out.append(LeftOut(name if place == folder else f"{name}/{place.name}", str(error)))
    looks = gallery / LOOKS if fields.get("looks") else None
    return (_entry(folder, models, looks) if models else None), left_out


def _read_model(place: Path, gallery: Path, fields: Mapping[str, Any], before: int) -> Description:
    if before == MODELS_SHOWN:
        raise CheckpointError(f"the app shows {MODELS_SHOWN} models side by side: move others to another folder.")
    model = read_description(place)
    check_model(gallery, fields, model)
    return model


def _entry(folder: Path, models: Sequence[Description], looks: Path | None) -> TaskEntry:
    last = models[-1]
    return TaskEntry(
        folder=folder,
        name=folder.absolute().name,
        title=f"{domain_title(last.source)} → {domain_title(last.target)}",
        target=domain_title(last.target),
        models=tuple(model.name for model in models),
        accuracy=last.metrics.get("accuracy"),
        framing=last.training.preprocessing.framing,
        looks=looks,
    )
