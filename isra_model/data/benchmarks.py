"""Every benchmark by its name, and Office-Icons, the one that ships with the project."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet

from isra_model.data.benchmark import Benchmark, BenchmarkError, ImageSet, Published, Task
from isra_model.data.folder import load_tree, tree_domains
from isra_model.data.heldout import with_heldout
from isra_model.data.hub import is_hub_reference, load_hub
from isra_model.data.image_list import load_image_lists
from isra_model.data.joined import joined_task
from isra_model.data.published import PROTOCOLS, load_imagenet_caltech, load_published
from isra_model.data.several import domain_parts
from isra_model.data.task import partial_task
from isra_model.files import project_root
from isra_model.values import require

OFFICE_ICONS = project_root() / "assets" / "office-icons"
OFFICE_ICONS_TARGET_CLASSES = 25


def load_task(name: str, source: str, target: str, data: Path | str | None, heldout: str | None = None) -> Task:
    """Return the task of the benchmark ``name`` from ``source`` to ``target``; ``data`` is where its images are.

    ``first+second`` joins two benchmarks whose class names agree: the source is a domain of the first, the target of
    the second, and ``data`` is the folder of the one that does not ship, or both folders, joined by ``+`` too. So may
    be the domains of a source: ``solid+colour``. ``heldout`` is a domain of the target's benchmark whose images are
    held out, see `isra_model.data.heldout`.

    Raises
    ------
    BenchmarkError
        If the benchmark, a domain or a class is not there.
    WrongValueError
        If an argument is not of its type.
    """
    for argument, value in {"name": name, "source": source, "target": target}.items():
        require(argument, value, str)
    require("data", data, Path | str | None)
    data = None if data is None else Path(data)
    names = name.split("+")
    if len(names) == 1:
        return partial_task(_with_target(name, source, target, data, heldout), source, target)
    if len(names) > 2:
        raise BenchmarkError(f"'{name}' joins {len(names)} benchmarks: join the source's and the target's.")
    folders = _folders(names, data)
    first = load_benchmark(names[0], source, domain_parts(source)[0], folders[0])
    second = _with_target(names[1], target, target, folders[1], heldout)
    return joined_task(first, source, second, target)


def _with_target(name: str, source: str, target: str, data: Path | None, heldout: str | None) -> Benchmark:
    """Return a benchmark whose target holds what is held out."""
    if heldout is None:
        return load_benchmark(name, source, target, data)
    asked = "+".join((*domain_parts(source), heldout))
    return with_heldout(load_benchmark(name, asked, target, data), source, target, heldout)


def load_benchmark(name: str, source: str, target: str, data: Path | None) -> Benchmark:
    """Return a benchmark with at least the domains ``source`` and ``target``.

    Raises
    ------
    BenchmarkError
        If the benchmark or a domain is not there, or may not be read.
    """
    if name == "office-icons":
        return office_icons(data or OFFICE_ICONS)
    _require_known(name)
    try:
        return LOADERS[name](_given(name, data), source, target)
    except PermissionError as error:
        raise BenchmarkError(f"{error.filename} cannot be read: check its permissions.") from error


def _given(name: str, data: Path | None) -> Path:
    if data is None:
        raise BenchmarkError(f"The benchmark '{name}' needs `data`, the folder where its images are.")
    return data


def domain_names(name: str, data: Path | None) -> tuple[str, ...]:
    """Return the names of a benchmark's domains; none where they are the user's to name, as those of image lists.

    Raises
    ------
    BenchmarkError
        If there is no such benchmark.
    """
    for each in name.split("+"):
        _require_known(each)
    if name in PROTOCOLS:
        return PROTOCOLS[name].domains
    if name == "office-icons" or (name == "tree" and data and is_hub_reference(data)):
        return tuple(load_benchmark(name, "", "", data).domains)
    return tree_domains(_given(name, data)) if name == "tree" else ()


def office_icons(folder: Path) -> Benchmark:
    """Load Office-Icons from its four Parquet files; targets hold the first 25 classes alphabetically, as Office-Home.

    Raises
    ------
    BenchmarkError
        If ``folder`` holds no Parquet file.
    """
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise BenchmarkError(
            "Office-Icons is not here: it comes, like the trained checkpoints, with a clone of the repository. Run "
            "there, give its assets/office-icons as `data`, or train on your own images: `benchmark` tree, `data` ROOT."
        )
    features = json.loads(parquet.read_schema(files[0]).metadata[b"huggingface"])["info"]["features"]
    classes = tuple(features["label"]["names"])
    domains = {file.stem: _parquet_domain(file) for file in files}
    return Benchmark("office-icons", classes, domains, Published(tuple(sorted(classes))[:OFFICE_ICONS_TARGET_CLASSES]))


def _parquet_domain(file: Path) -> ImageSet:
    table = parquet.read_table(file).to_pydict()
    return ImageSet(
        name=file.stem,
        encoded=tuple(image["bytes"] for image in table["image"]),
        labels=np.array(table["label"], dtype=np.int64),
        heldout=np.array([split == "heldout" for split in table["split"]]),
        keys=tuple(f"{icon_set}:{icon}" for icon_set, icon in zip(table["icon_set"], table["icon_name"], strict=True)),
    )


def _require_known(name: str) -> None:
    if name != "office-icons" and name not in LOADERS:
        raise BenchmarkError(f"There is no benchmark '{name}'; choose one of office-icons, {', '.join(LOADERS)}.")


def _tree(data: Path, source: str, target: str) -> Benchmark:
    return load_hub("tree", data) if is_hub_reference(data) else load_tree(data, (*_parts(source, data), target))


def _lists(data: Path, source: str, target: str) -> Benchmark:
    return load_image_lists("lists", {file: Path(file) for file in (*_parts(source, Path()), target)}, root=data)


def _parts(source: str, folder: Path) -> tuple[str, ...]:
    """Return the domains that a source joins, or its own name where a file or folder is called so."""
    return (source,) if (folder / source).exists() else domain_parts(source)


def _folders(names: list[str], data: Path | None) -> list[Path | None]:
    """Return the folder of each of two benchmarks."""
    if "office-icons" in names:
        return [None if name == "office-icons" else data for name in names]
    folders = str(data or "").split("+")
    if len(folders) != len(names):
        raise BenchmarkError(f"'{'+'.join(names)}' needs two folders: give `data` as FIRST+SECOND.")
    return [Path(folder) for folder in folders]


LOADERS: Mapping[str, Callable[[Path, str, str], Benchmark]] = {
    "tree": _tree,
    "lists": _lists,
    **{name: partial(load_published, name) for name in PROTOCOLS},
    "imagenet-caltech": load_imagenet_caltech,
}
