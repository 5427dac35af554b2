"""Losses of a selected subset: their values on the subset itself, and whom their gradient would rather have in it."""

import torch
from torch import Tensor

from isra_model.losses.selected import hausdorff_triplet_loss, selected_hausdorff, selected_mean

SELECTION = (1.0, 0.0, 1.0, 0.0)


def selection() -> Tensor:
    return torch.tensor(SELECTION, dtype=torch.float64, requires_grad=True)


def distances() -> Tensor:
    return torch.rand(4, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_the_gradient_of_a_mean_asks_for_rows_below_it() -> None:
    chosen, values = selection(), torch.tensor([1.0, 9.0, 3.0, 0.0], dtype=torch.float64)

    mean = selected_mean(values, chosen)
    mean.backward()

    assert mean.item() == 2.0
    assert chosen.grad is not None
    assert chosen.grad.tolist() == [-0.5, 3.5, 0.5, -1.0]


def test_the_hausdorff_distance_is_that_of_the_rows_kept() -> None:
    kept = distances()[[0, 2]].tolist()
    rows = sum(min(row) for row in kept) / 2
    columns = sum(min(column) for column in zip(*kept, strict=True)) / 3

    assert abs(selected_hausdorff(distances(), selection()).item() - (rows + columns)) < 1e-12


def test_the_triplet_compares_kept_with_discarded() -> None:
    chosen = selection()
    near, far = selected_hausdorff(distances(), chosen), selected_hausdorff(distances(), 1 - chosen)

    torch.testing.assert_close(hausdorff_triplet_loss(distances(), chosen, 100.0), near - far + 100)
    assert hausdorff_triplet_loss(distances(), chosen, -100.0) == 0


def test_the_triplet_would_rather_keep_what_is_near() -> None:
    chosen = torch.tensor([1.0, 1.0, 0.0, 0.0], requires_grad=True)
    columns = torch.tensor([[1.0], [5.0], [1.0], [5.0]])

    hausdorff_triplet_loss(columns, chosen, 100.0).backward()

    assert chosen.grad is not None
    near, far = chosen.grad[[0, 2]], chosen.grad[[1, 3]]
    assert (near < 0).all()
    assert (far > 0).all()


def test_keeping_all_or_none_is_a_finite_loss() -> None:
    for value in (0.0, 1.0):
        chosen = torch.full((4,), value, dtype=torch.float64, requires_grad=True)
        hausdorff_triplet_loss(distances(), chosen, 1.0).backward()

        assert chosen.grad is not None
        assert chosen.grad.isfinite().all()
