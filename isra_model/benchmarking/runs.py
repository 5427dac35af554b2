"""Carry out one run of a comparison, in whatever process it was sent to, and return its record."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from isra_model.benchmarking.features import features_task
from isra_model.checkpoints import FailedRun, Run, read_checkpoint, write_checkpoint
from isra_model.checkpoints.metrics import write_metrics
from isra_model.checkpoints.results import record_of, run_fields, run_key
from isra_model.data.benchmark import BenchmarkError, Task
from isra_model.data.transforms import Preprocessing
from isra_model.files import lock
from isra_model.networks import NetworkConfig
from isra_model.training.config import TrainConfig
from isra_model.training.engine import train
from isra_model.training.faults import Terminated, TrainingError
from isra_model.training.images import TrainingData, decode_task
from isra_model.training.version import commit

LoadTask = Callable[[str, str, str, Path | None], Task]


@dataclass(frozen=True)
class Place:
    """Where runs find their images and leave what they write; the same for all runs of a comparison.

    Attributes
    ----------
    load_task : LoadTask
        Makes a task from benchmark, source, target and ``data``, the images' folder.
    work : Path
        Keeps a folder a run while it goes on, so that it resumes after a kill.
    cache : Path
        Keeps the features of frozen backbones.
    keep : bool
        Whether a finished run's model stays in ``work``.
    """

    load_task: LoadTask
    data: Path | None
    work: Path
    cache: Path
    keep: bool = False


@contextlib.contextmanager
def held(work: Path) -> Iterator[None]:
    """Hold the folder ``work``, because two comparisons in it would take each other's unfinished runs for their own.

    Raises
    ------
    TrainingError
        If another one holds it.
    """
    work.mkdir(parents=True, exist_ok=True)
    with (work / ".lock").open("w") as file:
        if not lock(file.fileno()):
            raise TrainingError(f"Another comparison is at work in {work}: start this one when it has ended.")
        yield


def carry_out(config: TrainConfig, place: Place) -> Run:
    """Return the record of a run, or of its failure. A run that was killed goes on from its last saved state.

    Its standard error goes to ``terminal.txt`` in its folder, which is kept where it fails.

    Raises
    ------
    Terminated
        If SIGTERM ended it; its state is saved.
    """
    start = time.monotonic()
    folder = place.work / hashlib.sha256(f"{run_key(config)}{place.data or ''}".encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with (folder / "terminal.txt").open("a") as terminal, contextlib.redirect_stderr(terminal):
            record = _train(config, place, folder)
    except Terminated:
        raise
    except Exception as error:  # whatever stops one run, the others go on
        reason = f"{type(error).__name__}: {error}".replace(str(folder), folder.name)
        seconds = round(time.monotonic() - start, 1)
        return FailedRun(**run_fields(config), commit=commit(), device="", seconds=seconds, reason=reason)
    if not place.keep:
        shutil.rmtree(folder)
    return record


def _train(config: TrainConfig, place: Place, folder: Path) -> Run:
    names = config.benchmark, config.source, config.target
    task, data = load(place, *names, config.network, config.preprocessing)
    model = train(config, task, folder, resume=True, data=data)
    write_checkpoint(folder, model.trainee, config, task)
    return record_of(write_metrics(read_checkpoint(folder), model))


def prepare(configs: Sequence[TrainConfig], place: Place) -> None:
    """Make the features that runs need, once, before workers ask for them side by side.

    Raises
    ------
    BenchmarkError
        If a task or its images cannot be had.
    BackboneError
        If the weights of a frozen backbone cannot be had.
    """
    tasks = {(config.benchmark, config.source, config.target): config for config in configs}
    for names, config in tasks.items():
        if config.network.frozen:
            load(place, *names, config.network, config.preprocessing)
        else:
            _require_labels(place.load_task(*names, place.data))


@lru_cache(maxsize=1)
def load(
    place: Place, benchmark: str, source: str, target: str, network: NetworkConfig, preprocessing: Preprocessing
) -> tuple[Task, TrainingData]:
    """Return a task and its images, decoded, or as features where the backbone is frozen. The last task is kept.

    Raises
    ------
    BenchmarkError
        If the task or its images cannot be had.
    BackboneError
        If the weights of a frozen backbone cannot be had.
    """
    task = place.load_task(benchmark, source, target, place.data)
    _require_labels(task)
    if network.frozen:
        return task, features_task(task, network, preprocessing, place.cache)
    return task, decode_task(task, preprocessing)


def _require_labels(task: Task) -> None:
    if not task.labelled:
        raise BenchmarkError(f"The target '{task.target}' has no labels, so there is no accuracy to compare: train it.")
