"""Place a new image on a map that was fitted without it, and say when the map has no honest place for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from isra_model.inspection.gallery import ModelRows
from isra_model.inspection.maps import FeatureSpace, Fitter
from isra_model.inspection.neighbours import Nearest, nearest
from isra_model.inspection.views import MapName, MapPlacement

NEIGHBOURS = 15
USUAL_SHARE = 0.99


def place(rows: ModelRows, direction: NDArray[np.float32]) -> dict[MapName, MapPlacement]:
    """Place an image on every map of a model by its features (d,), of l2 norm 1.

    Its nearest neighbours in feature space vote: the medoid of their positions on the map, then the mean of the half of
    them nearest to the medoid, so that neighbours torn apart by the map do not pull the image between the pieces.
    """
    indices, distances = nearest(rows.directions, direction[None], NEIGHBOURS)
    distance = float(distances[0, 0])
    return {
        name: MapPlacement(
            position=_local_mean(fitted.positions[indices[0]]),
            off_map=distance > rows.threshold,
            distance=distance,
            threshold=rows.threshold,
        )
        for name, fitted in rows.maps.items()
    }


def beside(landmarks: NDArray[np.float32]) -> Fitter:
    """Return what leaves the first rows at ``landmarks`` (m, 2) and places every other row by those nearest to it."""

    def fit(space: FeatureSpace, _: NDArray[np.float32]) -> NDArray[np.float32]:
        known, others = np.split(space.directions, [len(landmarks)])
        near = nearest(known, others, NEIGHBOURS).indices
        return np.concatenate([landmarks, *(_local_mean(landmarks[rows])[None] for rows in near)])

    return fit


def off_map_threshold(neighbours: Nearest) -> float:
    """Return the 99th percentile of 1 - cosine to the nearest other row, given each row's neighbours."""
    return float(np.quantile(neighbours.distances[:, 0], USUAL_SHARE))


def _local_mean(positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (2,) the mean of the half of `positions` (k, 2) that is nearest to their medoid."""
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    around_medoid = distances[distances.sum(axis=1).argmin()]
    close = np.argsort(around_medoid, kind="stable")[: len(positions) // 2 + 1]
    mean: NDArray[np.float32] = positions[close].mean(axis=0)
    return mean
