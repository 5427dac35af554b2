"""The view *Adapt your own*: images are brought, looked at, and a model is adapted to them in a job of this machine."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from isra_model.adaptation.class_folders import ClassFolders
from isra_model.adaptation.jobs import Job, JobError, Jobs
from isra_model.adaptation.recipe import Recipe
from isra_model.adaptation.result import COMMAND, DOWNLOAD
from isra_model.data.decoding import open_image
from isra_model.data.unpacking import UnpackingError
from isra_model.figures.pictures import data_url
from isra_model.interface.actions import Actions
from isra_model.interface.components import QUIET, UNOPENED, panel, sent
from isra_model.interface.library import OWN, is_own
from isra_model.interface.payloads import Payload
from isra_model.interface.studio import OpenTask
from isra_model.interface.views import OPEN, View

SHOWN, THUMBNAIL, PREVIEWS = 120, 48, 12
STEPS = "ISRA_ADAPT_STEPS"
"""The environment's variable for another number of steps than the recipe's."""
NOTHING: Payload = {"phase": "nothing"}
NOT_AGAIN = "An adapted model is not adapted again: choose one of the others above first."
WITH_PATHS = "(files, shown) => isra.then(({ withPaths }) => [withPaths(files), shown])"
"""Gradio sends a chosen folder's files by their names alone."""


def adapt_payload(task: OpenTask) -> Payload:
    """Return which model would be adapted."""
    checkpoint = task.main.checkpoint
    return {
        "task": task.name,
        "source": checkpoint.source,
        "target": checkpoint.target,
        "model": task.titles[task.models[-1]],
        "classes": len(checkpoint.classes),
        "own": is_own(task.name),
    }


class Desk:
    """What happens when somebody brings images; a job's secret stays in the session's state, never in the page."""

    def __init__(self, actions: Actions, jobs: Jobs) -> None:
        self._actions, self._jobs = actions, jobs
        actions.studio.own_tasks = jobs.task

    def bring(
        self, files: Sequence[Mapping[str, Any]] | None, shown: Payload | None, request: gr.Request
    ) -> tuple[str | None, Payload, Any]:
        """Unpack what was brought, and say what is in it; ``shown`` says which task the page shows."""
        self._actions.admit(request, cost=8)
        hidden = gr.update(visible=False, value=None)
        if not files:
            return None, NOTHING, hidden
        try:
            secret = self._jobs.bring([(str(each.get("orig_name") or "image"), Path(each["path"])) for each in files])
            return secret, self._brought(self._jobs.job(secret), shown and shown.get("task")), hidden
        except (JobError, UnpackingError) as error:
            return None, {"phase": "refused", "problem": str(error)}, hidden

    def begin(self, event: gr.EventData, secret: str | None, request: gr.Request) -> Payload:
        """Start the job, or let it wait for those before it."""
        self._actions.admit(request, cost=4)
        name = str(sent(event, "task"))
        if is_own(name):
            return {"phase": "refused", "problem": NOT_AGAIN}
        task = self._actions.task(name)
        return self._tried(secret, name, lambda known: self._jobs.start(known, task.main.checkpoint.folder))

    def cancel(self, event: gr.EventData, secret: str | None, request: gr.Request) -> Payload:
        """End the job."""
        self._actions.admit(request)
        return self._tried(secret, sent(event, "task"), self._jobs.cancel)

    def poll(self, event: gr.EventData, secret: str | None, request: gr.Request) -> tuple[Payload, Any]:
        """Return how the job stands, and its download when it is done."""
        self._actions.admit(request, cost=0.5)
        state = self._tried(secret, sent(event, "task"), lambda _: None)
        if state["phase"] != "done" or secret is None:
            return state, gr.skip()
        return state, gr.update(value=str(self._jobs.job(secret).folder / DOWNLOAD), visible=True)

    def _tried(self, secret: str | None, task: object, do: Callable[[str], None]) -> Payload:
        if secret is None:
            return NOTHING
        try:
            do(secret)
            return self._state(secret, task)
        except JobError as error:
            return {"phase": "refused", "problem": str(error)}

    def _state(self, secret: str, task: object) -> Payload:
        job = self._jobs.job(secret)
        if job.phase in ("brought", "cancelled", "failed"):
            return self._brought(job, task) | {"phase": job.phase, "problem": job.problem}
        state: Payload = {"phase": job.phase, "ahead": self._jobs.ahead(secret), **self._jobs.progress(secret)}
        return state | {"result": self._result(secret, job)} if job.phase == "done" else state

    def _brought(self, job: Job, task: object) -> Payload:
        """Return what is in what was brought; folders are matched with the classes of the task that the page shows."""
        brought, studio = job.brought, self._actions.studio
        opened = studio.task(task) if isinstance(task, str) and studio.holds(task) else studio.first_task()
        reasons = Counter(each.reason for each in brought.ignored)
        first = {each.reason: Path(each.name).name for each in reversed(brought.ignored)}
        sizes = sorted(brought.sizes, key=lambda size: size[0] * size[1])
        return {
            "phase": "brought",
            "images": len(brought.keys),
            "sizes": [list(sizes[0]), list(sizes[len(sizes) // 2]), list(sizes[-1])],
            "folders": asdict(ClassFolders.of(brought.keys, opened.main.checkpoint.classes)),
            "of": opened.name,
            "ignored": [{"reason": why, "count": count, "such_as": first[why]} for why, count in reasons.items()],
            "pictures": [_picture(job, place) for place in range(min(PREVIEWS, len(brought.keys)))],
            "queue": self._jobs.queue,
        }

    def _result(self, secret: str, job: Job) -> Payload:
        """Return the result with the visitor's own images, those whose prediction changed first."""
        result = self._jobs.result(secret)
        rows = [row | {"place": place} for place, row in enumerate(result["rows"])]
        rows.sort(key=lambda row: row["before"] == row["after"])
        shown = [row | {"picture": _picture(job, row["place"])} for row in rows[:SHOWN]]
        command = (job.folder / COMMAND).read_text(encoding="utf-8")
        return result | {"rows": shown, "command": command, "task": OWN + job.token}


def _picture(job: Job, place: int) -> str:
    return data_url(open_image(job.brought.path(place)), THUMBNAIL)


def lay_out(actions: Actions) -> gr.HTML:
    """Lay the view out: what would be adapted, where images are brought, the job, and its download."""
    default = Recipe()
    desk = Desk(actions, Jobs(Recipe(steps=int(os.environ.get(STEPS, default.steps)))))
    shown = panel("adapt", None, [OPEN])
    secret = gr.State(None, time_to_live=3600)
    with gr.Row():
        files = gr.File(
            file_count="multiple",
            file_types=["image", ".zip"],
            label="A zip, or several images",
            height=150,
            elem_id="adapt-files",
        )
        folder = gr.File(file_count="directory", label="A folder", height=150, elem_id="adapt-folder")
    job = panel("adapt/job", NOTHING, ["begin", "cancel", "poll"])
    download = gr.DownloadButton("Download models, predictions and command", visible=False, elem_id="adapt-download")
    for brought in (files, folder):
        into = [secret, job, download]
        brought.change(desk.bring, [brought, shown], into, js=WITH_PATHS, **QUIET, **UNOPENED)
    job.begin(desk.begin, [secret], job, **QUIET)
    job.cancel(desk.cancel, [secret], job, **QUIET)
    job.poll(desk.poll, [secret], [job, download], **QUIET)
    return shown


VIEW = View("adapt", "Adapt your own", "adapt", payload=adapt_payload, build=lay_out)
