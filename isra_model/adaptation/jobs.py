"""The jobs of the app's visitors: one runs at a time in a process of its own; each is known only by a secret."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from isra_model.adaptation.adapting import RUN
from isra_model.adaptation.class_folders import SourceFolders
from isra_model.adaptation.own_task import OWN_RECIPE, STEP_COST
from isra_model.adaptation.recipe import Recipe
from isra_model.adaptation.result import DOWNLOAD, RESULT, TASK
from isra_model.adaptation.work import PROGRESS, Request
from isra_model.data.unpacking import Brought, UnpackingLimits, unpack
from isra_model.files import PACKAGE
from isra_model.inspection.views import Domain
from isra_model.training.log import read_log

GONE = "This job is no longer here: jobs are deleted after an hour. Bring your images again."
DIED = "The job was ended from outside, most likely for want of memory: start it again, or with fewer images."
TOO_LONG = "The job took longer than {minutes:g} minutes and was ended: start it again with fewer images."
BOTH = "A task of your own needs both domains: bring the source in class folders, and images of the target."
FULL = "So many jobs wait that yours would take too long: try again in a few minutes."


class JobError(ValueError):
    """What cannot be done with a job; the message says what to do."""


@dataclass(frozen=True)
class JobLimits:
    """What jobs may take.

    Attributes
    ----------
    minutes : float
        A job that runs longer is ended.
    waiting : int
        Jobs that may wait.
    kept : int
        Jobs that are kept at all, brought images among them.
    seconds : float
        After so long a job and all that belongs to it are deleted.
    """

    minutes: float = 5.0
    waiting: int = 8
    kept: int = 32
    seconds: float = 3600.0


@dataclass(frozen=True)
class Job:
    """One person's job.

    Attributes
    ----------
    folder : Path
        All that belongs to it.
    brought : Mapping[Domain, Brought]
        Its images: of the target, of a source of the visitor's own, or of both.
    phase : str
        "brought", "waiting", "running", "done", "failed" or "cancelled".
    problem : str
        Why it failed.
    token : str
        By which its result is asked for: nobody can guess it, and it tells nothing of the job's own secret.
    born : float
        When it was brought, in seconds.
    """

    folder: Path
    brought: Mapping[Domain, Brought]
    phase: str = "brought"
    problem: str = ""
    token: str = ""
    born: float = field(default_factory=time.time)


def work_command(folder: Path) -> list[str]:
    """Return what runs a job's process."""
    return [sys.executable, "-m", "isra_model.adaptation.work", str(folder)]


