"""What ``benchmark`` and ``study`` have in common: which runs, and where and how they are carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from isra_model.benchmarking.grid import Mode, choose_tasks
from isra_model.benchmarking.runs import Place
from isra_model.benchmarking.workers import complete, local_processes, ray_cluster
from isra_model.checkpoints import Run, read_runs
from isra_model.cli.arguments import UsageError
from isra_model.cli.paths import FEATURES, ROOT
from isra_model.cli.tasks import load_task
from isra_model.data.benchmarks import domain_names
from isra_model.training.config import TrainConfig

OWN_IMAGES = frozenset({"tree", "lists"})
"""Benchmarks whose images are the user's: their names say nothing of what is in them."""


@dataclass(frozen=True, kw_only=True)
class Runs:
    """Runs that are recorded as they end. Started again, a command does only what is missing.

    Attributes
    ----------
    benchmark : str
        office-icons, which ships, or another that 'train' knows.
    data : Path | None
        The folder where the benchmark's images are.
    mode : Mode
        fine-tune trains the whole network; features, in seconds a run, what stands on a frozen backbone.
    tasks : tuple[str, ...]
        'all', or 'source:target' each.
    seeds : int
        How many, from 0.
    workers : int
        Processes side by side, on this machine.
    threads : int
        Threads of each worker.
    ray : str | None
        Address of a Ray cluster over whose machines to spread the runs (needs the extra 'ray'); 'auto' finds it.
    gpus : float
        What a run takes of a Ray machine's GPUs; 0.25 puts four on each.
    retry : bool
        Carry out runs again that failed.
    keep : bool
        Keep each run's model in the work folder; not in features mode.
    work : Path
        Where runs keep their state while they go on, so that a killed run resumes.
    output : Path | None
        The recorded runs, one JSON line each; in results/<benchmark> if left out, which tree and lists may not.
    render_only : bool
        Carry out nothing, write the tables of what is recorded.
    """

    benchmark: str = "office-icons"
    data: Path | None = None
    mode: Mode = "features"
    tasks: tuple[str, ...] = ("all",)
    seeds: int = 3
    workers: int = 2
    threads: int = 1
    ray: str | None = None
    gpus: float = 0.0
    retry: bool = False
    keep: bool = False
    work: Path = ROOT / "runs" / "benchmark"
    output: Path | None = None
    render_only: bool = False

    def pairs(self) -> list[tuple[str, str]]:
        """Return the source and target of each task."""
        return choose_tasks(self.tasks, domain_names(self.benchmark, self.data))

    def records(self, name: str) -> Path:
        """Return the file of the recorded runs: the one chosen, or ``results/<benchmark>/<name>``.

        Raises
        ------
        UsageError
            If none is chosen and images are the user's own: a run is not known by its images.
        """
        if not self.output and OWN_IMAGES.intersection(self.benchmark.split("+")):
            raise UsageError("Give --output: what tells runs on this folder from those on another is their file alone.")
        return self.output or ROOT / "results" / self.benchmark / name

    def completed(self, configs: Sequence[TrainConfig], output: Path) -> list[Run]:
        """Carry out the runs that ``output`` lacks, unless nothing is to be, and return all that is recorded.

        Raises
        ------
        UsageError
            If the models kept could not be opened.
        """
        if self.keep and self.mode == "features":
            raise UsageError("A model of features mode reads no images: leave --keep out, or give --mode fine-tune.")
        if self.render_only:
            return read_runs(output)
        place = Place(load_task, self.data, self.work, FEATURES, self.keep)
        processes = local_processes(self.workers, self.threads)
        workers = ray_cluster(self.ray, self.threads, self.gpus) if self.ray else processes
        return complete(configs, place, output, workers, print, retry=self.retry)
