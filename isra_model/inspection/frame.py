"""Where the network's spatial grid lies on an image, and how a grid becomes a picture with the same means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Frame:
    """The box of an image that the network sees: whole pixels, the end excluded.

    Attributes
    ----------
    height, width : int
        Size of the image in pixels.
    top, bottom, left, right : int
        The centre crop of the squared image, in pixels of the image.
    """

    height: int
    width: int
    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def of(cls, height: int, width: int, visible: float) -> Frame:
        """Return the frame of an image of this size, of which the central share `visible` of either side is seen.

        The preprocessing squares the image (`resize`), then crops its centre (`crop`): `visible` = crop / resize.
        """
        top, bottom = _centre(height, visible)
        left, right = _centre(width, visible)
        return cls(height, width, top, bottom, left, right)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Return (left, top, right, bottom) as shares of the image's width and height, from 0 to 1."""
        return self.left / self.width, self.top / self.height, self.right / self.width, self.bottom / self.height

    def place(self, grid: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return `grid` (h, w) as a smooth picture (H, W) in image coordinates, zero outside the box.

        Its mean over the box is the mean of the grid (see `enlarge`).
        """
        picture = np.zeros((self.height, self.width), dtype=np.float32)
        box = np.s_[self.top : self.bottom, self.left : self.right]
        picture[box] = enlarge(grid, self.bottom - self.top, self.right - self.left)
        return picture


def enlarge(grid: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Return `grid` (h, w) as a smooth picture (height, width) in which every cell of the grid keeps its mean.

    The picture is the quadratic spline whose means over the cells are given: a histospline, in both directions. (Where
    it has fewer pixels than the grid has cells, a pixel is the mean of the cells under it.)
    """
    rows = _histospline(height, grid.shape[0])
    columns = _histospline(width, grid.shape[1])
    picture: NDArray[np.float32] = (rows @ grid @ columns.T).astype(np.float32)
    return picture


def _centre(length: int, visible: float) -> tuple[int, int]:
    start = min(round((1 - visible) / 2 * length), (length - 1) // 2)
    return start, length - start


def _histospline(pixels: int, cells: int) -> NDArray[np.float64]:
    """Return (pixels, cells): from the cells' means to pixels whose mean over each cell is that cell's value."""
    overlap = _overlap(pixels, cells)
    if pixels < cells:
        return overlap * pixels
    cell_means = overlap.T * cells
    spline = _quadratic_spline(pixels, cells)
    weights: NDArray[np.float64] = spline @ np.linalg.inv(cell_means @ spline)
    return weights


def _overlap(pixels: int, cells: int) -> NDArray[np.float64]:
    """Return (pixels, cells): the length that a pixel and a cell share, of a segment of length one."""
    pixel = np.arange(pixels)[:, None] / pixels
    cell = np.arange(cells)[None, :] / cells
    shared: NDArray[np.float64] = np.minimum(pixel + 1 / pixels, cell + 1 / cells) - np.maximum(pixel, cell)
    return shared.clip(0)


def _quadratic_spline(pixels: int, cells: int) -> NDArray[np.float64]:
    """Return (pixels, cells): quadratic B-splines centred on the cells, at the pixels' centres; the ends repeat."""
    centres = (np.arange(pixels) + 0.5) * cells / pixels - 0.5
    distance = np.abs(centres[:, None] - np.arange(-1, cells + 1)[None, :])
    weights: NDArray[np.float64] = np.where(distance < 0.5, 0.75 - distance**2, (1.5 - distance).clip(0) ** 2 / 2)
    weights[:, 1] += weights[:, 0]
    weights[:, -2] += weights[:, -1]
    return weights[:, 1:-1]
