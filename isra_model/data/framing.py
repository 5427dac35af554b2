"""A drawing as designers would have set it: its ink in the middle of a square, its strokes no thinner than theirs.

A pen leaves lines a sixtieth of the paper wide, wherever the hand was; an icon keeps a margin, and its strokes are some
three times as wide. Both differences can be taken from the pixels, before any network is asked to adapt to them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops
from scipy import ndimage

Colour = tuple[int, ...]
Framing = Literal["whole", "ink"]
"""The image as it is; or, where a thing lies on plain ground, that thing by `frame_ink`."""

SIDE = 256
FILLED = 0.74
"""The ink's longer side, as a share of the square's: eight tenths of the centre that is cropped from it."""
REACH = 5
"""Strokes that survive an erosion by so many pixels, of `SIDE`, are wide enough: half of the line icons' do."""
SURVIVING = 0.15
"""The share of the ink that is left by that erosion of strokes that are wide enough."""
PLAIN = 0.8
"""The share of the border's pixels that have one colour, on plain ground."""
ALIKE = 24
"""Two colours whose channels all differ by less, of 255, are one."""


def frame_ink(image: Image.Image) -> Image.Image:
    """Return an RGB image's ink in the middle of a square of 256 pixels, thin strokes widened, its aspect kept.

    Ink is what differs from the colour that most of the border has. A photograph, which has no such colour, and a
    blank sheet are returned as they are.
    """
    ground, plain = _ground(image)
    ink = _ink(image, ground)
    strongest = np.asarray(ink).max()
    if plain < PLAIN or strongest < ALIKE:
        return image
    box = Image.fromarray(np.asarray(ink) > 0.3 * strongest).getbbox()
    assert box
    return _widened(_centred(image, box, ground), ground)


def _ground(image: Image.Image) -> tuple[Colour, float]:
    """Return the median colour of the border, and the share of the border that has it."""
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(np.int16)
    ground = np.median(border, axis=0).astype(np.int16)
    return tuple(ground.tolist()), float(np.mean(np.abs(border - ground).max(axis=1) < ALIKE))


def _ink(image: Image.Image, ground: Colour) -> Image.Image:
    """Return how far each pixel's colour is from the ground's, in the channel where it is farthest, as greys."""
    red, green, blue = ImageChops.difference(image, Image.new("RGB", image.size, ground)).split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def _centred(image: Image.Image, box: tuple[int, int, int, int], ground: Colour) -> Image.Image:
    left, top, right, bottom = box
    side = max(right - left, bottom - top) / FILLED
    square = Image.new("RGB", (round(side),) * 2, ground)
    square.paste(image.crop(box), (round((side - right + left) / 2), round((side - bottom + top) / 2)))
    return square.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=3.0)


def _widened(image: Image.Image, ground: Colour) -> Image.Image:
    """Widen all strokes by a pixel a side until enough of them survives an erosion by `REACH`."""
    wider = ndimage.minimum_filter if sum(ground) >= 3 * 128 else ndimage.maximum_filter
    for _ in range(REACH):
        ink = np.asarray(_ink(image, ground))
        if _eroded(ink).sum() > SURVIVING * ink.sum():
            break
        image = Image.fromarray(wider(np.asarray(image), size=(3, 3, 1), mode="nearest"))
    return image


def _eroded(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the least ink within `REACH` pixels, rows and columns apart."""
    eroded: NDArray[np.uint8] = ndimage.minimum_filter(ink, size=2 * REACH + 1, mode="nearest")
    return eroded
