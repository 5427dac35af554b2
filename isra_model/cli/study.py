"""``python -m isra_model study``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from isra_model.benchmarking.grid import Mode, choose_tasks
from isra_model.benchmarking.results import Gain
from isra_model.benchmarking.studies import (
    FOUR_TASKS,
    Outcome,
    StudyName,
    Variant,
    contrasts,
    outcomes,
    study_table,
    study_variants,
)
from isra_model.benchmarking.tables import gain_rows
from isra_model.benchmarking.workers import missing_runs
from isra_model.checkpoints import RunRecord, read_records, read_runs
from isra_model.checkpoints.results import run_key
from isra_model.cli.benchmark import Benchmark, records_file
from isra_model.data.benchmarks import domain_names
from isra_model.files import write_bytes


@dataclass(frozen=True)
class Study:
    """Study ISRA by exchanging one choice at a time, and write the table. Started again, it does only what is missing.

    Attributes
    ----------
    what : tyro.conf.Positional[StudyName]
        "ablations", each part taken away or exchanged; "sensitivity", to alpha, beta and the number of topics.
    benchmark : str
        As for 'benchmark'.
    data : Path | None
        As for 'benchmark'.
    mode : Mode
        As for 'benchmark'.
    tasks : tuple[str, ...]
        As for 'benchmark'.
    seeds : int
        As for 'benchmark'.
    workers : int
        As for 'benchmark'.
    threads : int
        As for 'benchmark'.
    retry : bool
        As for 'benchmark'.
    output : Path | None
        The recorded runs, one JSON line each; results/<benchmark>/studies.jsonl if left out, which tree and lists may
        not.
    render_only : bool
        Carry out nothing, write the table of what is recorded.
    """

    what: tyro.conf.Positional[StudyName]
    benchmark: str = "office-icons"
    data: Path | None = None
    mode: Mode = "features"
    tasks: tuple[str, ...] = FOUR_TASKS
    seeds: int = 3
    workers: int = 2
    threads: int = 1
    retry: bool = False
    output: Path | None = None
    render_only: bool = False

    def run(self) -> None:
        """Carry out the runs that are missing, then write the table.

        Raises
        ------
        UsageError
            If the records would be another folder's.
        """
        output = self.records()
        if not self.render_only:
            configs = [config for variant in self.variants() for config in variant.configs]
            runner = Benchmark(data=self.data, workers=self.workers, threads=self.threads)
            runner.carry_out(missing_runs(configs, output, retry=self.retry), output)
        table = output.parent / "tables" / f"{self.what}-{self.mode}.md"
        parts = [study_table(self.outcomes()), *([gain_rows(found)] if (found := self.contrasts()) else [])]
        write_bytes(table, ("\n\n".join(parts) + "\n").encode())
        print(f"wrote {table}")

    def records(self) -> Path:
        """Return the file of the recorded runs, see `records_file`."""
        return records_file(self.benchmark, self.output, "studies.jsonl")

    def variants(self) -> list[Variant]:
        """Return BA3US alone first, then the study's variants."""
        tasks = choose_tasks(self.tasks, domain_names(self.benchmark, self.data))
        return study_variants(self.what, self.benchmark, self.mode, tasks, self.seeds)

    def contrasts(self) -> list[Gain]:
        """Return the paired tests of an ablation's variants against one another."""
        return contrasts(self.variants(), read_runs(self.records())) if self.what == "ablations" else []

    def finished(self, *names: str) -> list[RunRecord]:
        """Return the finished runs of the variants called ``names``."""
        asked = {run_key(config) for variant in self.variants() if variant.name in names for config in variant.configs}
        return [run for run in read_records(self.records()) if run.key in asked]

    def outcomes(self) -> list[Outcome]:
        """Return what the recorded runs of each variant came to beside BA3US alone."""
        variants = self.variants()
        return outcomes(variants[1:], read_runs(self.records()), bare=variants[0])
