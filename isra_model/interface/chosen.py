"""Which checkpoint is chosen: one of the folder's, or a person's own task, until that is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from isra_model.interface.library import is_own
from isra_model.interface.studio import GONE, Studio


def choices(studio: Studio, *own: str) -> list[tuple[str, str]]:
    """Return the checkpoints to choose from, with a person's ``own``, by what the choice says of each."""
    return [(_title(studio, name), name) for name in (*studio.names, *own)]


def choice(studio: Studio, task: str, before: str) -> Any:
    """Return what the choice of checkpoints shows next: a person's own tasks are there for that person alone."""
    own = [name for name in (task, before) if is_own(name)]
    return gr.update(choices=choices(studio, *filter(studio.holds, own)), value=task) if own else task


def askable(studio: Studio, told: dict[str, Any]) -> dict[str, Any]:
    """Return what was asked for; the first example where it was an image of a person's own task that is gone."""
    task = str(told.get("task"))
    gone = told.get("kind") == "row" and is_own(task) and not studio.holds(task)
    return {**told, "kind": "example", "index": 0} if gone else told


def still_here(studio: Studio, checkpoint: str, named: object) -> str:
    """Return the task that is named, or else the one that is chosen; where a person's own is gone, the first."""
    task = str(named) if isinstance(named, str) and studio.holds(named) else checkpoint
    if studio.holds(task) or not is_own(task):
        return task
    gr.Warning(GONE, duration=None)
    return studio.names[0]


def warn_of_own(address: Mapping[str, str]) -> None:
    """Say that an address led to what was somebody's own, if it did."""
    if any(is_own(address.get(key, "")) for key in ("task", "of")):
        gr.Warning(GONE, duration=None)


def _title(studio: Studio, name: str) -> str:
    """Return what the choice of checkpoints says: source, target and accuracy."""
    accuracy = studio.accuracy(name)
    return studio.title(name) + ("" if accuracy is None else f"  ·  {accuracy:.1f} %")
