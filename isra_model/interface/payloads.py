"""Inspection results -> the plain values that the panels in the browser draw. Formatting only: nothing is computed."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from isra_model.checkpoints.card import images_text
from isra_model.figures.pictures import PICTURE_SIDE, data_url
from isra_model.inspection.frame import enlarge
from isra_model.inspection.mixing import Mixing
from isra_model.inspection.selection import Selection
from isra_model.inspection.serialise import topic_as_json
from isra_model.inspection.views import Evidence, Faithfulness, Neighbour, Topic, View
from isra_model.interface.glossary import explain_model
from isra_model.interface.library import domain_title
from isra_model.interface.studio import OpenTask

CLASSES_SHOWN = 9
CLASSES_OF_A_MODEL = 3
STRIP_TOPICS = 6
NEIGHBOURS_SHOWN = 5
OVERLAY_SIDE = 160

Payload = dict[str, Any]


def task_payload(task: OpenTask) -> Payload:
    """Return what every panel needs of a task: names, and where the thumbnails are."""
    sprites = task.gallery.sprites
    checkpoint = task.main.checkpoint
    return {
        "name": task.name,
        "source": domain_title(checkpoint.source),
        "target": domain_title(checkpoint.target),
        "models": [_model(task, name) for name in task.models],
        "images": images_text(checkpoint.folder.parent),
        "labelled": task.gallery.labelled,
        "sprites": {
            "urls": [f"sprites/{quote(task.name)}/{number}.webp" for number in range(len(sprites.files))],
            "tile": sprites.tile,
            "columns": sprites.columns,
            "perFile": sprites.per_file,
            "pictures": sprites.pictures,
        },
    }


def is_unlike(views: Mapping[str, View]) -> bool:
    """Return whether an image is drawn like none that the models learned from."""
    return any(view.appearance is not None and view.appearance.unlike for view in views.values())


def prediction_payload(key: str, task: OpenTask, views: Mapping[str, View]) -> Payload:
    """Return the models side by side: the classes that any of them believes in, one row each."""
    return {
        "key": key,
        "task": task_payload(task),
        "classes": _class_rows(views),
        "models": [_model_column(task, model, view) for model, view in views.items()],
        "maxEntropy": float(np.log(len(next(iter(views.values())).probabilities))),
        "unlike": is_unlike(views),
        "offMap": any(place.off_map for place in views[task.models[-1]].map.values()),
    }


def topics_payload(key: str, view: View | None) -> Payload:
    """Return all topics in one image, with what is needed to draw every overlay in the browser."""
    if view is None or not view.topics:
        return {"key": key, "topics": []}
    return _overlays(key, view, view.topics, PICTURE_SIDE)


def strip_payload(key: str, view: View | None) -> Payload:
    """Return the same for the strongest living topics only, over a smaller picture."""
    if view is None or not view.topics:
        return {"key": key, "topics": []}
    return _overlays(key, view, view.present_topics[:STRIP_TOPICS], PICTURE_SIDE // 2)


def _overlays(key: str, view: View, topics: Sequence[Topic], side: int) -> Payload:
    frame = view.frame
    living = [topic.grid for topic in view.topics if topic.alive] or [view.topics[0].grid]
    return {
        "key": key,
        "picture": data_url(view.image, side),
        "width": frame.width,
        "height": frame.height,
        "framing": view.framing,
        "box": list(frame.box),
        "spline": _spline(view.topics[0].grid.shape),
        "mean": np.mean(living, axis=0).round(5).tolist(),
        "topics": [_topic(topic) for topic in topics],
    }


def evidence_payload(evidence: Evidence) -> Payload:
    """Return the topics that are in the image and what they, the residual and the constant add to each logit.

    Numbers are float32 in base64, so that the browser's logits are the network's.
    """
    active = np.flatnonzero(evidence.contributions.any(axis=1))
    return {
        "topics": active.tolist(),
        "contributions": _float32(evidence.contributions[active]),
        "residual": _float32(evidence.residual),
        "constant": _float32(evidence.constant),
    }


def scores_payload(scores: Mapping[int, Faithfulness]) -> Payload:
    """Return faithfulness by topic number."""
    return {str(index): _score(score) for index, score in scores.items()}


def table_row(index: int, image: Image.Image, views: Mapping[str, View]) -> Payload:
    """Return a row of the table of several images."""
    last = list(views.values())[-1]
    best = [view.predictions[0] for view in views.values()]
    return {
        "index": index,
        "picture": data_url(image, 80),
        "said": [{"label": p.label, "probability": p.probability, "shared": p.shared} for p in best],
        "leak": last.source_only_mass,
        "entropy": last.entropy,
    }


def points_payload(task: OpenTask) -> Payload:
    """Return the labels, domains and predictions of all rows, for hovering without asking the server."""
    gallery = task.gallery
    return {
        "classes": list(gallery.classes),
        "labels": gallery.labels.tolist(),
        "target": (gallery.domains == "target").astype(int).tolist(),
        "predicted": {model: gallery.models[model].predicted.tolist() for model in task.models},
    }


def selection_payload(task: OpenTask, selection: Selection, table: str) -> Payload:
    """Return a lasso's card; `table` is the same rows as CSV."""
    return {
        "kind": "selection",
        "task": task_payload(task),
        "rows": selection.rows.tolist(),
        "domains": dict(selection.domains),
        "classes": [[entry.label, entry.count] for entry in selection.classes],
        "topics": [[topic.index, topic.inside, topic.outside] for topic in selection.topics],
        "mixing": _mixing(selection.mixing),
        "overlap": dict(selection.overlap),
        "csv": table,
    }


