"""``python -m isra_model evaluate``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from isra_model.checkpoints import Checkpoint, read_checkpoint
from isra_model.checkpoints.folders import find_model
from isra_model.checkpoints.metrics import accuracies, scores
from isra_model.checkpoints.recognition import Recognition, append_recognition, holds_classes, recognise
from isra_model.cli.arguments import UsageError
from isra_model.cli.paths import require_writable
from isra_model.cli.tasks import task_of
from isra_model.training.images import decode_task


@dataclass(frozen=True)
class Evaluate:
    """Measure a checkpoint on its own target, as JSON, or on any folder of class folders.

    On its target: the accuracy, transductive and, where images are held out, on those, or without labels its
    label-free scores. On a folder: the share of images whose class is its first guess, or among three, with Wilson's
    95 % interval.

    Attributes
    ----------
    checkpoint : str
        A model's folder, a task's folder with 'model', or either on the Hub.
    model : str | None
        Which model of a task's folder.
    data : Path | None
        A folder of folders called as classes of the model; or where its own task's images are, as for 'train'.
    json : bool
        Print what a folder gives as JSON, by class too.
    record : Path | None
        File to which a folder's result is appended as one JSON line; 'report' writes the README's table from
        results/strangers/recognised.jsonl.
    called : str | None
        What the folder's images are called there, such as drawings.
    """

    checkpoint: tyro.conf.Positional[str]
    model: str | None = None
    data: Path | None = None
    json: bool = False
    record: Path | None = None
    called: str | None = None

    def run(self) -> None:
        """Measure, print and record.

        Raises
        ------
        UsageError
            If a record has no name for its images, or is asked for of the model's own target.
        """
        checkpoint = read_checkpoint(find_model(self.checkpoint, self.model))
        if (self.record is None) != (self.called is None):
            raise UsageError("--record needs --called, what the images are, and the other way round.")
        if self.record:
            require_writable(self.record, "--record")
        if self.data and holds_classes(self.data, checkpoint):
            self._recognise(checkpoint, self.data)
            return
        if self.record:
            raise UsageError("--record is of a folder of class folders: give it as --data.")
        data = decode_task(task_of(checkpoint, self.data), checkpoint.preprocessing)
        measured = accuracies(checkpoint, data)
        if data.heldout is data.target:
            measured.pop("heldout_accuracy", None)
        print(json.dumps(measured or {"scores": scores(checkpoint, data)}, indent=2))

    def _recognise(self, checkpoint: Checkpoint, folder: Path) -> None:
        found = recognise(checkpoint, folder)
        print(json.dumps(asdict(found), indent=2, ensure_ascii=False) if self.json else _text(found))
        if self.record and self.called:
            append_recognition(self.record, checkpoint, found, self.called)


def _text(found: Recognition) -> str:
    of_classes = ", ".join(f"{name} {rate.right} of {rate.images}" for name, rate in found.classes.items())
    lines = [
        f"{found.first} of {found.first.images} images are recognised, {found.among_three} within three guesses.",
        f"By class: {of_classes}.",
        *(f"Left out: {each}." for each in found.left_out),
    ]
    return "\n".join(lines)
