"""The view *Weights*: what each model thinks the target has, and how much each image of a mini-batch counts."""

from __future__ import annotations

import gradio as gr

from isra_model.inspection.weights import batches, weighted_batch
from isra_model.interface.actions import Actions
from isra_model.interface.components import QUIET, panel, sent
from isra_model.interface.payloads import Payload, task_payload
from isra_model.interface.prints import printed_address
from isra_model.interface.snippets import weights_snippet
from isra_model.interface.studio import OpenTask
from isra_model.interface.views import OPEN, View
from isra_model.training.log import read_class_weights

NO_BATCH = "There is no such mini-batch: choose another one."


def weights_payload(task: OpenTask) -> Payload:
    """Return each model's class weights, and the first mini-batch as the last model sees it."""
    gallery = task.gallery
    return {
        "task": task_payload(task),
        "python": weights_snippet(task.location, task.models[-1]),
        "printed": [printed_address(task, "weights")],
        "classes": list(gallery.classes),
        "shared": gallery.shared.tolist() if gallery.labelled else None,
        "weights": {model: gallery.models[model].class_weight.round(5).tolist() for model in task.models},
        "history": {model: _history(task, model) for model in task.models},
        "labels": gallery.labels.tolist(),
        "count": len(batches(gallery)),
        "batch": batch_payload(task, task.models[-1], 0),
    }


def _history(task: OpenTask, model: str) -> Payload | None:
    """Return a model's class weights at each evaluation of its training, oldest first; None if its log has none."""
    weights = read_class_weights(task.inspectors[model].checkpoint.folder)
    return {"steps": list(weights), "weights": list(weights.values())} if weights else None


def batch_payload(task: OpenTask, model: object, number: object) -> Payload:
    """Return what a model makes of a mini-batch, by its number."""
    known = batches(task.gallery)
    if model not in task.models or number not in range(len(known)):
        raise gr.Error(NO_BATCH, print_exception=False)
    batch = weighted_batch(task.gallery, str(model), known[int(str(number))])
    return {
        "of": {"task": task.name, "model": model, "number": number},
        "rows": batch.rows.tolist(),
        "target": (task.gallery.domains[batch.rows] == "target").tolist(),
        "entropy": batch.entropy.round(3).tolist(),
        "weight": batch.weight.round(3).tolist(),
        "topics": batch.topics.tolist(),
        "strengths": batch.strengths.round(2).tolist(),
    }


def lay_out(actions: Actions) -> gr.HTML:
    """Lay the view out: its panel, and one unseen through which other mini-batches come."""
    shown = panel("weights", None, [OPEN, "step"])
    batch = panel("weights/batch")

    def step(event: gr.EventData, request: gr.Request) -> Payload:
        actions.admit(request)
        return batch_payload(actions.task(str(sent(event, "task"))), sent(event, "model"), sent(event, "number"))

    shown.step(step, None, batch, trigger_mode="always_last", **QUIET)
    return shown


VIEW = View("weights", "Weights", "model", payload=weights_payload, build=lay_out)
