"""``python -m isra_model evaluate``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import tyro

from isra_model.checkpoints import read_checkpoint
from isra_model.checkpoints.folders import find_model
from isra_model.checkpoints.metrics import accuracies, scores
from isra_model.cli.tasks import load_task
from isra_model.training.engine import decode_task


@dataclass(frozen=True)
class Evaluate:
    """Measure a checkpoint's accuracy on its target, transductive and held-out; without labels, its label-free scores.

    Attributes
    ----------
    checkpoint : tyro.conf.Positional[str]
        A model's folder, a task's folder with 'model', or either on the Hub.
    model : str | None
        Str Which model of a task's folder.
    data : Path | None
        Where the images are, as for 'train'.
    """

    checkpoint: tyro.conf.Positional[str]
    model: str | None = None
    data: Path | None = None

    def run(self) -> None:
        """Print the accuracies, or the scores, as JSON."""
        checkpoint = read_checkpoint(find_model(self.checkpoint, self.model))
        data = decode_task(
            load_task(checkpoint.benchmark, checkpoint.source, checkpoint.target, self.data),
            checkpoint.preprocessing.resize,
        )
        print(json.dumps(accuracies(checkpoint, data) or {"scores": scores(checkpoint, data)}, indent=2))
