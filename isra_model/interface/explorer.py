"""The view *Topic explorer*: what each topic of a model is, seen from all images of the gallery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from isra_model.inspection.portraits import ClassShare, DomainPortrait, TopicPortrait, topic_portraits
from isra_model.inspection.topics import ALIVE_R2
from isra_model.interface import payloads
from isra_model.interface.payloads import Payload
from isra_model.interface.snippets import explorer_snippet
from isra_model.interface.studio import OpenTask


def explorer_payload(task: OpenTask) -> Payload:
    """Return the portraits of all topics, by model; no model where none has topics."""
    gallery = task.gallery
    models = [_model(task, name) for name in task.topic_models]
    rows = {row for model in models for topic in model["topics"] for row in _rows(topic)}
    return {
        "task": payloads.task_payload(task),
        "python": explorer_snippet(task.location, task.topic_models[-1]) if models else None,
        "printed": [".isra-large"],
        "classes": list(gallery.classes),
        "labels": {str(row): gallery.label(row) for row in sorted(rows)},
        "models": models,
    }


def _model(task: OpenTask, name: str) -> Payload:
    checkpoint = task.inspectors[name].checkpoint
    portraits = topic_portraits(checkpoint, task.gallery)
    r2: Sequence[float] = checkpoint.metrics.get("receptor_r2", ())
    known: Sequence[float | None] = r2 if len(r2) == len(portraits) else [None] * len(portraits)
    return {
        "name": name,
        "title": task.titles[name],
        "names": task.topics_id(name),
        "without": _without_isra(task, name),
        "images": {domain: int((task.gallery.domains == domain).sum()) for domain in ("source", "target")},
        "topics": [_topic(portrait, fit) for portrait, fit in zip(portraits, known, strict=True)],
    }


def _without_isra(task: OpenTask, name: str) -> str | None:
    """Return the model that the same method trained without ISRA; None if the task has none."""
    method = task.inspectors[name].checkpoint.training.method
    plain = (other for other in task.models if other not in task.topic_models)
    return next((other for other in plain if task.inspectors[other].checkpoint.training.method == method), None)


def _topic(portrait: TopicPortrait, r2: float | None) -> Payload:
    return {
        "index": portrait.index,
        "source": _domain(portrait.source),
        "target": _domain(portrait.target),
        "profile": _shares(portrait.profile),
        "spread": round(portrait.spread, 2),
        "for": _shares(portrait.argues_for),
        "against": _shares(portrait.argues_against),
        "gaps": {model: round(gap, 4) for model, gap in portrait.gaps.items()},
        "neighbours": [[neighbour.index, round(neighbour.cosine, 3)] for neighbour in portrait.neighbours],
        "r2": r2,
        "alive": r2 is None or r2 >= ALIVE_R2,
    }


def _domain(portrait: DomainPortrait) -> Payload:
    return {"rows": list(portrait.rows), "share": round(portrait.share, 4), "strength": round(portrait.strength, 4)}


def _shares(classes: Iterable[ClassShare]) -> list[list[float]]:
    return [[each.index, round(each.value, 4)] for each in classes]


def _rows(topic: Payload) -> list[int]:
    return [*topic["source"]["rows"], *topic["target"]["rows"]]
