"""Where the project keeps what its commands read and write."""

from __future__ import annotations

from isra_model.files import project_root

ROOT = project_root()
CHECKPOINTS = ROOT / "checkpoints"
ADAPTATIONS = ROOT / "results" / "adaptation.jsonl"
FEATURES = ROOT / ".cache" / "features"
RECORDS = ROOT / "results" / "office-icons" / "runs.jsonl"
