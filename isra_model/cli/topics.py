"""``python -m isra_model topics``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import tyro

from isra_model.checkpoints import Checkpoint, read_checkpoint, read_records, write_card
from isra_model.checkpoints.folders import find_model, gallery_folder
from isra_model.checkpoints.metrics import topic_metrics
from isra_model.checkpoints.results import record_of
from isra_model.checkpoints.store import keep_topics
from isra_model.cli.arguments import UsageError
from isra_model.cli.paths import CHECKPOINTS, RECORDS
from isra_model.cli.tasks import task_of
from isra_model.files import write_json
from isra_model.training.evaluation import respond
from isra_model.training.images import TrainingData, decode_task
from isra_model.training.topic_fit import Extent, TopicSettings, fit_topics
from isra_model.training.version import commit


@dataclass(frozen=True)
class Topics:
    """Measure a model's topics on held-out images; fit them anew, as a sparse code, to a network that stays as it is.

    Attributes
    ----------
    checkpoint : tyro.conf.Positional[str]
        A model's folder, or a task's folder with 'model'.
    model : str
        Which model of a task's folder.
    data : Path | None
        Where the images are, as for 'train'.
    fit : str | None
        Fit first, for so many passes through the training images (10), or for so many seconds (60s).
    settings : TopicSettings
        Of the fit.
    looked_at, tested : int
        Held-out target images whose overlays are compared, and whose masks are tested, which takes hundreds of passes.
    keep : bool
        Write the fitted topics into the model: weights, configuration, metrics, card and gallery.
    json : bool
        Print JSON.
    """

    checkpoint: tyro.conf.Positional[str]
    model: str = "ba3us-isra"
    data: Path | None = None
    fit: str | None = None
    settings: TopicSettings = field(default_factory=TopicSettings)
    looked_at: int = 40
    tested: int = 10
    keep: bool = False
    json: bool = False

    def run(self) -> None:
        """Fit, measure and print.

        Raises
        ------
        UsageError
            If topics are to be kept that are not fitted, or the model has none to exchange.
        """
        if self.keep and not self.fit:
            raise UsageError("--keep keeps what was fitted: give --fit too, such as --fit 10.")
        checkpoint = read_checkpoint(find_model(self.checkpoint, self.model))
        if checkpoint.isra is None:
            raise UsageError(f"{checkpoint.name} was trained without ISRA and has no topics: choose a model that has.")
        how_long = extent(self.fit) if self.fit else None
        data = decode_task(task_of(checkpoint, self.data), checkpoint.preprocessing.resize)
        if how_long:
            checkpoint = self._fitted(checkpoint, data, how_long)
            if self.keep:
                keep_topics(checkpoint)
                checkpoint = read_checkpoint(checkpoint.folder)
        from isra_model.inspection.topic_quality import Effort, as_lines, measure_topics

        effort = Effort(self.looked_at, self.tested)
        quality = measure_topics(checkpoint, data.source_heldout or data.source, data.heldout, effort).as_dict()
        if self.keep:
            _write_down(checkpoint, data, quality)
        print(json.dumps(quality, indent=2) if self.json else as_lines(quality))

    def _fitted(self, checkpoint: Checkpoint, data: TrainingData, how_long: Extent) -> Checkpoint:
        domains = data.source, data.target
        fitted = fit_topics(checkpoint.network, domains, checkpoint.preprocessing, self.settings, how_long)
        record = asdict(self.settings) | {"code": "top-k", "passes": fitted.passes, "commit": commit()}
        return replace(checkpoint, isra=fitted.modules, topics=record | {"stability": round(fitted.stability, 4)})


def extent(text: str) -> Extent:
    """Return how long a fit goes on: ``10`` passes, or ``60s``.

    Raises
    ------
    UsageError
        If it is neither.
    """
    number = text.removesuffix("s")
    if not number.isdecimal() or int(number) == 0:
        raise UsageError(f"--fit takes passes, such as 10, or seconds, such as 60s, not '{text}'.")
    return Extent(seconds=float(number)) if text.endswith("s") else Extent(passes=int(number))


def _write_down(checkpoint: Checkpoint, data: TrainingData, quality: dict[str, Any]) -> None:
    """Write what depends on the topics into the metrics, the card and the gallery of a model."""
    from isra_model.inspection.gallery_topics import refresh_topics

    target = respond(checkpoint.network, data.target, checkpoint.preprocessing).features
    metrics = checkpoint.metrics | topic_metrics(checkpoint, data, target) | {"topics": quality}
    write_json(checkpoint.folder / "metrics.json", metrics)
    checkpoint = replace(checkpoint, metrics=metrics)
    shipped = CHECKPOINTS in checkpoint.folder.resolve().parents
    own = [record_of(checkpoint)] if "accuracy" in metrics else []
    write_card(checkpoint, read_records(RECORDS) if shipped else own)
    if gallery := gallery_folder(checkpoint.folder):
        refresh_topics(gallery, checkpoint)
