"""All that is recorded, read once for those who look at it rather than write it into documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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

ICONS, PHOTOGRAPHS = "office-icons", "office-caltech"
COMPARISONS: dict[str, tuple[str, Mode]] = {
    "fine-tune": (ICONS, "fine-tune"),
    "features": (ICONS, "features"),
    "photographs": (PHOTOGRAPHS, "features"),
}
"""The comparisons by name, each with its benchmark and mode."""

STUDIES: dict[str, tuple[StudyName, str, list[tuple[str, str]]]] = {
    "sensitivity": ("sensitivity", ICONS, choose_tasks(FOUR_TASKS, ())),
    "ablations": ("ablations", ICONS, choose_tasks(FOUR_TASKS, ())),
    "sampling": ("sampling", ICONS, choose_tasks(("all",), ("colour", "duotone", "line", "solid"))),
    "photographs-ablations": (
        "ablations",
        PHOTOGRAPHS,
        choose_tasks(("all",), ("amazon", "caltech", "dslr", "webcam")),
    ),
}
"""The studies by name, each with what is studied, its benchmark and its tasks."""

BENCHMARKS = (ICONS, PHOTOGRAPHS)
RECOGNISED = "strangers/recognised.jsonl"
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
    runs : Sequence[Run]
        All of the comparisons.
    comparisons : Mapping[str, Results]
        Those of `COMPARISONS` that have a run.
    studies : Mapping[str, StudyResults]
        Those of `STUDIES` that have a run.
    recognitions : Sequence[RecognitionRecord]
        What models recognised of what people bring.
    """

    runs: Sequence[Run]
    comparisons: Mapping[str, Results]
    studies: Mapping[str, StudyResults]
    recognitions: Sequence[RecognitionRecord]


class Archive:
    """A folder of records, read when first asked for, and again when a file in it has changed.

    Parameters
    ----------
    folder : Path
        What `benchmark`, `study` and `evaluate` write into; it need not be there.
    """

    def __init__(self, folder: Path) -> None:
        self._runs, self._studied = (
            [folder / benchmark / name for benchmark in BENCHMARKS] for name in ("runs.jsonl", "studies.jsonl")
        )
        self._recognised = folder / RECOGNISED
        self._read: tuple[list[int], Recorded] | None = None

    def read(self) -> Recorded:
        """Return what is recorded.

        Raises
        ------
        ValueError
            If a run was recorded by another version.
        """
        files = *self._runs, *self._studied, self._recognised
        times = [file.stat().st_mtime_ns if file.exists() else 0 for file in files]
        if self._read is None or self._read[0] != times:
            runs, studied = (
                [run for file in found for run in read_runs(file)] for found in (self._runs, self._studied)
            )
            self._read = times, read_recorded(runs, studied, read_recognitions(self._recognised))
        return self._read[1]


def read_recorded(runs: Sequence[Run], studied: Sequence[Run], recognitions: Sequence[RecognitionRecord]) -> Recorded:
    """Return runs and recognitions, arranged as the documents' tables are."""
    comparisons = {
        name: recorded_results(runs, mode, benchmark=benchmark) for name, (benchmark, mode) in COMPARISONS.items()
    }
    studies = {name: _study(name, [*runs, *studied]) for name in STUDIES}
    return Recorded(
        runs,
        {name: results for name, results in comparisons.items() if results.records},
        {name: study for name, study in studies.items() if study.outcomes},
        recognitions,
    )


def _study(name: str, recorded: Sequence[Run]) -> StudyResults:
    what, benchmark, tasks = STUDIES[name]
    runs = variant_runs(study_variants(what, benchmark, "features", tasks, SEEDS), recorded)
    return StudyResults(outcomes(runs), runs, contrasts(runs))


def paper_gains() -> dict[str, Gain]:
    """Return what ISRA adds to BA3US in the paper's own tables, as printed, by benchmark; a task is one pair."""
    return {name: _paper_gain(paper["accuracy"]) for name, paper in PAPER.items()}


def _paper_gain(accuracy: Mapping[str, Sequence[float]]) -> Gain:
    with_isra, without = accuracy[f"{BASELINE}-isra"], accuracy[BASELINE]
    blocks = [[round(ours - theirs, 6)] for ours, theirs in zip(with_isra, without, strict=True)]
    return gain_over_blocks(f"{BASELINE}-isra", BASELINE, blocks, seeds=0)


def verdict(gains: Sequence[Gain]) -> str:
    """Return in a sentence whether ISRA is ahead of what it is plugged into, by the intervals of gains over seeds.

    What one seed gains is left out: another seed may lose it.
    """
    gains = [gain for gain in gains if gain.seeds != 1]
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
