"""The app under load: many people at once, each of whom knows the answer that is theirs, and many uploads on end."""

from __future__ import annotations

import io
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from isra_model.interface.server import SAFETY
from isra_model.performance.space import running
from isra_model.performance.timing import memory
from isra_model.performance.visitor import RefusalError, Visitor, same

SIDE = 640
PAUSE = (5.0, 15.0)
"Seconds between what a person asks, at least and at most."
PATIENCE = 300.0
STRANGE = "not the answer that this person was given alone"
ADAPTED = 24
"Images brought for the job that adapts a model meanwhile."
UPLOADS_EACH = 2
"Uploads of one person when memory is watched: so few that a thousand are from more people than the app remembers."
ENDS = ("done", "failed", "refused", "cancelled")


@dataclass(frozen=True)
class Asked:
    """One thing that a person did.

    Attributes
    ----------
    action : str
        Its name.
    seconds : float
        Until the answer was there.
    problem : str
        What was wrong; empty if nothing.
    """

    action: str
    seconds: float
    problem: str = ""


@dataclass(frozen=True)
class Crowd:
    """What people met who were there at the same time.

    Attributes
    ----------
    people : int
        Who were there.
    seconds : float
        How long.
    actions : dict[str, dict[str, float]]
        For each action its ``count``, and the ``p50`` and ``p95`` of its seconds.
    problems : dict[str, int]
        What went wrong, in the app's words, and how often; answers that were not the person's own among it.
    adapt : str
        How the job ended that adapted a model meanwhile.
    adapt_seconds : float
        From bringing its images to its end.
    resident_before : float
        MiB of the app when everybody had been answered once, alone.
    resident_after : float
        MiB at the end.
    """

    people: int
    seconds: float
    actions: dict[str, dict[str, float]]
    problems: dict[str, int]
    adapt: str
    adapt_seconds: float
    resident_before: float
    resident_after: float


@dataclass(frozen=True)
class Uploads:
    """What many uploads on end leave behind.

    Attributes
    ----------
    uploads : int
        Images looked at, each another one.
    people : int
        Who sent them, each in a session of their own.
    remembered : int
        Of how many people the app keeps what they look at.
    resident : tuple[float, ...]
        MiB of the app before, and after each tenth of them.
    """

    uploads: int
    people: int
    remembered: int
    resident: tuple[float, ...]


def bench_load(root: Path, people: int, seconds: float, uploads: int) -> tuple[Crowd | None, Uploads | None]:
    """Start the app of the clone ``root`` as on a Space, and let people in whom its proxy would tell apart.

    Parameters
    ----------
    root : Path
        Where ``app.py`` lies.
    people : int
        Who are there at the same time; with 0 there is no crowd.
    seconds : float
        How long they stay.
    uploads : int
        Images that are looked at on end, before the crowd comes; with 0 none.

    Raises
    ------
    SpaceError
        If the app ends or stays silent.
    """
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        home.mkdir()
        with running(root, home) as (process, port):
            address = f"http://127.0.0.1:{port}"
            resident = partial(memory, process.pid, "VmRSS")
            left = _upload_many(address, uploads, resident) if uploads else None
            return _crowd(address, people, seconds, resident) if people else None, left


class Person:
    """Somebody with an image and rows of the map that nobody else has, who was first answered alone."""

    def __init__(self, visitor: Visitor, number: int) -> None:
        self.number, self._visitor = number, visitor
        self._picture = picture(number)
        self._file = visitor.upload(f"{number}.jpg", self._picture)
        ((listed, *_),) = visitor.ask("checkpoints")
        self._task = listed["name"]
        self.actions: dict[str, Callable[[], Any]] = {
            "upload": self._upload,
            "example": self._example,
            **{name: partial(self._of_image, name) for name in ("predict", "explain", "topic_masks")},
            "lasso": lambda: self._visitor.ask(
                "lasso_statistics", [number, number + 1, 2 * number + 5], self._task, ""
            ),
            "point": lambda: self._visitor.ask("inspect_point", number, self._task),
        }
        self._alone = {name: action() for name, action in self.actions.items()}

    def do(self, name: str) -> Asked:
        """Do one thing and compare its answer with the one that was given alone."""
        began, problem = time.perf_counter(), ""
        try:
            answer = self.actions[name]()
            problem = "" if same(self._alone[name], answer) else f"{name}: {STRANGE}"
        except (RefusalError, httpx.HTTPError) as error:
            problem = str(error) or type(error).__name__
        return Asked(name, time.perf_counter() - began, problem)

    def adapt(self, images: int = ADAPTED) -> tuple[str, float]:
        """Bring images, adapt a model to them, and return how that ended and after how many seconds."""
        began = time.perf_counter()
        files = [self._visitor.upload(f"{each}.jpg", picture(each)) for each in range(images)]
        state = self._visitor.ask("adapt-files.change", files, None, None)[1]
        asked: dict[str, Any] = {"event": {"task": self._task}}
        if state["phase"] == "brought":
            state = self._visitor.ask("panel-job.begin", None, **asked)[0]
        while state["phase"] not in ENDS and time.perf_counter() - began < PATIENCE:
            time.sleep(1.0)
            state = self._visitor.ask("panel-job.poll", None, **asked)[0]
        return f"{state['phase']} {state.get('problem') or ''}".strip(), time.perf_counter() - began

    def _upload(self) -> object:
        """Send the image as the page does; what is shown, and what is then measured of it, name the image."""
        file = self._visitor.upload(f"{self.number}.jpg", self._picture)
        shown = self._visitor.ask("look", file, self._task)
        return [set(_keys(shown)), self._visitor.ask("faithfulness", None)]

    def _example(self) -> object:
        asked = {"kind": "example", "index": self.number % 3, "turn": self.number}
        return set(_keys(self._visitor.ask("panel-ask.submit", asked, None, None, self._task, None)))

    def _of_image(self, name: str) -> object:
        more = {"predict": (), "explain": ("", "", ""), "topic_masks": ("",)}[name]
        return self._visitor.ask(name, self._file, self._task, *more)


