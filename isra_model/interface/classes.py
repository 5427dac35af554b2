"""The view *Classes*: how alike classes are, how well each is recognised, and what adaptation mended and made."""

from __future__ import annotations

import gradio as gr

from isra_model.checkpoints.recognition import Rate
from isra_model.inspection.classes import (
    Change,
    Doubt,
    changes,
    class_rates,
    class_similarity,
    closest_pairs,
    doubtful_annotations,
)
from isra_model.interface.actions import Actions
from isra_model.interface.components import QUIET, panel, sent
from isra_model.interface.payloads import Payload, task_payload
from isra_model.interface.prints import printed_address
from isra_model.interface.snippets import classes_snippet
from isra_model.interface.studio import OpenTask
from isra_model.interface.views import OPEN, View

CHANGES_SHOWN = 60
DOUBTS_SHOWN = 48
NO_CLASSES = "There is no such pair of classes: choose another cell."


def classes_payload(task: OpenTask) -> Payload:
    """Return what each model makes of the task's classes, and what each changed against the first."""
    gallery, first = task.gallery, task.models[0]
    rates = {model: class_rates(gallery, model) for model in task.models}
    return {
        "task": task_payload(task),
        "python": classes_snippet(task.location, task.models[-1]),
        "printed": [printed_address(task, "classes")],
        "classes": list(gallery.classes),
        "shared": gallery.shared.tolist() if gallery.labelled else None,
        "target": (gallery.domains == "target").astype(int).tolist(),
        "labels": gallery.labels.tolist(),
        "similarity": {model: _similarity(task, model) for model in task.models},
        "rates": {model: _rates(of_model) for model, of_model in rates.items()} if rates[first] else None,
        "changes": {
            model: [_change(change) for change in changes(gallery, first, model)[:CHANGES_SHOWN]]
            for model in task.models[1:]
        },
        "doubts": {
            model: [_doubt(doubt) for doubt in doubtful_annotations(gallery, model)[:DOUBTS_SHOWN]]
            for model in task.models
        },
    }


def pairs_payload(task: OpenTask, model: object, source: object, target: object) -> Payload:
    """Return the closest images of a class of the source and a class of the target, as a model sees them."""
    known = range(len(task.gallery.classes))
    if model not in task.models or source not in known or target not in known:
        raise gr.Error(NO_CLASSES, print_exception=False)
    pairs = closest_pairs(task.gallery, str(model), int(str(source)), int(str(target)))
    return {
        "of": {"task": task.name, "model": model, "source": source, "target": target},
        "pairs": [[pair.source, pair.target, round(pair.distance, 3)] for pair in pairs],
    }


def lay_out(actions: Actions) -> gr.HTML:
    """Lay the view out: its panel, and one unseen through which the pairs of a cell come."""
    shown = panel("classes", None, [OPEN, "pairs"])
    pairs = panel("classes/pairs")

    def open_pairs(event: gr.EventData, request: gr.Request) -> Payload:
        actions.admit(request)
        task = actions.task(str(sent(event, "task")))
        return pairs_payload(task, sent(event, "model"), sent(event, "source"), sent(event, "target"))

    shown.pairs(open_pairs, None, pairs, trigger_mode="always_last", **QUIET)
    return shown


VIEW = View("classes", "Classes", "model", payload=classes_payload, build=lay_out)


def _similarity(task: OpenTask, model: str) -> Payload:
    """Return cosines in hundredths."""
    found = class_similarity(task.gallery, model)
    hundredths = (100 * found.cosines).round().astype(int)
    return {"sources": found.sources.tolist(), "targets": found.targets.tolist(), "hundredths": hundredths.tolist()}


def _rates(rates: dict[int, Rate]) -> list[Payload]:
    whole = Rate(sum(rate.right for rate in rates.values()), sum(rate.images for rate in rates.values()))
    return [_rate(None, whole), *(_rate(label, rate) for label, rate in rates.items())]


def _rate(label: int | None, rate: Rate) -> Payload:
    return {
        "label": label,
        "right": rate.right,
        "images": rate.images,
        "interval": [round(bound / 100, 4) for bound in rate.interval],
    }


def _change(change: Change) -> Payload:
    return {
        "before": change.before,
        "after": change.after,
        "rows": change.rows.tolist(),
        "mended": change.mended,
        "made": change.made,
    }


def _doubt(doubt: Doubt) -> Payload:
    return {
        "row": doubt.row,
        "predicted": doubt.predicted,
        "probability": round(doubt.probability, 3),
        "rival": doubt.rival,
        "votes": round(doubt.votes, 3),
    }
