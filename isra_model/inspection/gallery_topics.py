"""A gallery after a model's topics were fitted anew: the features, and so the maps, are what they were."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from isra_model.checkpoints import Checkpoint
from isra_model.checkpoints.folders import GALLERY_DESCRIPTION
from isra_model.files import write_json, write_tensors
from isra_model.inspection.gallery_checking import gallery_description


@torch.no_grad()
def refresh_topics(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a model's topic values anew into the gallery in ``folder``, from the features that it holds.

    A gallery without rows of the model stays as it is.
    """
    description = gallery_description(folder)
    if checkpoint.isra is None or checkpoint.name not in description["models"]:
        return
    rows = folder / f"{checkpoint.name}.safetensors"
    tensors = load_file(rows)
    values = checkpoint.isra.class2vec.encode(tensors["features"].float()).half()
    write_tensors(rows, tensors | {"topic_values": values})
    description["models"][checkpoint.name] = dict(checkpoint.digests)
    write_json(folder / GALLERY_DESCRIPTION, description)
