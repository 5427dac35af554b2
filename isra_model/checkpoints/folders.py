"""Where a checkpoint's parts lie: a task folder holds one folder a model, and the gallery that they share."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import replace
from pathlib import Path

from isra_model.checkpoints.card import MODELS
from isra_model.checkpoints.hub import HubId, fetch_files, fetch_model
from isra_model.checkpoints.store import CheckpointError

GALLERY = "gallery"
GALLERY_DESCRIPTION = "gallery.json"
_MARK = "config.json"
_PLAIN_NAME = re.compile(r"\w[\w.-]*")


def find_model(path: str | Path, model: str, revision: str | None = None) -> Path:
    """Return the folder of one model: `path` itself, `model` inside it, or the same in a repository on the Hub.

    From the Hub come the model's files and its task's gallery, if it has one. Without a revision a warning names the
    commit that was fetched.

    Raises
    ------
    CheckpointError
        If there is none.
    """
    folder = Path(path)
    if not folder.is_dir():
        return _find_on_hub(HubId.parse(str(path), revision), model)
    if revision:
        raise CheckpointError(f"{path} is a folder and has no revisions: leave out '{revision}'.")
    if is_model(folder):
        return folder
    if is_model(folder / model):
        return folder / model
    names = ", ".join(found.name for found in model_folders(folder))
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
    """Return the folders of a task's models, from the simplest method to ISRA, then any others by name.

    Raises
    ------
    CheckpointError
        If there is none.
    """
    found = sorted(mark.parent for mark in task_folder.glob(f"*/{_MARK}"))
    if not found:
        raise CheckpointError(f"{task_folder} holds no trained model: train one with `python -m isra_model train`.")
    known = {name: place for place, name in enumerate(MODELS)}
    return tuple(sorted(found, key=lambda folder: known.get(folder.name, len(known))))


def is_model(folder: Path) -> bool:
    """Return whether `folder` holds a trained model."""
    return (folder / _MARK).is_file()


def weight_digests(model_folder: Path) -> dict[str, str]:
    """Return the sha256 of each of a model's weight files by file name, as its configuration records them."""
    description = json.loads((model_folder / _MARK).read_text(encoding="utf-8"))
    digests: dict[str, str] = description["sha256"]
    return digests


def gallery_folder(model_folder: Path) -> Path | None:
    """Return the gallery that a model's task shares, or None where it has not been built."""
    folder = model_folder.resolve().parent / GALLERY
    return folder if (folder / GALLERY_DESCRIPTION).is_file() else None


def gallery_files(description: Path) -> tuple[str, ...]:
    """Return the names of the files beside a gallery's description, as it lists them: sprites, then models' rows.

    Raises
    ------
    CheckpointError
        If one is more than a file's name: it could lead out of the gallery's folder.
    """
    fields = json.loads(description.read_text(encoding="utf-8"))
    names = (*fields["sprites"]["files"], *(f"{model}.safetensors" for model in fields["models"]))
    for name in names:
        if not _PLAIN_NAME.fullmatch(name):
            raise CheckpointError(f"The gallery names a file '{name}' outside of its folder: do not use it.")
    return names
