"""Views as JSON, for the command line and other programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isra_model.inspection.views import Appearance, Evidence, MapPlacement, Neighbour, Prediction, Topic, View


def view_as_json(view: View) -> dict[str, Any]:
    """Return a view as values that `json.dumps` takes, rounded to what they mean.

    Left out are what is large and of use to programs only: the image, the features and the feature masks.
    """
    return {
        "model": view.model,
        "predictions": [_prediction(prediction) for prediction in view.predictions],
        "entropy": _rounded(view.entropy, 4),
        "source_only_mass": None if view.source_only_mass is None else _rounded(view.source_only_mass, 4),
        "source_neighbours": [_neighbour(neighbour) for neighbour in view.source_neighbours],
        "target_neighbours": [_neighbour(neighbour) for neighbour in view.target_neighbours],
        "box": [_rounded(edge, 4) for edge in view.frame.box],
        "topics": [_topic(topic) for topic in view.topics],
        "evidence": _evidence(view.evidence) if view.evidence else None,
        "appearance": _appearance(view.appearance),
        "map": {name: _placement(placement) for name, placement in view.map.items()},
    }


def _appearance(appearance: Appearance | None) -> dict[str, Any] | None:
    if appearance is None:
        return None
    return {"distance": _rounded(appearance.distance, 3), "unlike": appearance.unlike}


def _prediction(prediction: Prediction) -> dict[str, Any]:
    return {
        "label": prediction.label,
        "index": prediction.index,
        "probability": _rounded(prediction.probability, 4),
        "shared": prediction.shared,
    }


def _neighbour(neighbour: Neighbour) -> dict[str, Any]:
    return {"row": neighbour.row, "label": neighbour.label, "distance": _rounded(neighbour.distance, 4)}


def _topic(topic: Topic) -> dict[str, Any]:
    return {
        "index": topic.index,
        "value": _rounded(topic.value, 4),
        "strength": _rounded(topic.strength, 3),
        "alive": topic.alive,
        "r2": _rounded(topic.r2, 3),
        "response": _rounded(topic.response, 4),
        "grid": [_all_rounded(line, 4) for line in topic.grid],
        "response_grid": [_all_rounded(line, 4) for line in topic.response_grid],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    """Return the contributions of the topics that are in the image, by number, and what they add to."""
    active = np.flatnonzero(evidence.contributions.any(axis=1)).tolist()
    return {
        "contributions": {str(j): _all_rounded(evidence.contributions[j], 4) for j in active},
        "residual": _all_rounded(evidence.residual, 4),
        "constant": _all_rounded(evidence.constant, 4),
    }


def _placement(placement: MapPlacement) -> dict[str, Any]:
    return {
        "position": _all_rounded(placement.position, 3),
        "off_map": placement.off_map,
        "distance": _rounded(placement.distance, 4),
        "threshold": _rounded(placement.threshold, 4),
    }


def _all_rounded(values: NDArray[np.float32] | Sequence[float], digits: int) -> list[float | None]:
    return [_rounded(float(value), digits) for value in values]


def _rounded(value: float, digits: int) -> float | None:
    """Return a number JSON can hold: rounded, and null where it is not finite."""
    return round(value, digits) if math.isfinite(value) else None
