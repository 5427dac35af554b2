"""Names of domains and classes, as people and their copies of a benchmark spell them."""

from __future__ import annotations

import re
from collections.abc import Iterable


def plain(name: str) -> str:
    """Return a name without case, spaces, underscores and hyphens: 'Real World', 'Real_World' and 'realworld' agree."""
    return re.sub(r"[\s_-]+", "", name).casefold()


def match(name: str, names: Iterable[str]) -> str | None:
    """Return the one of ``names`` that is spelled as ``name``, or else the first whose plain form agrees."""
    known = list(names)
    if name in known:
        return name
    return next((other for other in known if plain(other) == plain(name)), None)
