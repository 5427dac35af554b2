"""Icon sets that draw the same objects by the same hand."""

import json
from importlib.resources import files


def read_families() -> dict[str, str]:
    """Read which sets are one designer's: prefix -> family; a set that is not listed is a family of its own."""
    table: dict[str, list[str]] = json.loads(files(__package__).joinpath("families.json").read_text(encoding="utf-8"))
    return {prefix: family for family, prefixes in table.items() for prefix in prefixes}
