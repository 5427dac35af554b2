"""What befalls a run from outside, turned into one line that says what to do; what was saved stays whole."""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from accelerate import Accelerator

from isra_model.files import lock
from isra_model.training.state import STATE

AGREE_EVERY = 10
"""Steps after which several processes ask one another whether one was told to stop; a lone process asks every step."""


class TrainingError(RuntimeError):
    """A run that cannot go on; the message says why and what to do."""


class Terminated(RuntimeError):
    """A run that SIGTERM or Ctrl-C ended after its state was saved; ``signal`` is which of them."""

    signal = signal.SIGTERM


class Interrupted(Terminated):
    """A run that Ctrl-C ended."""

    signal = signal.SIGINT


class Termination:
    """Whether the run was told to stop, by SIGTERM as schedulers and ``kill`` send it or by Ctrl-C, while it is open.

    Only a main thread can hear signals; in another, nothing changes. Nor does it for a signal that is ignored, as a
    shell lets what runs in the background ignore Ctrl-C. A second Ctrl-C stops at once.
    """

    def __init__(self, accelerator: Accelerator) -> None:
        self.accelerator = accelerator
        self.heard = False
        self.ending: type[Terminated] = Terminated
        self.previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Termination:
        if threading.current_thread() is threading.main_thread():
            heard = (each for each in (signal.SIGTERM, signal.SIGINT) if signal.getsignal(each) != signal.SIG_IGN)
            self.previous = {each: signal.signal(each, self._hear) for each in heard}
        return self

    def __exit__(self, *_: object) -> None:
        for each, handler in self.previous.items():
            signal.signal(each, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.heard = True
        if number == signal.SIGINT:
            self.ending = Interrupted
            signal.signal(signal.SIGINT, self.previous[signal.SIGINT])

    def outcome(self, step: int) -> Terminated:
        """Return what to raise before ``step``, when the state is saved."""
        name = "Ctrl-C" if self.ending is Interrupted else "SIGTERM"
        return self.ending(f"Stopped by {name} at step {step}, and saved; `resume` goes on from there.")

    def due(self, step: int) -> bool:
        """Return whether the run should stop before ``step``, in every process alike: one alone would wait forever."""
        if self.accelerator.num_processes == 1:
            return self.heard
        if step % AGREE_EVERY:
            return False
        heard = torch.tensor(float(self.heard), device=self.accelerator.device)
        return bool(self.accelerator.reduce(heard).item())


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn a full memory, a full disk or too small a batch into a `TrainingError` that says what to change.

    ``folder`` is the run's.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        raise TrainingError(
            "The memory is full: lower `optimisation.batch_size`, or keep the batch and raise "
            "`optimisation.accumulation` or set `optimisation.activation_checkpointing`."
        ) from error
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise TrainingError(
            "Batch norm needs two images at a time: raise `optimisation.batch_size`, or lower "
            "`optimisation.accumulation` or the number of processes."
        ) from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise TrainingError(_disk_full(folder)) from error


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other runs out of a run's folder: each would remove, or take for its own, what the other saves.

    A file system that knows no locks lets them in. A folder in which a refused run left nothing is removed.

    Raises
    ------
    TrainingError
        If another run holds the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            if not lock(handle):
                raise TrainingError(f"Another run is writing to {folder}: wait until it ends, or give another folder.")
        yield
    finally:
        os.close(handle)
        with suppress(OSError):
            folder.rmdir()


def _disk_full(folder: Path) -> str:
    advice = "free some, for example snapshots/, contenders/ and state.safetensors of finished runs"
    state = folder / STATE
    if not state.exists():
        return f"No space is left on the disk of {folder}: {advice}, and start again; nothing was saved yet."
    needed = state.stat().st_size / 2**20
    return (
        f"No space is left on the disk of {folder}: {advice}, and go on with `resume`. "
        f"The state that was saved last is whole; the next needs {needed:.1f} MB beside it."
    )
