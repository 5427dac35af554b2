"""Methods: one file each, reading like its paper; `isra` is the plug-in around any of them."""

from isra_model.methods.base import (
    Batch,
    DomainBatch,
    LabelledBatch,
    Method,
    Sizes,
    State,
    create_method,
    method_class,
    method_names,
)
from isra_model.methods.isra import Isra, IsraConfig, receptor_r2

__all__ = [
    "Batch",
    "DomainBatch",
    "Isra",
    "IsraConfig",
    "LabelledBatch",
    "Method",
    "Sizes",
    "State",
    "create_method",
    "method_class",
    "method_names",
    "receptor_r2",
]
