"""From images to network input: square resize once, then crop, flip and normalise in batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor


@dataclass(frozen=True)
class Preprocessing:
    """How an image becomes network input; part of a checkpoint.

    Attributes
    ----------
    resize : R, side in pixels to which every image is resized, aspect ignored.
    crop : side in pixels of the crop; random in training, central in evaluation.
    mean, std : of each channel, in units of 0 to 1.
    """

    resize: int = 256
    crop: int = 224
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)


def prepare(image: Image.Image, size: int) -> Tensor:
    """Return an RGB image resized to (3, size, size), uint8."""
    resized = image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return torch.from_numpy(np.array(resized)).permute(2, 0, 1).contiguous()


def normalise(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return uint8 images (n, 3, h, w) as normalised float32, channels last in memory."""
    mean = torch.tensor(preprocessing.mean, device=images.device).view(3, 1, 1)
    std = torch.tensor(preprocessing.std, device=images.device).view(3, 1, 1)
    return ((images.float() / 255.0 - mean) / std).contiguous(memory_format=torch.channels_last)


def evaluation_batch(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return the centre crops of uint8 images (n, 3, R, R), normalised, (n, 3, crop, crop).

    What is floating point is a frozen backbone's features (n, width, 1, 1), and is returned as it is.
    """
    if images.is_floating_point():
        return images
    margin = (preprocessing.resize - preprocessing.crop) // 2
    crop = slice(margin, margin + preprocessing.crop)
    return normalise(images[:, :, crop, crop], preprocessing)


def training_batch(images: Tensor, preprocessing: Preprocessing, generator: torch.Generator) -> Tensor:
    """Return random crops of uint8 images (n, 3, R, R), half of them mirrored, normalised, (n, 3, crop, crop).

    ``generator`` is on the CPU and alone decides crops and mirrors. What is floating point is a frozen backbone's
    features (n, width, 1, 1), and is returned as it is.
    """
    if images.is_floating_point():
        return images
    crop, count = torch.arange(preprocessing.crop), len(images)
    corners = torch.randint(0, preprocessing.resize - len(crop) + 1, (count, 2), generator=generator)
    mirrored = torch.rand(count, 1, generator=generator) < 0.5
    rows = corners[:, :1] + crop
    columns = corners[:, 1:] + torch.where(mirrored, crop.flip(0), crop)
    image = torch.arange(count).view(-1, 1, 1)
    crops = images.permute(0, 2, 3, 1)[image, rows.unsqueeze(2), columns.unsqueeze(1)]
    return normalise(crops.permute(0, 3, 1, 2), preprocessing)
