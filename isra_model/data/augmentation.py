"""Strong augmentation of a whole batch: other sizes, poses, strokes and colours, a pure function of what was drawn.

Geometry is one resampling of the batch by each image's own projective map and tremor; colour is one affine map of each
image's channels. What is dear, such as a blur, touches only the images that were drawn for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms.v2 import functional as vision

Augmentation = Literal["none", "weak", "strong"]
"""The images' centre as in evaluation; a random crop, one in two mirrored; or that and all that `strengthen` does."""

LUMINANCE = torch.tensor([0.299, 0.587, 0.114])
SCALE = (0.5, 1.1)
TURN = math.radians(20)
TREMOR_GRID = 7
DRAWN = (
    *("outline", "mirror", "turn", "scale", "aspect", "shear", "across", "down", "tilt_x", "tilt_y", "tremor"),
    *("stroke", "stroke_amount", "recolour", "swap", "contrast", "brightness", "saturation", "blur"),
    *("ink_red", "ink_green", "ink_blue", "ground_red", "ground_green", "ground_blue"),
    *("erase", "erase_x", "erase_y", "erase_width", "erase_height"),
)


@dataclass(frozen=True)
class Draw:
    """What was drawn for a batch of n images, on the CPU.

    Attributes
    ----------
    uniform : Tensor
        By the names in `DRAWN`, (n, len(DRAWN)), in [0, 1).
    tremor : Tensor
        (n, 2, g, g), normal: where a hand that drew the image went astray.
    sigma : float
        Sigma of the blur, in pixels, one for the batch.
    """

    uniform: Tensor
    tremor: Tensor
    sigma: float

    def __getitem__(self, name: str) -> Tensor:
        """Return one number an image, (n,)."""
        return self.uniform[:, DRAWN.index(name)]

    def share(self, rows: slice) -> Draw:
        """Return what was drawn for some of the images."""
        return Draw(self.uniform[rows], self.tremor[rows], self.sigma)


def draw(count: int, generator: torch.Generator) -> Draw:
    """Draw all that happens to ``count`` images."""
    uniform = torch.rand(count, len(DRAWN), generator=generator)
    tremor = torch.randn(count, 2, TREMOR_GRID, TREMOR_GRID, generator=generator)
    return Draw(uniform, tremor, 0.5 + float(torch.rand(1, generator=generator)))


def strengthen(images: Tensor, drawn: Draw, side: int) -> Tensor:
    """Return uint8 images (n, 3, R, R) as others might have made them, (n, 3, side, side), uint8, channels last.

    In this order: the outline of what is filled; size, place, turn, perspective and tremor; the strokes' width;
    colours; blur; a part that is missing. At scale 1 as much is seen as in evaluation, the centre of ``side`` pixels.
    """
    if not len(images):
        return images[:, :, :side, :side]
    values = images.contiguous().float().div_(255.0)
    ground = ground_colour(values)
    values = _warp(_outline(values, ground, drawn), ground, drawn, side)
    values = _strokes(values, ground, drawn)
    matrix, offset = (each.to(images.device, non_blocking=True) for each in _colours(drawn))
    values = torch.baddbmm(offset, matrix, values.flatten(2)).view_as(values)
    ground = torch.baddbmm(offset, matrix, ground.flatten(2)).view_as(ground)
    values = _erase(_blur(values, drawn), ground, drawn).clamp_(0.0, 1.0)
    return values.mul_(255.0).round_().to(torch.uint8).contiguous(memory_format=torch.channels_last)


def ground_colour(values: Tensor) -> Tensor:
    """Return the median colour (n, 3, 1, 1) of the borders of images (n, 3, h, w)."""
    edges = (values[:, :, 0], values[:, :, -1], values[:, :, :, 0], values[:, :, :, -1])
    return torch.cat(edges, dim=2).median(dim=2).values[:, :, None, None]


def _rows(chosen: Tensor, device: torch.device) -> Tensor:
    """Return where ``chosen`` (n,) on the CPU is true, as places on ``device``."""
    return chosen.nonzero().flatten().to(device, non_blocking=True)


