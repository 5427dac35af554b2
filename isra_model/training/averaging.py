"""The moving average of a run's weights: smoother than any step's, and often better on what it has not seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Averaging:
    """The exponential moving average of a module's parameters and floating-point buffers, such as running statistics.

    Averaged running statistics belong to averaged weights as a step's belong to its own: both are of the last
    ``1 / (1 - decay)`` steps. What is no floating-point number, such as batch norm's count, stays the module's.

    Parameters
    ----------
    module : nn.Module
        What is trained.
    decay : float
        Decay of the average; in the first steps it is ``(1 + step) / (10 + step)``, if that is less.
    values : dict[str, Tensor] | None
        The average so far by name, where a run goes on.
    """

    def __init__(self, module: nn.Module, decay: float, values: dict[str, Tensor] | None = None) -> None:
        self.module, self.decay = module, decay
        self.values = {name: value.detach().clone() for name, value in self._own().items()}
        for name, value in (values or {}).items():
            self.values[name].copy_(value)

    def _own(self) -> dict[str, Tensor]:
        return {name: value for name, value in self.module.state_dict().items() if value.is_floating_point()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move towards the module's values after ``step``, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.values.values()), list(self._own().values()), 1.0 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Let the module have the average's values; what changes them meanwhile changes the average."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    @torch.no_grad()
    def _exchange(self) -> None:
        for name, value in self._own().items():
            kept = value.clone()
            value.copy_(self.values[name])
            self.values[name].copy_(kept)
