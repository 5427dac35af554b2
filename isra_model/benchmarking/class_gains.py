"""Does ISRA help where similar source-only classes exist? The paper's figure 4 and table 3, over all tasks."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from isra_model.benchmarking.features import pooled_features
from isra_model.benchmarking.results import BASELINE, Results, TaskName
from isra_model.checkpoints import RunRecord
from isra_model.data.benchmarks import load_task
from isra_model.training.config import PRESETS
from isra_model.training.selection import ranks

PERMUTATIONS = 10_000


@dataclass(frozen=True)
class ClassGain:
    """One target class of one task.

    Attributes
    ----------
    nearest : str
        The source-only class whose source images are most like this class's.
    similarity : float
        Cosine between the centroids of the two, in the pretrained backbone's features; see `class_similarity`.
    gain : float
        Accuracy with ISRA minus without, in points, mean over seeds.
    pairs : int
        How many seeds.
    """

    source: str
    target: str
    label: str
    nearest: str
    similarity: float
    gain: float
    pairs: int


def class_similarity(features: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Return the cosine between the classes' centroids, (C, C), of ``features`` (n, width) with ``labels`` (n,).

    Centroids are seen from the mean over all classes: from the origin, all of a network's features look alike.
    """
    centroids = torch.stack([features[labels == label].mean(dim=0) for label in range(classes)])
    unit = F.normalize(centroids - centroids.mean(dim=0), dim=1)
    return unit @ unit.T


def gains_by_class(results: Results, cache: Path) -> list[ClassGain]:
    """Return the gain of every class of every Office-Icons task that BA3US has runs of with and without ISRA.

    ``cache`` keeps the features by which classes are alike.
    """
    pairs: dict[TaskName, list[tuple[RunRecord, RunRecord]]] = {}
    for ours, theirs in results.pairs(f"{BASELINE}-isra", BASELINE):
        if "class_accuracy" in ours.metrics and "class_accuracy" in theirs.metrics:
            pairs.setdefault((ours.source, ours.target), []).append((ours, theirs))
    return [gain for task, found in pairs.items() for gain in _task_gains(task, found, cache)]


def _task_gains(names: TaskName, pairs: Sequence[tuple[RunRecord, RunRecord]], cache: Path) -> list[ClassGain]:
    preset, task = PRESETS["office-icons"], load_task("office-icons", *names, None)
    images = pooled_features(task.source_images(), preset.network, preset.preprocessing, cache)
    similarity = class_similarity(images.pixels.flatten(1), images.labels, len(task.benchmark.classes))
    return class_gains(pairs, similarity, task.benchmark.classes, task.shared)


def class_gains(
    pairs: Sequence[tuple[RunRecord, RunRecord]], similarity: Tensor, classes: Sequence[str], shared: NDArray[np.bool_]
) -> list[ClassGain]:
    """Return the gain of each shared class of one task.

    ``pairs`` are runs (with ISRA, without) of the same seed; ``similarity`` (C, C) is that of `class_similarity` on the
    source; ``shared`` (C,) is true for the target's classes.
    """
    only = np.flatnonzero(~shared).tolist()
    first = pairs[0][0]
    gains = []
    for label in np.flatnonzero(shared).tolist():
        differences = [
            ours.metrics["class_accuracy"][label] - theirs.metrics["class_accuracy"][label] for ours, theirs in pairs
        ]
        nearest = max(only, key=lambda other: float(similarity[label, other]))
        gains.append(
            ClassGain(
                source=first.source,
                target=first.target,
                label=classes[label],
                nearest=classes[nearest],
                similarity=float(similarity[label, nearest]),
                gain=statistics.mean(differences),
                pairs=len(pairs),
            )
        )
    return gains


@dataclass(frozen=True)
class Trend:
    """Whether gain goes with similarity.

    Attributes
    ----------
    correlation : float
        Spearman's, over classes, each task's ranks taken by itself and averaged over tasks.
    probability : float
        Probability of one as large in size if similarity meant nothing (permutations within tasks).
    similar, dissimilar : float
        Mean gain in points of the third of the classes with the highest, and lowest, similarity.
    """

    correlation: float
    probability: float
    similar: float
    dissimilar: float
    classes: int


def trend(gains: Sequence[ClassGain], seed: int = 0) -> Trend:
    """Return the trend over the classes of all tasks."""
    tasks: dict[TaskName, list[ClassGain]] = {}
    for gain in gains:
        tasks.setdefault((gain.source, gain.target), []).append(gain)
    ranked = [
        (np.array(ranks([row.similarity for row in rows])), np.array(ranks([row.gain for row in rows])))
        for rows in tasks.values()
    ]
    observed = _mean_correlation(ranked)
    random = np.random.default_rng(seed)
    shuffled = [
        _mean_correlation([(random.permutation(similarity), gain) for similarity, gain in ranked])
        for _ in range(PERMUTATIONS)
    ]
    thirds = [sorted(rows, key=lambda row: row.similarity) for rows in tasks.values()]
    low = [row.gain for rows in thirds for row in rows[: len(rows) // 3]]
    high = [row.gain for rows in thirds for row in rows[-(len(rows) // 3) :]]
    return Trend(
        correlation=observed,
        probability=(1 + sum(abs(value) >= abs(observed) for value in shuffled)) / (1 + PERMUTATIONS),
        similar=statistics.mean(high),
        dissimilar=statistics.mean(low),
        classes=len(gains),
    )


def _mean_correlation(ranks: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> float:
    values = [np.corrcoef(first, second)[0, 1] if second.std() > 0 else 0.0 for first, second in ranks]
    return float(np.mean(values))
