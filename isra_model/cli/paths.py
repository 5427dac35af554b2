"""Where the project keeps what its commands read and write."""

from __future__ import annotations

import os
from pathlib import Path

from isra_model.cli.arguments import UsageError
from isra_model.files import project_root

ROOT = project_root()
CHECKPOINTS = ROOT / "checkpoints"
ADAPTATIONS = ROOT / "results" / "adaptation.jsonl"
FEATURES = ROOT / ".cache" / "features"
RECORDS = ROOT / "results" / "office-icons" / "runs.jsonl"


def checkout() -> Path:
    """Return the checkout whose documents a command writes.

    Raises
    ------
    UsageError
        If the package is installed and the command is given elsewhere.
    """
    if not (ROOT / "docs" / "findings.md").is_file():
        raise UsageError("'report' and 'findings' write a checkout's documents: run them in a clone of ISRA Studio.")
    return ROOT


def require_writable(file: Path, flag: str) -> None:
    """Refuse the name of a file that cannot be written, before a command works for it.

    Raises
    ------
    UsageError
        If it is a folder's, lies below a file, or its permissions do not let it be written.
    """
    if file.is_dir():
        raise UsageError(f"{file} is a folder: give {flag} the name of a file.")
    folder = next(each for each in file.absolute().parents if each.exists())
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file: give {flag} a file in a folder.")
    if not os.access(folder, os.W_OK | os.X_OK) or (file.exists() and not os.access(file, os.W_OK)):
        raise UsageError(f"{file} cannot be written: check its permissions, or give {flag} another file.")
