"""Images that show the same drawing twice: within a domain, and re-inked in another one.

The perceptual hash is our own: imagehash's keeps the frequency zero, which this one leaves out, and resizes in another
way. Other drawings would be duplicates by it, and the benchmark would not be rebuilt to the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

HASH_SIDE = 10
HASH_INPUT = 40
OUTLINE_SIDE = 48


@dataclass(frozen=True)
class Fingerprint:
    """What two images are compared by; both parts ignore where the drawing sits and how large it is.

    Attributes
    ----------
    hash : NDArray[np.bool_]
        (100,) bool, perceptual hash of the inked drawing.
    outline : NDArray[np.bool_]
        (48, 48) bool, the drawing with everything inside its outline filled: the same for a line drawing and for its
        filled version.
    """

    hash: NDArray[np.bool_]
    outline: NDArray[np.bool_]


def fingerprint(grey: NDArray[np.uint8]) -> Fingerprint:
    """Return what an image is compared by, from its luminance (H, W) on a white ground."""
    return Fingerprint(perceptual_hash(_crop(grey, HASH_INPUT)), filled_outline(_crop(grey, OUTLINE_SIDE - 2)))


def perceptual_hash(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return (100,) the signs of the lowest cosine frequencies of luminance (N, N) about their median."""
    side = grey.shape[0]
    steps = np.arange(side)
    basis = np.cos(np.pi * (2 * steps[None, :] + 1) * np.arange(1, HASH_SIDE + 1)[:, None] / (2 * side))
    frequencies = np.rint(basis @ grey.astype(np.float64) @ basis.T).ravel()
    return np.asarray(frequencies > np.median(frequencies))


def filled_outline(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return (N + 2, N + 2) the ink of luminance (N, N), and all that the white ground cannot reach from the border."""
    return np.asarray(ndimage.binary_fill_holes(np.pad(grey < 200, 1)))


def hash_distances(prints: Sequence[Fingerprint]) -> NDArray[np.float32]:
    """Count the differing hash bits of every pair: (N, N), 0 to 100."""
    signs = np.stack([item.hash for item in prints]).astype(np.float32) * 2 - 1
    return np.asarray((signs.shape[1] - signs @ signs.T) / 2, dtype=np.float32)


def outline_overlaps(prints: Sequence[Fingerprint]) -> NDArray[np.float32]:
    """Compute the intersection over union of every pair of filled outlines: (N, N), 0 to 1."""
    flat = np.stack([item.outline.ravel() for item in prints]).astype(np.float32)
    common = flat @ flat.T
    areas = flat.sum(axis=1)
    return np.asarray(common / np.maximum(areas[:, None] + areas[None, :] - common, 1), dtype=np.float32)


def _crop(grey: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    rows, columns = np.nonzero(grey < 245)
    if len(rows) == 0:
        return np.full((side, side), 255, dtype=np.uint8)
    drawing = grey[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    height, width = drawing.shape
    square = np.full((max(height, width),) * 2, 255, dtype=np.uint8)
    top, left = (len(square) - height) // 2, (len(square) - width) // 2
    square[top : top + height, left : left + width] = drawing
    return np.asarray(Image.fromarray(square).resize((side, side), Image.Resampling.BOX))