def picture(seed: int) -> bytes:
    """Return a photograph-sized JPEG that no other seed gives."""
    noise = np.random.default_rng(seed).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()


def stay(person: Person, seconds: float, pause: tuple[float, float] = PAUSE) -> list[Asked]:
    """Let a person do one thing after another, with pauses to look, until the time is over."""
    chance, until = random.Random(person.number), time.monotonic() + seconds
    asked = []
    time.sleep(min(seconds, chance.uniform(0.0, pause[1])))
    while time.monotonic() < until:
        asked.append(person.do(chance.choice(list(person.actions))))
        time.sleep(max(0.0, min(until - time.monotonic(), chance.uniform(*pause))))
    return asked


def summarised(asked: Sequence[Asked]) -> tuple[dict[str, dict[str, float]], dict[str, int]]:
    """Return for each action how often it was done and its p50 and p95, and what went wrong how often."""
    seconds: dict[str, list[float]] = {}
    for each in sorted(asked, key=lambda each: each.action):
        seconds.setdefault(each.action, []).append(each.seconds)
    actions = {
        name: {"count": len(all_of), "p50": statistics.median(all_of), "p95": float(np.percentile(all_of, 95))}
        for name, all_of in seconds.items()
    }
    return actions, dict(Counter(each.problem for each in asked if each.problem))


def _crowd(address: str, people: int, seconds: float, resident: Callable[[], float]) -> Crowd:
    with _visitors(address, range(people + 1)) as visitors, ThreadPoolExecutor(people + 1) as pool:
        adapting, *crowd = [Person(visitor, number) for number, visitor in enumerate(visitors)]
        before = resident()
        job = pool.submit(adapting.adapt)
        asked = [each for stayed in pool.map(lambda person: stay(person, seconds), crowd) for each in stayed]
        adapt, adapt_seconds = job.result()
    actions, problems = summarised(asked)
    return Crowd(people, seconds, actions, problems, adapt, adapt_seconds, before, resident())


def _upload_many(address: str, count: int, resident: Callable[[], float]) -> Uploads:
    held = [resident()]
    tenth = max(1, count // 10)
    for first in range(0, count, UPLOADS_EACH):
        with _visitors(address, [first]) as (visitor,):
            task = visitor.ask("checkpoints")[0][0]["name"]
            for number in range(first, min(first + UPLOADS_EACH, count)):
                visitor.ask("look", visitor.upload(f"{number}.jpg", picture(number)), task)
                if (number + 1) % tenth == 0:
                    held.append(resident())
    return Uploads(count, -(-count // UPLOADS_EACH), SAFETY["state_session_capacity"], tuple(held))


@contextmanager
def _visitors(address: str, numbers: Iterable[int]) -> Iterator[list[Visitor]]:
    """Yield visitors whom the app tells apart by the address that a Space's proxy would have seen."""
    clients = [
        httpx.Client(
            base_url=address,
            timeout=PATIENCE,
            headers={"X-Forwarded-For": f"10.{number // 65_536}.{number // 256 % 256}.{number % 256}"},
        )
        for number in numbers
    ]
    try:
        yield [Visitor(client) for client in clients]
    finally:
        for client in clients:
            client.close()


def _keys(shown: object) -> Iterator[str]:
    """Yield the keys of the images that something shown is about."""
    if isinstance(shown, Mapping):
        if isinstance(shown.get("key"), str):
            yield shown["key"]
        shown = list(shown.values())
    if isinstance(shown, list):
        for each in shown:
            yield from _keys(each)
