"""How good the topics of the shipped models are, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isra_model.checkpoints.store import Checkpoint
from isra_model.markdown import table

COLUMNS = (
    ("active", "active on an image", "{:.1%}"),
    ("dead", "dead", "{:.1%}"),
    ("unexplained", "unexplained variance", "{:.2f}"),
    ("agreement", "reconstruction keeps the class", "{:.0%}"),
    ("classes", "classes a topic spreads over", "{:.1f}"),
    ("used_by_both", "used by both domains", "{:.0%}"),
    ("stability", "the same from another seed", "{:.2f}"),
    ("overlap", "overlap of an image's masks M_j", "{:.2f}"),
    ("response_overlap", "overlap of its encoder's maps", "{:.2f}"),
    ("faithful", "faithful of ten, M_j", "{:.1f}"),
    ("response_faithful", "faithful of ten, encoder's map", "{:.1f}"),
)


def topic_table(models: Sequence[Checkpoint]) -> str:
    """Return a Markdown table of the models whose topics were measured: measures down, models across.

    An interval in brackets is the bootstrap's 95 % over images.
    """
    measured = [model for model in models if "topics" in model.metrics]
    heads = [f"{model.source} → {model.target}, {model.title}" for model in measured]
    rows = [
        [title, *(_cell(model.metrics["topics"].get(key), form) for model in measured)] for key, title, form in COLUMNS
    ]
    return table(["", *heads], rows)


def _cell(value: Any, form: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict):
        return f"{form.format(value['value'])} ({form.format(value['low'])} to {form.format(value['high'])})"
    return form.format(value)
