"""The run's log: one JSON object a line, cut back to where a resumed run starts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from isra_model.files import write_bytes

_FILE = "log.jsonl"


class RunLog:
    """Append-only ``log.jsonl``; every line has a ``step``."""

    def __init__(self, folder: Path, start: int, *, tensorboard: bool = False) -> None:
        """Open the log of a run's folder, keeping only whole lines of steps before ``start``."""
        self.path = folder / _FILE
        kept = [line for line in read_log(self.path) if line["step"] < start]
        write_bytes(self.path, "".join(json.dumps(line) + "\n" for line in kept).encode())
        self.tensorboard = _summary_writer(folder, start) if tensorboard else None

    def write(self, step: int, **values: Any) -> None:
        """Append one line."""
        with self.path.open("a") as file:
            file.write(json.dumps({"step": step} | values) + "\n")
        if self.tensorboard:
            for name, value in _scalars(values):
                self.tensorboard.add_scalar(name, value, step)


def _summary_writer(folder: Path, start: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ValueError("TensorBoard is not installed: pip install 'isra-model[tensorboard]'.") from error
    return SummaryWriter(folder / "tensorboard", purge_step=start)


def _scalars(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _scalars(value, f"{prefix}{name}/")
        elif not isinstance(value, list):
            yield f"{prefix}{name}", value


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


def read_evaluations(path: Path) -> list[dict[str, Any]]:
    """Return the evaluations in a log, oldest first."""
    return [line["evaluation"] for line in read_log(path) if "evaluation" in line]


def read_class_weights(folder: Path) -> dict[int, list[float]]:
    """Return the class weights that the log in a model's folder has, by the number of steps before them.

    It is empty where training kept none, as before logs held them.
    """
    lines = read_log(folder / _FILE)
    return {line["evaluation"]["evaluated_step"]: line["class_weight"] for line in lines if "class_weight" in line}
