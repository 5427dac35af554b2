"""Names of domains and classes, as people and their copies of a benchmark spell them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache


@lru_cache(maxsize=8192)
def spelling(name: str) -> str:
    """Return a name without case, and with one space for spaces, underscores and hyphens: 'Real_World' is 'real world'.

    Letters whose accents are written as characters of their own, as macOS does, become one character. What a shell adds
    to a folder's name, as in './solid/', is taken off, and the backslashes of Windows are turned.
    """
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).replace("\\", "/")
    return re.sub(r"[\s_-]+", " ", re.sub(r"^(\./)+|/+$", "", composed)).strip()


def plain(name: str) -> str:
    """Return a name's `spelling` without spaces: 'Real World', 'Real_World' and 'realworld' agree."""
    return spelling(name).replace(" ", "")


def match(name: str, names: Iterable[str]) -> str | None:
    """Return the one of ``names`` that is written as ``name``, or else the first that is spelled so, or plainly so."""
    known = list(names)
    if name in known:
        return name
    for form in (spelling, plain):
        found = next((other for other in known if form(other) == form(name)), None)
        if found is not None:
            return found
    return None


def printable(text: str) -> str:
    """Return a text in which every character that cannot be seen or written is an escape: a zero-width space, a NUL."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def listed(names: Sequence[str], most: int) -> str:
    """Return the first ``most`` names with commas between, and how many more there are, if there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def first_few(lines: Sequence[str], most: int = 5) -> list[str]:
    """Return the first ``most`` lines, and one that says how many more there are, if there are."""
    more = len(lines) - most
    return [*lines[:most], *([f"and {more:,} more"] if more > 0 else [])]
