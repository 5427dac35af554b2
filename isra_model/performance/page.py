"""``docs/performance.md``, written from the results of ``python -m isra_model bench``."""

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
    ("strong_augmentation_ratio", "BA3US step, images strongly augmented / cropped and mirrored", ""),
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
    """Write the page from ``bench-training-*.json`` and ``bench-load.json`` in ``results``; nothing without a first."""
    measured = [json.loads(file.read_text()) for file in sorted(results.glob("bench-training-*.json"))]
    load = results / "bench-load.json"
    under_load = load_section(json.loads(load.read_text())) if load.exists() else ""
    if measured:
        write_bytes(page, (performance_page(measured) + under_load).encode())


def performance_page(measured: Sequence[dict[str, Any]]) -> str:
    """Return the page as Markdown, one section a machine."""
    return HEADER + "".join(_section(result) for result in measured)


def load_section(result: dict[str, Any]) -> str:
    """Return what the app answers under load, as `Bench` records it, as a section in Markdown."""
    parts = [
        "\n# The app under load\n",
        f"{result['date']}, commit {result['commit']}, {result['device']}. The app is started as on a Space, in a "
        "process of its own; those who ask share the machine with it.",
    ]
    if crowd := result["crowd"]:
        parts.append(_crowd(crowd))
    if uploads := result["uploads"]:
        first, *held = uploads["resident"]
        told = ", ".join(f"{value:.0f}" for value in held)
        parts.append(
            f"{uploads['uploads']:,} uploads on end by {uploads['people']} people, of whom the app remembers the last "
            f"{uploads['remembered']} for an hour: resident memory is {first:.0f} MiB before, and after each tenth of "
            f"them {told} MiB."
        )
    return "\n".join([parts[0], "\n\n".join(parts[1:]), ""])


def _crowd(crowd: dict[str, Any]) -> str:
    rows = [
        [name, str(timed["count"]), f"{timed['p50']:.2f}", f"{timed['p95']:.2f}"]
        for name, timed in crowd["actions"].items()
    ]
    problems = "; ".join(f"{words} ({count})" for words, count in crowd["problems"].items())
    told = (
        f"{crowd['people']} people stay for {crowd['seconds']:.0f} s. Each has an image of their own and compares "
        "every answer with the one that they were given alone. "
        f"Errors and answers that differ: {problems or 'none'}. A job that adapts a model meanwhile ended "
        f"{crowd['adapt']} after {crowd['adapt_seconds']:.0f} s. Resident memory: {crowd['resident_before']:.0f} MiB "
        f"before, {crowd['resident_after']:.0f} MiB after."
    )
    return f"{told}\n\n{table(['action', 'times', 'p50, s', 'p95, s'], rows)}"


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
    ratios = [[f"`{name}`", _number(result.get(name)), what, goal] for name, what, goal in WHAT]
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
