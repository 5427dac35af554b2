"""From a checkpoint and images to what a person looks at: plain dataclasses of arrays."""

from isra_model.inspection.inspector import Inspector, look_with_every_model, read_inspectors

__all__ = ["Inspector", "look_with_every_model", "read_inspectors"]
