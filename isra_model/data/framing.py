"""A drawing as designers would have set it: its ink in the middle of a square, its strokes no thinner than theirs.

A pen leaves lines a fiftieth of the paper wide, wherever the hand was; an icon fills its frame with strokes four times
as wide. Both differences can be taken from the pixels, before any network is asked to adapt to them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Framing = Literal["whole", "ink"]
"""The image as it is; or, where a thing lies on plain ground, that thing by `frame_ink`."""

SIDE = 256
FILLED = 0.74
"""The ink's longer side, as a share of the square's: eight tenths of what is left of it when a tenth is cropped."""
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
    pixels = np.asarray(image, dtype=np.int16)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    ground = np.median(border, axis=0).astype(np.int16)
    strength = _strength(image, ground)
    if np.mean(np.abs(border - ground).max(axis=1) < ALIKE) < PLAIN or strength.max() < ALIKE:
        return image
    return _widened(_centred(image, strength > 0.3 * strength.max(), ground), ground)


def _strength(image: Image.Image, ground: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return (H, W): how far each pixel's colour is from the ground's, 0 to 255."""
    apart: NDArray[np.int16] = np.abs(np.asarray(image, dtype=np.int16) - ground).max(axis=2)
    return apart


def _centred(image: Image.Image, ink: NDArray[np.bool_], ground: NDArray[np.int16]) -> Image.Image:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    side = max(bottom - top, right - left) / FILLED
    square = Image.new("RGB", (round(side),) * 2, tuple(ground.tolist()))
    square.paste(
        image.crop((left, top, right, bottom)), (round((side - right + left) / 2), round((side - bottom + top) / 2))
    )
    return square.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=3.0)


def _widened(image: Image.Image, ground: NDArray[np.int16]) -> Image.Image:
    """Widen all strokes by a pixel a side until enough of them survives an erosion by `REACH`."""
    wider = ImageFilter.MinFilter(3) if ground.mean() >= 128 else ImageFilter.MaxFilter(3)
    for _ in range(REACH):
        strength = _strength(image, ground)
        if _eroded(strength).sum() > SURVIVING * strength.sum():
            break
        image = image.filter(wider)
    return image


def _eroded(strength: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Return (H, W) the least strength within `REACH` pixels, rows and columns apart."""
    ink = Image.fromarray(strength.astype(np.uint8))
    for _ in range(REACH):
        ink = ink.filter(ImageFilter.MinFilter(3))
    return np.asarray(ink)
