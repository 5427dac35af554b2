"""From a benchmark's name to its task."""

from __future__ import annotations

from pathlib import Path

from isra_model.data.benchmark import BenchmarkError, Task
from isra_model.data.benchmarks import office_icons_task
from isra_model.data.folder import load_tree
from isra_model.data.image_list import load_image_lists
from isra_model.data.task import partial_task


def load_task(name: str, source: str, target: str, data: Path | None) -> Task:
    """Return the task of the benchmark ``name`` from ``source`` to ``target``; ``data`` is where its images are.

    Raises
    ------
    BenchmarkError
        If the benchmark, a domain or a class is not there.
    """
    if name == "office-icons":
        return office_icons_task(source, target)
    if data is None:
        raise BenchmarkError(f"The benchmark '{name}' needs --data, the folder where its images are.")
    if name == "lists":
        lists = {file: Path(file) for file in (source, target)}
        return partial_task(load_image_lists("lists", lists, root=data), source, target)
    if name == "tree":
        return partial_task(load_tree(data), source, target)
    raise BenchmarkError(f"There is no benchmark '{name}'; choose office-icons, tree or lists.")
