"""Losses of a selected subset, with a gradient that says whom to select.

A selection (n,) is 0 or 1, and a straight-through estimate behind it makes use of its gradient.
"""

import torch
from torch import Tensor


def selected_mean(values: Tensor, selection: Tensor) -> Tensor:
    """Return the mean of the selected ``values`` (n,), 0 if there are none.

    The gradient of ``selection`` (n,) is ``(values - mean) / count``: as a divisor too, the selection gains nothing by
    being larger or smaller, only by holding other rows.
    """
    return (selection * values).sum() / selection.sum().clamp_min(1.0)


def selected_hausdorff(distances: Tensor, selection: Tensor) -> Tensor:
    """Return the average Hausdorff distance between the selected rows and all columns of ``distances`` (n, m).

    The mean distance of a selected row from its nearest column, and of a column from its nearest selected row; 0
    without a selected row. The gradient of ``selection`` (n,) comes from the first mean: the second is a minimum over
    a set, which no single row moves.
    """
    discarded = selection.detach().unsqueeze(1) <= 0.5
    nearest = distances.masked_fill(discarded, torch.inf).amin(dim=0)
    from_columns = nearest.masked_fill(discarded.all(), 0.0).mean()
    return selected_mean(distances.amin(dim=1), selection) + from_columns


def hausdorff_triplet_loss(distances: Tensor, selection: Tensor, margin: float) -> Tensor:
    """Return ``max(0, H(selected, target) - H(discarded, target) + margin)`` (SLM's select module).

    ``distances`` (n_s, n_t) lie between source and target images; ``selection`` (n_s,) is 1 for selected source images.
    """
    near, far = selected_hausdorff(distances, selection), selected_hausdorff(distances, 1.0 - selection)
    return torch.relu(near - far + margin)
