"""Office-Icons, the benchmark that ships with the project."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet

from isra_model.data.benchmark import Benchmark, BenchmarkError, ImageSet, Task

OFFICE_ICONS = Path(__file__).resolve().parents[2] / "assets" / "office-icons"
OFFICE_ICONS_TARGET_CLASSES = 25


def office_icons(folder: Path) -> Benchmark:
    """Load Office-Icons from its four Parquet files.

    Raises
    ------
    BenchmarkError
        If ``folder`` holds no Parquet file.
    """
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise BenchmarkError(
            f"No Parquet file in {folder}; build it with 'python -m isra_model data build-office-icons'."
        )
    features = json.loads(parquet.read_schema(files[0]).metadata[b"huggingface"])["info"]["features"]
    domains = {file.stem: _parquet_domain(file) for file in files}
    return Benchmark("office-icons", tuple(features["label"]["names"]), domains)


def office_icons_task(source: str, target: str) -> Task:
    """Return an Office-Icons task; its target classes are the first 25 alphabetically, as in Office-Home."""
    benchmark = office_icons(OFFICE_ICONS)
    return Task(benchmark, source, target, tuple(sorted(benchmark.classes))[:OFFICE_ICONS_TARGET_CLASSES])


def _parquet_domain(file: Path) -> ImageSet:
    table = parquet.read_table(file).to_pydict()
    return ImageSet(
        name=file.stem,
        encoded=tuple(image["bytes"] for image in table["image"]),
        labels=np.array(table["label"], dtype=np.int64),
        heldout=np.array([split == "heldout" for split in table["split"]]),
        keys=tuple(f"{icon_set}:{icon}" for icon_set, icon in zip(table["icon_set"], table["icon_name"], strict=True)),
    )
