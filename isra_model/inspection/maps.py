"""Fit maps offline: UMAP and t-SNE from one common start, so that the maps of all models can be read side by side.

Only functions in this file import umap and openTSNE, when they are called: neither is needed to look at an image.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isra_model.inspection.neighbours import Nearest, nearest_on_map, nearest_others, normalised, shared_neighbours

UMAP_NEIGHBOURS = 15
PERPLEXITY = 30
_START_SPREAD = 1e-4
_NO_SPREAD = 1e-6
"""Of directions, whose length is 1, in float32: what is less is rounding."""


@dataclass(frozen=True)
class FeatureSpace:
    """The rows in a model's feature space.

    Attributes
    ----------
    directions : NDArray[np.float32]
        (n, d) features of l2 norm 1.
    neighbours : Nearest
        The nearest other rows of each row, by cosine distance.
    """

    directions: NDArray[np.float32]
    neighbours: Nearest

    @classmethod
    def of(cls, features: NDArray[np.float32], neighbours: int) -> FeatureSpace:
        """Return the space of features (n, d), with so many neighbours a row."""
        directions = normalised(features)
        return cls(directions, nearest_others(directions, neighbours))


Fitter = Callable[[FeatureSpace, NDArray[np.float32]], NDArray[np.float32]]
"""Fits a map (n, 2) of a feature space, from start positions (n, 2)."""


def common_start(directions: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return (n, 2) the first two principal components of all models' directions (n, d) taken together.

    Each component has unit variance, and its largest loading is positive, whatever the linear algebra library. Where
    there is none, as of rows that are all alike, the rows stand on a circle in their order.
    """
    together = np.concatenate(directions, axis=1).astype(np.float64)
    together -= together.mean(axis=0)
    _, vectors = np.linalg.eigh(together.T @ together)
    loadings = vectors[:, [-1, -2]]
    loadings *= np.sign(loadings[np.abs(loadings).argmax(axis=0), [0, 1]])
    start = together @ loadings
    angles = np.arange(len(start)) * (2.0 * np.pi / len(start))
    start = np.where(start.std(axis=0) > _NO_SPREAD, start, np.stack([np.cos(angles), np.sin(angles)], axis=1))
    scaled: NDArray[np.float32] = (start / start.std(axis=0)).astype(np.float32)
    return scaled


def fit_umap(space: FeatureSpace, start: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return UMAP's positions (n, 2), by cosine distance; the same input gives the same map."""
    _calm_threads()
    from umap import UMAP

    count = min(UMAP_NEIGHBOURS, space.neighbours.indices.shape[1] + 1)
    reducer = UMAP(
        n_neighbors=count,
        metric="cosine",
        init=start,
        precomputed_knn=_with_self(space.neighbours, count),
        random_state=0,
        n_jobs=1,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="precomputed_knn", category=UserWarning)
        return np.asarray(reducer.fit_transform(space.directions), dtype=np.float32)


def fit_tsne(space: FeatureSpace, start: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return t-SNE's positions (n, 2), by cosine distance; the same input gives the same map."""
    _calm_threads()
    from openTSNE import TSNE

    reducer = TSNE(
        perplexity=min(PERPLEXITY, (len(start) - 1) / 3),
        metric="cosine",
        neighbors="exact",
        initialization=(start * (_START_SPREAD / start[:, 0].std())).astype(np.float64),
        random_state=0,
        n_jobs=1,
    )
    return np.asarray(reducer.fit(_all_directed(space.directions)), dtype=np.float32)


def fit_linked(
    fit: Fitter, spaces: Mapping[str, FeatureSpace], start: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """Return one map (n, 2) a model, all fitted from `start` (n, 2) and turned to the last one."""
    fitted = {model: fit(space, start) for model, space in spaces.items()}
    *_, reference = fitted.values()
    return {model: turned_to(reference, positions) for model, positions in fitted.items()}


def turned_to(reference: NDArray[np.float32], positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `positions` (n, 2) moved, turned and mirrored, not stretched, to lie near `reference` (n, 2)."""
    centred = positions - positions.mean(axis=0)
    left, _, right = np.linalg.svd(centred.T @ (reference - reference.mean(axis=0)))
    turned: NDArray[np.float32] = (centred @ left @ right + reference.mean(axis=0)).astype(np.float32)
    return turned


def map_overlap(neighbours: NDArray[np.int64], positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n,) the share of each row's neighbours (n, k) that are among its k nearest on the map (n, 2) too."""
    return shared_neighbours(neighbours, nearest_on_map(positions, neighbours.shape[1]).indices)


def torn_apart(neighbours: NDArray[np.int64], positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n,) how far on the map (n, 2) a row's neighbours (n, k) are: the median, as a share of the map's spread.

    The spread is the root mean square distance from the map's centre.
    """
    far = np.linalg.norm(positions[neighbours] - positions[:, None], axis=2)
    spread = float(np.sqrt(((positions - positions.mean(axis=0)) ** 2).sum(axis=1).mean())) or 1.0
    share: NDArray[np.float32] = (np.median(far, axis=1) / spread).astype(np.float32)
    return share


def _with_self(neighbours: Nearest, count: int) -> tuple[NDArray[np.int64], NDArray[np.float32], None]:
    """Return the neighbours as UMAP counts them: the first neighbour of a row is the row itself, at distance 0."""
    rows = np.arange(len(neighbours.indices))[:, None]
    indices = np.concatenate([rows, neighbours.indices[:, : count - 1]], axis=1)
    distances = np.concatenate(
        [np.zeros_like(neighbours.distances[:, :1]), neighbours.distances[:, : count - 1]], axis=1
    )
    return indices, distances, None


def _all_directed(directions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the rows that are zero a direction of their own: openTSNE divides by their length."""
    zero = ~directions.any(axis=1, keepdims=True)
    return np.concatenate([directions, zero.astype(np.float32)], axis=1) if zero.any() else directions


def _calm_threads() -> None:
    """Keep numba on one thread: on contended cores its threads spend their time waiting for each other."""
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
