"""The gallery of a job: the images that were brought beside the source's, on maps that are known or fitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from isra_model.checkpoints import Checkpoint
from isra_model.checkpoints.folders import GALLERY
from isra_model.data.benchmark import Task
from isra_model.data.checking import spread
from isra_model.data.streams import DecodedImages
from isra_model.data.transforms import Preprocessing, prepare
from isra_model.inspection.gallery import Gallery, read_gallery
from isra_model.inspection.gallery_building import GallerySettings, Portrait, write_gallery
from isra_model.inspection.gallery_rows import Answers, GalleryRows
from isra_model.inspection.maps import FeatureSpace
from isra_model.inspection.placement import beside
from isra_model.inspection.progress import Progress
from isra_model.networks import Response

SOURCE_SHOWN = 384
"""Source images at most that stand beside those that were brought."""


@dataclass(frozen=True)
class Known:
    """Some source images of a model's gallery, evenly spread, and where they lie on the model's maps.

    Attributes
    ----------
    gallery : Gallery
        The model's.
    model : str
        Its name.
    rows : NDArray[np.int64]
        (m,) which of the gallery's rows they are.
    """

    gallery: Gallery
    model: str
    rows: NDArray[np.int64]

    @classmethod
    def of(cls, folder: Path, model: str, most: int) -> Known:
        """Return at most ``most`` source images of the gallery in ``folder``."""
        gallery = read_gallery(folder, (model,))
        return cls(gallery, model, np.array(spread(np.flatnonzero(gallery.domains == "source"), most)))

    def images(self, preprocessing: Preprocessing) -> DecodedImages:
        """Return their thumbnails, framed and resized."""
        pixels = torch.stack([prepare(self.gallery.thumbnail(row), preprocessing) for row in self.rows])
        labels = torch.from_numpy(self.gallery.labels[self.rows])
        return DecodedImages(pixels, labels, tuple(self.gallery.keys[row] for row in self.rows), ())

    @property
    def settings(self) -> GallerySettings:
        """Return how a gallery is built on whose maps these images lie where they lie on the model's."""
        maps = self.gallery.models[self.model].maps
        return GallerySettings(fitters={name: beside(maps[name].positions[self.rows]) for name in maps})


@dataclass(frozen=True)
class Answering:
    """A model, and the backbone's pooled maps (n, width) of the target's images, and of the source's."""

    checkpoint: Checkpoint
    target: Tensor
    source: Tensor


def write_job_gallery(
    task_folder: Path,
    task: Task,
    domains: tuple[DecodedImages, DecodedImages],
    models: tuple[Answering, ...],
    settings: GallerySettings,
    report: Callable[[str], None] = lambda _: None,
) -> None:
    """Write the gallery of ``models`` into ``task_folder``: the source's images first, then the target's.

    ``report`` is told whenever a map is begun, one a model and fitter.
    """
    portraits = {each.checkpoint.name: _portrait(each, settings.neighbours) for each in models}
    progress = Progress(len(models) * len(settings.fitters), report)
    write_gallery(task_folder / GALLERY, task, GalleryRows.of(*domains), portraits, settings, progress)


@torch.no_grad()
def _portrait(model: Answering, neighbours: int) -> Portrait:
    network = model.checkpoint.network
    parts = network.head(model.source, source=True), network.head(model.target)
    answers = Answers.of(Response(*(torch.cat(each) for each in zip(*parts, strict=True))))
    return Portrait(model.checkpoint, answers, FeatureSpace.of(answers.features, neighbours), ())
