"""The spatial map in finer detail: what the network's own filters say between the positions where it asks them.

EfficientNet-Lite0 sees 96 pixels at 3 by 3 positions. Dilated to a stride of 8 (à trous), the same weights answer at
12 by 12, of which the 3 by 3 are a part. Those lie where the padding of the strided convolutions puts them: in
TensorFlow's style at pixels 31, 63 and 95, not at the centres of nine cells. So a 3 by 3 overlay is half a cell off,
and detail that kept the mean of each of its cells would be too; this keeps the mean of the whole.
"""

from __future__ import annotations

import torch
from torch import Tensor

from isra_model.networks.backbones import BackboneError
from isra_model.networks.network import PdaNetwork, dilated

DETAIL_STRIDE = 8


def detailed(network: PdaNetwork) -> PdaNetwork | None:
    """Return the network with a position every 8 pixels, or None where its backbone has no such detail to give."""
    if network.config.output_stride <= DETAIL_STRIDE:
        return None
    try:
        return dilated(network, DETAIL_STRIDE)
    except BackboneError:
        return None


def refine(spatial: Tensor, fine: Tensor) -> Tensor:
    """Return the map `fine` (d, h', w') of a dilated network, put in its place, with the mean of `spatial` (d, h, w).

    The mean over positions of `spatial`, the features, is kept exactly: each feature's map is moved by one constant.
    Where the two sizes do not fit, because the image's side is no multiple of the stride, `spatial` is returned.
    """
    step = fine.shape[-1] // spatial.shape[-1]
    if step < 2 or fine.shape[1:] != (step * spatial.shape[1], step * spatial.shape[2]):
        return spatial
    offset = (_first_position(spatial, fine, step) / (step - 1) - 0.5) * (1 - 1 / DETAIL_STRIDE)
    placed = _moved(fine, offset)
    return placed + (spatial - placed.mean(dim=(1, 2), keepdim=True)).mean(dim=(1, 2), keepdim=True)


def _first_position(spatial: Tensor, fine: Tensor, step: int) -> int:
    """Return which position of `fine`, counted along the diagonal, is the first of `spatial`."""
    errors = [float((fine[:, first::step, first::step] - spatial).abs().sum()) for first in range(step)]
    return errors.index(min(errors))


def _moved(grid: Tensor, offset: float) -> Tensor:
    """Return the values at the cells' centres of a grid (d, h, w) whose own lie `offset` cells further down and right.

    Values between positions are interpolated linearly; beyond the outermost ones they repeat.
    """
    rows, columns = (_interpolation(side, offset) for side in grid.shape[1:])
    return torch.einsum("ip,dpq,jq->dij", rows, grid, columns)


def _interpolation(side: int, offset: float) -> Tensor:
    """Return (side, side) weights that take a line's values to its positions less `offset`."""
    positions = torch.arange(side)
    wanted = (positions - offset).clamp(0, side - 1)
    return (1 - (wanted[:, None] - positions[None, :]).abs()).clamp(min=0)
