"""What is seen as JSON: the one form for the command line, the HTTP interface and agents."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isra_model.inspection.gallery import Gallery, ModelRows
from isra_model.inspection.selection import Selection
from isra_model.inspection.views import Appearance, Evidence, MapPlacement, Neighbour, Prediction, Topic, View

POINT_CLASSES, POINT_TOPICS = 5, 6
"""So many of a point's most probable classes and strongest topics are told."""


def view_as_json(view: View) -> dict[str, Any]:
    """Return a view as values that `json.dumps` takes, rounded to what they mean.

    Left out are what is large and of use to programs only: the image, the features and the feature masks.
    """
    return {
        "model": view.model,
        **prediction_as_json(view),
        "framing": view.framing,
        "box": _box(view),
        "topics": [topic_as_json(topic) for topic in view.topics],
        "evidence": _evidence(view.evidence) if view.evidence else None,
        "map": places_as_json(view),
    }


def prediction_as_json(view: View) -> dict[str, Any]:
    """Return what the model says of the image, and the images that it finds near."""
    return {
        "predictions": [_prediction(prediction) for prediction in view.predictions],
        "entropy": _rounded(view.entropy, 4),
        "source_only_mass": None if view.source_only_mass is None else _rounded(view.source_only_mass, 4),
        "appearance": _appearance(view.appearance),
        **neighbours_as_json(view),
    }


def neighbours_as_json(view: View) -> dict[str, Any]:
    """Return the nearest images of both domains, nearest first."""
    return {
        "source_neighbours": [_neighbour(neighbour) for neighbour in view.source_neighbours],
        "target_neighbours": [_neighbour(neighbour) for neighbour in view.target_neighbours],
    }


def places_as_json(view: View) -> dict[str, Any]:
    """Return where the image lies on each map."""
    return {name: _placement(placement) for name, placement in view.map.items()}


def masks_as_json(view: View) -> dict[str, Any]:
    """Return where the living topics arise, strongest first, and the box of the framed image that the grids cover."""
    living = (topic for topic in view.topics if topic.alive)
    masks = [
        {"topic": each.index, "strength": _rounded(each.strength, 3), "grid": _all_rounded(each.grid, 4)}
        for each in living
    ]
    return {"framing": view.framing, "box": _box(view), "masks": masks}


def difference_as_json(view: View, evidence: Evidence, this: str, that: str) -> dict[str, Any]:
    """Return the difference of two classes' logits: what each topic, the residual and the constant add to it."""
    index = {prediction.label: prediction.index for prediction in view.predictions}
    first, second = index[this], index[that]
    topics = evidence.contributions[:, first] - evidence.contributions[:, second]
    logits = evidence.logits()
    return {
        "this_class": this,
        "that_class": that,
        "topics": {str(topic): _rounded(float(topics[topic]), 6) for topic in topics.nonzero()[0]},
        "residual": _rounded(float(evidence.residual[first] - evidence.residual[second]), 6),
        "constant": _rounded(float(evidence.constant[first] - evidence.constant[second]), 6),
        "difference": _rounded(float(logits[first] - logits[second]), 6),
    }


def point_as_json(gallery: Gallery, row: int) -> dict[str, Any]:
    """Return who an image of the gallery is, and what each model says of it."""
    return {
        "row": row,
        **_image(gallery, row),
        "key": gallery.keys[row],
        "models": {model: _point(gallery, said, row) for model, said in gallery.models.items()},
    }


def selection_as_json(selection: Selection) -> dict[str, Any]:
    """Return what is told of some images of the gallery."""
    mixing = {field.name: _rounded(getattr(selection.mixing, field.name), 4) for field in fields(selection.mixing)}
    return {
        "rows": selection.rows.tolist(),
        "domains": dict(selection.domains),
        "classes": [{"label": each.label, "count": each.count} for each in selection.classes],
        "topics": [
            {"topic": each.index, "inside": _rounded(each.inside, 4), "outside": _rounded(each.outside, 4)}
            for each in selection.topics
        ],
        "mixing": mixing | {"verdict": selection.mixing.verdict},
    }


def _point(gallery: Gallery, said: ModelRows, row: int) -> dict[str, Any]:
    """Return what one model says of an image of the gallery: classes, weight, topics, neighbours and places."""
    probabilities, values, near = said.probabilities[row], said.topic_values[row], said.neighbours[row]
    best = np.argsort(-probabilities, kind="stable")[:POINT_CLASSES].tolist()
    strongest = [j for j in np.argsort(-values, kind="stable")[:POINT_TOPICS].tolist() if values[j] > 0]
    distances = (1 - said.directions[near] @ said.directions[row]).clip(0).tolist()
    predictions = (Prediction(gallery.classes[i], i, float(probabilities[i]), bool(gallery.shared[i])) for i in best)
    return {
        "predictions": [_prediction(prediction) for prediction in predictions],
        "sample_weight": _rounded(float(said.sample_weight[row]), 4),
        "topics": [{"topic": j, "value": _rounded(float(values[j]), 4)} for j in strongest],
        "neighbours": [
            {"row": other, **_image(gallery, other), "distance": _rounded(distance, 4)}
            for other, distance in zip(near.tolist(), distances, strict=True)
        ],
        "map": {
            name: {
                "position": _all_rounded(fitted.positions[row], 3),
                "overlap": _rounded(float(fitted.overlap[row]), 4),
            }
            for name, fitted in said.maps.items()
        },
    }


def _image(gallery: Gallery, row: int) -> dict[str, Any]:
    return {"domain": str(gallery.domains[row]), "label": gallery.label(row)}


def _box(view: View) -> list[float | None]:
    return [_rounded(edge, 4) for edge in view.frame.box]


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
    who = {"row": neighbour.row, "domain": neighbour.domain, "label": neighbour.label}
    return who | {"distance": _rounded(neighbour.distance, 4)}


def topic_as_json(topic: Topic) -> dict[str, Any]:
    """Return a topic of an image and where it arises."""
    return {
        "index": topic.index,
        "value": _rounded(topic.value, 4),
        "strength": _rounded(topic.strength, 3),
        "alive": topic.alive,
        "r2": _rounded(topic.r2, 3),
        "response": _rounded(topic.response, 4),
        "grid": _all_rounded(topic.grid, 4),
        "response_grid": _all_rounded(topic.response_grid, 4),
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


def _all_rounded(values: ArrayLike, digits: int) -> Any:
    """Return an array as lists of numbers that JSON can hold; see `_rounded`."""
    numbers = np.asarray(values, dtype=float).round(digits)
    return np.where(np.isfinite(numbers), numbers, np.array(None)).tolist()


def _rounded(value: float, digits: int) -> float | None:
    """Return a number JSON can hold: rounded, and null where it is not finite."""
    return round(value, digits) if math.isfinite(value) else None
