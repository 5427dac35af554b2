"""Build the gallery of a task: look at its training images with every model, and fit the maps, once and offline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from isra_model.checkpoints import Checkpoint, read_checkpoint
from isra_model.checkpoints.folders import GALLERY, GALLERY_DESCRIPTION, LOOKS, model_folders
from isra_model.data.benchmark import Task
from isra_model.data.transforms import Preprocessing
from isra_model.files import write_json, write_tensors
from isra_model.inspection.appearance import Looks, learn_looks, write_looks
from isra_model.inspection.gallery import Sprites
from isra_model.inspection.gallery_checking import FORMAT, GalleryError, gallery_description
from isra_model.inspection.gallery_rows import Answers, GalleryRows, answer, choose_rows, write_sprites
from isra_model.inspection.history import Moment, fit_history, moment, snapshots
from isra_model.inspection.maps import FeatureSpace, Fitter, common_start, fit_linked, fit_tsne, fit_umap, map_overlap
from isra_model.inspection.placement import off_map_threshold
from isra_model.inspection.progress import Progress
from isra_model.inspection.views import MapName


@dataclass(frozen=True)
class GallerySettings:
    """How a gallery is built.

    Attributes
    ----------
    rows : int
        Images at most; the default fills one sprite.
    tile : int
        Side of a thumbnail in pixels; at 96 it can still be looked at in place of its image.
    columns : int
        Thumbnails in a line of a sprite, and lines in a sprite.
    neighbours : int
        Nearest rows kept for each row.
    target_pictures : bool
        The target's images may be shown; else no pixel of them is written.
    fitters : Mapping[MapName, Fitter]
        What fits each map.
    """

    rows: int = 4096
    tile: int = 96
    columns: int = 64
    neighbours: int = 15
    target_pictures: bool = True
    fitters: Mapping[MapName, Fitter] = field(default_factory=lambda: {"umap": fit_umap, "tsne": fit_tsne})


@dataclass(frozen=True)
class Portrait:
    """One model and all rows: what it answers, its feature space now, and during training."""

    checkpoint: Checkpoint
    answers: Answers
    space: FeatureSpace
    past: tuple[Moment, ...]


def build_gallery(
    task_folder: Path,
    task: Task,
    settings: GallerySettings | None = None,
    report: Callable[[str], None] = print,
) -> Path:
    """Build the gallery of all models in `task_folder` and return its folder.

    Its rows are training images only, source before target. A model's `snapshots/step-*.safetensors`, where training
    left them, become the history of its maps. `report` is told what is going on and for how long, line by line.

    Raises
    ------
    CheckpointError
        If the folder holds no model.
    GalleryError
        If a model is of another task, or the models do not prepare images alike.
    """
    settings = settings or GallerySettings()
    checkpoints = {each.name: each for each in map(read_checkpoint, model_folders(task_folder))}
    _check_task(checkpoints.values(), task)
    preprocessing = _common_preprocessing(checkpoints)
    report(f"Decoding the training images of {task.name}")
    rows = choose_rows(task, settings.rows, preprocessing)
    networks = sum(1 + len(snapshots(checkpoint)) for checkpoint in checkpoints.values())
    progress = Progress(networks * (1 + len(settings.fitters)), report)
    portraits = {
        name: _portrait(checkpoint, rows, settings.neighbours, progress) for name, checkpoint in checkpoints.items()
    }
    folder = task_folder / GALLERY
    _learn(folder, rows)
    write_gallery(folder, task, rows, portraits, settings, progress)
    write_json(folder / GALLERY_DESCRIPTION, gallery_description(folder) | {"looks": True})
    return folder


def write_gallery(
    folder: Path,
    task: Task,
    rows: GalleryRows,
    portraits: Mapping[str, Portrait],
    settings: GallerySettings,
    progress: Progress,
) -> None:
    """Fit the maps of the models in ``portraits``, and write them, their rows and the thumbnails; no `Looks`."""
    for name, tensors in _fitted(portraits, settings, progress).items():
        write_tensors(folder / f"{name}.safetensors", _row_tensors(portraits[name], rows) | tensors)
    sprites = write_sprites(rows.shown(target=settings.target_pictures), folder, settings.tile, settings.columns)
    models = {name: portrait.checkpoint.digests for name, portrait in portraits.items()}
    write_json(folder / GALLERY_DESCRIPTION, _description(task, rows, sprites) | {"models": models})


def add_looks(folder: Path, task: Task, preprocessing: Preprocessing) -> Looks:
    """Write into the gallery in `folder` how its task's training images are drawn, as models are shown them; return it.

    Raises
    ------
    GalleryError
        If there is no gallery, or one of another version.
    """
    description = gallery_description(folder)
    looks = _learn(folder, choose_rows(task, GallerySettings.rows, preprocessing))
    write_json(folder / GALLERY_DESCRIPTION, description | {"looks": True})
    return looks


def _learn(folder: Path, rows: GalleryRows) -> Looks:
    looks = learn_looks([rows.domain(source=True), rows.domain(source=False)])
    write_looks(folder / LOOKS, looks)
    return looks


def _check_task(checkpoints: Iterable[Checkpoint], task: Task) -> None:
    for model in checkpoints:
        if (model.source, model.target, model.classes) != (task.source, task.target, task.benchmark.classes):
            raise GalleryError(
                f"{model.name} is a model of {model.source} → {model.target}, not of {task.source} → {task.target} "
                "and its classes: keep the models of each task in a folder of their own."
            )


def _common_preprocessing(checkpoints: Mapping[str, Checkpoint]) -> Preprocessing:
    first, *others = (checkpoint.preprocessing for checkpoint in checkpoints.values())
    if any(other != first for other in others):
        raise GalleryError("The models of a task must prepare images alike: train them with one preset.")
    return first


def _portrait(checkpoint: Checkpoint, rows: GalleryRows, neighbours: int, progress: Progress) -> Portrait:
    past = []
    for snapshot in snapshots(checkpoint):
        progress.begin(f"{checkpoint.name} at {snapshot.stem} looks at {len(rows)} images")
        past.append(moment(checkpoint, snapshot, rows, neighbours))
    progress.begin(f"{checkpoint.name} looks at {len(rows)} images")
    answers = answer(checkpoint.network, rows, checkpoint.preprocessing)
    return Portrait(
        checkpoint=checkpoint,
        answers=answers,
        space=FeatureSpace.of(answers.features, neighbours),
        past=tuple(past),
    )


def _fitted(
    portraits: Mapping[str, Portrait], settings: GallerySettings, progress: Progress
) -> dict[str, dict[str, Tensor]]:
    """Return the tensors of every model's maps, by model."""
    spaces = {name: portrait.space for name, portrait in portraits.items()}
    start = common_start([space.directions for space in spaces.values()])
    tensors: dict[str, dict[str, Tensor]] = {name: {} for name in portraits}
    for map_name, fitter in settings.fitters.items():
        fit = _announced(fitter, map_name, progress)
        for name, positions in fit_linked(fit, spaces, start).items():
            past = portraits[name].past
            tensors[name] |= {
                map_name: torch.from_numpy(positions),
                f"{map_name}_overlap": torch.from_numpy(map_overlap(spaces[name].neighbours.indices, positions)),
                f"{map_name}_snapshots": torch.from_numpy(fit_history(fit, past, positions)),
                "snapshot_steps": torch.tensor([then.step for then in past], dtype=torch.int32),
            }
    return tensors


