"""Images taken out by hand, each with a reason."""

import json
from importlib.resources import files


def read_exclusions() -> dict[str, str]:
    """Read the reviewed list that ships with the package: `set:name` -> why the image was taken out."""
    by_reason: dict[str, list[str]] = json.loads(
        files(__package__).joinpath("exclusions.json").read_text(encoding="utf-8")
    )
    return {key: reason for reason, keys in by_reason.items() for key in keys}
