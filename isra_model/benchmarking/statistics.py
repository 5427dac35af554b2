"""What a comparison allows one to say: paired tests, intervals over tasks, average ranks and how far they must differ.

Exact where that is cheap, and small enough to read; `tests/benchmarking/test_statistics.py` holds them against SciPy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from isra_model.training.selection import ranks

Values = NDArray[np.float64]
RESAMPLES = 10_000
EXACT_BLOCKS = 13
"""Blocks up to which every change of signs is tried."""


def wilcoxon(differences: Sequence[float]) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test that paired ``differences`` lie around 0.

    Exact, ties included: the distribution of the positive ranks' sum under random signs. Differences of 0 are left
    out, as Wilcoxon did; 1 if none is left.
    """
    values = [value for value in differences if value != 0.0]
    if not values:
        return 1.0
    doubled = [round(2 * rank) for rank in ranks([abs(value) for value in values])]
    chances = np.ones(1)
    for rank in doubled:
        chances = 0.5 * (np.pad(chances, (0, rank)) + np.pad(chances, (rank, 0)))
    positive = sum(rank for rank, value in zip(doubled, values, strict=True) if value > 0)
    tail = min(chances[: positive + 1].sum(), chances[positive:].sum())
    return min(1.0, 2.0 * float(tail))


def sign_flips(blocks: Sequence[Sequence[float]], seed: int = 0) -> float:
    """Return the two-sided p-value of the mean of paired differences under random signs, one sign a block.

    A block is a task with the differences of its seeds, which are no independent evidence of each other. Exact up to
    `EXACT_BLOCKS` blocks, by `RESAMPLES` random signs beyond.
    """
    totals = np.array([sum(block) for block in blocks])
    if len(totals) <= EXACT_BLOCKS:
        signs = np.array(list(product((-1.0, 1.0), repeat=len(totals))))
        return float((np.abs(signs @ totals) >= abs(totals.sum()) - 1e-9).mean())
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), (RESAMPLES, len(totals)))
    reached = (np.abs(signs @ totals) >= abs(totals.sum()) - 1e-9).sum()
    return float((1 + reached) / (1 + RESAMPLES))


def bootstrap_interval(blocks: Sequence[Sequence[float]], level: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """Return the percentile interval of the mean of all differences when whole blocks (tasks) are drawn anew."""
    totals, sizes = np.array([sum(block) for block in blocks]), np.array([len(block) for block in blocks])
    chosen = np.random.default_rng(seed).integers(0, len(blocks), (RESAMPLES, len(blocks)))
    means = totals[chosen].sum(axis=1) / sizes[chosen].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def average_ranks(accuracy: Values) -> Values:
    """Return each model's mean rank over tasks, (models,), 1 for the best, of ``accuracy`` (models, tasks)."""
    by_task: Values = np.array([ranks([-value for value in column]) for column in accuracy.T.tolist()])
    mean: Values = by_task.mean(axis=0)
    return mean


def friedman(accuracy: Values) -> float:
    """Return the p-value of Friedman's test that all models of ``accuracy`` (models, tasks) are alike, chi-squared.

    Ties share their mean rank and the statistic is corrected for them.
    """
    models, tasks = accuracy.shape
    by_task = np.array([ranks(column) for column in accuracy.T.tolist()])
    spread = ((by_task - (models + 1) / 2) ** 2).sum()
    if spread == 0.0:
        return 1.0
    between = (tasks * (by_task.mean(axis=0) - (models + 1) / 2) ** 2).sum()
    statistic = tasks * (models - 1) * between / spread
    return float(chdtrc(models - 1, statistic))


def critical_difference(models: int, tasks: int, level: float = 0.05) -> float:
    """Return Nemenyi's critical difference: mean ranks that far apart differ at ``level`` (Demšar, JMLR 2006).

    ``q sqrt(k (k + 1) / 6 N)``, where q is the studentised range's quantile for k groups, over the square root of 2.
    """
    from scipy.stats import studentized_range  # nothing else here is worth the second that it takes

    quantile = float(studentized_range.ppf(1 - level, models, math.inf))
    return quantile / math.sqrt(2) * math.sqrt(models * (models + 1) / (6 * tasks))
