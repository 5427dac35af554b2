"""What needs a process of its own: its peak memory, and what a second one is worth."""

from __future__ import annotations

import multiprocessing
import os
import resource
import socket
import statistics
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from isra_model.training.bench.setting import Setting, start, step
from isra_model.training.bench.timing import side_by_side


def processes_ratio(setting: Setting, rounds: int) -> float | None:
    """Return images a second of two processes over those of one, each with a batch of its own; None on one core."""
    units = torch.cuda.device_count() if torch.cuda.is_available() else len(os.sched_getaffinity(0))
    if units < 2:
        return None
    optimisation = replace(setting.config.optimisation, batch_size=2 * setting.config.optimisation.batch_size)
    doubled = replace(setting, config=replace(setting.config, optimisation=optimisation))
    return 2.0 * _seconds_a_step(setting, 1, rounds) / _seconds_a_step(doubled, 2, rounds)


def _seconds_a_step(setting: Setting, processes: int, rounds: int) -> float:
    """Return the median seconds of a step that ``processes`` processes take together."""
    context = multiprocessing.get_context("spawn")
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        addresses = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
        free.close()
        places = [
            addresses | {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(processes)}
            for rank in range(processes)
        ]
        with ProcessPoolExecutor(processes, context) as pool:
            futures = [pool.submit(_time_steps, setting, rounds, Path(folder), place) for place in places]
            return max(future.result() for future in futures)


def _time_steps(setting: Setting, rounds: int, folder: Path, place: dict[str, str]) -> float:
    os.environ |= place if torch.cuda.is_available() else place | {"ACCELERATE_USE_CPU": "true"}
    torch.set_num_threads(1)
    engine = start(setting, folder)
    return statistics.median(side_by_side({"step": partial(step, engine)}, rounds)["step"])


def peak_memory(setting: Setting, threads: int) -> float:
    """Return the peak MiB of a fresh process that takes three steps: of a GPU's tensors, or else of all it holds."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool, tempfile.TemporaryDirectory() as folder:
        return pool.submit(_peak_memory, setting, threads, Path(folder)).result()


def _peak_memory(setting: Setting, threads: int, folder: Path) -> float:
    torch.set_num_threads(threads)
    engine = start(setting, folder)
    for _ in range(3):
        step(engine)
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    return _peak_resident()


def _peak_resident() -> float:
    """Return this process's peak MiB; on Linux ``ru_maxrss`` starts at what the parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        return float(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
