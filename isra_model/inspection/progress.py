"""How far a long job is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Progress:
    """Reports each step of a job as it begins, with the time left if the rest goes on as fast as the steps so far.

    Attributes
    ----------
    steps : int
        How many there are.
    report : Callable[[str], None]
        Is told line by line.
    clock : Callable[[], float]
        Seconds.
    """

    steps: int
    report: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _begun: list[float] = field(default_factory=list)

    def begin(self, what: str) -> None:
        """Report that the next step begins."""
        self._begun.append(self.clock())
        done = len(self._begun) - 1
        left = f", about {self._left(done)} left" if done else ""
        self.report(f"[{done + 1}/{self.steps}] {what}{left}")

    def _left(self, done: int) -> str:
        seconds = (self._begun[-1] - self._begun[0]) / done * (self.steps - done)
        return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
