"""Where the project's files lie, and writing them so that no reader, and no kill, ever meets half of one."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load, save
from torch import Tensor, nn

PACKAGE = Path(__file__).resolve().parent
LARGE = 20_000
"""Numbers in a tensor from which on it is stored in half precision."""


def project_root(package: Path = PACKAGE) -> Path:
    """Return the checkout that ``package`` lies in; where it was installed, the folder that a command is given in."""
    return package.parent if (package.parent / "pyproject.toml").is_file() else Path.cwd()


def lock(handle: int) -> bool:
    """Lock an open file or folder for this process alone, until it is closed; False where another one has.

    Raises
    ------
    OSError
        If its file system knows no locks.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_bytes(path: Path, content: bytes) -> None:
    """Write to a temporary name beside ``path``, flush to disk, then rename; on failure nothing is left behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def remove_half_written(*folders: Path) -> None:
    """Remove what `write_bytes` was writing into ``folders`` when its process was killed."""
    for folder in folders:
        for file in folder.glob(".*.tmp"):
            file.unlink()


class ChangedFileError(ValueError):
    """A file that is not the one that was written."""


def sha256(path: Path) -> str:
    """Return a file's digest."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_weights(path: Path, digest: str) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file in full precision.

    Raises
    ------
    ChangedFileError
        If the file's sha256 is not ``digest``.
    """
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ChangedFileError(
            f"{path.parent.name}/{path.name} is not the file that was written; fetch the checkpoint again."
        )
    return {name: value.float() if value.is_floating_point() else value for name, value in load(content).items()}


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write indented JSON atomically."""
    write_bytes(path, (json.dumps(content, indent=2) + "\n").encode())


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write safetensors atomically."""
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_bytes(path, save(contiguous, metadata=dict(metadata) if metadata else None))


def compact_weights(module: nn.Module) -> dict[str, Tensor]:
    """Return a module's state with large tensors in half precision and small ones, which predictions hang on, in full.

    Batch norm, depthwise filters and biases are small: in half precision they would turn about one prediction in 150.
    """

    def compact(value: Tensor) -> Tensor:
        return value.half() if value.is_floating_point() and value.numel() >= LARGE else value

    return {name: compact(value) for name, value in module.state_dict().items()}
