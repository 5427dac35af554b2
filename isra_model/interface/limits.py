"""A token bucket for each client, so that nobody keeps the others waiting."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr


@dataclass(frozen=True)
class Rate:
    """How much one client may ask for.

    Attributes
    ----------
    burst : float
        Requests at once.
    per_second : float
        Requests that come back every second.
    clients : int
        Clients remembered; the one longest silent is forgotten first.
    """

    burst: float = 40
    per_second: float = 4
    clients: int = 4096


class TokenBuckets:
    """One bucket a client: full at first, a request takes a token out, time puts them back."""

    def __init__(self, rate: Rate | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate or Rate()
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, client: str, cost: float = 1) -> bool:
        """Take `cost` tokens from the client's bucket; return false, and take nothing, if it holds fewer."""
        with self._lock:
            now = self._clock()
            tokens, then = self._buckets.pop(client, (self._rate.burst, now))
            tokens = min(self._rate.burst, tokens + (now - then) * self._rate.per_second)
            granted = tokens >= cost
            self._buckets[client] = (tokens - cost if granted else tokens, now)
            if len(self._buckets) > self._rate.clients:
                self._buckets.popitem(last=False)
            return granted


def client_of(request: gr.Request) -> str | None:
    """Return the address that a request came from.

    On a Space every request comes from the same proxy, which appends the address that it saw to `X-Forwarded-For`;
    whatever stands before it, the client may have made up.
    """
    if request.client is None:
        return None
    forwarded = request.headers.get("x-forwarded-for", "") if "SPACE_ID" in os.environ else ""
    return forwarded.rpartition(",")[2].strip() or str(request.client.host)
