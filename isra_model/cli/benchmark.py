"""``python -m isra_model benchmark``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from isra_model.benchmarking.grid import ISRA_ON, Mode, choose_tasks, comparison, models_of
from isra_model.benchmarking.results import Results
from isra_model.benchmarking.runs import Place, held, prepare
from isra_model.benchmarking.tables import write_tables
from isra_model.benchmarking.workers import carry_out_all, local_processes, missing_runs, ray_cluster
from isra_model.checkpoints import read_runs
from isra_model.cli.arguments import UsageError
from isra_model.cli.paths import ROOT
from isra_model.cli.tasks import load_task
from isra_model.data.benchmarks import domain_names
from isra_model.methods import method_names
from isra_model.training.config import TrainConfig

OWN_IMAGES = frozenset({"tree", "lists"})
"""Benchmarks whose images are the user's: their names say nothing of what is in them."""


@dataclass(frozen=True)
class Benchmark:
    """Compare methods over tasks and seeds: record, print and write. Started again, it does only what is missing.

    Attributes
    ----------
    benchmark : str
        office-icons, which ships, or another that 'train' knows.
    data : Path | None
        The folder where the benchmark's images are.
    mode : Mode
        fine-tune trains the whole network; features, in seconds a run, what stands on a frozen backbone.
    methods : tuple[str, ...] | None
        Names of methods; all of them if left out.
    isra_on : tuple[str, ...] | None
        Methods that are also run with ISRA plugged in; the paper's three, of those compared, if left out.
    sparse_on : tuple[str, ...]
        Methods that are also run with ISRA on a sparse code of topics.
    tasks : tuple[str, ...]
        'all', or 'source:target' each.
    seeds : int
        How many, from 0.
    preset : str | None
        Whose settings to take; the benchmark's own if it has one.
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
        The recorded runs, one JSON line each; results/<benchmark>/runs.jsonl if left out, which tree and lists may not.
    render_only : bool
        Carry out nothing, write the tables of what is recorded.
    """

    benchmark: str = "office-icons"
    data: Path | None = None
    mode: Mode = "features"
    methods: tuple[str, ...] | None = None
    isra_on: tuple[str, ...] | None = None
    sparse_on: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ("all",)
    seeds: int = 3
    preset: str | None = None
    workers: int = 2
    threads: int = 1
    ray: str | None = None
    gpus: float = 0.0
    retry: bool = False
    keep: bool = False
    work: Path = ROOT / "runs" / "benchmark"
    output: Path | None = None
    render_only: bool = False

    def run(self) -> None:
        """Carry out the runs that are missing, then print and write the tables.

        Raises
        ------
        UsageError
            If the records would be another folder's, or the models kept could not be opened.
        """
        if self.keep and self.mode == "features":
            raise UsageError("A model of features mode reads no images: leave --keep out, or give --mode fine-tune.")
        configs, output = self.configs(), records_file(self.benchmark, self.output)
        if not self.render_only:
            self.carry_out(missing_runs(configs, output, retry=self.retry), output)
        results = Results(configs, read_runs(output))
        paths = write_tables(output.parent / "tables", self.mode, results, self.benchmark)
        print(paths[0].read_text())
        print(f"Written to {', '.join(map(str, paths))}.")
        if results.failures:
            print(f"{len(results.failures)} runs failed, see above; --retry carries them out again.")

    def configs(self) -> list[TrainConfig]:
        """Return the configurations of all runs, recorded or not."""
        methods = self.methods or method_names()
        isra_on = [name for name in ISRA_ON if name in methods] if self.isra_on is None else self.isra_on
        models = models_of(methods, isra_on, self.sparse_on)
        tasks = choose_tasks(self.tasks, domain_names(self.benchmark, self.data))
        return comparison(self.benchmark, self.mode, models, tasks, self.seeds, self.preset)

    def carry_out(self, missing: Sequence[TrainConfig], output: Path) -> None:
        """Carry out runs, here or over a Ray cluster, and record each as it ends."""
        print(f"{len(missing)} runs to do")
        if not missing:
            return
        place = Place(load_task, self.data, self.work, ROOT / ".cache" / "features", self.keep)
        prepare(missing, place)
        workers = (
            ray_cluster(self.ray, self.threads, self.gpus) if self.ray else local_processes(self.workers, self.threads)
        )
        with held(place.work), workers as (submit, side_by_side):
            carry_out_all(missing, place, output, submit, side_by_side, print)


def records_file(benchmark: str, chosen: Path | None, name: str = "runs.jsonl") -> Path:
    """Return the file of a benchmark's recorded runs: the one chosen, or ``results/<benchmark>/<name>``.

    Raises
    ------
    UsageError
        If none is chosen and images are the user's own: a run is not known by its images.
    """
    if not chosen and OWN_IMAGES.intersection(benchmark.split("+")):
        raise UsageError("Give --output: what tells runs on this folder from those on another is their file alone.")
    return chosen or ROOT / "results" / benchmark / name
