"""Batches of random features and logits, for tests that check a loss against a few lines of its paper."""

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

from isra_model.methods import Batch, DomainBatch, LabelledBatch, Method
from isra_model.networks import NetworkConfig, PdaNetwork, reversal_coefficient

CLASSES, FEATURES = 4, 3
NETWORK = PdaNetwork(NetworkConfig("test_efficientnet", bottleneck=FEATURES), CLASSES)
M = TypeVar("M", bound=Method[Any])


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


def made_up_method(kind: type[M], **settings: float) -> M:
    """Return the method for `FEATURES` and `CLASSES` in float64, in evaluation mode."""
    return kind(FEATURES, CLASSES, kind.settings_type(**settings)).double().eval()


def assert_same(loss: Tensor, expected: Tensor, leaves: Sequence[Tensor]) -> None:
    """Check the loss and its gradients with respect to ``leaves``."""
    torch.testing.assert_close(loss, expected)
    received = torch.autograd.grad(loss, leaves, retain_graph=True, allow_unused=True)
    torch.testing.assert_close(received, torch.autograd.grad(expected, leaves, retain_graph=True, allow_unused=True))


def assert_reversed(loss: Tensor, expected: Tensor, rows: Sequence[Tensor], adversary: torch.nn.Module) -> None:
    """Check the loss, that the adversary learns from it, and that ``rows`` take it reversed as at progress 0.3."""
    assert_same(loss, expected, list(adversary.parameters()))
    plain, received = torch.autograd.grad(expected, rows), torch.autograd.grad(loss, rows, retain_graph=True)
    torch.testing.assert_close(received, tuple(-reversal_coefficient(0.3) * gradient for gradient in plain))
