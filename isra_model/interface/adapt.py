"""The view *Adapt your own*: images are brought, looked at, and a job of this machine trains on them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from isra_model.adaptation.class_folders import ClassFolders, SourceFolders
from isra_model.adaptation.jobs import Job, JobError, Jobs
from isra_model.adaptation.own_task import OWN_RECIPE
from isra_model.adaptation.recipe import Recipe
from isra_model.adaptation.result import COMMAND, DOWNLOAD
from isra_model.data.benchmark import UNKNOWN
from isra_model.data.checking import ClassNames, spread
from isra_model.data.decoding import open_image
from isra_model.data.unpacking import Brought, UnpackingError
from isra_model.figures.pictures import data_url
from isra_model.inspection.views import Domain
from isra_model.interface.actions import Actions
from isra_model.interface.components import QUIET, UNOPENED, panel, sent
from isra_model.interface.library import OWN, is_own
from isra_model.interface.payloads import Payload
from isra_model.interface.studio import OpenTask
from isra_model.interface.views import OPEN, View

SHOWN, THUMBNAIL, PREVIEWS = 120, 48, 12
STEPS = "ISRA_ADAPT_STEPS"
"""The environment's variable for another number of steps than the recipes'."""
NOTHING: Payload = {"phase": "nothing"}
NOT_AGAIN = "An adapted model is not adapted again: choose one of the others above first."
ONE_AFTER_THE_OTHER: dict[str, Any] = {"concurrency_id": "bring", "concurrency_limit": 1}
"""Two domains that are brought at once belong to one job: the second has to know of the first."""
WITH_PATHS = "(files, ...others) => isra.then(({ withPaths }) => [withPaths(files), ...others])"
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

    def bring(self, domain: Domain) -> Callable[..., tuple[str | None, Payload, Any]]:
        """Return what unpacks images of a domain and says what is in them, told which task the page shows."""

        def bring(
            files: Sequence[Mapping[str, Any]] | None, secret: str | None, shown: Payload | None, request: gr.Request
        ) -> tuple[str | None, Payload, Any]:
            self._actions.admit(request, cost=8)
            hidden = gr.update(visible=False, value=None)
            if not files and secret is None:
                return None, NOTHING, hidden
            named = [(str(each.get("orig_name") or "image"), Path(each["path"])) for each in files or ()]
            try:
                secret = self._jobs.bring(named, domain, secret)
                return secret, self._brought(self._jobs.job(secret), shown and shown.get("task")), hidden
            except (JobError, UnpackingError) as error:
                return secret, {"phase": "refused", "problem": str(error)}, hidden

        return bring

    def begin(self, event: gr.EventData, secret: str | None, request: gr.Request) -> Payload:
        """Start the job, or let it wait for those before it: on the model that is shown, or on both domains' images."""
        self._actions.admit(request, cost=4)
        name = str(sent(event, "task"))
        if sent(event, "both") is True:
            return self._tried(secret, name, lambda known: self._jobs.start(known, None))
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
        studio = self._actions.studio
        opened = studio.task(task) if isinstance(task, str) and studio.holds(task) else studio.first_task()
        state: Payload = {"phase": "brought", "queue": self._jobs.queue, "of": opened.name}
        source, target = job.brought.get("source"), job.brought.get("target")
        if target:
            folders = ClassFolders.of(target.keys, opened.main.checkpoint.classes)
            previews = _previews(target)
            state["target"] = _found(target, previews) | {"folders": asdict(folders)}
            state["suited"] = self._suited(previews, opened.name)
        if source:
            state["source"] = _found(source, _previews(source)) | _classes(source, target)
        return state

    def _suited(self, previews: Sequence[Image.Image], shown: str) -> Payload | None:
        """Return the task whose target most of the images are drawn like, unless the page shows it."""
        studio = self._actions.studio
        name, count = Counter(map(studio.drawn_like, previews)).most_common(1)[0]
        return studio.named(name) if name and name != shown and 2 * count > len(previews) else None

    def _result(self, secret: str, job: Job) -> Payload:
        """Return the result with the visitor's own images, those whose prediction changed first."""
        result = self._jobs.result(secret)
        before, after = result["models"]
        rows = [row | {"place": place} for place, row in enumerate(result["rows"])]
        rows.sort(key=lambda row: row[before] == row[after])
        shown = [row | {"picture": _picture(job.brought["target"], row["place"])} for row in rows[:SHOWN]]
        command = (job.folder / COMMAND).read_text(encoding="utf-8")
        return result | {"rows": shown, "command": command, "task": OWN + job.token}


