"""Gradient reversal: the identity forwards, a negative multiple of the gradient backwards."""

import math
from typing import Any

import torch
from torch import Tensor


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, coefficient: float) -> Tensor:
        ctx.coefficient = coefficient
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, None]:
        return -ctx.coefficient * gradients[0], None


def reverse_gradient(values: Tensor, coefficient: float) -> Tensor:
    """Return ``values``; their gradient is multiplied by ``-coefficient`` (Ganin et al. 2016)."""
    reversed_values: Tensor = _Reversal.apply(values, coefficient)
    return reversed_values


def reversal_coefficient(progress: float) -> float:
    """Return ``2 / (1 + exp(-10 i/T)) - 1``, 0 at the start and 1 at the end (Ganin et al. 2016)."""
    return 2.0 / (1.0 + math.exp(-10.0 * progress)) - 1.0
