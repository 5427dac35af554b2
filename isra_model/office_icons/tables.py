"""The reviewed tables that ship with the package, each from a name to what it belongs to."""

import json
from importlib.resources import files


def read_families() -> dict[str, str]:
    """Read which sets are one designer's: prefix -> family; a set that is not listed is a family of its own."""
    return _inverted("families.json")


def read_exclusions() -> dict[str, str]:
    """Read which images were taken out by hand: `set:name` -> why."""
    return _inverted("exclusions.json")


def _inverted(name: str) -> dict[str, str]:
    table: dict[str, list[str]] = json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
    return {each: group for group, members in table.items() for each in members}
