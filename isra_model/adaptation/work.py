"""One adaptation from beginning to end, in a process of its own: ``python -m isra_model.adaptation.work FOLDER``."""

from __future__ import annotations

import csv
import io
import json
import shlex
import sys
import time
import zipfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from isra_model.adaptation.recipe import (
    IMAGES_AT_A_TIME,
    YOURS,
    Recipe,
    features_config,
    pooled_features,
    start_folder,
    with_statistics,
)
from isra_model.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from isra_model.checkpoints.folders import gallery_folder
from isra_model.checkpoints.store import WEIGHTS
from isra_model.data.benchmark import UNKNOWN, Benchmark, Task
from isra_model.data.checking import spread
from isra_model.data.decoding import open_image
from isra_model.data.names import match
from isra_model.data.streams import DecodedImages
from isra_model.data.transforms import prepare
from isra_model.files import write_bytes, write_json, write_tensors
from isra_model.inspection.gallery import GalleryError, read_gallery
from isra_model.training.config import TrainConfig
from isra_model.training.engine import train
from isra_model.training.evaluation import accuracy
from isra_model.training.images import TrainingData
from isra_model.training.scores import class_weight, selection_scores
from isra_model.training.trainee import Trainee

REQUEST, PROGRESS, RESULT, RUN = "request.json", "progress.json", "result.json", "run"
MODEL, PREDICTIONS, COMMAND, DOWNLOAD = "model", "predictions.csv", "train-in-full.txt", "adapted.zip"
STEP_COST = 4
"""A step costs about as much time as so many images cost the backbone."""


@dataclass(frozen=True)
class Request:
    """What is to be adapted to what.

    Attributes
    ----------
    model : str
        The model's folder.
    keys : tuple[str, ...]
        The path that each image was brought under; the images are ``images/0.img`` and so on.
    cache : str
        Folder for the features of source images, which all jobs on a model share.
    recipe : Recipe
        How.
    """

    model: str
    keys: tuple[str, ...]
    cache: str
    recipe: Recipe

    @classmethod
    def read(cls, folder: Path) -> Request:
        """Read the request in a job's folder."""
        values = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
        return cls(values["model"], tuple(values["keys"]), values["cache"], Recipe(**values["recipe"]))

    def write(self, folder: Path) -> None:
        """Write the request into a job's folder."""
        write_json(folder / REQUEST, asdict(self))


class Progress:
    """What is being done and how much of it is left, in images that the backbone looks at."""

    def __init__(self, folder: Path, total: int) -> None:
        self._path, self._total, self._done, self._began = folder / PROGRESS, total, 0, time.time()
        self._doing = ""

    def begin(self, doing: str) -> None:
        """Say what begins."""
        self._doing = doing
        self(0)

    def __call__(self, images: int) -> None:
        """Count images."""
        self._done += images
        written = {"doing": self._doing, "done": self._done, "total": self._total, "began": self._began}
        write_json(self._path, written)


def label_of(key: str, classes: tuple[str, ...]) -> int:
    """Return the class that a folder on an image's path is called as, the innermost first; `UNKNOWN` if none is."""
    for part in reversed(PurePosixPath(key.replace("\\", "/")).parts[:-1]):
        if found := match(part, classes):
            return classes.index(found)
    return UNKNOWN


