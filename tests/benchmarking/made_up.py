"""Records of runs that never were."""

from typing import Any

from isra_model.checkpoints import RunRecord
from isra_model.methods import IsraConfig
from isra_model.training.config import TrainConfig


def made_up_record(
    *,
    method: str = "ba3us",
    isra: bool = False,
    task: tuple[str, str] = ("solid", "line"),
    seed: int = 0,
    accuracy: float = 50.0,
    config: TrainConfig | None = None,
    metrics: dict[str, Any] | None = None,
) -> RunRecord:
    """Return the record of a run of ``config``, or else of the default configuration of ``method`` on ``task``."""
    settings = config or TrainConfig(
        benchmark="office-icons",
        source=task[0],
        target=task[1],
        method=method,
        isra=IsraConfig() if isra else None,
        seed=seed,
    )
    return RunRecord(
        mode="features" if settings.network.frozen else "fine-tune",
        method=settings.method,
        isra=settings.isra is not None,
        source=settings.source,
        target=settings.target,
        seed=settings.seed,
        accuracy=accuracy,
        heldout_accuracy=accuracy - 2.0,
        oracle_accuracy=accuracy + 1.0,
        commit="abc1234",
        device="CPU",
        seconds=1.0,
        config=settings.as_dict(),
        metrics=metrics or {},
    )