def _announced(fit: Fitter, name: str, progress: Progress) -> Fitter:
    """Return `fit`, made to report that it begins."""

    def announced(space: FeatureSpace, start: NDArray[np.float32]) -> NDArray[np.float32]:
        progress.begin(f"Fitting {name}")
        return fit(space, start)

    return announced


def _row_tensors(portrait: Portrait, rows: GalleryRows) -> dict[str, Tensor]:
    """Return what a model says of the rows, half precision where a person could not tell the difference."""
    answers = portrait.answers
    class_weight = _class_weight(portrait, rows)
    return {
        "features": torch.from_numpy(answers.features).half(),
        "probabilities": torch.from_numpy(answers.probabilities).half(),
        "topic_values": _topic_values(portrait).half(),
        "class_weight": torch.from_numpy(class_weight),
        "sample_weight": torch.from_numpy(_sample_weight(answers.certainty, class_weight, rows)),
        "neighbours": torch.from_numpy(portrait.space.neighbours.indices.astype(np.int32)),
        "threshold": torch.tensor(off_map_threshold(portrait.space.neighbours)),
    }


def _class_weight(portrait: Portrait, rows: GalleryRows) -> NDArray[np.float32]:
    """Return (C,) the class weight that training ended with, or the mean probability of the target rows."""
    trained = portrait.checkpoint.metrics.get("class_weight")
    if trained is not None:
        return np.array(trained, dtype=np.float32)
    mean: NDArray[np.float32] = portrait.answers.probabilities[rows.source_rows :].mean(axis=0)
    return mean


def _sample_weight(
    certainty: NDArray[np.float32], class_weight: NDArray[np.float32], rows: GalleryRows
) -> NDArray[np.float32]:
    """Return (n,) the weights u of source rows and v of target rows in the adversarial loss, each of mean 1."""
    labels = rows.images.labels[: rows.source_rows].numpy()
    source = certainty[: rows.source_rows] * class_weight[labels]
    target = certainty[rows.source_rows :]
    weights: NDArray[np.float32] = np.concatenate([source / source.mean(), target / target.mean()])
    return weights.astype(np.float32)


@torch.inference_mode()
def _topic_values(portrait: Portrait) -> Tensor:
    isra = portrait.checkpoint.isra
    if isra is None:
        return torch.zeros(len(portrait.answers.features), 0)
    return isra.class2vec.encode(torch.from_numpy(portrait.answers.features))


def _description(task: Task, rows: GalleryRows, sprites: Sprites) -> dict[str, object]:
    return {
        "format": FORMAT,
        "task": task.name,
        "classes": list(task.benchmark.classes),
        "target_classes": list(task.target_classes),
        "source_rows": rows.source_rows,
        "target_rows": len(rows) - rows.source_rows,
        "sprites": {
            "files": [file.name for file in sprites.files],
            "tile": sprites.tile,
            "columns": sprites.columns,
            "per_file": sprites.per_file,
            "pictures": sprites.pictures,
        },
        "keys": list(rows.images.keys),
        "labels": rows.images.labels.tolist(),
    }