class Jobs:
    """All jobs of an app, deleted when they are old.

    Parameters
    ----------
    recipe : Recipe
        How models are adapted.
    limits : JobLimits
        What jobs may take.
    unpacking : UnpackingLimits
        What may be brought.
    command : Callable[[Path], list[str]]
        What runs a job's process, given its folder.
    own : Recipe
        How long the models of a visitor's own task are trained.
    """

    def __init__(
        self,
        recipe: Recipe | None = None,
        limits: JobLimits | None = None,
        unpacking: UnpackingLimits | None = None,
        command: Callable[[Path], list[str]] = work_command,
        own: Recipe = OWN_RECIPE,
    ) -> None:
        self.recipe, self.own, self.limits = recipe or Recipe(), own, limits or JobLimits()
        self.unpacking = unpacking or UnpackingLimits()
        self._command = command
        self._root = tempfile.TemporaryDirectory(prefix="isra-adapt-", ignore_cleanup_errors=True)
        self._jobs: dict[str, Job] = {}
        self._waiting: list[str] = []
        self._running: tuple[str, subprocess.Popen[bytes]] | None = None
        self._lock = threading.RLock()

    def bring(self, files: Sequence[tuple[str, Path]], domain: Domain = "target", beside: str | None = None) -> str:
        """Unpack what a visitor brings and return the secret by which the job is known.

        Parameters
        ----------
        files : Sequence[tuple[str, Path]]
            What each file was called, and where it lies; none where the domain is taken back.
        domain : Domain
            What they are; a source lies in class folders.
        beside : str | None
            The visitor's job so far, of which the other domain is kept; it is forgotten if it never began.

        Raises
        ------
        UnpackingError
            If they cannot be used.
        JobError
            If too many jobs are here, or a source has fewer than two classes.
        """
        self._delete_old()
        if len(self._jobs) >= self.limits.kept:
            raise JobError(FULL)
        secret = secrets.token_urlsafe(24)
        folder = Path(self._root.name) / secret
        (folder / domain).mkdir(parents=True, mode=0o700)
        try:
            brought: dict[Domain, Brought] = {domain: unpack(files, folder / domain, self.unpacking)} if files else {}
            if "source" in brought and (problem := SourceFolders.of(brought["source"].keys).problem):
                raise JobError(problem)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        with self._lock:
            self._jobs[secret] = self._with_other(Job(folder, brought), domain, beside)
        timer = threading.Timer(self.limits.seconds + 1.0, self._delete_old)
        timer.daemon = True
        timer.start()
        return secret

    def _with_other(self, job: Job, domain: Domain, secret: str | None) -> Job:
        """Return a new job with the domain other than ``domain`` of the visitor's job so far, and as old as that is."""
        earlier = self._jobs.get(secret) if secret else None
        if secret is None or earlier is None:
            return job
        others = {name: each for name, each in earlier.brought.items() if name != domain}
        for name, each in others.items():
            others[name] = replace(each, folder=job.folder / name)
            shutil.copytree(each.folder, job.folder / name, copy_function=os.link)
        if earlier.phase == "brought":
            self._forget(secret)
        return replace(job, brought={**job.brought, **others}, born=earlier.born if others else job.born)

    def start(self, secret: str, model: Path | None) -> None:
        """Let a job begin as soon as those before it have ended: on a ``model``, or None for the visitor's own task.

        Raises
        ------
        JobError
            If it is gone, began already, lacks a domain, or too many wait.
        """
        with self._lock:
            job = self.job(secret)
            if job.phase in ("waiting", "running"):
                raise JobError("This job runs already: wait for it, or cancel it.")
            if "target" not in job.brought or (model is None and "source" not in job.brought):
                raise JobError(BOTH)
            if len(self._waiting) >= self.limits.waiting:
                raise JobError(FULL)
            for leftover in (PROGRESS, RESULT, DOWNLOAD):
                (job.folder / leftover).unlink(missing_ok=True)
            for leftover in (RUN, TASK):
                shutil.rmtree(job.folder / leftover, ignore_errors=True)
            cache = Path(self._root.name) / "cache"
            keys = {domain: brought.keys for domain, brought in job.brought.items()}
            recipe, place = (self.own, None) if model is None else (self.recipe, str(model.absolute()))
            Request(place, keys, str(cache), recipe).write(job.folder)
            self._jobs[secret] = replace(job, phase="waiting", problem="", token=secrets.token_urlsafe(24))
            self._waiting.append(secret)
            self._begin_next()

    def cancel(self, secret: str) -> None:
        """End a job that waits or runs; its images stay until it is deleted."""
        with self._lock:
            job = self.job(secret)
            if job.phase not in ("waiting", "running"):
                return
            self._jobs[secret] = replace(job, phase="cancelled")
            if secret in self._waiting:
                self._waiting.remove(secret)
            if self._running and self._running[0] == secret:
                self._running[1].kill()

    def job(self, secret: str) -> Job:
        """Return a job by its secret.

        Raises
        ------
        JobError
            If there is none, or none any more.
        """
        self._delete_old()
        with self._lock:
            if secret not in self._jobs:
                raise JobError(GONE)
            return self._jobs[secret]

    def task(self, token: str) -> Path | None:
        """Return the task's folder that a finished job left, by its result's token; None if there is none."""
        self._delete_old()
        with self._lock:
            done = (job for job in self._jobs.values() if job.phase == "done" and job.token == token)
            return next((job.folder / TASK for job in done), None)

    def ahead(self, secret: str) -> int:
        """Return how many jobs end before this one begins."""
        with self._lock:
            if secret not in self._waiting:
                return 0
            return self._waiting.index(secret) + (self._running is not None)

    @property
    def queue(self) -> int:
        """Return how many jobs run or wait."""
        with self._lock:
            return len(self._waiting) + (self._running is not None)

    def progress(self, secret: str) -> dict[str, Any]:
        """Return what a job is doing, its share done, the seconds left by that, and its curves so far."""
        job = self.job(secret)
        path = job.folder / PROGRESS
        told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        lines = read_log(job.folder / RUN / "log.jsonl")
        curves = [{"step": each["step"], **each["losses"]} for each in lines if "losses" in each]
        entropy = [
            {"step": each["step"], "entropy": -each["evaluation"]["scores"]["target-entropy"]}
            for each in lines
            if "evaluation" in each
        ]
        share = _share(told, max((each["step"] for each in curves), default=0))
        left = None
        if job.phase == "running" and share > 0.02:
            left = round((time.time() - told["began"]) * (1.0 - share) / share)
        return {
            "doing": told.get("doing", "Starting"),
            "share": round(share, 3),
            "seconds_left": left,
            "losses": curves,
            "entropy": entropy,
        }

    def result(self, secret: str) -> dict[str, Any]:
        """Return what a finished job found, see `isra_model.adaptation.work`."""
        result: dict[str, Any] = json.loads((self.job(secret).folder / RESULT).read_text(encoding="utf-8"))
        return result

    def close(self) -> None:
        """End what runs and delete everything."""
        with self._lock:
            for secret in tuple(self._jobs):
                self._forget(secret)
            self._root.cleanup()

    def _begin_next(self) -> None:
        if self._running or not self._waiting:
            return
        secret = self._waiting.pop(0)
        job = self._jobs[secret]
        quiet = subprocess.DEVNULL
        command = self._command(job.folder)
        process = subprocess.Popen(command, cwd=PACKAGE.parent, stdout=quiet, stderr=quiet)
        self._jobs[secret] = replace(job, phase="running")
        self._running = secret, process
        threading.Thread(target=self._wait, args=(secret, job.folder, process), daemon=True).start()

    def _wait(self, secret: str, folder: Path, process: subprocess.Popen[bytes]) -> None:
        """Wait for a job's process, say how it ended, and begin the next."""
        problem = ""
        try:
            process.wait(60.0 * self.limits.minutes)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            problem = TOO_LONG.format(minutes=self.limits.minutes)
        problem = problem or _problem(folder, process.returncode)
        with self._lock:
            job = self._jobs.get(secret)
            if job and job.phase == "running":
                self._jobs[secret] = replace(job, phase="failed" if problem else "done", problem=problem)
            self._running = None
            self._begin_next()

    def _delete_old(self) -> None:
        with self._lock:
            now = time.time()
            for secret, job in tuple(self._jobs.items()):
                if now - job.born > self.limits.seconds:
                    self._forget(secret)

    def _forget(self, secret: str) -> None:
        job = self._jobs.pop(secret)
        if secret in self._waiting:
            self._waiting.remove(secret)
        if self._running and self._running[0] == secret:
            self._running[1].kill()
        shutil.rmtree(job.folder, ignore_errors=True)


def _share(told: dict[str, Any], step: int) -> float:
    """Return how much of a job is done, from 0 to 1."""
    return float(min(1.0, (told["done"] + STEP_COST * step) / told["total"])) if told else 0.0


def _problem(folder: Path, code: int) -> str:
    """Return why a job that ended did not finish; nothing if it did."""
    path = folder / RESULT
    if code != 0 or not path.exists():
        return DIED
    return str(json.loads(path.read_text(encoding="utf-8")).get("problem", ""))
