"""Discrepancies against double sums over pairs, and that they measure what they are for."""

import math

import torch
from torch import Tensor

from isra_model.losses.mmd import WIDTHS, gaussian_kernel, mmd, signed_shares


def samples() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    source = torch.randn(4, 3, generator=generator, dtype=torch.float64)
    target = torch.randn(5, 3, generator=generator, dtype=torch.float64) + 1
    return source.requires_grad_(), target.requires_grad_()


def mean_kernel(first: Tensor, second: Tensor, bandwidth: float) -> Tensor:
    values = [
        sum(torch.exp(-(x - y).square().sum() / (width * bandwidth)) for width in WIDTHS) for x in first for y in second
    ]
    return sum(values, torch.zeros(())) / len(values)


def test_the_discrepancy_is_three_mean_kernels() -> None:
    source, target = samples()
    rows = torch.cat([source, target]).tolist()
    distances = [math.dist(x, y) ** 2 for x in rows for y in rows]
    bandwidth = sum(distances) / (9 * 8)
    whole = signed_shares(torch.ones(4, dtype=torch.float64), torch.ones(5, dtype=torch.float64))

    value = mmd(gaussian_kernel(torch.cat([source, target])), whole)

    expected = mean_kernel(source, source, bandwidth) + mean_kernel(target, target, bandwidth)
    expected = expected - 2 * mean_kernel(source, target, bandwidth)
    torch.testing.assert_close(value, expected)
    both = (source, target)
    torch.testing.assert_close(torch.autograd.grad(value, both), torch.autograd.grad(expected, both))


def test_minimising_it_brings_two_samples_together() -> None:
    source, target = samples()
    whole = signed_shares(torch.ones(4, dtype=torch.float64), torch.ones(5, dtype=torch.float64))
    gap = (source.mean(dim=0) - target.mean(dim=0)).norm().item()
    optimiser = torch.optim.SGD([source], lr=1.0)
    for _ in range(30):
        optimiser.zero_grad()
        mmd(gaussian_kernel(torch.cat([source, target])), whole).backward()
        optimiser.step()

    assert (source.mean(dim=0) - target.mean(dim=0)).norm().item() < gap / 2


def test_a_product_of_kernels_sees_what_each_layer_alone_does_not() -> None:
    first = torch.tensor([[0.0], [1.0], [0.0], [1.0]])
    second = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    whole = signed_shares(torch.ones(2), torch.ones(2))

    alone = [float(mmd(gaussian_kernel(layer), whole)) for layer in (first, second)]
    joint = float(mmd(gaussian_kernel(first) * gaussian_kernel(second), whole))

    assert max(abs(value) for value in alone) < 1e-5
    assert joint > 0.1


def test_a_sample_without_rows_is_compared_with_nothing() -> None:
    shares = signed_shares(torch.tensor([[1.0, 1.0], [0.0, 0.0]]), torch.tensor([[0.5, 1.5], [1.0, 0.0]]))

    assert shares.tolist() == [[0.5, 0.5, -0.25, -0.75], [0.0, 0.0, 0.0, 0.0]]


def test_rows_that_are_all_alike_have_a_finite_kernel() -> None:
    rows = torch.ones(3, 2, requires_grad=True)

    gaussian_kernel(rows).sum().backward()

    assert rows.grad is not None
    assert rows.grad.abs().sum() == 0
