"""Markdown documents: tables, and what stands between a document's marks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from isra_model.files import write_bytes


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, one line a row; rows and header have one length."""
    first, *rest = ("|" + "".join(f" {cell} |" if cell else " |" for cell in row) for row in (header, *rows))
    return "\n".join([first, "|---" * len(header) + "|", *rest])


def number(value: float | None, form: str) -> str:
    """Return a number as ``form`` writes it; a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:{form}}"


def replace_between_marks(path: Path, mark: str, content: str) -> None:
    """Replace what stands between ``<!-- mark -->`` and ``<!-- /mark -->`` in a text file.

    Raises
    ------
    ValueError
        If the file has no such marks.
    """
    opening, closing = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    text = path.read_text()
    if opening not in text or closing not in text:
        raise ValueError(f"{path.name} has no marks {opening} and {closing} to write between.")
    before, rest = text.split(opening, 1)
    after = rest.split(closing, 1)[1]
    write_bytes(path, f"{before}{opening}\n{content}\n{closing}{after}".encode())
