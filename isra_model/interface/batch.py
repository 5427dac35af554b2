"""Several images at once: one row each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from isra_model.interface import payloads
from isra_model.interface.actions import Actions
from isra_model.interface.components import uploaded_path
from isra_model.interface.payloads import Payload
from isra_model.interface.predict import MAX_FILES


def table(actions: Actions, paths: Sequence[str], task: str, progress: gr.Progress) -> Payload:
    """Return what each model says about each image; a bad file gets its message in its row."""
    chosen = list(paths)[:MAX_FILES]
    rows = [_row(actions, path, task, index) for index, path in enumerate(progress.tqdm(chosen, desc="Looking"))]
    titles = list(actions.task(task).titles.values())
    note = f"The first {MAX_FILES} of {len(paths)} images." if len(paths) > MAX_FILES else ""
    return {"titles": titles, "rows": rows, "note": note}


def one_of(files: Sequence[Mapping[str, Any]], index: object) -> str | None:
    """Return the file of one of several uploads, or say that there is no such one."""
    if not isinstance(index, int) or not 0 <= index < len(files):
        raise gr.Error("There is no such image: upload it again.", print_exception=False)
    return uploaded_path(files[index])


def _row(actions: Actions, path: str, task: str, index: int) -> Payload:
    try:
        image = actions.open_file(path)
    except gr.Error as error:
        return {"index": index, "error": str(error.message)}
    return payloads.table_row(index, image, actions.task(task).look(image))
