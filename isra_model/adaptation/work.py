"""One adaptation from beginning to end, in a process of its own: ``python -m isra_model.adaptation.work FOLDER``."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from isra_model.adaptation.adapting import Listener, carry_out
from isra_model.adaptation.class_folders import label_of
from isra_model.adaptation.gallery import SOURCE_SHOWN, Answering, Known, write_job_gallery
from isra_model.adaptation.recipe import Recipe, pooled_features
from isra_model.adaptation.result import AFTER, BEFORE, RESULT, TASK, write_models, write_result
from isra_model.checkpoints import Checkpoint, read_checkpoint
from isra_model.checkpoints.folders import gallery_folder
from isra_model.checkpoints.store import WEIGHTS
from isra_model.data.decoding import open_image
from isra_model.data.streams import DecodedImages
from isra_model.data.transforms import prepare
from isra_model.files import write_json, write_tensors
from isra_model.inspection.gallery import GalleryError

REQUEST, PROGRESS = "request.json", "progress.json"
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


def adapt(folder: Path) -> None:
    """Adapt as the request in ``folder`` says, and write the result beside it.

    Raises
    ------
    GalleryError
        If the model has no gallery, from which its source's images come.
    """
    request = Request.read(folder)
    checkpoint, recipe = read_checkpoint(request.model), request.recipe
    gallery = gallery_folder(checkpoint.folder)
    if gallery is None:
        raise GalleryError("This model has no gallery to learn its source from: choose another one.")
    source = Source(checkpoint, gallery, Path(request.cache), recipe)
    images = _brought(folder, request, checkpoint)
    known = Known.of(gallery, checkpoint.name, SOURCE_SHOWN)
    looked_at = (3 - 2 * (recipe.statistics == "kept")) * len(images) + source.cost + 2 * len(known.rows)
    progress = Progress(folder, looked_at + STEP_COST * recipe.steps)
    progress.begin("Looking at your images as the model was")
    pooled = pooled_features(checkpoint.network, images, checkpoint.preprocessing, progress)
    with torch.no_grad():
        said = checkpoint.network.head(pooled).logits
    adapted = carry_out(recipe, checkpoint, images, pooled, lambda: source.read(progress), folder, progress)
    progress.begin("Preparing the other views")
    write_models(folder / TASK, checkpoint, adapted, said)
    before, after = (read_checkpoint(folder / TASK / name) for name in (BEFORE, AFTER))
    answering = Answering(before, pooled), Answering(after, adapted.pooled)
    write_job_gallery(folder / TASK, adapted.task, known, images, answering, progress)
    write_result(folder, recipe, checkpoint, images, adapted, said)


def _brought(folder: Path, request: Request, checkpoint: Checkpoint) -> DecodedImages:
    side = checkpoint.preprocessing.resize
    pixels = [prepare(open_image(folder / "images" / f"{place}.img"), side) for place in range(len(request.keys))]
    labels = torch.tensor([label_of(key, checkpoint.classes) for key in request.keys])
    return DecodedImages(torch.stack(pixels), labels, request.keys, ())


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
        return known.images(self.checkpoint.preprocessing.resize)

    @property
    def _kept(self) -> Path:
        return self.cache / f"{self.checkpoint.digests[WEIGHTS][:32]}-{self.recipe.source_images}.safetensors"


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
