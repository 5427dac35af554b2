"""What is measured of a finished checkpoint, as read back from disk."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from isra_model.checkpoints.alignment import alignment_cosine, alignment_estimate
from isra_model.checkpoints.store import Checkpoint, same_predictions
from isra_model.data.streams import Images
from isra_model.files import write_json
from isra_model.methods import receptor_r2
from isra_model.training.calibration import calibrate
from isra_model.training.engine import TrainedModel
from isra_model.training.evaluation import accuracy, respond
from isra_model.training.images import TrainingData
from isra_model.training.scores import class_weight, selection_scores
from isra_model.training.selection import selection_report


def write_metrics(checkpoint: Checkpoint, model: TrainedModel) -> Checkpoint:
    """Measure a checkpoint as it was read back, write its ``metrics.json``, and return it with them."""
    device = next(model.trainee.network.parameters()).device
    checkpoint.network.to(device)
    metrics = measure(checkpoint, model)
    checkpoint.network.cpu()
    write_json(checkpoint.folder / "metrics.json", metrics)
    return replace(checkpoint, metrics=metrics)


def measure(checkpoint: Checkpoint, model: TrainedModel) -> dict[str, Any]:
    """Return the metrics of a checkpoint: its accuracies, label-free scores, health and where it comes from.

    ``accuracy`` and ``heldout_accuracy`` are percentages of the target's training and held-out images, of the weights
    as stored. ``oracle_accuracy`` is the best evaluation by target labels, which chose nothing. Of a target without
    labels there are none of these, and no ``class_accuracy``.
    """
    data, preprocessing = model.data, checkpoint.preprocessing
    target = respond(checkpoint.network, data.target, preprocessing)
    unrounded = respond(model.trainee.network, data.target, preprocessing)
    metrics: dict[str, Any] = {
        **accuracies(checkpoint, data),
        "images": {"source": len(data.source), "target": len(data.target), "heldout": len(data.heldout)},
        "scores": {name: round(score, 4) for name, score in selection_scores(target.logits).items()},
        "selected_step": model.selected["evaluated_step"],
        "selection": checkpoint.training.selection,
        "selection_report": selection_report(model.evaluations),
        "half_precision_agreement": round(same_predictions(target.logits, unrounded.logits), 4),
        "feature_norm": round(float(target.features.norm(dim=1).mean()), 3),
        "class_weight": [round(float(weight), 5) for weight in class_weight(target.logits)],
        "seed": checkpoint.training.seed,
        "steps": checkpoint.training.optimisation.steps,
        "commit": _span(model.commits),
        "device": model.device,
        "seconds": round(model.seconds, 1),
    }
    if data.source_domains:
        metrics["source_domains"] = dict(data.source_domains)
    if data.source_heldout:
        kept = respond(checkpoint.network, data.source_heldout, preprocessing, source=True)
        metrics["calibration"] = calibrate(kept.logits, data.source_heldout.labels)
    if data.labelled:
        oracle = max(record["oracle"]["accuracy"] for record in model.evaluations)
        metrics |= {
            "oracle_accuracy": round(oracle, 2),
            "class_accuracy": class_accuracy(target.logits, data.target.labels),
        }
    return metrics | (topic_metrics(checkpoint, data, target.features) if checkpoint.isra else {})


def _span(commits: Sequence[str]) -> str:
    return commits[0] if len(commits) == 1 else f"{commits[0]}..{commits[-1]}"


def accuracies(checkpoint: Checkpoint, data: TrainingData) -> dict[str, float]:
    """Return the accuracy in percent on the target's training images (transductive) and on its held-out images.

    Of a target without labels there is none.
    """

    def percent(images: Images) -> float:
        return round(accuracy(respond(checkpoint.network, images, checkpoint.preprocessing).logits, images.labels), 2)

    if not data.labelled:
        return {}
    return {"accuracy": percent(data.target), "heldout_accuracy": percent(data.heldout)}


def scores(checkpoint: Checkpoint, data: TrainingData) -> dict[str, float]:
    """Return the label-free scores of a checkpoint on the target's training images."""
    logits = respond(checkpoint.network, data.target, checkpoint.preprocessing).logits
    return {name: round(score, 4) for name, score in selection_scores(logits).items()}


def class_accuracy(logits: Tensor, labels: Tensor) -> list[float | None]:
    """Return the accuracy in percent on each of the C classes of ``logits`` (n, C); None for a class without images."""
    right = logits.argmax(dim=1) == labels
    of_class = [right[labels == label] for label in range(logits.shape[1])]
    return [round(100.0 * float(rows.float().mean()), 2) if len(rows) else None for rows in of_class]


def topic_metrics(checkpoint: Checkpoint, data: TrainingData, target: Tensor) -> dict[str, Any]:
    """Return each receptor's R2, the share of dead topics, and what the alignment sees, in evaluation mode.

    ``target`` is the target's features (n, d). See `alignment_estimate` and `alignment_cosine`.
    """
    assert checkpoint.isra is not None
    source, labels = respond(checkpoint.network, data.source, checkpoint.preprocessing, source=True), data.source.labels
    classifier, batch_size = deepcopy(checkpoint.network.classifier).cpu(), checkpoint.training.optimisation.batch_size
    weights = class_weight(classifier(target))[labels]
    features = torch.cat([source.features, target])
    topics = checkpoint.isra.class2vec.encode(features)
    r2 = receptor_r2(checkpoint.isra, features)
    return {
        "receptor_r2": [round(float(value), 4) for value in r2],
        "dead_topics": round(float((topics.amax(dim=0) == 0).float().mean()), 4),
        "alignment_cosine": alignment_cosine(
            checkpoint.isra, classifier, (source.features, labels), target, batch_size
        ),
        **alignment_estimate(checkpoint.isra, source.features, target, weights, batch_size),
    }
