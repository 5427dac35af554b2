"""Train partial domain adaptation models, use ISRA in any training loop, and see what models look at.

The names below are imported when they are first asked for, so that each use starts without what the others need.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isra_model.data.benchmarks import load_task
    from isra_model.inspection import Inspector
    from isra_model.methods import IsraConfig, IsraLoss, create_method
    from isra_model.training.config import TrainConfig
    from isra_model.training.engine import train

__all__ = ["Inspector", "IsraConfig", "IsraLoss", "TrainConfig", "create_method", "load_task", "train"]

_MODULES = {
    "Inspector": "inspection",
    "IsraConfig": "methods",
    "IsraLoss": "methods",
    "TrainConfig": "training.config",
    "create_method": "methods",
    "load_task": "data.benchmarks",
    "train": "training.engine",
}


def __getattr__(name: str) -> object:
    """Import the module that a name of the package's face is in."""
    if name not in _MODULES:
        raise AttributeError(f"module 'isra_model' has no attribute '{name}'")
    return getattr(import_module(f"isra_model.{_MODULES[name]}"), name)
