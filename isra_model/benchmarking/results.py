"""The finished runs of a comparison, arranged: models by tasks by seeds."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from isra_model.benchmarking.grid import Mode, Model, comparison, models_of
from isra_model.benchmarking.statistics import bootstrap_interval, sign_flips, wilcoxon
from isra_model.checkpoints import FailedRun, Run, RunRecord
from isra_model.checkpoints.results import recorded_name, run_key
from isra_model.training.config import TrainConfig

Measure = Literal["accuracy", "heldout_accuracy", "oracle_accuracy"]
TaskName = tuple[str, str]
BASELINE = "ba3us"
SPARSE = "-isra-sparse"
FORMS = ("", "-isra", SPARSE)
"""What a model's name adds to its method's: bare, with ISRA, with ISRA on a sparse code."""


@dataclass(frozen=True)
class Cell:
    """One model on one task, or over all tasks.

    Attributes
    ----------
    mean, deviation : float | None
        In percent, over seeds; no mean where no run finished, no deviation of a single run.
    runs, failed : int
        How many seeds finished, and how many failed.
    place : int
        1 for the best of its column, 2 for the second best, else 0.
    """

    mean: float | None
    deviation: float | None
    runs: int
    failed: int = 0
    place: int = 0


@dataclass(frozen=True)
class Gain:
    """How much better a model is than another over the pairs of their runs of one task and seed.

    Attributes
    ----------
    pairs, tasks, seeds : int
        How many; no seeds where nobody says.
    mean : float
        In points.
    interval : tuple[float, float]
        95 % bootstrap interval of it, tasks drawn anew.
    wilcoxon : float
        P-value of the signed-rank test over all pairs.
    sign_flips : float
        P-value of the permutation test that flips whole tasks: seeds of one task are not independent.
    """

    model: str
    against: str
    pairs: int
    tasks: int
    seeds: int
    mean: float
    interval: tuple[float, float]
    wilcoxon: float
    sign_flips: float

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.mean:+.1f} ({low:+.1f} to {high:+.1f})"


class Results:
    """The runs of a comparison by model, task and seed; of what is not recorded yet, nothing.

    Attributes
    ----------
    models, tasks : list[str], list[TaskName]
        In the comparison's order, all of them.
    records : list[RunRecord]
        The finished runs of this comparison alone.
    failures : list[tuple[str, FailedRun]]
        The failed ones, each with its model's name.
    """

    def __init__(self, configs: Sequence[TrainConfig], runs: Iterable[Run]) -> None:
        asked = {run_key(config): recorded_name(config.method, config.as_dict()["isra"]) for config in configs}
        found = [(asked[run.key], run) for run in runs if run.key in asked]
        self.models = list(dict.fromkeys(asked.values()))
        self.tasks: list[TaskName] = list(dict.fromkeys((config.source, config.target) for config in configs))
        self.seeds = len({config.seed for config in configs})
        self.records = [run for _, run in found if isinstance(run, RunRecord)]
        self.failures = [(model, run) for model, run in found if isinstance(run, FailedRun)]
        self._runs: dict[tuple[str, TaskName], dict[int, RunRecord]] = {}
        for model, run in found:
            if isinstance(run, RunRecord):
                self._runs.setdefault((model, (run.source, run.target)), {})[run.seed] = run

    def values(self, model: str, task: TaskName, measure: Measure) -> dict[int, float]:
        """Return the accuracy of each seed that finished."""
        return {seed: getattr(run, measure) for seed, run in sorted(self._runs.get((model, task), {}).items())}

    def table(self, measure: Measure) -> dict[str, list[Cell]]:
        """Return a row a model: one cell a task, then the mean over tasks; best and second best of a column marked.

        The mean over tasks is given where every task has a run; its deviation is that of the seeds that did every task.
        """
        rows = {model: [self._cell(model, task, measure) for task in self.tasks] for model in self.models}
        full = {model: [*cells, self._overall(model, cells, measure)] for model, cells in rows.items()}
        columns = [_placed(column) for column in zip(*full.values(), strict=True)]
        return dict(zip(full, map(list, zip(*columns, strict=True)), strict=True))

    def _cell(self, model: str, task: TaskName, measure: Measure) -> Cell:
        failed = sum((name, (run.source, run.target)) == (model, task) for name, run in self.failures)
        return _summary(list(self.values(model, task, measure).values()), failed)

    def _overall(self, model: str, cells: Sequence[Cell], measure: Measure) -> Cell:
        failed = sum(cell.failed for cell in cells)
        means = [cell.mean for cell in cells if cell.mean is not None]
        if len(means) < len(cells):
            return Cell(None, None, 0, failed)
        by_task = [self.values(model, task, measure) for task in self.tasks]
        seeds = set.intersection(*(set(values) for values in by_task))
        by_seed = [statistics.mean(values[seed] for values in by_task) for seed in sorted(seeds)]
        deviation = statistics.stdev(by_seed) if len(by_seed) > 1 else None
        return Cell(statistics.mean(means), deviation, len(by_seed), failed)

    def gains(self, measure: Measure) -> list[Gain]:
        """Return each model against BA3US, then with ISRA against without, then a sparse code against a dense."""
        against = [(model, BASELINE) for model in self.models if model != BASELINE]
        for ending in (*FORMS[1:], "-sparse"):
            against += [(model, model.removesuffix(ending)) for model in self.models if model.endswith(ending)]
        return self._gains(against, measure)

    def gain(self, model: str, against: str, measure: Measure) -> Gain | None:
        """Return how much better ``model`` is than ``against``; None where no task and seed has both."""
        return gain_over_pairs(model, against, self.pairs(model, against), measure)

    def gains_of_isra(self, measure: Measure) -> list[Gain]:
        """Return each method with ISRA, of either code, against the same without."""
        plugged = [model for model in self.models if model.endswith(FORMS[1:])]
        return self._gains([(model, model.partition("-isra")[0]) for model in plugged], measure)

    def _gains(self, pairs: Iterable[tuple[str, str]], measure: Measure) -> list[Gain]:
        gains = (self.gain(*pair, measure) for pair in dict.fromkeys(pairs))
        return [gain for gain in gains if gain]

    def pairs(self, model: str, against: str) -> list[tuple[RunRecord, RunRecord]]:
        """Return the runs of two models that are of one task and seed."""
        return paired(self._finished(model), self._finished(against))

    def _finished(self, model: str) -> list[RunRecord]:
        return [run for task in self.tasks for _, run in sorted(self._runs.get((model, task), {}).items())]

    def runs(self, model: str, task: TaskName | None = None) -> list[Run]:
        """Return a model's runs on one task or on all, finished and failed, task by task and seed by seed."""
        every: list[Run] = [run for (name, _), runs in self._runs.items() if name == model for run in runs.values()]
        every += [run for name, run in self.failures if name == model]
        asked = [run for run in every if task in (None, (run.source, run.target))]
        return sorted(asked, key=lambda run: run.task_and_seed)

    def complete(self, measure: Measure) -> tuple[list[str], NDArray[np.float64]]:
        """Return the models that have a run on every task, and their mean accuracies (models, tasks)."""
        rows = {model: [cell.mean for cell in cells[:-1]] for model, cells in self.table(measure).items()}
        whole = {model: means for model, means in rows.items() if None not in means}
        return list(whole), np.array(list(whole.values()), dtype=np.float64).reshape(len(whole), len(self.tasks))

    def seconds(self, model: str) -> float | None:
        """Return the mean wall-clock seconds of a model's runs."""
        runs = [run.seconds for task in self.tasks for run in self._runs.get((model, task), {}).values()]
        return statistics.mean(runs) if runs else None


