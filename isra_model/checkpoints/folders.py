"""Where a checkpoint's parts lie: a task folder holds one folder a model, and the gallery that they share."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import replace
from pathlib import Path

from isra_model.checkpoints.hub import HubId, fetch_files, fetch_model
from isra_model.checkpoints.store import WEIGHTS, CheckpointError

GALLERY = "gallery"
GALLERY_DESCRIPTION = "gallery.json"
LOOKS = "looks.safetensors"
_MARK = "config.json"
_ON_HUB = "ba3us-isra"
_PLAIN_NAME = re.compile(r"(?!\.)[^/\\\0]+")


def find_model(path: str | Path, model: str | None = None, revision: str | None = None) -> Path:
    """Return the folder of one model: `path` itself, `model` inside it, or the same in a repository on the Hub.

    Without `model` it is the last of those in `path`, which has ISRA if one has; on the Hub ``ba3us-isra``. From there
    come the model's files and its task's gallery, if it has one. Without a revision a warning names the commit that was
    fetched.

    Raises
    ------
    CheckpointError
        If there is none.
    """
    folder = Path(path)
    if not folder.is_dir():
        return _find_on_hub(HubId.parse(str(path), revision), _ON_HUB if model is None else model)
    if revision:
        raise CheckpointError(f"{path} is a folder and has no revisions: leave out '{revision}'.")
    if is_model(folder):
        return folder
    found = model_folders(folder)
    if model is None:
        return found[-1]
    if is_model(folder / model):
        return folder / model
    names = ", ".join(each.name for each in found)
    raise CheckpointError(f"{path} has no model '{model}'; it has {names}.")


def _find_on_hub(wanted: HubId, model: str) -> Path:
    folder, found = fetch_model(wanted, model, beside=[f"{GALLERY}/{GALLERY_DESCRIPTION}"])
    if wanted.revision is None:
        warnings.warn(f"{wanted} names no revision; this is {found}, which always stays the same.", stacklevel=4)
    if gallery := gallery_folder(folder):
        names = gallery_files(gallery / GALLERY_DESCRIPTION)
        fetch_files(replace(found, model=None), [f"{GALLERY}/{name}" for name in names])
    return folder


def model_folders(task_folder: Path) -> tuple[Path, ...]:
    """Return the folders of a task's models in the order in which they are shown; of a model's own folder that one.

    Bare methods come before those with ISRA; among either source-only is first, and the others follow by name.

    Raises
    ------
    CheckpointError
        If there is none.
    """
    if is_model(task_folder):
        return (task_folder,)
    found = sorted(mark.parent for mark in task_folder.glob(f"*/{_MARK}"))
    tasks = sorted({mark.parent.parent.name for mark in task_folder.glob(f"*/*/{_MARK}")})
    if not found and tasks:
        raise CheckpointError(f"{task_folder} holds tasks, not models: name one of {', '.join(tasks)} in it.")
    if not found:
        raise CheckpointError(f"{task_folder} holds no trained model: train one with `python -m isra_model train`.")
    return tuple(sorted(found, key=_place))


def _place(model_folder: Path) -> tuple[bool, bool, str, str]:
    """Return what a model is sorted by; one whose configuration cannot be read goes by its folder's name."""
    try:
        training = json.loads((model_folder / _MARK).read_text(encoding="utf-8"))["training"]
        method, isra = str(training["method"]), bool(training["isra"])
    except (KeyError, OSError, TypeError, ValueError):
        method, isra = model_folder.name, model_folder.name.endswith("isra")
    return isra, method != "source-only", method, model_folder.name


def is_model(folder: Path) -> bool:
    """Return whether `folder` holds a trained model."""
    return (folder / _MARK).is_file()


def file_of_others(folder: Path) -> str | None:
    """Return the name of a file in ``folder`` that a model would replace and that is no model's; None if there is none.

    A model's weights are written before the files that describe it.
    """
    if (folder / WEIGHTS).exists():
        return None
    return next((name for name in (_MARK, "metrics.json", "README.md") if (folder / name).exists()), None)


def gallery_folder(folder: Path) -> Path | None:
    """Return a task's gallery, or a model's own or its task's; None where it has not been built."""
    for place in (folder, folder.absolute().parent) if is_model(folder) else (folder,):
        if (place / GALLERY / GALLERY_DESCRIPTION).is_file():
            return place / GALLERY
    return None


def gallery_files(description: Path) -> tuple[str, ...]:
    """Return the names of the files beside a gallery's description: sprites, models' rows, then the domains' looks.

    Raises
    ------
    CheckpointError
        If one is more than a file's name: it could lead out of the gallery's folder.
    """
    fields = json.loads(description.read_text(encoding="utf-8"))
    names = [*fields["sprites"]["files"], *(f"{model}.safetensors" for model in fields["models"])]
    names += [LOOKS] if fields.get("looks") else []
    for name in names:
        if not _PLAIN_NAME.fullmatch(name):
            raise CheckpointError(f"The gallery names a file '{name}' outside of its folder: do not use it.")
    return tuple(names)
