"""Which commit of the training code runs."""

from __future__ import annotations

import subprocess
from functools import cache

from isra_model.files import project_root

ROOMS = ("data", "networks", "losses", "methods", "training", "checkpoints", "benchmarking")
TRAINING_CODE = [f"isra_model/{room}" for room in ROOMS] + ["isra_model/files.py"]
"""What decides a run's numbers; the rooms above only look at it."""


@cache
def commit() -> str:
    """Return the commit that runs, with ``+`` if the training code differs from it; "unknown" outside git.

    It is asked for once: what is committed later is not what this process runs.
    """
    root = project_root()
    if not (root / "isra_model").is_dir():
        return "unknown"

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", *TRAINING_CODE) else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