def _widened(values: Tensor, reach: int) -> Tensor:
    """Return the largest value within ``reach`` pixels, rows and columns apart: several times as fast as max_pool2d."""
    for _ in range(reach):
        for axis in (2, 3):
            wider, count = values.clone(), values.shape[axis] - 1
            for start in (0, 1):
                part = wider.narrow(axis, start, count)
                torch.maximum(part, values.narrow(axis, 1 - start, count), out=part)
            values = wider
    return values


def _light(ground: Tensor) -> Tensor:
    """Return whether the ground (n, 3, 1, 1) is light, (n, 1, 1, 1), as 1 or 0."""
    return (ground.mean(dim=1, keepdim=True) > 0.5).float()


def _outline(values: Tensor, ground: Tensor, drawn: Draw) -> Tensor:
    """Draw one image in four as its contour, if it is filled: if a third of its ink lies three pixels from any edge."""
    rows = _rows(drawn["outline"] < 0.25, values.device)
    if not len(rows):
        return values
    some, theirs = values[rows], ground[rows]
    ink = (some - theirs).abs().amax(dim=1, keepdim=True)
    inner = -_widened(-ink, 3)
    filled = inner.mean(dim=(1, 2, 3), keepdim=True) > ink.mean(dim=(1, 2, 3), keepdim=True) / 3
    edge = (_widened(some, 1) + _widened(-some, 1)).amax(dim=1, keepdim=True)
    edge = edge / edge.amax(dim=(2, 3), keepdim=True).clamp_min(1e-3)
    contour = theirs.lerp((1.0 - _light(theirs)).expand_as(theirs), edge)
    return values.index_copy(0, rows, torch.where(filled, contour, some))


def _warp(values: Tensor, ground: Tensor, drawn: Draw, side: int) -> Tensor:
    """Resample each image by its own projective map and tremor; what is outside of it has its ground's colour."""
    device = values.device
    scale = _scale(drawn)
    small = _rows(scale < 0.75, device)
    values = values - ground
    values.index_copy_(0, small, vision.gaussian_blur(values[small], [3, 3], [0.8, 0.8]))
    maps = _projections(drawn, scale, side / values.shape[-1]).to(device, non_blocking=True)
    line = (torch.arange(side, device=device) * 2 + 1) / side - 1
    places = torch.stack([line.repeat(side), line.repeat_interleave(side), line.new_ones(side**2)])
    seen = torch.matmul(maps, places)
    grid = (seen[:, :2] / seen[:, 2:]).view(-1, 2, side, side) + _tremor(drawn, side).to(device, non_blocking=True)
    grid = grid.permute(0, 2, 3, 1)
    return F.grid_sample(values, grid, mode="bilinear", padding_mode="zeros", align_corners=False).add_(ground)


def _scale(drawn: Draw) -> Tensor:
    low, high = (math.log(bound) for bound in SCALE)
    return torch.exp(low + (high - low) * drawn["scale"])


def _tremor(drawn: Draw, side: int) -> Tensor:
    """Return how far each place strays in the images that tremble, one in two, (n, 2, side, side), in half sides."""
    amount = (0.06 * (2 * drawn["tremor"] - 1.0)).clamp_min(0.0)
    corners = torch.eye(TREMOR_GRID)[None, None]
    smooth = F.interpolate(corners, size=(side, TREMOR_GRID), mode="bicubic", align_corners=True)[0, 0]
    return smooth @ (amount.view(-1, 1, 1, 1) * drawn.tremor) @ smooth.T


def _projections(drawn: Draw, scale: Tensor, view: float) -> Tensor:
    """Return (n, 3, 3): from a place in the result to where it is seen, both from -1 to 1 over the images.

    ``view`` is the part of an image's side that is seen at scale 1. A thing that is made small lies anywhere in sight.
    """
    around = {name: 2 * drawn[name] - 1 for name in ("turn", "aspect", "shear", "across", "down", "tilt_x", "tilt_y")}
    angle, stretch = TURN * around["turn"], 1.0 + 0.15 * around["aspect"]
    wide, high = view / (scale * stretch), view * stretch / scale
    wide = torch.where(drawn["mirror"] < 0.5, -wide, wide)
    room = 0.1 + 0.8 * (1.0 / scale - 1.0).clamp_min(0.0)
    shear = 0.15 * around["shear"]
    cosine, sine = angle.cos(), angle.sin()
    rows = (
        (cosine * wide, (shear - sine) * high, room * around["across"]),
        (sine * wide, cosine * high, room * around["down"]),
        (0.12 * around["tilt_x"], 0.12 * around["tilt_y"], torch.ones_like(scale)),
    )
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)


