"""What `test_distributed` runs in each of two processes, and once more in one: ``python -m ... FOLDER``."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import distributed as dist

from isra_model.data.benchmark import Benchmark, Task
from isra_model.files import write_tensors
from isra_model.methods import IsraConfig
from isra_model.networks import NetworkConfig
from isra_model.training.config import Optimisation, TrainConfig
from isra_model.training.engine import Engine, train
from isra_model.training.images import decode_task
from tests import conftest


def configs() -> Mapping[str, TrainConfig]:
    """Return runs of ten steps by name.

    The backbone has group norm: a batch norm's statistics would be each process's own. Of 9 images one process has 4
    and the other 5, and of a middle image one has none.
    """
    config = replace(
        conftest.config.__wrapped__(),
        network=NetworkConfig("test_efficientnet_gn", bottleneck=8, pretrained=False),
        isra=IsraConfig(topics=4, receptor_hidden=8, class2vec_gradient="detached"),
        optimisation=Optimisation(rate=1e-4, steps=10, batch_size=9),
        evaluations=2,
    )
    bare = replace(config, isra=None)
    return {
        "ba3us-isra": config,
        "accumulating": replace(config, optimisation=replace(config.optimisation, accumulation=2)),
        "slm": replace(bare, method="slm"),
        "shot": replace(bare, method="shot"),
    }


def with_an_unreadable_image(task: Task) -> Task:
    """Return the task with two broken images, in the training parts of source and target."""
    domains = {
        name: replace(domain, encoded=(*domain.encoded[:4], b"not an image", *domain.encoded[5:]))
        for name, domain in task.benchmark.domains.items()
    }
    return replace(task, benchmark=Benchmark("squares", task.benchmark.classes, domains))


def interrupted(config: TrainConfig, task: Task, folder: Path) -> None:
    """Train until the sixth step, which stops every process at once, two steps after a save."""
    step = Engine.step

    def stop(engine: Engine) -> object:
        if engine.progress.step == 5:
            raise InterruptedError
        return step(engine)

    Engine.step = stop  # type: ignore[method-assign, assignment]
    try:
        train(config, task, folder)
    except InterruptedError:
        pass
    finally:
        Engine.step = step  # type: ignore[method-assign]


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    rank, task = os.environ["RANK"], conftest.task.__wrapped__()
    # They meet at a file, not at MASTER_PORT, which Accelerate wants named: a port that was free may be taken by then.
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=int(rank), world_size=2)
    for name, config in configs().items():
        model = train(config, task, folder / name)
        write_tensors(folder / name / f"weights-{rank}.safetensors", model.trainee.state_dict())
    config = configs()["ba3us-isra"]
    interrupted(config, task, folder / "resumed")
    model = train(config, task, folder / "resumed", resume=True)
    write_tensors(folder / "resumed" / f"weights-{rank}.safetensors", model.trainee.state_dict())
    broken = with_an_unreadable_image(task)
    data = decode_task(broken, config.preprocessing, memory=0)
    short = replace(config, optimisation=replace(config.optimisation, steps=2), evaluations=1)
    model = train(short, broken, folder / "unreadable", data=data)
    (folder / f"skipped-{rank}.json").write_text(json.dumps([model.skipped, model.writes]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
