"""Checkpoints: one folder is one trained model."""

from isra_model.checkpoints.card import write_card
from isra_model.checkpoints.results import FailedRun, Run, RunRecord, append_record, read_records, read_runs
from isra_model.checkpoints.store import (
    Checkpoint,
    CheckpointError,
    Description,
    read_checkpoint,
    read_description,
    write_checkpoint,
)

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "Description",
    "FailedRun",
    "Run",
    "RunRecord",
    "append_record",
    "read_checkpoint",
    "read_description",
    "read_records",
    "read_runs",
    "write_card",
    "write_checkpoint",
]