def _mixing(mixing: Mixing) -> Payload:
    numbers = {field.name: getattr(mixing, field.name) for field in fields(mixing)}
    return {name: None if np.isnan(value) else round(value, 3) for name, value in numbers.items()} | {
        "verdict": mixing.verdict
    }


def image_payload(task: OpenTask, views: Mapping[str, View]) -> Payload:
    """Return the card of the image that is looked at."""
    models = [
        {
            "title": task.titles[model],
            "label": view.predictions[0].label,
            "probability": view.predictions[0].probability,
        }
        for model, view in views.items()
    ]
    first = next(iter(views.values()))
    seen = {"picture": data_url(first.image, 256), "framing": first.framing}
    return {"kind": "image", "task": task_payload(task), "models": models, **seen}


def _class_rows(views: Mapping[str, View]) -> list[Payload]:
    """Return the classes that some model ranks high, in the order of the last model's probabilities."""
    last = list(views.values())[-1]
    likely = {p.index for view in views.values() for p in view.predictions[:CLASSES_OF_A_MODEL]}
    rest = [p.index for p in last.predictions if p.index not in likely]
    shown = likely | set(rest[: CLASSES_SHOWN - len(likely)])
    chosen = [p for p in last.predictions if p.index in shown]
    return [
        {
            "label": p.label,
            "shared": p.shared,
            "probabilities": [float(view.probabilities[p.index]) for view in views.values()],
        }
        for p in chosen
    ]


def _model(task: OpenTask, name: str) -> Payload:
    """Return what the page needs to know of a model that it shows, whatever it is called."""
    about = explain_model(task.inspectors[name].checkpoint)
    return {"name": name, "title": task.titles[name], "about": about}


def _model_column(task: OpenTask, model: str, view: View) -> Payload:
    best = view.predictions[0]
    return _model(task, model) | {
        "accuracy": task.accuracy(model),
        "top": best.label,
        "probability": best.probability,
        "topShared": best.shared,
        "entropy": view.entropy,
        "leak": view.source_only_mass,
        "neighbours": {
            "source": [_neighbour(n) for n in view.source_neighbours[:NEIGHBOURS_SHOWN]],
            "target": [_neighbour(n) for n in view.target_neighbours[:NEIGHBOURS_SHOWN]],
        },
    }


def _neighbour(neighbour: Neighbour) -> Payload:
    return {"row": neighbour.row, "label": neighbour.label, "distance": neighbour.distance}


def _topic(topic: Topic) -> Payload:
    """Return a topic as JSON with its feature mask as stripes; of both grids, the one that the page draws."""
    codes, scale = _int8(topic.feature_mask)
    told = topic_as_json(topic) | {"stripe": codes, "stripeScale": scale}
    del told["response_grid"]
    return told


def _score(score: Faithfulness) -> Payload:
    curves = [field.name for field in fields(score) if field.name.endswith(("fractions", "deletion", "insertion"))]
    numbers: Payload = {name: np.asarray(getattr(score, name)).round(4).tolist() for name in curves}
    return numbers | {
        "logitChange": score.logit_change,
        "randomLogitChange": score.random_logit_change,
        "advantage": score.advantage,
        "topicAdvantage": score.topic_advantage,
        "randomLogitDeviation": score.random_logit_deviation,
        "label": score.label,
    }


def _spline(shape: tuple[int, ...]) -> Payload:
    """Return the two factors that turn a grid (h, w) into a smooth picture, the same as `Topic.picture`."""
    rows = [enlarge(_only(shape, row=k), OVERLAY_SIDE, 1)[:, 0] for k in range(shape[0])]
    columns = [enlarge(_only(shape, column=k), 1, OVERLAY_SIDE)[0] for k in range(shape[1])]
    return {
        "side": OVERLAY_SIDE,
        "rows": np.stack(rows, axis=1).round(5).tolist(),
        "columns": np.stack(columns, axis=1).round(5).tolist(),
    }


def _only(shape: tuple[int, ...], row: int | None = None, column: int | None = None) -> NDArray[np.float32]:
    grid = np.zeros(shape, dtype=np.float32)
    grid[row if row is not None else slice(None), column if column is not None else slice(None)] = 1
    return grid


def _float32(values: NDArray[np.float32]) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def _int8(values: NDArray[np.float32]) -> tuple[str, float]:
    scale = float(np.abs(values).max()) or 1.0
    codes = (values / scale * 127).round().astype(np.int8)
    return base64.b64encode(codes.tobytes()).decode(), scale
