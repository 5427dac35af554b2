"""The run's log: one JSON object a line, cut back to where a resumed run starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from isra_model.files import write_bytes


class RunLog:
    """Append-only ``log.jsonl``; every line has a ``step``."""

    def __init__(self, path: Path, start: int) -> None:
        """Open the log, keeping only whole lines of steps before ``start``."""
        self.path = path
        kept = [line for line in read_log(path) if line["step"] < start]
        write_bytes(path, "".join(json.dumps(line) + "\n" for line in kept).encode())

    def write(self, step: int, **values: Any) -> None:
        """Append one line."""
        with self.path.open("a") as file:
            file.write(json.dumps({"step": step} | values) + "\n")


def read_log(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a log, without a last one that a kill cut short; none if there is no file."""
    if not path.exists():
        return []
    lines = []
    for line in path.read_text().splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return lines
