"""How mixed source and target are among some rows, against what shuffled domain labels would give."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from isra_model.inspection.gallery import Gallery

MIXING_NEIGHBOURS = 10
SHUFFLES = 199
_RANGE = (0.025, 0.975)


@dataclass(frozen=True)
class Mixing:
    """The mixing of some rows, and that of the same rows after the domain labels of the whole gallery were shuffled.

    Attributes
    ----------
    value : float
        Share of the rows' ten nearest neighbours that are of the other domain, over the share expected if domains were
        mixed at random: 0 is apart, 1 is fully mixed. NaN for no row, or where there is but one domain.
    shuffled : float
        Mean of the same over `SHUFFLES` shuffles, near 1; NaN where `value` is.
    low, high : float
        The range of 95 % of them: the fewer the rows, the wider.
    """

    value: float
    shuffled: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Return in a sentence what the value means beside the range."""
        if np.isnan(self.value):
            return "There is no mixing to measure here."
        if self.value < self.low:
            return "Source and target lie apart: less mixed than shuffled domain labels would be."
        if self.value > self.high:
            return "Source and target seek each other: more mixed than shuffled domain labels would be."
        return "As mixed as shuffled domain labels would be: these images do not tell the domains apart."


def mixing(gallery: Gallery, model: str, rows: NDArray[np.int64]) -> Mixing:
    """Return the mixing of `rows` (k,) in the feature space of `model`; the same rows give the same numbers."""
    is_target = gallery.domains == "target"
    neighbours = gallery.models[model].neighbours[:, :MIXING_NEIGHBOURS]
    if len(rows) == 0 or is_target.all() or not is_target.any():
        return Mixing(np.nan, np.nan, np.nan, np.nan)
    value = _ratio(is_target.astype(np.uint8)[:, None], neighbours, rows)
    by_chance = _ratio(_shuffled(len(is_target), int(is_target.sum())), neighbours, rows)
    low, high = np.quantile(by_chance, _RANGE)
    return Mixing(float(value[0]), float(by_chance.mean()), float(low), float(high))


@lru_cache(maxsize=4)
def _shuffled(count: int, targets: int) -> NDArray[np.uint8]:
    """Return (count, SHUFFLES) labels, 1 for target, each column in a random order of its own."""
    labels = np.tile((np.arange(count) < targets).astype(np.uint8), (SHUFFLES, 1))
    return np.ascontiguousarray(np.random.default_rng(0).permuted(labels, axis=1).T)


def _ratio(labels: NDArray[np.uint8], neighbours: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (p,) the rows' share of neighbours (n, k) of the other domain over the expected, by `labels` (n, p)."""
    count, targets = len(labels), int(labels[:, 0].sum())
    target_neighbours = np.zeros((len(rows), labels.shape[1]), dtype=np.uint8)
    for nearest in neighbours[rows].T:
        target_neighbours += labels[nearest]
    own = labels[rows]
    others = np.where(own, neighbours.shape[1] - target_neighbours, target_neighbours)
    share = others.mean(axis=0, dtype=np.float64) / neighbours.shape[1]
    target_rows = own.mean(axis=0, dtype=np.float64)
    expected = (target_rows * (count - targets) + (1 - target_rows) * targets) / (count - 1)
    ratio: NDArray[np.float64] = share / expected
    return ratio
