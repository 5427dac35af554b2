"""Methods: one file each, reading like its paper; `isra` is a plug-in beside any of them."""

from isra_model.methods.base import (
    Batch,
    DomainBatch,
    LabelledBatch,
    Method,
    Plugin,
    Settings,
    Sizes,
    State,
    create_method,
    create_settings,
    method_class,
    method_names,
)
from isra_model.methods.isra import Isra, IsraConfig, IsraLoss, receptor_r2

__all__ = [
    "Batch",
    "DomainBatch",
    "Isra",
    "IsraConfig",
    "IsraLoss",
    "LabelledBatch",
    "Method",
    "Plugin",
    "Settings",
    "Sizes",
    "State",
    "create_method",
    "create_settings",
    "method_class",
    "method_names",
    "receptor_r2",
]
