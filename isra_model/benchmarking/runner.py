"""What carries out the runs that a comparison or a study still lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from isra_model.benchmarking.runs import Place, held, prepare
from isra_model.benchmarking.workers import Submit, carry_out_all, local_processes, missing_runs, ray_cluster
from isra_model.checkpoints import Run, read_runs
from isra_model.training.config import TrainConfig


@dataclass(frozen=True)
class Runner:
    """Where runs are carried out, and how many side by side.

    Attributes
    ----------
    place : Place
        Where they find their images and leave what they write.
    workers : int
        Processes side by side, on this machine.
    threads : int
        Threads of each worker.
    ray : str | None
        Address of a Ray cluster to carry them out on instead.
    gpus : float
        What a run takes of a Ray machine's GPUs.
    retry : bool
        Carry out runs again that failed.
    """

    place: Place
    workers: int = 2
    threads: int = 1
    ray: str | None = None
    gpus: float = 0.0
    retry: bool = False

    def complete(self, configs: Sequence[TrainConfig], output: Path, say: Callable[[str], None]) -> list[Run]:
        """Carry out the runs that ``output`` lacks, record each as it ends, and return all that is recorded."""
        missing = missing_runs(configs, output, retry=self.retry)
        say(f"{len(missing)} runs to do")
        if missing:
            prepare(missing, self.place)
            with held(self.place.work), self._workers() as (submit, side_by_side):
                carry_out_all(missing, self.place, output, submit, side_by_side, say)
        return read_runs(output)

    def _workers(self) -> AbstractContextManager[tuple[Submit, int]]:
        if self.ray:
            return ray_cluster(self.ray, self.threads, self.gpus)
        return local_processes(self.workers, self.threads)
