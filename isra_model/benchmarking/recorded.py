"""All that is recorded of Office-Icons, read once for those who look at it rather than write it into documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from isra_model.benchmarking.grid import Mode, choose_tasks
from isra_model.benchmarking.results import BASELINE, Gain, Results, gain_over_blocks, recorded_results
from isra_model.benchmarking.studies import (
    FOUR_TASKS,
    Outcome,
    StudyName,
    contrasts,
    outcomes,
    study_variants,
    variant_runs,
)
from isra_model.benchmarking.tables import PAPER
from isra_model.checkpoints import Run, read_runs
from isra_model.checkpoints.recognition import RecognitionRecord, read_recognitions

BENCHMARK = "office-icons"
FILES = (f"{BENCHMARK}/runs.jsonl", f"{BENCHMARK}/studies.jsonl", "strangers/recognised.jsonl")
SEEDS = 3


@dataclass(frozen=True)
class StudyResults:
    """What a study came to.

    Attributes
    ----------
    outcomes : Sequence[Outcome]
        Of each variant that was run.
    runs : Mapping[str, Sequence[Run]]
        The runs of each variant, by its name.
    contrasts : Sequence[Gain]
        Of variants that are tested against one another.
    """

    outcomes: Sequence[Outcome]
    runs: Mapping[str, Sequence[Run]]
    contrasts: Sequence[Gain]


@dataclass(frozen=True, eq=False)
class Recorded:
    """What is recorded; what is not is empty.

    Attributes
    ----------
    comparisons : Mapping[Mode, Results]
        The modes that have a run.
    studies : Mapping[StudyName, StudyResults]
        The studies that have a run.
    recognitions : Sequence[RecognitionRecord]
        What models recognised of what people bring.
    """

    comparisons: Mapping[Mode, Results]
    studies: Mapping[StudyName, StudyResults]
    recognitions: Sequence[RecognitionRecord]


class Archive:
    """A folder of records, read when first asked for, and again when a file in it has changed.

    Parameters
    ----------
    folder : Path
        What `benchmark`, `study` and `evaluate` write into; it need not be there.
    """

    def __init__(self, folder: Path) -> None:
        self._files = [folder / name for name in FILES]
        self._read: tuple[list[int], Recorded] | None = None

    def read(self) -> Recorded:
        """Return what is recorded.

        Raises
        ------
        ValueError
            If a run was recorded by another version.
        """
        times = [file.stat().st_mtime_ns if file.exists() else 0 for file in self._files]
        if self._read is None or self._read[0] != times:
            runs, studies, strangers = self._files
            self._read = times, read_recorded(read_runs(runs), read_runs(studies), read_recognitions(strangers))
        return self._read[1]


def read_recorded(runs: Sequence[Run], studied: Sequence[Run], recognitions: Sequence[RecognitionRecord]) -> Recorded:
    """Return runs and recognitions, arranged as the documents' tables are."""
    comparisons = {mode: recorded_results(runs, mode) for mode in get_args(Mode)}
    studies = {what: _study(what, studied) for what in get_args(StudyName)}
    return Recorded(
        {mode: results for mode, results in comparisons.items() if results.records},
        {what: study for what, study in studies.items() if study.outcomes},
        recognitions,
    )


def _study(what: StudyName, studied: Sequence[Run]) -> StudyResults:
    variants = study_variants(what, BENCHMARK, "features", choose_tasks(FOUR_TASKS, ()), SEEDS)
    runs = variant_runs(variants, studied)
    return StudyResults(outcomes(runs), runs, contrasts(runs))


def paper_gains() -> dict[str, Gain]:
    """Return what ISRA adds to BA3US in the paper's own tables, as printed, by benchmark; a task is one pair."""
    return {name: _paper_gain(paper["accuracy"]) for name, paper in PAPER.items()}


def _paper_gain(accuracy: Mapping[str, Sequence[float]]) -> Gain:
    with_isra, without = accuracy[f"{BASELINE}-isra"], accuracy[BASELINE]
    blocks = [[round(ours - theirs, 6)] for ours, theirs in zip(with_isra, without, strict=True)]
    return gain_over_blocks(f"{BASELINE}-isra", BASELINE, blocks, seeds=0)


def verdict(gains: Sequence[Gain]) -> str:
    """Return in a sentence whether ISRA is ahead of what it is plugged into, by the gains' intervals alone."""
    if not gains:
        return "No run with ISRA is recorded yet."
    ahead, behind = sum(gain.interval[0] > 0 for gain in gains), sum(gain.interval[1] < 0 for gain in gains)
    below = f"; {behind} {'lies' if behind == 1 else 'lie'} below it" if behind else ""
    if not ahead:
        return (
            f"ISRA is not ahead of the methods that it is plugged into: of {len(gains)} comparisons, none has its "
            f"95 % interval above zero{below}."
        )
    return f"ISRA is ahead in {ahead} of {len(gains)} comparisons, where the 95 % interval lies above zero{below}."
