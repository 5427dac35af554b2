"""Where a checkpoint's parts lie: a task folder holds one folder a model, and the gallery that they share."""

from __future__ import annotations

import json
import re
from pathlib import Path

from isra_model.checkpoints import CheckpointError
from isra_model.checkpoints.card import MODELS

GALLERY = "gallery"
_MARK = "config.json"
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def find_model(path: str | Path, model: str) -> Path:
    """Return the folder of one model: `path` itself, `model` inside it, or the same in the Hub repository `path`.

    Raises
    ------
    CheckpointError
        If there is none.
    """
    folder = Path(path)
    if not folder.is_dir():
        folder = _download(str(path))
    if is_model(folder):
        return folder
    if is_model(folder / model):
        return folder / model
    names = ", ".join(found.name for found in model_folders(folder))
    raise CheckpointError(f"{path} has no model '{model}'; it has {names}.")


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
    return folder if (folder / "gallery.json").is_file() else None


def _download(repository: str) -> Path:
    if not _HUB_ID.fullmatch(repository):
        raise CheckpointError(f"There is no folder {repository}.")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        return Path(snapshot_download(repository, allow_patterns=["*.json", "*.safetensors", "*.webp", "*.md"]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError) as error:
        raise CheckpointError(
            f"There is no folder {repository}, and the Hub's repository of that name cannot be had: "
            "check the name and the connection, or give a folder."
        ) from error
