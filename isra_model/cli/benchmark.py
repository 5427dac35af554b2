"""``python -m isra_model benchmark``."""

from __future__ import annotations

from dataclasses import dataclass

from isra_model.benchmarking.grid import ISRA_ON, comparison, models_of
from isra_model.benchmarking.results import Results
from isra_model.benchmarking.tables import write_tables
from isra_model.cli.runs import Runs
from isra_model.methods import method_names
from isra_model.training.config import TrainConfig


@dataclass(frozen=True, kw_only=True)
class Benchmark(Runs):
    """Compare methods over tasks and seeds: record, print and write. Started again, it does only what is missing.

    Attributes
    ----------
    methods : tuple[str, ...] | None
        Names of methods; all of them if left out.
    isra_on : tuple[str, ...] | None
        Methods that are also run with ISRA plugged in; the paper's three, of those compared, if left out.
    sparse_on : tuple[str, ...]
        Methods that are also run with ISRA on a sparse code of topics.
    preset : str | None
        Whose settings to take; the benchmark's own if it has one.
    """

    methods: tuple[str, ...] | None = None
    isra_on: tuple[str, ...] | None = None
    sparse_on: tuple[str, ...] = ()
    preset: str | None = None

    def run(self) -> None:
        """Carry out the runs that are missing, then print and write the tables."""
        configs, output = self.configs(), self.records("runs.jsonl")
        results = Results(configs, self.completed(configs, output))
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
        return comparison(self.benchmark, self.mode, models, self.pairs(), self.seeds, self.preset)