def paired(ours: Iterable[RunRecord], theirs: Iterable[RunRecord]) -> list[tuple[RunRecord, RunRecord]]:
    """Return the runs that are of one task and seed."""
    others = {run.task_and_seed: run for run in theirs}
    return [(run, others[run.task_and_seed]) for run in ours if run.task_and_seed in others]


def gain_over_pairs(
    model: str, against: str, pairs: Iterable[tuple[RunRecord, RunRecord]], measure: Measure
) -> Gain | None:
    """Return how much better the first of each pair is, runs of one task and seed; None where there is no pair."""
    blocks: dict[TaskName, list[float]] = {}
    seeds = set()
    for run, other in pairs:
        difference = round(getattr(run, measure) - getattr(other, measure), 6)
        blocks.setdefault((run.source, run.target), []).append(difference)
        seeds.add(run.seed)
    return gain_over_blocks(model, against, list(blocks.values()), len(seeds)) if blocks else None


def gain_over_blocks(model: str, against: str, blocks: Sequence[Sequence[float]], seeds: int) -> Gain:
    """Return the gain that paired differences show, a block a task."""
    pairs = [difference for block in blocks for difference in block]
    mean, interval = statistics.mean(pairs), bootstrap_interval(blocks)
    return Gain(model, against, len(pairs), len(blocks), seeds, mean, interval, wilcoxon(pairs), sign_flips(blocks))


def recorded_results(
    runs: Iterable[Run], mode: Mode, models: Iterable[Model] | None = None, benchmark: str = "office-icons"
) -> Results:
    """Return what models reached in ``mode``, on every task of a benchmark that BA3US has a run of.

    Without ``models``, they are all that have a run, in the order of the tables.
    """
    runs = [
        run for run in runs if (run.config["benchmark"], run.mode) == (benchmark, mode) and run.source != run.target
    ]
    tasks = sorted({(run.source, run.target) for run in runs if run.method == BASELINE})
    seeds = max((1 + run.seed for run in runs), default=0)
    if models is None:
        models = models_of(*({run.method for run in runs if run.model == run.method + form} for form in FORMS))
    return Results(comparison(benchmark, mode, models, tasks, seeds), runs)


def _summary(values: Sequence[float], failed: int) -> Cell:
    if not values:
        return Cell(None, None, 0, failed)
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Cell(statistics.mean(values), deviation, len(values), failed)


def _placed(column: Sequence[Cell]) -> list[Cell]:
    """Return a column with its best and second best marked; what looks equal when rounded shares its place."""
    shown = [None if cell.mean is None else round(cell.mean, 1) for cell in column]
    best = sorted({mean for mean in shown if mean is not None}, reverse=True)[:2]
    return [
        cell if mean not in best else replace(cell, place=best.index(mean) + 1)
        for cell, mean in zip(column, shown, strict=True)
    ]
