"""Whether a gallery is whole: what its description must say, and the heads of the files beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image
from safetensors import SafetensorError, safe_open

from isra_model.checkpoints import CheckpointError, Description, read_description
from isra_model.checkpoints.folders import GALLERY_DESCRIPTION, LOOKS, gallery_files, model_folders
from isra_model.checkpoints.store import all_text, expect
from isra_model.inspection.views import MAP_NAMES

FORMAT = 1
_EACH_ROW = ("features", "probabilities", "topic_values", "sample_weight", "neighbours", *MAP_NAMES)
_UNREADABLE = (AttributeError, KeyError, OSError, RecursionError, SafetensorError, TypeError, ValueError)


class GalleryError(ValueError):
    """A gallery that cannot be used; the message says what to do."""


def gallery_description(folder: Path) -> dict[str, Any]:
    """Return what a gallery's description says.

    Raises
    ------
    GalleryError
        If there is none, or one of another version or that is not complete.
    CheckpointError
        If it names a file outside of its folder.
    """
    file = folder / GALLERY_DESCRIPTION
    if not file.is_file():
        raise GalleryError(f"{_task(folder)} has no gallery: make one with `{gallery_command(folder.parent)}`.")
    try:
        fields: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if fields["format"] != FORMAT:
            raise GalleryError(f"The gallery of {_task(folder)} has another format: {_make_anew(folder)}.")
        _check_models(fields)
        gallery_files(file)
        _check_rows(fields)
        _check_sprites(fields)
    except (CheckpointError, GalleryError):
        raise
    except _UNREADABLE as error:
        raise damaged(folder, GALLERY_DESCRIPTION) from error
    return fields


def check_shared_files(folder: Path, fields: Mapping[str, Any]) -> None:
    """Refuse a gallery whose thumbnails or looks are missing or cut short.

    Raises
    ------
    GalleryError
        If one is.
    """
    for name in fields["sprites"]["files"]:
        try:
            with Image.open(folder / name):
                pass
        except OSError as error:
            raise damaged(folder, name) from error
    if fields.get("looks"):
        _shapes(folder, LOOKS)


def check_model(folder: Path, fields: Mapping[str, Any], model: Description) -> None:
    """Refuse a model that the gallery in `folder` was not built of, or whose rows are missing or cut short.

    Raises
    ------
    GalleryError
        If it is one.
    """
    digests = fields["models"].get(model.name)
    if digests is None:
        raise GalleryError(f"The gallery of {_task(folder)} lacks {model.name}: {_make_anew(folder)}.")
    if digests != model.digests:
        raise GalleryError(
            f"The gallery of {_task(folder)} was built of other weights of {model.name}: {_make_anew(folder)}."
        )
    if fields["classes"] != list(model.classes):
        raise GalleryError(f"The gallery of {_task(folder)} has other classes than {model.name}: {_make_anew(folder)}.")
    check_rows(folder, fields, model.name)


def check_rows(folder: Path, fields: Mapping[str, Any], model: str) -> None:
    """Refuse rows of a model that are missing, cut short, or not those that the description tells of.

    Raises
    ------
    GalleryError
        If they are.
    """
    name = f"{model}.safetensors"
    shapes, rows, classes = _shapes(folder, name), len(fields["keys"]), len(fields["classes"])
    begins: dict[str, list[int]] = {tensor: [rows] for tensor in _EACH_ROW}
    begins |= {f"{tensor}_overlap": [rows] for tensor in MAP_NAMES}
    begins |= {"probabilities": [rows, classes], "class_weight": [classes], "threshold": []}
    if any(tensor not in shapes or shapes[tensor][: len(begin)] != begin for tensor, begin in begins.items()):
        raise damaged(folder, name)


def damaged(folder: Path, name: str) -> GalleryError:
    """Return the error that a gallery's file is missing or is not the one that was written."""
    missing = not (folder / name).is_file()
    return GalleryError(
        f"{name} of the gallery of {_task(folder)} is {'missing' if missing else 'damaged or half-copied'}: "
        f"copy the gallery again, or {_make_anew(folder)}."
    )


def gallery_command(task_folder: Path) -> str:
    """Return the command that builds a task's gallery; where the images do not ship, it asks for their folder."""
    try:
        ships = read_description(model_folders(task_folder)[-1]).benchmark == "office-icons"
    except CheckpointError:
        ships = True
    return f"python -m isra_model gallery {task_folder}" + ("" if ships else " --data FOLDER")


def _shapes(folder: Path, name: str) -> dict[str, list[int]]:
    """Return the shapes of a file's tensors by name."""
    try:
        with (folder / name).open("rb"), safe_open(folder / name, "np") as stored:
            return {tensor: list(stored.get_slice(tensor).get_shape()) for tensor in stored.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise damaged(folder, name) from error


def _check_models(fields: Mapping[str, Any]) -> None:
    expect(isinstance(fields["models"], dict))
    expect(all(isinstance(digests, dict) for digests in fields["models"].values()))


def _check_rows(fields: Mapping[str, Any]) -> None:
    """Refuse rows that are not as many as said, or of no class that there is."""
    classes, labels, rows = fields["classes"], fields["labels"], len(fields["keys"])
    for name in ("classes", "target_classes", "keys"):
        values = fields[name]
        expect(isinstance(values, list) and all_text(values))
    expect(fields["source_rows"] + fields["target_rows"] == rows == len(labels))
    expect(min(fields["source_rows"], fields["target_rows"]) >= 0)
    expect(all(isinstance(label, int) and -1 <= label < len(classes) for label in labels))


def _check_sprites(fields: Mapping[str, Any]) -> None:
    """Refuse thumbnails that are fewer than the rows' pictures, and the tile of those that have none."""
    sprites, rows = fields["sprites"], len(fields["keys"])
    pictures = sprites.get("pictures", rows)
    expect(all(isinstance(sprites[name], int) and sprites[name] > 0 for name in ("tile", "columns", "per_file")))
    expect(0 <= pictures <= rows)
    expect(min(pictures + 1, rows) <= len(sprites["files"]) * sprites["per_file"])


def _task(folder: Path) -> str:
    return folder.absolute().parent.name


def _make_anew(folder: Path) -> str:
    return f"make it anew with `{gallery_command(folder.parent)}`"
