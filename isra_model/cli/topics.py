"""``python -m isra_model topics``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import tyro

from isra_model.checkpoints import read_checkpoint, read_records
from isra_model.checkpoints.folders import find_model
from isra_model.cli.arguments import UsageError
from isra_model.cli.paths import CHECKPOINTS, RECORDS
from isra_model.cli.tasks import task_of
from isra_model.training.topic_fit import Extent, TopicSettings


@dataclass(frozen=True)
class Topics:
    """Measure a model's topics on held-out images; fit them anew, as a sparse code, to a network that stays as it is.

    Attributes
    ----------
    checkpoint : tyro.conf.Positional[str]
        A model's folder, or a task's folder with 'model'.
    model : str | None
        Which model of a task's folder; the last, which has ISRA if one has, if left out.
    data : Path | None
        Where the images are, as for 'train'.
    fit : str | None
        Fit first, for so many passes through the training images (10), or for so many seconds (60s).
    settings : TopicSettings
        Of the fit.
    looked_at : int
        How many of the held-out target images have their overlays compared.
    tested : int
        How many of them have their masks tested, which takes hundreds of passes an image.
    keep : bool
        Write the fitted topics into the model: weights, configuration, metrics, card and gallery.
    json : bool
        Print JSON.
    """

    checkpoint: tyro.conf.Positional[str]
    model: str | None = None
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
            If topics are to be kept that are not fitted.
        """
        if self.keep and not self.fit:
            raise UsageError("--keep keeps what was fitted: give --fit too, such as --fit 10.")
        from isra_model.inspection.topic_fitting import Fit, examine_topics
        from isra_model.inspection.topic_quality import Effort, as_lines

        checkpoint = read_checkpoint(find_model(self.checkpoint, self.model))
        shipped = CHECKPOINTS in checkpoint.folder.resolve().parents
        records = read_records(RECORDS) if shipped and self.keep else []
        fit = Fit(extent(self.fit), self.settings, self.keep, records) if self.fit else None
        quality = examine_topics(checkpoint, task_of(checkpoint, self.data), Effort(self.looked_at, self.tested), fit)
        print(json.dumps(quality, indent=2) if self.json else as_lines(quality))


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