def adapt(folder: Path) -> None:
    """Adapt as the request in ``folder`` says, and write the result beside it.

    Raises
    ------
    GalleryError
        If the model has no gallery, from which its source's images come.
    """
    request = Request.read(folder)
    checkpoint = read_checkpoint(request.model)
    gallery = gallery_folder(checkpoint.folder)
    if gallery is None:
        raise GalleryError("This model has no gallery to learn its source from: choose another one.")
    most = request.recipe.source_images
    kept = Path(request.cache) / f"{checkpoint.digests[WEIGHTS][:32]}-{most}.safetensors"
    images = _brought(folder, request, checkpoint)
    looked_at = 3 * len(images) + (0 if kept.exists() else most)
    progress = Progress(folder, looked_at + STEP_COST * request.recipe.steps)
    progress.begin("Looking at your images as the model was")
    before = _respond(checkpoint, images, progress)
    source = _source(checkpoint, gallery, kept, progress, most)
    progress.begin("Measuring how your images are drawn")
    network = with_statistics(checkpoint.network, images, checkpoint.preprocessing, progress)
    features = pooled_features(network, images, checkpoint.preprocessing, progress, IMAGES_AT_A_TIME)
    progress.begin("Training on the features")
    task = Task(Benchmark(checkpoint.benchmark, checkpoint.classes, {}), checkpoint.source, YOURS, ())
    start = start_folder(folder / "start", checkpoint)
    config = features_config(checkpoint, request.recipe, start, len(images))
    target = replace(images, pixels=features, labels=torch.full_like(images.labels, UNKNOWN))
    model = train(config, task, folder / RUN, data=TrainingData(source, target, target))
    network.load_state_dict(model.trainee.network.state_dict(), strict=False)
    model.trainee.network = network.eval()
    with torch.no_grad():
        after = network.head(features.flatten(1)).logits
    _write(folder, checkpoint, model.trainee, config, task, images, before, after)


def _brought(folder: Path, request: Request, checkpoint: Checkpoint) -> DecodedImages:
    side = checkpoint.preprocessing.resize
    pixels = [prepare(open_image(folder / "images" / f"{place}.img"), side) for place in range(len(request.keys))]
    labels = torch.tensor([label_of(key, checkpoint.classes) for key in request.keys])
    return DecodedImages(torch.stack(pixels), labels, request.keys, ())


@torch.no_grad()
def _respond(checkpoint: Checkpoint, images: DecodedImages, progress: Progress) -> Tensor:
    pooled = pooled_features(checkpoint.network, images, checkpoint.preprocessing, progress, IMAGES_AT_A_TIME)
    return checkpoint.network.head(pooled.flatten(1)).logits


def _source(checkpoint: Checkpoint, gallery: Path, kept: Path, progress: Progress, most: int) -> DecodedImages:
    """Return the features of the gallery's source images, from those that an earlier job kept if there are any."""
    if not kept.exists():
        progress.begin("Looking at the source's images, once for all jobs on this model")
        shown = read_gallery(gallery, ())
        rows = spread(np.flatnonzero(shown.domains == "source"), most)
        pixels = torch.stack([prepare(shown.thumbnail(row), checkpoint.preprocessing.resize) for row in rows])
        labels = torch.from_numpy(shown.labels[rows])
        images = DecodedImages(pixels, labels, tuple(shown.keys[row] for row in rows), ())
        features = pooled_features(checkpoint.network, images, checkpoint.preprocessing, progress, IMAGES_AT_A_TIME)
        write_tensors(kept, {"features": features, "labels": labels})
    tensors = load_file(kept)
    labels = tensors["labels"]
    return DecodedImages(tensors["features"], labels, tuple(map(str, range(len(labels)))), ())


def _write(
    folder: Path,
    checkpoint: Checkpoint,
    trainee: Trainee,
    run: TrainConfig,
    task: Task,
    images: DecodedImages,
    before: Tensor,
    after: Tensor,
) -> None:
    """Write the adapted model, its predictions, how to train it in full, and all of these as one zip."""
    origin = f"{checkpoint.folder.absolute().parent.name}/{checkpoint.name}"
    config = replace(run, network=checkpoint.training.network, init=origin)
    write_checkpoint(folder / MODEL, trainee, config, task)
    result = {
        "origin": origin,
        "images": len(images),
        "recipe": {"statistics": "re-estimated", "steps": run.optimisation.steps, "rate": run.optimisation.rate},
        **accuracies(images.labels, before, after),
        "scores": {"before": selection_scores(before), "after": selection_scores(after)},
        "changed": int((before.argmax(dim=1) != after.argmax(dim=1)).sum()),
        "rows": rows(images, before, after, checkpoint.classes),
    }
    metrics = {name: value for name, value in result.items() if name != "rows"}
    write_json(folder / MODEL / "metrics.json", metrics | {"class_weight": class_weight(after).tolist()})
    write_bytes(folder / MODEL / "README.md", _card(metrics).encode())
    write_bytes(folder / PREDICTIONS, predictions_csv(result["rows"]).encode())
    write_bytes(folder / COMMAND, train_in_full(checkpoint).encode())
    with zipfile.ZipFile(folder / DOWNLOAD, "w", zipfile.ZIP_STORED) as archive:
        for path in (*sorted((folder / MODEL).iterdir()), folder / PREDICTIONS, folder / COMMAND):
            archive.write(path, path.relative_to(folder))
    write_json(folder / RESULT, result)


