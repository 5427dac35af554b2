"""A model's topics examined on held-out images, and before that, where it is asked, fitted anew and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from isra_model.checkpoints import Checkpoint, RunRecord, read_checkpoint, write_card
from isra_model.checkpoints.folders import gallery_folder
from isra_model.checkpoints.metrics import topic_metrics
from isra_model.checkpoints.store import keep_topics
from isra_model.data.benchmark import Task
from isra_model.files import write_json
from isra_model.inspection.gallery_topics import refresh_topics
from isra_model.inspection.topic_quality import Effort, measure_topics, require_topics
from isra_model.training.evaluation import respond
from isra_model.training.images import TrainingData, decode_task
from isra_model.training.topic_fit import Extent, TopicSettings, fit_topics
from isra_model.training.version import commit


@dataclass(frozen=True)
class Fit:
    """How topics are fitted anew.

    Attributes
    ----------
    extent : Extent
        How long.
    settings : TopicSettings
        Of the fit.
    keep : bool
        Whether the fitted topics are written into the model: weights, configuration, metrics, card and gallery.
    records : Sequence[RunRecord]
        The runs that its card lists then; its own if there are none.
    """

    extent: Extent
    settings: TopicSettings = field(default_factory=TopicSettings)
    keep: bool = False
    records: Sequence[RunRecord] = ()


def examine_topics(checkpoint: Checkpoint, task: Task, effort: Effort, fit: Fit | None = None) -> dict[str, Any]:
    """Return how good a model's topics are, see `measure_topics`; with ``fit``, after they were fitted anew.

    Raises
    ------
    ValueError
        If the model has no topics.
    """
    require_topics(checkpoint)
    data = decode_task(task, checkpoint.preprocessing)
    if fit:
        checkpoint = _fitted(checkpoint, data, fit)
        if fit.keep:
            keep_topics(checkpoint)
            checkpoint = read_checkpoint(checkpoint.folder)
    quality = measure_topics(checkpoint, data.source_heldout or data.source, data.heldout, effort).as_dict()
    if fit and fit.keep:
        _write_down(checkpoint, data, quality, fit.records)
    return quality


def _fitted(checkpoint: Checkpoint, data: TrainingData, fit: Fit) -> Checkpoint:
    domains = data.source, data.target
    fitted = fit_topics(checkpoint.network, domains, checkpoint.preprocessing, fit.settings, fit.extent)
    record = asdict(fit.settings) | {"code": "top-k", "passes": fitted.passes, "commit": commit()}
    return replace(checkpoint, isra=fitted.modules, topics=record | {"stability": round(fitted.stability, 4)})


def _write_down(
    checkpoint: Checkpoint, data: TrainingData, quality: dict[str, Any], records: Sequence[RunRecord]
) -> None:
    """Write what depends on the topics into the metrics, the card and the gallery of a model."""
    target = respond(checkpoint.network, data.target, checkpoint.preprocessing).features
    metrics = checkpoint.metrics | topic_metrics(checkpoint, data, target) | {"topics": quality}
    write_json(checkpoint.folder / "metrics.json", metrics)
    checkpoint = replace(checkpoint, metrics=metrics)
    write_card(checkpoint, records)
    if gallery := gallery_folder(checkpoint.folder):
        refresh_topics(gallery, checkpoint)
