"""``python -m isra_model looks``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from isra_model.checkpoints import read_checkpoint
from isra_model.checkpoints.results import append_line
from isra_model.cli.paths import ROOT
from isra_model.cli.tasks import task_of
from isra_model.training.version import commit


@dataclass(frozen=True)
class LearnLooks:
    """Add to a task's gallery how its domains' images are drawn, and measure how often images unlike them are noticed.

    Attributes
    ----------
    task : tyro.conf.Positional[Path]
        A task's folder of checkpoints, with its gallery.
    data : Path | None
        Where the images are, as for 'train'.
    strangers : tuple[Path, ...]
        Folders of images that no training saw; what is noticed of each, and of the held-out images, is recorded.
    output : Path
        Where it is recorded, one JSON line a kind of images.
    """

    task: tyro.conf.Positional[Path]
    data: Path | None = None
    strangers: tuple[Path, ...] = ()
    output: Path = ROOT / "results" / "strangers" / "noticed.jsonl"

    def run(self) -> None:
        """Learn, write and measure."""
        from isra_model.checkpoints.folders import GALLERY, model_folders
        from isra_model.inspection.gallery_building import add_looks
        from isra_model.inspection.strangers import notice_all

        checkpoint = read_checkpoint(model_folders(self.task)[0])
        task = task_of(checkpoint, self.data)
        looks = add_looks(self.task / GALLERY, task, checkpoint.preprocessing)
        if not self.strangers:
            return
        for name, found in notice_all(looks, task, self.strangers, checkpoint.preprocessing.framing):
            line = json.dumps({"task": task.name, "kind": name, **asdict(found), "commit": commit()})
            print(line, flush=True)
            append_line(self.output, line)
