"""From a benchmark's name to its task, saying what is left out and where the images differ from what was published."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from isra_model.checkpoints import Checkpoint
from isra_model.data import benchmarks
from isra_model.data.benchmark import BenchmarkError, Task


def load_task(name: str, source: str, target: str, data: Path | None, heldout: str | None = None) -> Task:
    """Return a task, see `isra_model.data.benchmarks.load_task`, and print what a user should know of its images.

    Raises
    ------
    BenchmarkError
        If the benchmark, a domain or a class is not there.
    """
    task = benchmarks.load_task(name, source, target, data, heldout)
    for note in task.notes if first_process() else ():
        print(note, file=sys.stderr)
    return task


def first_process() -> bool:
    """Return whether this process, of those that a launcher started together, is the one to speak."""
    return os.environ.get("RANK", "0") == "0"


def task_of(checkpoint: Checkpoint, data: Path | None) -> Task:
    """Return the task that a checkpoint was trained on, with what was held out; see `load_task`.

    Raises
    ------
    BenchmarkError
        If the images are of other classes than the model's.
    """
    training = checkpoint.training
    task = load_task(training.benchmark, training.source, training.target, data, training.heldout)
    if task.benchmark.classes != checkpoint.classes:
        differing = sorted({*task.benchmark.classes} ^ {*checkpoint.classes})
        raise BenchmarkError(
            f"These images are of other classes than {checkpoint.name}'s, such as '{differing[0]}': give as `data` "
            "those that it was trained on."
        )
    return task
