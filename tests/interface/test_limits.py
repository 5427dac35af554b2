"""Token buckets."""

from types import SimpleNamespace
from typing import cast

import gradio as gr
import pytest

from isra_model.interface.limits import Rate, TokenBuckets, client_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_granted_then_no_more() -> None:
    buckets = TokenBuckets(Rate(burst=3, per_second=1), Clock())
    assert [buckets.take("a") for _ in range(4)] == [True, True, True, False]


def test_time_fills_the_bucket_up_to_the_burst() -> None:
    clock = Clock()
    buckets = TokenBuckets(Rate(burst=2, per_second=1), clock)
    assert buckets.take("a", 2)
    clock.now = 1
    assert buckets.take("a")
    assert not buckets.take("a")
    clock.now = 100
    assert buckets.take("a", 2)
    assert not buckets.take("a")


def test_clients_do_not_share() -> None:
    buckets = TokenBuckets(Rate(burst=1), Clock())
    assert buckets.take("a")
    assert buckets.take("b")


def test_the_longest_silent_client_is_forgotten_first() -> None:
    buckets = TokenBuckets(Rate(burst=1, clients=2), Clock())
    for client in "abc":
        buckets.take(client)
    assert not buckets.take("c")
    assert buckets.take("a")


def test_on_a_space_the_client_is_the_one_that_the_proxy_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    forwarded = {"x-forwarded-for": "made.up, 203.0.113.7"}
    request = cast(gr.Request, SimpleNamespace(client=SimpleNamespace(host="10.0.0.1"), headers=forwarded))
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert client_of(request) == "10.0.0.1"
    monkeypatch.setenv("SPACE_ID", "someone/isra-studio")
    assert client_of(request) == "203.0.113.7"
    request.headers.clear()
    assert client_of(request) == "10.0.0.1"
