"""Features mode: the pretrained backbone is applied once, and a run on its features takes seconds."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from isra_model.data.benchmark import ImageSet, Task
from isra_model.data.streams import DecodedImages, Images, open_images
from isra_model.data.transforms import Preprocessing, evaluation_batch
from isra_model.files import write_tensors
from isra_model.networks import NetworkConfig
from isra_model.networks.backbones import create_backbone
from isra_model.training.images import TrainingData

IMAGES_AT_A_TIME = 16


def features_task(task: Task, network: NetworkConfig, preprocessing: Preprocessing, cache: Path) -> TrainingData:
    """Return a task's images as pooled features (n, width, 1, 1) of the pretrained backbone in evaluation mode.

    Each domain is standardised by the mean and deviation of its own training images, as batch norm would: this is what
    keeps entropy minimisation from collapsing on fixed features. The target's are those of its unlabelled images, and
    serve its held-out images too. ``cache`` keeps the features before that, one file a set of images.
    """
    source = pooled_features(task.source_images(), network, preprocessing, cache)
    target = pooled_features(task.target_images(), network, preprocessing, cache)
    heldout, unseen = target, task.target_images(heldout=True)
    if len(unseen):
        heldout = pooled_features(unseen, network, preprocessing, cache)
    return TrainingData(_standardise(source, source), _standardise(target, target), _standardise(heldout, target))


def _standardise(images: DecodedImages, training: DecodedImages) -> DecodedImages:
    deviation, mean = torch.std_mean(training.pixels, dim=0, correction=0)
    return replace(images, pixels=(images.pixels - mean) / deviation.clamp_min(1e-6))


def pooled_features(
    images: ImageSet, network: NetworkConfig, preprocessing: Preprocessing, cache: Path
) -> DecodedImages:
    """Return the backbone's average-pooled features (n, width, 1, 1) of the images' centre crops.

    They are read from ``cache`` if they were made before: of the same backbone, preprocessing and images, by content.
    """
    path = cache / f"{_digest(images, network, preprocessing)}.safetensors"
    if not path.exists():
        opened = open_images(images, preprocessing)
        features = _apply_backbone(opened, network, preprocessing)
        details = {"keys": json.dumps(opened.keys), "skipped": json.dumps(opened.skipped)}
        write_tensors(path, {"features": features, "labels": opened.labels}, details)
    with safe_open(path, framework="pt") as file:
        details = file.metadata()
        return DecodedImages(
            pixels=file.get_tensor("features"),
            labels=file.get_tensor("labels"),
            keys=tuple(json.loads(details["keys"])),
            skipped=tuple(json.loads(details["skipped"])),
        )


@torch.no_grad()
def _apply_backbone(images: Images, network: NetworkConfig, preprocessing: Preprocessing) -> Tensor:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        backbone = create_backbone(network.backbone, pretrained=network.pretrained).eval().to(device)
    starts = range(0, len(images), IMAGES_AT_A_TIME)
    batches = (images.between(start, min(start + IMAGES_AT_A_TIME, len(images))) for start in starts)
    maps = (backbone(evaluation_batch(batch.to(device), preprocessing)) for batch in batches)
    return torch.cat([features.mean(dim=(2, 3), keepdim=True).cpu() for features in maps])


def _digest(images: ImageSet, network: NetworkConfig, preprocessing: Preprocessing) -> str:
    """Return what names a set's features: whatever decides them, the images by their bytes."""
    settings = {"backbone": network.backbone, "pretrained": network.pretrained, "preprocessing": asdict(preprocessing)}
    digest = hashlib.sha256(json.dumps([settings, images.keys, images.labels.tolist()]).encode())
    for content in images.encoded:
        digest.update(_bytes(content))
    return digest.hexdigest()


def _bytes(content: bytes | Path) -> bytes:
    """Return what an image is made of; nothing of a file that cannot be read, which is left out of the set too."""
    try:
        return content if isinstance(content, bytes) else content.read_bytes()
    except OSError:
        return b""
