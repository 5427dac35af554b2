"""``python -m isra_model study``."""

from __future__ import annotations

from dataclasses import dataclass

import tyro

from isra_model.benchmarking.studies import (
    FOUR_TASKS,
    StudyName,
    Variant,
    contrasts,
    outcomes,
    study_table,
    study_variants,
    variant_runs,
)
from isra_model.benchmarking.tables import gain_rows
from isra_model.cli.runs import Runs
from isra_model.files import write_bytes


@dataclass(frozen=True, kw_only=True)
class Study(Runs):
    """Study ISRA by exchanging one choice at a time, and write the table. Started again, it does only what is missing.

    Attributes
    ----------
    what : tyro.conf.Positional[StudyName]
        "ablations", each part taken away or exchanged; "sensitivity", to alpha, beta and the number of topics;
        "sampling", of BA3US alone, whose source batches are drawn by images or by classes.
    tasks : tuple[str, ...]
        'source:target' each, or 'all'.
    """

    what: tyro.conf.Positional[StudyName]
    tasks: tuple[str, ...] = FOUR_TASKS

    def run(self) -> None:
        """Carry out the runs that are missing, then write the table."""
        output, variants = self.records("studies.jsonl"), self.variants()
        recorded = self.completed([config for variant in variants for config in variant.configs], output)
        runs = variant_runs(variants, recorded)
        table = output.parent / "tables" / f"{self.what}-{self.mode}.md"
        parts = [study_table(outcomes(runs))]
        if found := contrasts(runs):
            parts.append(gain_rows(found))
        write_bytes(table, ("\n\n".join(parts) + "\n").encode())
        print(f"wrote {table}")

    def variants(self) -> list[Variant]:
        """Return BA3US alone first, then the study's variants."""
        return study_variants(self.what, self.benchmark, self.mode, self.pairs(), self.seeds)
