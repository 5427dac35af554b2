"""From images to network input: square resize once, then crop, flip and normalise in batches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from isra_model.data.framing import Framing, frame_ink


@dataclass(frozen=True)
class Preprocessing:
    """How an image becomes network input; part of a checkpoint.

    Attributes
    ----------
    resize : int
        R, side in pixels to which every image is resized, aspect ignored.
    crop : int
        Side in pixels of the crop; random in training, central in evaluation.
    mean : tuple[float, float, float]
        Mean of each channel, in units of 0 to 1.
    std : tuple[float, float, float]
        Standard deviation of each channel, in units of 0 to 1.
    framing : Framing
        What becomes of an image before it is resized, see `isra_model.data.framing`.
    """

    resize: int = 256
    crop: int = 224
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    framing: Framing = "whole"


def framed(image: Image.Image, framing: Framing) -> Image.Image:
    """Return an image in RGB, framed."""
    image = image if image.mode == "RGB" else image.convert("RGB")
    return frame_ink(image) if framing == "ink" else image


def resized(image: Image.Image, size: int) -> Tensor:
    """Return an RGB image resized to (3, size, size), uint8."""
    square = image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return torch.from_numpy(np.array(square)).permute(2, 0, 1).contiguous()


def prepare(image: Image.Image, preprocessing: Preprocessing) -> Tensor:
    """Return an image framed and resized, (3, R, R), uint8."""
    return resized(framed(image, preprocessing.framing), preprocessing.resize)


@lru_cache(maxsize=8)
def _statistics(preprocessing: Preprocessing, device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    mean, std = (torch.tensor(each, device=device, dtype=dtype) for each in (preprocessing.mean, preprocessing.std))
    return mean.view(3, 1, 1), std.view(3, 1, 1)


def normalise(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return uint8 images (n, 3, h, w) normalised, in torch's default type, channels last in memory.

    What is floating point is a frozen backbone's features (n, width, 1, 1), and is returned as it is.
    """
    if images.is_floating_point():
        return images
    dtype = torch.get_default_dtype()
    mean, std = _statistics(preprocessing, images.device, dtype)
    return images.contiguous(memory_format=torch.channels_last).to(dtype).div_(255.0).sub_(mean).div_(std)


def evaluation_batch(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return the centre crops of uint8 images (n, 3, R, R), normalised, (n, 3, crop, crop).

    What is floating point is a frozen backbone's features (n, width, 1, 1), and is returned as it is.
    """
    if images.is_floating_point():
        return images
    margin = (preprocessing.resize - preprocessing.crop) // 2
    crop = slice(margin, margin + preprocessing.crop)
    return normalise(images[:, :, crop, crop], preprocessing)


def random_crops(count: int, preprocessing: Preprocessing, generator: torch.Generator) -> Tensor:
    """Draw (count, 3) int64: the top and left of each image's crop, and whether it is mirrored (one in two is)."""
    corners = torch.randint(0, preprocessing.resize - preprocessing.crop + 1, (count, 2), generator=generator)
    mirrored = torch.rand(count, 1, generator=generator) < 0.5
    return torch.cat([corners, mirrored.long()], dim=1)


def fixed_crops(count: int, corner: int) -> Tensor:
    """Return (count, 3) int64 as `random_crops`: each crop at the same ``corner`` from top and left, none mirrored."""
    return torch.tensor([corner, corner, 0]).expand(count, 3)


def cut(images: Tensor, index: Tensor, crops: Tensor, side: int) -> Tensor:
    """Return the crops (n, 3, side, side) of the uint8 images (m, 3, R, R) at ``index`` (n,), channels last in memory.

    ``index`` and ``crops`` (n, 3), see `random_crops`, are on the CPU. On a GPU one gather cuts the batch; on a CPU a
    copy an image is many times faster than a gather.
    """
    if images.device.type != "cpu":
        return _gather(images, upload(torch.cat([index.unsqueeze(1), crops], dim=1), images.device), side)
    batch = images.new_empty(len(index), side, side, 3).permute(0, 3, 1, 2)
    for place, image, (top, left, mirrored) in zip(batch, index.tolist(), crops.tolist(), strict=True):
        crop = images[image, :, top : top + side, left : left + side]
        place.copy_(crop.flip(2) if mirrored else crop)
    return batch


def _gather(images: Tensor, plan: Tensor, side: int) -> Tensor:
    """Return the crops that ``plan`` (n, 4) on the images' device names: index, top, left, mirrored."""
    index, top, left, mirrored = plan.unsqueeze(2).unbind(dim=1)
    places = torch.arange(side, device=images.device)
    rows, columns = top + places, left + torch.where(mirrored > 0, side - 1 - places, places)
    return images.permute(0, 2, 3, 1)[index.unsqueeze(2), rows.unsqueeze(2), columns.unsqueeze(1)].permute(0, 3, 1, 2)


def upload(values: Tensor, device: torch.device) -> Tensor:
    """Return CPU ``values`` on ``device`` without waiting for what the device has to do before."""
    if device.type != "cuda" or values.device.type != "cpu":
        return values.to(device)
    return values.pin_memory().to(device, non_blocking=True)
