"""The gallery of a task: the training images that its models are looked at with, as read from a checkpoint.

A gallery is a folder: `gallery.json` (what the rows are), WebP sprites of thumbnails, one safetensors file a model.
`gallery_building.py` writes it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError
from safetensors.numpy import load_file

from isra_model.checkpoints import read_description
from isra_model.checkpoints.folders import LOOKS, is_model
from isra_model.inspection.appearance import Looks, read_looks
from isra_model.inspection.gallery_checking import check_model, check_rows, damaged, gallery_description
from isra_model.inspection.neighbours import normalised
from isra_model.inspection.views import MAP_NAMES, MapName

UNLABELLED = "unknown"
"""What stands where a row's class would, if nobody gave it one."""


@dataclass(frozen=True)
class Snapshot:
    """Where the rows lay on a map after some steps of training.

    Attributes
    ----------
    step : int
        Number of training steps.
    positions : NDArray[np.float32]
        (n, 2) in the units of the finished map, from which it was initialised.
    """

    step: int
    positions: NDArray[np.float32]


@dataclass(frozen=True)
class FittedMap:
    """One map of one model's features.

    Attributes
    ----------
    positions : NDArray[np.float32]
        (n, 2) in the map's own units; the maps of all models start from one initialisation.
    overlap : NDArray[np.float32]
        (n,) share of a row's nearest neighbours in feature space that are its nearest on the map too, in [0, 1].
    snapshots : tuple[Snapshot, ...]
        The map during training, first step first; empty where training kept none.
    """

    positions: NDArray[np.float32]
    overlap: NDArray[np.float32]
    snapshots: tuple[Snapshot, ...]


@dataclass(frozen=True)
class ModelRows:
    """What one model says about every row of the gallery.

    Attributes
    ----------
    features : NDArray[np.float32]
        (n, d) bottleneck features.
    probabilities : NDArray[np.float32]
        (n, C) softmax of the logits.
    class_weight : NDArray[np.float32]
        (C,) BA3US's class weight: the mean target probability, sums to 1.
    sample_weight : NDArray[np.float32]
        (n,) weight in the adversarial loss: 1 + exp(-H(p)), on source rows times their class's weight; each domain is
        scaled to mean 1.
    topic_values : NDArray[np.float32]
        (n, d_e) f(x)_j; d_e is 0 for a model without ISRA.
    neighbours : NDArray[np.int64]
        (n, k) the nearest other rows of each row, nearest first, by cosine distance.
    threshold : float
        99th percentile of 1 - cosine to the nearest other row: beyond it an image is off the map.
    maps : Mapping[MapName, FittedMap]
        The fitted maps by name.
    """

    features: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    class_weight: NDArray[np.float32]
    sample_weight: NDArray[np.float32]
    topic_values: NDArray[np.float32]
    neighbours: NDArray[np.int64]
    threshold: float
    maps: Mapping[MapName, FittedMap]

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """Return (n,) the most probable class of each row."""
        classes: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return classes

    @cached_property
    def variance(self) -> float:
        """Return the features' variance, summed over the features."""
        return float(self.features.var(axis=0).sum())

    @cached_property
    def directions(self) -> NDArray[np.float32]:
        """Return (n, d) the features scaled to l2 norm 1."""
        return normalised(self.features)


@dataclass(frozen=True)
class Sprites:
    """Thumbnails, as square tiles in a few WebP files, row after row.

    Attributes
    ----------
    files : tuple[Path, ...]
        The sprites.
    tile : int
        Side of a tile in pixels.
    columns : int
        Tiles in a line of a sprite.
    per_file : int
        Tiles in a full sprite.
    pictures : int
        So many rows, the first, have a picture; the others share the tile after those, which says why.
    """

    files: tuple[Path, ...]
    tile: int
    columns: int
    per_file: int
    pictures: int

    def position(self, row: int) -> tuple[int, int, int]:
        """Return (file, left, top) of a row's tile, in pixels of the file."""
        file, place = divmod(min(row, self.pictures), self.per_file)
        return file, place % self.columns * self.tile, place // self.columns * self.tile

    def thumbnail(self, row: int) -> Image.Image:
        """Return a row's tile, RGB."""
        file, left, top = self.position(row)
        return self._sheets[file].crop((left, top, left + self.tile, top + self.tile))

    @cached_property
    def _sheets(self) -> tuple[Image.Image, ...]:
        return tuple(Image.open(file).convert("RGB") for file in self.files)


