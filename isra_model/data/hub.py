"""Benchmarks from Hugging Face datasets: ``hf:OWNER/NAME@REVISION``, or ``hf:`` and a dataset's local folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isra_model.data.benchmark import UNKNOWN, Benchmark, BenchmarkError, Chosen, ImageSet
from isra_model.data.folder import ClassOf

PREFIX = "hf:"
UNLABELLED = ""


@dataclass(frozen=True)
class _HubImages(Sequence[Path | bytes]):
    """The encoded images of a dataset, read from its memory-mapped files when they are asked for."""

    rows: Any
    column: str

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: Any) -> Any:
        image = self.rows[place][self.column]
        return image["bytes"] or Path(image["path"])


def is_hub_reference(data: Path) -> bool:
    """Return whether ``data`` names a Hugging Face dataset and not a folder."""
    return str(data).startswith(PREFIX)


def load_hub(name: str, reference: Path, classes: Sequence[str] | None = None, class_of: ClassOf = str) -> Benchmark:
    """Load a dataset whose domains are the values of its column ``domain`` or, without one, its splits.

    The first column of images is read, and the classes of the column ``label``; without ``classes``, all of them. A
    domain whose labels are all missing (-1) has none.

    Raises
    ------
    BenchmarkError
        If the package `datasets` is missing, no revision is given, the dataset cannot be loaded, or it has no images
        or no labels.
    """
    splits = _load(str(reference).removeprefix(PREFIX))
    datasets = import_module("datasets")
    rows = datasets.concatenate_datasets(list(splits.values()))
    images = [name for name, feature in rows.features.items() if isinstance(feature, datasets.Image)]
    labels = _names(rows, "label")
    if not images or labels is None:
        raise BenchmarkError(f"{reference} has no column of images or no column 'label': choose another dataset.")
    domains = _names(rows, "domain")
    if domains is None:
        domains = np.repeat(list(splits), [len(part) for part in splits.values()])
    undecoded = rows.select_columns(images[:1]).cast_column(images[0], datasets.Image(decode=False))
    encoded = _HubImages(undecoded, images[0])
    names = tuple(classes or sorted(set(labels) - {UNLABELLED}))
    index = {given: names.index(found) for given in set(labels) if (found := class_of(given)) in names}
    label_of_row = np.array([index.get(label, UNKNOWN) for label in labels], dtype=np.int64)
    sets = {}
    for domain in sorted(set(domains)):
        mine = domains == domain
        unlabelled = bool((labels[mine] == UNLABELLED).all())
        places = np.flatnonzero(mine & ((label_of_row != UNKNOWN) | unlabelled))
        sets[domain] = ImageSet(
            name=domain,
            encoded=Chosen(encoded, places),
            labels=label_of_row[places],
            heldout=np.zeros(len(places), dtype=np.bool_),
            keys=tuple(f"{domain}/{place}" for place in places),
        )
    return Benchmark(name, names, sets)


def _load(reference: str) -> dict[str, Any]:
    """Return the splits of a dataset by name."""
    try:
        load_dataset = import_module("datasets").load_dataset
    except ImportError as error:
        raise BenchmarkError(
            "A Hugging Face dataset needs 'datasets': pip install 'isra-model[hub-datasets]'."
        ) from error
    name, _, revision = (reference, "", None) if Path(reference).is_dir() else reference.partition("@")
    if revision == "":
        raise BenchmarkError(
            f"{PREFIX}{name} names no revision, so its images may change: give {PREFIX}{name}@REVISION."
        )
    try:
        return dict(load_dataset(name, revision=revision))
    except Exception as error:  # whatever the Hub, the network and the dataset's files lead to
        reason = str(error).partition("\n")[0]
        raise BenchmarkError(
            f"{PREFIX}{reference} cannot be loaded ({reason}): check name, revision and network."
        ) from error


def _names(rows: Any, column: str) -> NDArray[np.str_] | None:
    """Return a column of class names or strings, or nothing if the dataset has no such column."""
    feature = rows.features.get(column)
    if feature is None:
        return None
    values, names = rows[column][:], getattr(feature, "names", None)
    if names is None:
        return np.array([str(value) for value in values])
    return np.array([names[value] if value >= 0 else UNLABELLED for value in values])
