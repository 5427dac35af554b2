"""Where the project keeps what its commands read and write."""

from __future__ import annotations

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
