"""``python -m isra_model gallery``."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import tyro

from isra_model.checkpoints import read_checkpoint
from isra_model.checkpoints.card import IMAGES
from isra_model.cli.tasks import task_of


@dataclass(frozen=True)
class BuildGallery:
    """Write what the app shows of a task: features, thumbnails, UMAP and t-SNE maps.

    Attributes
    ----------
    task : tyro.conf.Positional[Path]
        A task's folder of checkpoints.
    data : Path | None
        Where the images are, as for 'train'.
    target_pictures : bool
        Show the target's images; without them the gallery holds no pixel of them, only points.
    """

    task: tyro.conf.Positional[Path]
    data: Path | None = None
    target_pictures: bool = True

    def run(self) -> None:
        """Build the gallery of the task.

        Raises
        ------
        ModuleNotFoundError
            If what fits the maps is not installed.
        ValueError
            If the target's images would be shown, and the task's ``IMAGES.md`` says on what terms they were had.
        """
        if self.target_pictures and (self.task / IMAGES).exists():
            raise ValueError(
                f"{self.task / IMAGES} says on what terms the target's images were had: give --no-target-pictures, "
                "so that none is passed on, or remove that file."
            )
        for name in ("openTSNE", "umap"):
            if find_spec(name) is None:
                raise ModuleNotFoundError(name=name)
        from isra_model.checkpoints.folders import model_folders
        from isra_model.inspection.gallery_building import GallerySettings, build_gallery

        checkpoint = read_checkpoint(model_folders(self.task)[0])
        task = task_of(checkpoint, self.data)
        build_gallery(self.task, task, GallerySettings(target_pictures=self.target_pictures), report=print)