@dataclass(frozen=True)
class Gallery:
    """The rows of a task's gallery and what each model says about them.

    Attributes
    ----------
    keys : tuple[str, ...]
        (n) the images' names in their benchmark.
    domains : NDArray[np.str_]
        (n,) "source" or "target".
    labels : NDArray[np.int64]
        (n,) index into `classes`, -1 for a row that has none; target labels are for display only, no training saw
        them.
    classes : tuple[str, ...]
        (C) names.
    shared : NDArray[np.bool_]
        (C,) true where the target has the class, or may have it, because nobody knows the target's classes.
    sprites : Sprites
        The thumbnails.
    models : Mapping[str, ModelRows]
        Rows by model name, as far as the models were trained when the gallery was built.
    looks : Looks | None
        How the domains' images are drawn; None in a gallery that was built before it could tell.
    """

    keys: tuple[str, ...]
    domains: NDArray[np.str_]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    shared: NDArray[np.bool_]
    sprites: Sprites
    models: Mapping[str, ModelRows]
    looks: Looks | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def thumbnail(self, row: int) -> Image.Image:
        """Return the thumbnail of a row, RGB, `sprites.tile` pixels square."""
        return self.sprites.thumbnail(row)

    def has_picture(self, row: int) -> bool:
        """Return whether a row's image is in the gallery; its thumbnail is a silhouette if it is not."""
        return row < self.sprites.pictures

    @property
    def labelled(self) -> bool:
        """Return whether every row has a label."""
        return bool((self.labels >= 0).all())

    def label(self, row: int) -> str:
        """Return the name of a row's class, `UNLABELLED` if it has none."""
        label = int(self.labels[row])
        return self.classes[label] if label >= 0 else UNLABELLED


def read_gallery(folder: Path, models: Collection[str] | None = None) -> Gallery:
    """Read the gallery in `folder`, with the rows of all its models or of some of them.

    Raises
    ------
    GalleryError
        If there is no gallery, or one that another version of this program wrote or that lacks a file or a model, or
        one that was built of other weights than those of the models beside it.
    CheckpointError
        If its description names a file outside of it.
    """
    fields = gallery_description(folder)
    chosen = tuple(fields["models"] if models is None else models)
    for model in chosen:
        place = folder.parent if is_model(folder.parent) else folder.parent / model
        if is_model(place):
            check_model(folder, fields, read_description(place))
        else:
            check_rows(folder, fields, model)
    try:
        classes = tuple(fields["classes"])
        return Gallery(
            keys=tuple(fields["keys"]),
            domains=np.array(["source"] * fields["source_rows"] + ["target"] * fields["target_rows"]),
            labels=np.array(fields["labels"], dtype=np.int64),
            classes=classes,
            shared=np.isin(np.array(classes), np.array(fields["target_classes"] or classes)),
            sprites=_sprites(folder, fields["sprites"], rows=len(fields["keys"])),
            models={model: _model_rows(folder / f"{model}.safetensors") for model in chosen},
            looks=read_looks(folder / LOOKS) if fields.get("looks") else None,
        )
    except (KeyError, OSError, SafetensorError) as error:
        raise damaged(folder, LOOKS) from error


def _sprites(folder: Path, fields: Mapping[str, Any], rows: int) -> Sprites:
    files = tuple(folder / name for name in fields["files"])
    return Sprites(
        files=files,
        tile=fields["tile"],
        columns=fields["columns"],
        per_file=fields["per_file"],
        pictures=fields.get("pictures", rows),
    )


def _model_rows(path: Path) -> ModelRows:
    stored = load_file(path)
    tensors = {name: array.astype(np.float32) for name, array in stored.items()}
    return ModelRows(
        features=tensors["features"],
        probabilities=tensors["probabilities"],
        class_weight=tensors["class_weight"],
        sample_weight=tensors["sample_weight"],
        topic_values=tensors["topic_values"],
        neighbours=stored["neighbours"].astype(np.int64),
        threshold=float(tensors["threshold"]),
        maps={name: _fitted_map(name, tensors) for name in MAP_NAMES},
    )


def _fitted_map(name: str, tensors: Mapping[str, NDArray[np.float32]]) -> FittedMap:
    steps = tensors.get("snapshot_steps", np.zeros(0)).astype(int)
    return FittedMap(
        positions=tensors[name],
        overlap=tensors[f"{name}_overlap"],
        snapshots=tuple(Snapshot(int(step), tensors[f"{name}_snapshots"][i]) for i, step in enumerate(steps)),
    )
