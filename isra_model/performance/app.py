"""How long a visitor waits: from an upload to the full panel, beside one bare forward pass of the same network."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from gradio_client import Client, handle_file

from isra_model.data.transforms import evaluation_batch, prepare
from isra_model.interface.actions import Actions
from isra_model.interface.limits import Rate, TokenBuckets
from isra_model.interface.server import AppOptions, launch_studio
from isra_model.interface.studio import Studio
from isra_model.performance.load import picture

UPLOADS = 15
WARM_UP = 3


@dataclass(frozen=True)
class AppTiming:
    """What was measured, in one run.

    Attributes
    ----------
    uploads : int
        Images uploaded after the warm-up, each another one.
    upload_to_panel : float
        Median seconds from upload to the full panel: three models, neighbours, topics with their faithfulness, the
        place on the maps.
    upload_to_panel_worst : float
        The slowest of them.
    forward : float
        Median seconds of one bare forward pass of one model on one image.
    ratio : float
        `upload_to_panel` over `forward`.
    first_page : float
        Seconds from opening the checkpoints to a server that answers, imports not counted.
    threads : int
        Threads that PyTorch used.
    """

    uploads: int
    upload_to_panel: float
    upload_to_panel_worst: float
    forward: float
    ratio: float
    first_page: float
    threads: int


def bench_app(checkpoints: Path, uploads: int = UPLOADS) -> AppTiming:
    """Start the app on a free port, upload images of noise and shapes, and measure.

    Raises
    ------
    StudioError
        If there is no checkpoint with a gallery.
    """
    started = time.perf_counter()
    options = AppOptions(checkpoints=checkpoints)
    studio = Studio(options.checkpoints, options.examples)
    never_too_often = Actions(studio, TokenBuckets(Rate(burst=float("inf"))))
    demo = launch_studio(studio, options, block=False, actions=never_too_often)
    first_page = time.perf_counter() - started
    try:
        seconds = _uploads(str(demo.local_url), studio.names[0], uploads)
    finally:
        demo.close()
    forward = _forward(studio)
    panel = statistics.median(seconds)
    return AppTiming(
        uploads=uploads,
        upload_to_panel=panel,
        upload_to_panel_worst=max(seconds),
        forward=forward,
        ratio=panel / forward,
        first_page=first_page,
        threads=torch.get_num_threads(),
    )


def _uploads(url: str, task: str, count: int) -> list[float]:
    client = Client(url, verbose=False)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.jpg" for number in range(WARM_UP + count)]
        for number, file in enumerate(files):
            file.write_bytes(picture(number))
        looks = [_timed(partial(_full_panel, client, file, task)) for file in files]
    return looks[WARM_UP:]


def _full_panel(client: Client, file: Path, task: str) -> None:
    """Ask what the page asks after an upload: the panel, then its topics' faithfulness."""
    client.predict(handle_file(file), task, api_name="/look")
    client.predict(api_name="/faithfulness")


def _forward(studio: Studio) -> float:
    checkpoint = studio.task(studio.names[0]).main.checkpoint
    image = prepare(studio.examples[0].open(), checkpoint.preprocessing)
    batch = evaluation_batch(torch.as_tensor(image).unsqueeze(0), checkpoint.preprocessing)
    with torch.inference_mode():
        return statistics.median(_timed(partial(checkpoint.network, batch)) for _ in range(25))


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