def _previews(brought: Brought) -> list[Image.Image]:
    return [open_image(brought.path(place)) for place in spread(range(len(brought.keys)), PREVIEWS)]


def _found(brought: Brought, previews: Sequence[Image.Image]) -> Payload:
    """Return what is in one domain as it was brought."""
    reasons = Counter(each.reason for each in brought.ignored)
    first = {each.reason: Path(each.name).name for each in reversed(brought.ignored)}
    sizes = sorted(brought.sizes, key=lambda size: size[0] * size[1])
    return {
        "images": len(brought.keys),
        "sizes": [list(sizes[0]), list(sizes[len(sizes) // 2]), list(sizes[-1])],
        "ignored": [{"reason": why, "count": count, "such_as": first[why]} for why, count in reasons.items()],
        "pictures": [data_url(each, THUMBNAIL) for each in previews],
    }


def _classes(source: Brought, target: Brought | None) -> Payload:
    """Return the classes of a source, and how the target's folders agree with them."""
    folders = SourceFolders.of(source.keys)
    state: Payload = {"classes": folders.images, "beside": folders.labels.count(UNKNOWN)}
    if target is None:
        return state
    theirs = ClassFolders.of(target.keys, folders.classes)
    names = ClassNames.of({"source": folders.classes, "target": [*theirs.known, *theirs.unknown]})
    near = [[miss.name, miss.other_name] for miss in names.near_misses]
    return state | {"folders": asdict(theirs), "only": list(names.only["source"]), "near": near}


def _picture(brought: Brought, place: int) -> str:
    return data_url(open_image(brought.path(place)), THUMBNAIL)


def lay_out(actions: Actions) -> gr.HTML:
    """Lay the view out: what would be adapted, where images are brought, the job, and its download."""
    desk = Desk(actions, Jobs(_recipe(Recipe()), own=_recipe(OWN_RECIPE)))
    shown = panel("adapt", None, [OPEN])
    secret = gr.State(None, time_to_live=3600)
    with gr.Row(elem_id="adapt-source", elem_classes="isra-uploads"):
        sources = _uploads("Source: zip", "Source: folder", "adapt-source")
    with gr.Row(elem_classes="isra-uploads"):
        targets = _uploads("Target: zip, files", "Target: folder", "adapt")
    job = panel("adapt/job", NOTHING, ["begin", "cancel", "poll"])
    download = gr.DownloadButton("Download models, predictions and command", visible=False, elem_id="adapt-download")
    into, options = [secret, job, download], QUIET | UNOPENED | ONE_AFTER_THE_OTHER
    domains: dict[Domain, tuple[gr.File, gr.File]] = {"source": sources, "target": targets}
    for domain, uploads in domains.items():
        for upload in uploads:
            upload.change(desk.bring(domain), [upload, secret, shown], into, js=WITH_PATHS, **options)
    job.begin(desk.begin, [secret], job, **QUIET)
    job.cancel(desk.cancel, [secret], job, **QUIET)
    job.poll(desk.poll, [secret], [job, download], **QUIET)
    return shown


def _recipe(default: Recipe) -> Recipe:
    return replace(default, steps=int(os.environ.get(STEPS, default.steps)))


def _uploads(files: str, folder: str, name: str) -> tuple[gr.File, gr.File]:
    """Return where files are brought, and where a folder is."""
    return (
        gr.File(file_count="multiple", file_types=["image", ".zip"], label=files, height=150, elem_id=f"{name}-files"),
        gr.File(file_count="directory", label=folder, height=150, elem_id=f"{name}-folder"),
    )


VIEW = View("adapt", "Adapt your own", "adapt", payload=adapt_payload, build=lay_out)