def accuracies(labels: Tensor, before: Tensor, after: Tensor) -> dict[str, Any]:
    """Return the accuracy in percent on the images in class folders, before and after; nothing if there are none."""
    known = labels != UNKNOWN
    if not known.any():
        return {}
    measured = {
        name: round(accuracy(logits[known], labels[known]), 1)
        for name, logits in (("before", before), ("after", after))
    }
    return {"accuracy_in_your_class_folders": {**measured, "images": int(known.sum())}}


def rows(images: DecodedImages, before: Tensor, after: Tensor, classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return what the model said of each image before and says now, and the class of its folder."""
    said = [logits.softmax(dim=1).max(dim=1) for logits in (before, after)]
    found = []
    for place, key in enumerate(images.keys):
        label = int(images.labels[place])
        row: dict[str, Any] = {"image": key, "folder": classes[label] if label != UNKNOWN else ""}
        for name, (probability, guess) in zip(("before", "after"), said, strict=True):
            row |= {name: classes[int(guess[place])], f"{name}_probability": round(float(probability[place]), 4)}
        found.append(row)
    return found


def predictions_csv(predictions: list[dict[str, Any]]) -> str:
    """Return the rows as CSV; no cell of a stranger's starts like a spreadsheet's formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(predictions[0]))
    writer.writeheader()
    for row in predictions:
        image = str(row["image"])
        writer.writerow(row | {"image": f"'{image}" if image[:1] in "=+-@\t\r" else image})
    return text.getvalue()


def train_in_full(checkpoint: Checkpoint) -> str:
    """Return the command that trains the whole network on the images, as a GPU does in minutes."""
    training = checkpoint.training
    first, *_ = training.benchmark.split("+")
    task = ["--benchmark", f"{first}+tree", "--data", "FOLDER", "--source", training.source, "--target", "mine"]
    isra = ["--isra", "--isra.code", training.isra.code] if training.isra else []
    command = ["python", "-m", "isra_model", "train", *task, "--method", training.method, *isra]
    return (
        "# FOLDER holds a folder 'mine' with your images. All layers are trained; a GPU takes minutes, a CPU hours.\n"
        f"{shlex.join([*command, '--output', 'adapted-in-full'])}\n"
    )


def _card(metrics: dict[str, Any]) -> str:
    measured = metrics.get("accuracy_in_your_class_folders")
    told = (
        f"In your class folders, {measured['images']} images, {measured['before']} % were right before and "
        f"{measured['after']} % after; the folders' names chose nothing.\n"
        if measured
        else "Without class folders nothing is known of its accuracy.\n"
    )
    steps = metrics["recipe"]["steps"]
    return (
        f"# {metrics['origin']}, adapted to {metrics['images']} unlabelled images\n\n"
        "The backbone's filters are those of the model it comes from. Its normalisation statistics were re-estimated "
        f"on the images, and its head was trained {steps} steps on the backbone's features.\n\n{told}"
    )


def main() -> None:
    """Adapt; say in one line why it cannot be done."""
    folder = Path(sys.argv[1])
    torch.set_num_threads(2)
    try:
        adapt(folder)
    except (ValueError, RuntimeError) as error:
        write_json(folder / RESULT, {"problem": str(error).splitlines()[0]})


if __name__ == "__main__":
    main()