def _strokes(values: Tensor, ground: Tensor, drawn: Draw) -> Tensor:
    """Widen the strokes of three images in ten, by up to one pixel a side or two, and thin those of one in seven."""
    stroke, amount = drawn["stroke"], drawn["stroke_amount"]
    for low, high, reach, thins in ((0.0, 0.2, 1, False), (0.2, 0.3, 2, False), (0.3, 0.45, 1, True)):
        chosen = (stroke >= low) & (stroke < high)
        rows = _rows(chosen, values.device)
        if not len(rows):
            continue
        darker = 2.0 * _light(ground[rows]) - 1.0
        turned = values[rows] * (darker if thins else -darker)
        pooled = _widened(turned, reach) * (darker if thins else -darker)
        share = (0.6 * amount if thins else amount)[chosen].view(-1, 1, 1, 1).to(values.device, non_blocking=True)
        values.index_copy_(0, rows, values[rows].lerp(pooled, share))
    return values


def _colours(drawn: Draw) -> tuple[Tensor, Tensor]:
    """Return each image's affine map of colours, (n, 3, 3) and (n, 3, 1).

    Of twenty images seven stay as they are, two are inverted, three are grey, five have an ink and a ground of any two
    colours that can be told apart, and three have other contrast, brightness and saturation.
    """
    kind, count = drawn["recolour"], len(drawn.uniform)
    same, grey = torch.eye(3).expand(count, 3, 3), LUMINANCE.expand(count, 3, 3)
    none = torch.zeros(count, 3, 1)
    ink, ground = (
        torch.stack([drawn[f"{part}_{channel}"] for channel in ("red", "green", "blue")], dim=1).unsqueeze(2)
        for part in ("ink", "ground")
    )
    ink, ground = 0.55 * ink, 1.0 - 0.4 * ground
    swapped = (drawn["swap"] < 0.3).view(-1, 1, 1)
    ink, ground = torch.where(swapped, ground, ink), torch.where(swapped, ink, ground)
    contrast = (0.6 + 0.7 * drawn["contrast"]).view(-1, 1, 1)
    brightness = (0.3 * drawn["brightness"] - 0.15).view(-1, 1, 1)
    jittered = contrast * grey.lerp(same, (1.6 * drawn["saturation"]).view(-1, 1, 1))
    maps = (
        (0.35, same, none),
        (0.45, -same, none + 1.0),
        (0.6, grey, none),
        (0.85, (ground - ink) * grey, ink),
        (1.0, jittered, (0.5 * (1.0 - contrast) + brightness).expand(-1, 3, 1)),
    )
    matrix, offset = same, none
    for bound, its_matrix, its_offset in reversed(maps):
        below = (kind < bound).view(-1, 1, 1)
        matrix, offset = torch.where(below, its_matrix, matrix), torch.where(below, its_offset, offset)
    return matrix.contiguous(), offset.contiguous()


def _blur(values: Tensor, drawn: Draw) -> Tensor:
    """Blur one image in seven."""
    rows = _rows(drawn["blur"] < 0.15, values.device)
    if len(rows):
        values.index_copy_(0, rows, vision.gaussian_blur(values[rows], [5, 5], [drawn.sigma, drawn.sigma]))
    return values


def _erase(values: Tensor, ground: Tensor, drawn: Draw) -> Tensor:
    """Fill a rectangle of one image in five with its ground's colour."""
    side = values.shape[-1]
    chosen = drawn["erase"] < 0.2
    rows = _rows(chosen, values.device)
    place = torch.arange(side, device=values.device) / side

    def inside(centre: str, size: str) -> Tensor:
        middle, half = drawn[centre][chosen].view(-1, 1), 0.06 + 0.1 * drawn[size][chosen].view(-1, 1)
        return (place - middle.to(place.device)).abs() < half.to(place.device)

    within = inside("erase_y", "erase_height").unsqueeze(2) & inside("erase_x", "erase_width").unsqueeze(1)
    return values.index_copy_(0, rows, torch.where(within.unsqueeze(1), ground[rows], values[rows]))
