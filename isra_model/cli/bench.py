"""``python -m isra_model bench``."""

from __future__ import annotations

import json as json_text
import os
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import torch
import tyro

from isra_model.cli.paths import CHECKPOINTS, ROOT
from isra_model.files import write_json
from isra_model.performance import Setting, bench_training
from isra_model.performance.page import performance_table
from isra_model.training.version import commit


@dataclass(frozen=True)
class Bench:
    """Measure speed, as ratios to something bare that is measured in the same run.

    Attributes
    ----------
    what : tyro.conf.Positional[Literal["app", "space", "training"]]
        "app", from upload to the full panel, or with people or uploads the app under load; "space", what starting
        it as on Spaces costs; "training", steps against the bare network and against each other.
    json : Path | None
        File to write the result to.
    preset : str | None
        Whose training to measure; Office-Icons' on a CPU, Office-Home's on a GPU if left out.
    rounds : int
        In which what is compared takes turns.
    people : int
        With "app": who are there at the same time and do what visitors do, one adaptation among it.
    seconds : float
        How long they stay.
    uploads : int
        With "app": images uploaded on end, while the app's memory is watched.
    """

    what: tyro.conf.Positional[Literal["app", "space", "training"]]
    json: Path | None = None
    preset: str | None = None
    rounds: int = 7
    people: int = 0
    seconds: float = 120
    uploads: int = 0

    def run(self) -> None:
        """Measure and print the result as JSON."""
        run = {"commit": commit(), "date": date.today().isoformat(), "device": _device()}
        measures = {"app": self._app, "space": self._space, "training": self._training}
        result = measures[self.what]() | run
        print(json_text.dumps(result, indent=2))
        if self.json:
            write_json(self.json, result)

    def _app(self) -> dict[str, Any]:
        from isra_model.performance.app import bench_app
        from isra_model.performance.load import bench_load

        if not self.people and not self.uploads:
            return asdict(bench_app(CHECKPOINTS))
        crowd, uploads = bench_load(ROOT, self.people, self.seconds, self.uploads)
        return {"crowd": crowd and asdict(crowd), "uploads": uploads and asdict(uploads)}

    def _space(self) -> dict[str, Any]:
        from isra_model.performance.space import bench_space

        return asdict(bench_space(ROOT))

    def _training(self) -> dict[str, Any]:
        preset = self.preset or ("office-home" if torch.cuda.is_available() else "office-icons")
        speed = {"preset": preset} | asdict(bench_training(Setting.of_preset(preset), self.rounds))
        print(performance_table(speed))
        return speed


def _device() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"{os.cpu_count()} CPU cores"
