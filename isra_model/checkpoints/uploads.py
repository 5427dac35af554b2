"""What is published: the files of a model, of a task with its gallery, or of the app as a Space."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from isra_model.checkpoints.card import card_on_hub, task_card
from isra_model.checkpoints.folders import GALLERY, GALLERY_DESCRIPTION, gallery_files, is_model, model_folders
from isra_model.checkpoints.hub import MODEL_FILES
from isra_model.checkpoints.store import Checkpoint, CheckpointError, read_checkpoint
from isra_model.data.benchmarks import OFFICE_ICONS
from isra_model.files import write_bytes

CARD = "README.md"
LOG = "log.jsonl"
ATTRIBUTION = "ATTRIBUTION.csv"
SPACE = ("app.py", "isra_model", "checkpoints", "assets", "results", "requirements.txt", CARD, "LICENSE")
NOT_IN_SPACE = ("*.parquet",)
"""The images that training reads: the app shows the galleries' thumbnails."""

Upload = Mapping[str, Path | bytes]
"""File names in the repository, and for each the file here or its content."""


def folder_upload(folder: Path, repository: str, *, gallery: bool = True) -> Upload:
    """Return what a model's or a task's folder publishes: weights, configuration, metrics, log, cards, and the gallery.

    The cards load from ``repository``. Weights are checked against their digests.

    Raises
    ------
    CheckpointError
        If there is no model, or one lacks a file or was changed.
    """
    folder = folder.resolve()
    if is_model(folder):
        return _model_upload(read_checkpoint(folder), f'Inspector.from_pretrained("{repository}")')
    checkpoints = [read_checkpoint(model) for model in model_folders(folder)]
    upload: dict[str, Path | bytes] = {}
    for checkpoint in checkpoints:
        model = checkpoint.folder.name
        load = f'Inspector.from_pretrained("{repository}", model="{model}")'
        upload |= {f"{model}/{name}": content for name, content in _model_upload(checkpoint, load).items()}
    shown = _gallery_upload(folder / GALLERY, checkpoints[0].benchmark) if gallery else {}
    card = task_card(checkpoints, load, f", with {_in_words(shown)}" if shown else "")
    return {CARD: card.encode(), **upload, **shown}


def space_upload(root: Path) -> Upload:
    """Return the files of the app that git tracks in ``root``, those of `SPACE` and no others.

    Raises
    ------
    CheckpointError
        If ``root`` is no clone of the project.
    """
    return {name: root / name for name in _git(root, "ls-files", "-z").split("\0") if name}


def check_committed(root: Path) -> None:
    """Refuse a Space that differs from the last commit: a tracked file may import one that is not tracked yet.

    Raises
    ------
    CheckpointError
        If a file of the Space is new or changed.
    """
    changed = _git(root, "status", "--porcelain").splitlines()
    if changed:
        raise CheckpointError(f"Commit first: {changed[0][3:]} and {len(changed) - 1} more are not as git has them.")


def _git(root: Path, *arguments: str) -> str:
    """Return what git says about the files of the Space."""
    files = [*SPACE, *(f":(exclude,glob)**/{pattern}" for pattern in NOT_IN_SPACE)]
    try:
        command = ["git", *arguments, "--", *files]
        return subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout
    except FileNotFoundError as error:
        raise CheckpointError("The Space's files are those that git knows: install git.") from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise CheckpointError("The Space is published from a git clone of ISRA Studio: clone it first.") from error


def write_upload(upload: Upload, folder: Path) -> None:
    """Write an upload as it would be sent.

    Raises
    ------
    FileExistsError
        If the folder holds something already, which would look like a part of the upload.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty: give a new folder to write the upload to.")
    for name, content in upload.items():
        write_bytes(folder / name, content_of(content))


def upload_summary(upload: Upload) -> str:
    """Return a line for every file or folder at the top of the upload, and one for the whole, with their sizes."""
    sizes: dict[str, list[int]] = {}
    for name, content in upload.items():
        size = content.stat().st_size if isinstance(content, Path) else len(content)
        top, inside, _ = name.partition("/")
        sizes.setdefault(top + inside, []).append(size)
    sizes["in all"] = [size for group in sizes.values() for size in group]
    return "\n".join(
        f"{name:20} {len(group):5} {'file ' if len(group) == 1 else 'files'} {sum(group) / 1e6:8.2f} MB"
        for name, group in sizes.items()
    )


def _model_upload(checkpoint: Checkpoint, load: str) -> dict[str, Path | bytes]:
    folder = checkpoint.folder
    if not (folder / CARD).is_file():
        raise CheckpointError(f"{folder.name} has no card: write {CARD}, as `python -m isra_model train` does.")
    upload: dict[str, Path | bytes] = {CARD: card_on_hub(folder, load).encode()}
    return upload | {name: folder / name for name in (*MODEL_FILES, LOG) if (folder / name).is_file()}


def _gallery_upload(folder: Path, benchmark: str) -> dict[str, Path | bytes]:
    """Return the gallery's files; its thumbnails are images: those of Office-Icons come with their attribution."""
    description = folder / GALLERY_DESCRIPTION
    if not description.is_file():
        return {}
    names = (GALLERY_DESCRIPTION, *gallery_files(description))
    upload: dict[str, Path | bytes] = {f"{GALLERY}/{name}": folder / name for name in names}
    if benchmark == "office-icons":
        upload[f"{GALLERY}/{ATTRIBUTION}"] = OFFICE_ICONS / ATTRIBUTION
    return upload


def _in_words(gallery: Upload) -> str:
    attributed = f"{GALLERY}/{ATTRIBUTION}" in gallery
    origin = f", whose authors and licences are in [{ATTRIBUTION}]({GALLERY}/{ATTRIBUTION})" if attributed else ""
    return f"maps and thumbnails of the training images{origin}"


def content_of(file: Path | bytes) -> bytes:
    """Return what a file of an upload holds."""
    return file.read_bytes() if isinstance(file, Path) else file
