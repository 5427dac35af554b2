"""Two things are compared by letting them take turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch


def side_by_side(actions: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each action in each of ``rounds``, in which they take turns; a round before warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds + 1):
        for name, action in actions.items():
            _wait_for_device()
            started = time.perf_counter()
            action()
            _wait_for_device()
            seconds[name].append(time.perf_counter() - started)
    return {name: values[1:] for name, values in seconds.items()}


def ratio(seconds: dict[str, list[float]], first: str, second: str) -> float:
    """Return the median over rounds of the first action's seconds over the second's."""
    pairs = zip(seconds[first], seconds[second], strict=True)
    return statistics.median(ours / theirs for ours, theirs in pairs)


def memory(process: int | str, field: str) -> float:
    """Return a process's MiB, as Linux counts them: ``VmRSS``, now, or ``VmHWM``, at its peak."""
    status = Path(f"/proc/{process}/status").read_text()
    return float(status.split(f"{field}:")[1].split()[0]) / 1024


def _wait_for_device() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
