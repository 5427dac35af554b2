"""``python -m isra_model benchmark``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from isra_model.benchmarking.grid import Mode, Model, choose_tasks, comparison
from isra_model.benchmarking.runs import Place
from isra_model.benchmarking.workers import carry_out_all, local_processes, missing_runs
from isra_model.cli.paths import ROOT
from isra_model.cli.tasks import load_task
from isra_model.data.benchmark import BenchmarkError
from isra_model.data.benchmarks import OFFICE_ICONS, office_icons
from isra_model.data.folder import load_tree
from isra_model.methods import method_names
from isra_model.training.config import TrainConfig


@dataclass(frozen=True)
class Benchmark:
    """Compare methods over tasks and seeds. Start it again and it carries out only the runs that are missing.

    Attributes
    ----------
    benchmark : office-icons, which ships, or tree (folders <data>/<domain>/<class>/).
    data : the folder of a tree.
    mode : fine-tune trains the whole network; features, in seconds a run, what stands on a frozen backbone.
    methods : names of methods; all of them if left out.
    isra_on : methods that are also run with ISRA plugged in.
    tasks : 'all', or 'source:target' each.
    seeds : how many, from 0.
    workers : processes side by side.
    threads : of each worker.
    retry : carry out runs again that failed.
    keep : keep each run's model in the work folder.
    work : where runs keep their state while they go on, so that a killed run resumes.
    output : the recorded runs, one JSON line each; results/<benchmark>/runs.jsonl if left out.
    """

    benchmark: str = "office-icons"
    data: Path | None = None
    mode: Mode = "features"
    methods: Sequence[str] | None = None
    isra_on: Sequence[str] = ("ba3us", "shot", "a2kt")
    tasks: Sequence[str] = ("all",)
    seeds: int = 3
    workers: int = 2
    threads: int = 1
    retry: bool = False
    keep: bool = False
    work: Path = ROOT / "runs" / "benchmark"
    output: Path | None = None

    def run(self) -> None:
        """Carry out the runs that are missing."""
        place = Place(load_task, self.data, self.work, ROOT / ".cache" / "features", self.keep)
        output = self.output or ROOT / "results" / self.benchmark / "runs.jsonl"
        missing = missing_runs(self.configs(), output, retry=self.retry)
        print(f"{len(missing)} runs to do")
        with local_processes(self.workers, self.threads) as submit:
            carry_out_all(missing, place, output, submit, self.workers, print)

    def configs(self) -> list[TrainConfig]:
        """Return the configurations of all runs, recorded or not."""
        methods = self.methods or method_names()
        models = [Model(name) for name in methods] + [Model(name, isra=True) for name in self.isra_on]
        tasks = choose_tasks(self.tasks, domains(self.benchmark, self.data))
        return comparison(self.benchmark, self.mode, models, tasks, self.seeds)


def domains(benchmark: str, data: Path | None) -> list[str]:
    """Return the names of a benchmark's domains."""
    if benchmark == "office-icons":
        return list(office_icons(OFFICE_ICONS).domains)
    if data is None:
        raise BenchmarkError(f"The benchmark '{benchmark}' needs --data, the folder where its images are.")
    return list(load_tree(data).domains)
