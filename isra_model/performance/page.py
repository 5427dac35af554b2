"""``docs/performance.md``, written from the results of ``python -m isra_model bench training``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isra_model.files import write_bytes
from isra_model.markdown import table

HEADER = """# How fast training is

Every number here is a ratio of two things measured side by side in one run, taking turns, as the median over rounds:
timings alone say more of the machine than of the program. `python -m isra_model bench training --json FILE` measures
again; `python -m isra_model report` writes this page from `results/bench-training-*.json`.
"""
WHAT = (
    ("engine_ratio", "source-only step, data included / bare network's forward + backward + step", "at most 1.10"),
    ("ba3us_ratio", "BA3US step / bare network on the same three batches", ""),
    ("isra_step_ratio", "BA3US + ISRA step / BA3US step", "at most 1.10 on a CPU, 1.03 on a GPU"),
    (
        "receptor_loop_ratio",
        "256 receptors (d 512, P 128, batch 81) in a loop, as released / in one batched product",
        "",
    ),
    ("data_share", "of a BA3US step, spent waiting for images", ""),
    ("processes_ratio", "images a second, two processes / one", "at least 1.8 where cores allow"),
    ("separate_processes_ratio", "the same of two that train apart: what the machine allows", ""),
    ("images_per_second", "BA3US + ISRA", ""),
    ("seconds_to_first_step", "from creating the run, images decoded, to the end of the first step", ""),
    ("peak_memory_mib", "MiB, BA3US + ISRA", ""),
)
STEPS = ("step_ratio", "isra_step_ratio")


def write_performance(results: Path, page: Path) -> None:
    """Write the page from every ``bench-training-*.json`` in the folder ``results``; nothing where there is none."""
    measured = [json.loads(file.read_text()) for file in sorted(results.glob("bench-training-*.json"))]
    if measured:
        write_bytes(page, performance_page(measured).encode())


def performance_page(measured: Sequence[dict[str, Any]]) -> str:
    """Return the page as Markdown, one section a machine."""
    return HEADER + "".join(_section(result) for result in measured)


def _section(result: dict[str, Any]) -> str:
    return (
        f"\n## {result['device']}, preset `{result['preset']}`\n\n"
        f"{result['date']}, commit {result['commit']}, {result['threads']} threads, {result['rounds']} rounds.\n\n"
        f"{performance_table(result)}\n"
    )


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if value >= 100 else f"{value:.1%}" if value < 0.1 else f"{value:.2f}"


def performance_table(result: dict[str, Any]) -> str:
    """Return what was measured as two Markdown tables: the ratios with their goals, and growth."""
    ratios = [[f"`{name}`", _number(result[name]), what, goal] for name, what, goal in WHAT]
    growth = [
        [row["setting"], str(row["value"]), *(f"{row[name]:.2f}" for name in STEPS), f"{row['peak_memory_mib']:.0f}"]
        for row in result["growth"]
    ]
    heads = ["setting", "value", "BA3US + ISRA step / the preset's", "BA3US + ISRA / BA3US", "peak MiB"]
    return (
        f"{table(['', 'measured', 'what', 'goal'], ratios)}\n\n"
        "Growth: one setting changed at a time, beside the preset's own step in the same rounds.\n\n"
        f"{table(heads, growth)}"
    )
