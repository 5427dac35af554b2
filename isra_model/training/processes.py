"""Training in several processes: each prepares and passes its share of a batch, and all see the joined outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch import distributed as dist


@dataclass(frozen=True)
class Processes:
    """The processes of a run, of which this is the one called ``rank``.

    Every process computes the loss of the joined batch, so that whatever a method normalises or compares is of the
    whole batch and no method knows of processes. A parameter's gradient is then the mean over processes: of a method's
    own parameters all have the same, of the backbone's each has ``count`` times what its rows add (see `join`).
    """

    rank: int = 0
    count: int = 1

    def share(self, total: int) -> slice:
        """Return which of ``total`` rows are this process's: consecutive, and as many as the others' or one more."""
        return self._share(total, self.rank)

    def join(self, rows: Tensor, total: int) -> Tensor:
        """Return all ``total`` rows in order, from each process's ``share`` (n, ...), on every process.

        Gradients flow back to this process's own rows, times ``count``; nothing is sent then, since every process has
        the same gradient.
        """
        if self.count == 1:
            return rows
        shares = [self._share(total, rank) for rank in range(self.count)]
        joined: Tensor = _Join.apply(rows, shares, self.rank)
        return joined

    @torch.no_grad()
    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its mean over processes; all processes give the same shapes."""
        if self.count == 1 or not tensors:
            return
        together = torch.cat([tensor.flatten() for tensor in tensors])
        dist.all_reduce(together)
        means = torch.split(together / self.count, [tensor.numel() for tensor in tensors])
        for tensor, mean in zip(tensors, means, strict=True):
            tensor.copy_(mean.view(tensor.shape))

    def agree(self, number: int) -> bool:
        """Return whether all processes give the same ``number``."""
        if self.count == 1:
            return True
        numbers: list[Any] = [None] * self.count
        dist.all_gather_object(numbers, number)
        return len(set(numbers)) == 1

    def union(self, lines: Sequence[str]) -> tuple[str, ...]:
        """Return the different lines of all processes, sorted; of one alone as they are."""
        if self.count == 1:
            return tuple(lines)
        parts: list[Any] = [None] * self.count
        dist.all_gather_object(parts, tuple(lines))
        return tuple(sorted({line for part in parts for line in part}))

    def _share(self, total: int, rank: int) -> slice:
        return slice(total * rank // self.count, total * (rank + 1) // self.count)


ALONE = Processes()


class _Join(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, shares: list[slice], rank: int) -> Tensor:
        ctx.share, ctx.count = shares[rank], len(shares)
        counts = [share.stop - share.start for share in shares]
        padded = rows.new_zeros(max(counts), *rows.shape[1:])
        padded[: len(rows)] = rows
        parts = [torch.empty_like(padded) for _ in counts]
        dist.all_gather(parts, padded)
        return torch.cat([part[:count] for part, count in zip(parts, counts, strict=True)])

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, None, None]:
        return ctx.count * gradients[0][ctx.share], None, None
