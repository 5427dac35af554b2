"""One adaptation from beginning to end, in a process of its own: ``python -m isra_model.adaptation.work FOLDER``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from isra_model.adaptation.adapting import Listener, carry_out
from isra_model.adaptation.class_folders import label_of
from isra_model.adaptation.gallery import SOURCE_SHOWN, Answering, Known, write_job_gallery
from isra_model.adaptation.own_task import STEP_COST, OwnTask
from isra_model.adaptation.recipe import Recipe, origin_of, pooled_features, read_images
from isra_model.adaptation.result import (
    AFTER,
    BEFORE,
    RESULT,
    TASK,
    adapted_card,
    compared,
    train_in_full,
    write_models,
    write_result,
)
from isra_model.checkpoints import Checkpoint, read_checkpoint
from isra_model.checkpoints.folders import gallery_folder
from isra_model.checkpoints.store import WEIGHTS
from isra_model.data.streams import DecodedImages
from isra_model.files import write_json, write_tensors
from isra_model.inspection.gallery_checking import GalleryError
from isra_model.inspection.views import Domain

REQUEST, PROGRESS = "request.json", "progress.json"


@dataclass(frozen=True)
class Request:
    """What is to be adapted to what.

    Attributes
    ----------
    model : str | None
        The model's folder; None where both domains were brought, for a task of the visitor's own.
    keys : Mapping[Domain, tuple[str, ...]]
        The path that each image of a domain was brought under; the target's images are ``target/0.img`` and so on.
    cache : str
        Folder for the features of source images, which all jobs on a model share.
    recipe : Recipe
        How.
    """

    model: str | None
    keys: Mapping[Domain, tuple[str, ...]]
    cache: str
    recipe: Recipe

    @classmethod
    def read(cls, folder: Path) -> Request:
        """Read the request in a job's folder."""
        values = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
        keys = {domain: tuple(each) for domain, each in values["keys"].items()}
        return cls(values["model"], keys, values["cache"], Recipe(**values["recipe"]))

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


def do(folder: Path) -> None:
    """Do what the request in ``folder`` says, and write the result beside it."""
    request = Request.read(folder)
    if request.model is None:
        own = OwnTask.read(folder, request.keys["source"], request.keys["target"])
        own.train(request.recipe, folder, Progress(folder, own.cost(request.recipe)))
    else:
        adapt(folder, request, request.model)


def adapt(folder: Path, request: Request, model: str) -> None:
    """Adapt a model, and write the result into ``folder``.

    Raises
    ------
    GalleryError
        If the model has no gallery, from which its source's images come.
    """
    checkpoint, recipe = read_checkpoint(model), request.recipe
    gallery = gallery_folder(checkpoint.folder)
    if gallery is None:
        raise GalleryError("This model has no gallery to learn its source from: choose another one.")
    source = Source(checkpoint, gallery, Path(request.cache), recipe)
    keys, preprocessing = request.keys["target"], checkpoint.preprocessing
    images = read_images(folder / "target", keys, [label_of(key, checkpoint.classes) for key in keys], preprocessing)
    known = Known.of(gallery, checkpoint.name, SOURCE_SHOWN)
    shown = known.images(preprocessing)
    looked_at = (3 - 2 * (recipe.statistics == "kept")) * len(images) + source.cost + 2 * len(shown)
    progress = Progress(folder, looked_at + STEP_COST * recipe.steps)
    progress.begin("Looking at your images as the model was")
    pooled = pooled_features(checkpoint.network, images, checkpoint.preprocessing, progress)
    with torch.no_grad():
        said = checkpoint.network.head(pooled).logits
    adapted = carry_out(recipe, checkpoint, images, pooled, lambda: source.read(progress), folder, progress)
    progress.begin("Preparing the other views")
    write_models(folder / TASK, checkpoint, adapted, said)
    answering = tuple(
        Answering(model, of_target, pooled_features(model.network, shown, model.preprocessing, progress))
        for model, of_target in (
            (read_checkpoint(folder / TASK / BEFORE), pooled),
            (read_checkpoint(folder / TASK / AFTER), adapted.pooled),
        )
    )
    write_job_gallery(folder / TASK, adapted.task, (shown, images), answering, known.settings)
    models = {"before": BEFORE, "after": AFTER}
    found = compared(folder, models, images, (said, adapted.logits()), checkpoint.classes)
    result = {"origin": origin_of(checkpoint), "recipe": asdict(recipe) | {"anew": adapted.anew}, **found}
    write_result(folder, result, adapted_card(result, recipe), train_in_full(checkpoint))


@dataclass(frozen=True)
class Source:
    """What of a model's source is trained on, made once and kept for all jobs on the model.

    Attributes
    ----------
    checkpoint : Checkpoint
        The model.
    gallery : Path
        Its gallery, which has the source's images.
    cache : Path
        Where features are kept.
    recipe : Recipe
        How much is wanted.
    """

    checkpoint: Checkpoint
    gallery: Path
    cache: Path
    recipe: Recipe

    @property
    def cost(self) -> int:
        """Return how many images have yet to be looked at."""
        return 0 if self.recipe.trained != "head" or self._kept.exists() else self.recipe.source_images

    def read(self, progress: Listener) -> DecodedImages:
        """Return the source's images, or their features where only the head is trained."""
        if self.recipe.trained == "network":
            return self._images()
        if not self._kept.exists():
            progress.begin("Looking at the source's images, once for all jobs on this model")
            images = self._images()
            features = pooled_features(self.checkpoint.network, images, self.checkpoint.preprocessing, progress)
            write_tensors(self._kept, {"features": features[:, :, None, None], "labels": images.labels})
        tensors = load_file(self._kept)
        labels: Tensor = tensors["labels"]
        return DecodedImages(tensors["features"], labels, tuple(map(str, range(len(labels)))), ())

    def _images(self) -> DecodedImages:
        known = Known.of(self.gallery, self.checkpoint.name, self.recipe.source_images)
        return known.images(self.checkpoint.preprocessing)

    @property
    def _kept(self) -> Path:
        return self.cache / f"{self.checkpoint.digests[WEIGHTS][:32]}-{self.recipe.source_images}.safetensors"


def main() -> None:
    """Do the job; say in one line why it cannot be done."""
    folder = Path(sys.argv[1])
    torch.set_num_threads(2)
    try:
        do(folder)
    except (ValueError, RuntimeError) as error:
        write_json(folder / RESULT, {"problem": str(error).splitlines()[0]})


if __name__ == "__main__":
    main()
