"""Batches of random features and logits, for tests that check a loss against a few lines of its paper."""

from collections.abc import Sequence

import torch
from torch import Tensor

from isra_model.methods import Batch, DomainBatch, LabelledBatch


def made_up_batch(
    classes: int,
    features: int,
    *,
    source: Sequence[int],
    target: int,
    middle: Sequence[int] = (),
    dtype: torch.dtype = torch.float32,
) -> Batch:
    """Return source and middle rows with the labels given, and ``target`` rows; every row can take a gradient."""
    torch.manual_seed(0)

    def rows(count: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return (
            torch.zeros(count, 3, 1, 1, dtype=dtype),
            torch.randn(count, features, dtype=dtype, requires_grad=True),
            torch.randn(count, classes, dtype=dtype, requires_grad=True),
            torch.arange(count),
        )

    return Batch(
        source=LabelledBatch(*rows(len(source)), torch.tensor(source)),
        target=DomainBatch(*rows(target)),
        middle=LabelledBatch(*rows(len(middle)), torch.tensor(middle, dtype=torch.int64)),
    )
