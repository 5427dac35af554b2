"""``python killing.py FOLDER KILLS``: the run ``undisturbed`` and the run ``killed``, which is killed again and again.

Each life of a run is a fork of this process, because a process of its own takes seconds to import PyTorch. A life ends
by SIGKILL at a random step: before it, while a file is being written, or just after one was renamed.
"""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors import safe_open

sys.path.insert(0, str(Path(__file__).parents[1]))

import conftest

from isra_model import files
from isra_model.training.engine import Engine, train

STEPS = 20
PLACES = ("before the step", "while writing", "after renaming")


def run(folder: Path, kill: tuple[int, str] | None) -> int:
    """Go on with a run in a process of its own; return its exit status as `os.waitpid` does."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    if kill:
        die_at(*kill)
    config, task = conftest.config.__wrapped__(), conftest.task.__wrapped__()
    config = replace(config, optimisation=replace(config.optimisation, steps=STEPS), selection="agreement")
    train(config, task, folder, resume=True)
    os._exit(0)


def die_at(step: int, place: str) -> None:
    reached = False
    take_step, fsync, rename = Engine.step, os.fsync, Path.replace

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def step_or_die(engine, *arguments):
        nonlocal reached
        reached = engine.progress.step >= step
        if reached and place == "before the step":
            die()
        return take_step(engine, *arguments)

    def fsync_or_die(descriptor: int) -> None:
        if reached and place == "while writing":
            os.truncate(descriptor, os.fstat(descriptor).st_size // 2)
            die()
        fsync(descriptor)

    def rename_or_die(path: Path, target: Path) -> Path:
        renamed = rename(path, target)
        if reached and place == "after renaming":
            die()
        return renamed

    Engine.step, files.os.fsync, Path.replace = step_or_die, fsync_or_die, rename_or_die


def saved_step(folder: Path) -> int:
    state = folder / "state.safetensors"
    if not state.exists():
        return 0
    with safe_open(state, framework="np") as file:
        return int(file.metadata()["step"])


if __name__ == "__main__":
    root, kills = Path(sys.argv[1]), int(sys.argv[2])
    assert run(root / "undisturbed", None) == 0
    generator = np.random.default_rng(0)
    for kill in range(kills):
        step = saved_step(root / "killed") + int(generator.integers(0, 5))
        assert run(root / "killed", (step, PLACES[kill % len(PLACES)])) == signal.SIGKILL
    assert 0 < saved_step(root / "killed") < STEPS
    assert run(root / "killed", None) == 0
