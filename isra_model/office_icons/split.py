"""The held-out split: whole icon sets, the same ones in every domain."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HELDOUT_SHARE = 0.2
LEAST_HELDOUT = 2
LEAST_TRAIN = 5
TOLERANCE = 0.02
STARTS = 12


@dataclass(frozen=True)
class Cell:
    """Where an image counts: its family of icon sets, its domain and its class."""

    family: str
    domain: str
    class_name: str


def choose_heldout(cells: Sequence[Cell], target_classes: Sequence[str]) -> frozenset[str]:
    """Choose the families to hold out: about a fifth of the images, with some of every target class in every domain.

    From a few random splits (fixed seeds), moves one family or swaps two as long as that comes nearer to what is asked:
    of ``target_classes`` at least two held-out images in every domain, and of every class at least five for training.
    There is a cell for each image.
    """
    families = sorted({cell.family for cell in cells})
    places = sorted({(cell.domain, cell.class_name) for cell in cells})
    row, column = ({name: index for index, name in enumerate(names)} for names in (families, places))
    counts = np.zeros((len(families), len(places)))
    for cell in cells:
        counts[row[cell.family], column[cell.domain, cell.class_name]] += 1
    asked = np.array([LEAST_HELDOUT if name in set(target_classes) else 0 for _, name in places])
    draws = (random.Random(seed) for seed in range(STARTS))
    starts = [np.array([draw.random() < HELDOUT_SHARE for _ in families]) for draw in draws]
    heldout = min((_descend(counts, asked, start) for start in starts), key=lambda found: found[1])[0]
    return frozenset(family for family, held in zip(families, heldout, strict=True) if held)


def _descend(
    counts: NDArray[np.float64], asked: NDArray[np.int64], heldout: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], float]:
    """Move to the best neighbour until none is better: the split, (families,), and its cost."""
    cost = float(_costs(counts, asked, heldout[None])[0])
    while True:
        neighbours = _neighbours(heldout)
        costs = _costs(counts, asked, neighbours)
        best = int(costs.argmin())
        if costs[best] >= cost:
            return heldout, cost
        heldout, cost = neighbours[best], float(costs[best])


def _neighbours(heldout: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Every split one move or one swap away: (M, families)."""
    moved = heldout ^ np.eye(len(heldout), dtype=np.bool_)
    swapped = (moved[:, None] ^ np.eye(len(heldout), dtype=np.bool_)[None])[np.ix_(heldout, ~heldout)]
    return np.concatenate([moved, swapped.reshape(-1, len(heldout))])


def _costs(counts: NDArray[np.float64], asked: NDArray[np.int64], splits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How many images are wanting, and how many the split is away from a fifth beyond what is tolerated: (M,)."""
    total = counts.sum(axis=0)
    held = splits.astype(np.float64) @ counts
    wanting = np.maximum(asked - held, 0).sum(axis=1) + np.maximum(LEAST_TRAIN - (total - held), 0).sum(axis=1)
    off = np.abs(held.sum(axis=1) / total.sum() - HELDOUT_SHARE)
    return np.asarray(wanting + np.maximum(off - TOLERANCE, 0) * total.sum())
