"""Where the project keeps what its commands read and write."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINTS = ROOT / "checkpoints"
RECORDS = ROOT / "results" / "office-icons" / "runs.jsonl"
