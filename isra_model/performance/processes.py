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

from isra_model.performance.setting import Setting, start, step
from isra_model.performance.timing import memory, side_by_side

TURNS = 3


def processes_ratios(setting: Setting, rounds: int) -> tuple[float, float] | tuple[None, None]:
    """Return images a second of two processes over those of one: training together, and with nothing in common.

    Each has one thread or GPU and a batch of its own. The second is what the machine allows. All take turns, and
    medians over turns count: a machine's speed drifts in between. None on one core.
    """
    units = torch.cuda.device_count() if torch.cuda.is_available() else len(os.sched_getaffinity(0))
    if units < 2:
        return None, None
    optimisation = replace(setting.config.optimisation, batch_size=2 * setting.config.optimisation.batch_size)
    doubled = replace(setting, config=replace(setting.config, optimisation=optimisation))
    together, separate = [], []
    for _ in range(TURNS):
        alone = seconds_a_step(setting, [places(1)], rounds)
        together.append(2.0 * alone / seconds_a_step(doubled, [places(2)], rounds))
        separate.append(2.0 * alone / seconds_a_step(setting, [places(1), places(1, first=1)], rounds))
    return statistics.median(together), statistics.median(separate)


def places(processes: int, first: int = 0) -> list[dict[str, str]]:
    """Return the environment of each process of one run, with a thread each or the GPUs from ``first`` on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        run = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1]), "OMP_NUM_THREADS": "1"}
    run |= {"WORLD_SIZE": str(processes), "LOCAL_WORLD_SIZE": str(processes)}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0,1").split(",")
    run |= {"CUDA_VISIBLE_DEVICES": ",".join(visible[first : first + processes])}
    return [run | {"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(processes)]


def seconds_a_step(setting: Setting, runs: list[list[dict[str, str]]], rounds: int) -> float:
    """Return the median seconds of a step of runs that go on side by side."""
    environments = [place for run in runs for place in run]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(environments), context) as pool, tempfile.TemporaryDirectory() as folder:
        futures = [pool.submit(_time_steps, setting, rounds, Path(folder), place) for place in environments]
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
    if Path("/proc/self/status").exists():
        return memory("self", "VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
