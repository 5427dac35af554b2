"""Prepare what later steps need in the background."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Prefetch(Generic[T]):
    """A pure function of the step whose next values a thread computes before they are asked for.

    Parameters
    ----------
    prepare : Callable[[int], T]
        The function.
    stop : int
        The first step that is never asked for.
    ahead : int
        How many steps to prepare in advance; with 0 there is no thread.
    """

    def __init__(self, prepare: Callable[[int], T], stop: int, ahead: int) -> None:
        self.prepare, self.stop, self.ahead = prepare, stop, ahead
        self._pending: dict[int, Future[T]] = {}
        self._thread = ThreadPoolExecutor(1)

    def __call__(self, step: int) -> T:
        """Return the step's value; what ``prepare`` raises is raised here."""
        if not self.ahead:
            return self.prepare(step)
        wanted = range(step, min(step + self.ahead + 1, self.stop))
        self._pending = {s: self._pending.get(s) or self._thread.submit(self.prepare, s) for s in (step, *wanted)}
        return self._pending[step].result()

    def close(self) -> None:
        """Forget what was prepared, and end the thread."""
        self._thread.shutdown(cancel_futures=True)
