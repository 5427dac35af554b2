"""Carry out a comparison's runs side by side: in processes of this machine, or over the machines of a Ray cluster."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import torch

from isra_model.benchmarking.runs import Place, carry_out, held, prepare
from isra_model.checkpoints import FailedRun, Run, RunRecord, append_record, read_runs
from isra_model.checkpoints.results import run_fields, run_key
from isra_model.training.config import TrainConfig
from isra_model.training.faults import TrainingError

Submit = Callable[[TrainConfig, Place], "Future[Run]"]
Workers = AbstractContextManager[tuple[Submit, int]]
"""Gives a way to send runs to workers, and how many runs they carry out side by side."""


def complete(
    configs: Sequence[TrainConfig],
    place: Place,
    output: Path,
    workers: Workers,
    say: Callable[[str], None],
    *,
    retry: bool = False,
) -> list[Run]:
    """Carry out the runs that ``output`` lacks, record each as it ends, and return all that is recorded.

    With ``retry``, those that failed are carried out again.
    """
    missing = missing_runs(configs, output, retry=retry)
    say(f"{len(missing)} runs to do")
    if missing:
        prepare(missing, place)
        with held(place.work), workers as (submit, side_by_side):
            carry_out_all(missing, place, output, submit, side_by_side, say)
    return read_runs(output)


def missing_runs(configs: Sequence[TrainConfig], output: Path, *, retry: bool = False) -> list[TrainConfig]:
    """Return the configurations that ``output`` has no record of, each once; with ``retry``, those that failed too."""
    recorded = {run.key for run in read_runs(output) if not (retry and isinstance(run, FailedRun))}
    by_key = {run_key(config): config for config in configs}
    return [config for key, config in by_key.items() if key not in recorded]


def carry_out_all(
    configs: Sequence[TrainConfig], place: Place, output: Path, submit: Submit, workers: int, say: Callable[[str], None]
) -> None:
    """Carry out every run, append each to ``output`` as it ends, and ``say`` a line with the time left.

    Raises
    ------
    TrainingError
        If workers died and runs were lost with them; the others are recorded first.
    """
    runs, lost = read_runs(output), list[BaseException]()
    futures = [submit(config, place) for config in configs]
    for done, future in enumerate(as_completed(futures), 1):
        if error := future.exception():
            lost.append(error)
            continue
        run = future.result()
        append_record(output, run)
        runs.append(run)
        left = [config for config, other in zip(configs, futures, strict=True) if not other.done()]
        rest = f"; about {duration(seconds_left(left, runs, workers))} left" if left else ""
        say(f"[{done}/{len(configs)}] {describe(run)}{rest}")
    if lost:
        raise TrainingError(
            f"{len(lost)} runs were lost with their workers ({lost[0]}); start again to carry them out."
        )


def describe(run: Run) -> str:
    """Return one run in one line."""
    name = f"{run.source} → {run.target}, {run.model}, seed {run.seed}"
    if isinstance(run, RunRecord):
        return f"{name}: {run.accuracy:.1f} / {run.heldout_accuracy:.1f} % in {run.seconds:.0f} s"
    return f"{name}: failed, {run.reason}" if isinstance(run, FailedRun) else name


def seconds_left(configs: Sequence[TrainConfig], runs: Sequence[Run], workers: int) -> float:
    """Return the wall-clock seconds that the runs still to do will take, by what finished ones took.

    A run takes what others of its mode and model took, or, where there is none yet, the mean of its mode.
    """
    finished = [run for run in runs if isinstance(run, RunRecord)]

    def expected(config: TrainConfig) -> float:
        mode = run_fields(config)["mode"]
        alike = [run for run in finished if run.mode == mode]
        same = [run for run in alike if (run.method, run.isra) == (config.method, config.isra is not None)]
        return statistics.mean([run.seconds for run in same or alike] or [0.0])

    return sum(expected(config) for config in configs) / workers


def duration(seconds: float) -> str:
    """Return a length of time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextmanager
def local_processes(workers: int, threads: int = 1) -> Iterator[tuple[Submit, int]]:
    """Give a way to send runs to ``workers`` spawned processes with ``threads`` threads each, and their number."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_prepare_process, initargs=(threads,)
    )
    try:
        yield lambda config, place: pool.submit(carry_out, config, place), workers
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare_process(threads: int) -> None:
    """Keep to ``threads`` threads, and end when the parent does: it may be killed, and nobody else would tell us."""
    torch.set_num_threads(threads)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _carry_out_below(folder: Path, config: TrainConfig, place: Place) -> Run:
    """Carry out a run whose relative paths start from ``folder``, where this machine has it."""
    if folder.is_dir():
        os.chdir(folder)
    return carry_out(config, place)


@contextmanager
def ray_cluster(address: str, threads: int = 1, gpus: float = 0.0) -> Iterator[tuple[Submit, int]]:
    """Give a way to send runs to the machines of a Ray cluster, and how many it carries out at a time.

    Every machine needs this package and the images at the same paths; work folders are each machine's own, so that a
    killed fine-tuning run resumes only where they lie on a shared disk. A run takes ``threads`` of a machine's CPUs and
    ``gpus`` of its GPUs.

    Raises
    ------
    ValueError
        If Ray is not installed or cannot start workers from where Python lies, or the cluster is too small for one run.
    """
    if " " in sys.prefix:
        raise ValueError(
            f"Ray starts no worker from a path with a space, '{sys.prefix}': put the environment elsewhere."
        )
    try:
        import ray
    except ImportError as error:
        raise ValueError("Ray is not installed: pip install 'isra-model[ray]'.") from error
    ray.init(address, log_to_driver=False, runtime_env={"env_vars": {"OMP_NUM_THREADS": str(threads)}})
    try:
        remote = ray.remote(_carry_out_below).options(num_cpus=threads, num_gpus=gpus)
        resources = ray.cluster_resources()
        slots = int(resources.get("CPU", 0) // threads)
        if gpus:
            slots = min(slots, int(resources.get("GPU", 0) // gpus))
        if not slots:
            raise ValueError(
                f"No machine of the Ray cluster at {address} has {threads} CPUs and {gpus:g} GPUs for a run."
            )
        yield lambda config, place: remote.remote(Path.cwd(), config, place).future(), slots
    finally:
        ray.shutdown()
