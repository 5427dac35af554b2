"""Train partial domain adaptation models, and see what they look at."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isra_model.inspection import Inspector

__all__ = ["Inspector"]


def __getattr__(name: str) -> object:
    """Import the inspector when it is first asked for, so that training and the command line start without it."""
    if name == "Inspector":
        from isra_model.inspection import Inspector

        return Inspector
    raise AttributeError(f"module 'isra_model' has no attribute '{name}'")
