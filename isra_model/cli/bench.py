"""``python -m isra_model bench``."""

from __future__ import annotations

import json as json_text
import os
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import tyro

from isra_model.checkpoints.metrics import commit
from isra_model.cli.paths import CHECKPOINTS
from isra_model.files import write_json


@dataclass(frozen=True)
class Bench:
    """Measure speed, as ratios to a bare forward pass in the same run.

    Attributes
    ----------
    what : "app", from upload to the full panel.
    json : file to write the result to.
    """

    what: tyro.conf.Positional[Literal["app"]]
    json: Path | None = None

    def run(self) -> None:
        """Measure and print the result as JSON."""
        from isra_model.interface.bench import bench_app

        run = {"commit": commit(), "date": date.today().isoformat(), "device": f"{os.cpu_count()} CPU cores"}
        result = asdict(bench_app(CHECKPOINTS)) | run
        print(json_text.dumps(result, indent=2))
        if self.json:
            write_json(self.json, result)
