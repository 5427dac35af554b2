"""What a model is called: by its folder, and where people read."""

from __future__ import annotations

_TITLES = {"source-only": "Source-only", "ba3us-colearn": "BA3US + Co-learn"}


def model_name(method: str, *, isra: bool) -> str:
    """Return the name of a method, bare or with ISRA, e.g. ``ba3us-isra``."""
    return f"{method}-isra" if isra else method


def model_title(method: str, *, isra: bool) -> str:
    """Return the title of a method, bare or with ISRA, e.g. ``BA3US + ISRA``: methods are known by their initials."""
    title = _TITLES.get(method, method.upper())
    return f"{title} + ISRA" if isra else title
