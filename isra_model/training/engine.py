"""The training loop: streams in, one step after another, a selected model out."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from safetensors.torch import load_file
from torch import Tensor
from tqdm import tqdm

from isra_model.data.benchmark import Task
from isra_model.data.streams import DecodedImages, Stream, StreamBatch, decode_images, generator_for
from isra_model.files import compact_weights, remove_half_written, write_tensors
from isra_model.methods import Batch, State
from isra_model.networks import Response
from isra_model.training.config import TrainConfig
from isra_model.training.evaluation import accuracy, respond
from isra_model.training.faults import Terminated, Termination, TrainingError, explained
from isra_model.training.log import RunLog
from isra_model.training.scores import class_weight, selection_scores
from isra_model.training.selection import contenders, select
from isra_model.training.state import CONTENDERS, Progress, contender, drop_contenders, load_state, save_state
from isra_model.training.trainee import StepInput, Trainee, create_optimisers, create_trainee, set_learning_rate

LOG_EVERY = 10
SNAPSHOTS = "snapshots"


@dataclass(frozen=True)
class TrainingData:
    """The decoded images of a task: training splits of both domains, and the target's held-out split."""

    source: DecodedImages
    target: DecodedImages
    heldout: DecodedImages

    @property
    def skipped(self) -> tuple[str, ...]:
        """Return one line an image that could not be read."""
        return self.source.skipped + self.target.skipped + self.heldout.skipped


@dataclass(frozen=True)
class TrainedModel:
    """What a finished run leaves.

    Attributes
    ----------
    trainee : network and method with the selected weights.
    data : the images it was trained and evaluated on.
    evaluations : one record an evaluation; ``selected`` is the one whose weights these are.
    seconds : wall-clock time of the run, parts before a kill included where their state was saved.
    """

    trainee: Trainee
    data: TrainingData
    evaluations: list[dict[str, Any]]
    selected: dict[str, Any]
    seconds: float
    device: str


def decode_task(task: Task, size: int) -> TrainingData:
    """Decode a task's images, resized to ``size`` pixels square; without a held-out split the target stands for it."""
    target, heldout = decode_images(task.target_images(), size), task.target_images(heldout=True)
    source = decode_images(task.source_images(), size)
    return TrainingData(source, target, decode_images(heldout, size) if len(heldout) else target)


def train(
    config: TrainConfig,
    task: Task,
    folder: Path,
    *,
    resume: bool = False,
    tensorboard: bool = False,
    data: TrainingData | None = None,
) -> TrainedModel:
    """Train as configured and return the selected model; ``folder`` keeps the log and the resumable state.

    ``data`` stands for the task's images where they were decoded, or made features, beforehand.

    Raises
    ------
    TrainingError
        If a term of the loss is no longer finite, or the disk or the GPU's memory is full.
    Terminated
        If SIGTERM ended it; its state is saved.
    BenchmarkError
        If no image of a domain can be read.
    """
    with explained(folder):
        return Engine(config, task, folder, resume=resume, tensorboard=tensorboard, data=data).run()


class Engine:
    """One run: the only place that knows of devices, processes, optimisers and files."""

    def __init__(
        self,
        config: TrainConfig,
        task: Task,
        folder: Path,
        *,
        resume: bool,
        tensorboard: bool = False,
        data: TrainingData | None = None,
    ) -> None:
        self.config, self.folder = config, folder
        self.accelerator = Accelerator()
        self.data = data or decode_task(task, config.preprocessing.resize)
        self.streams = {
            name: Stream(images, config.preprocessing, config.seed, name)
            for name, images in (
                ("source", self.data.source),
                ("target", self.data.target),
                ("middle", self.data.source),
            )
        }
        classes = len(task.benchmark.classes)
        self.trainee = create_trainee(config, classes)
        optimisers = create_optimisers(self.trainee, config)
        self.wrapped, *self.optimisers = self.accelerator.prepare(self.trainee, *optimisers)
        progress = None
        if self.accelerator.is_main_process:
            remove_half_written(folder, folder / CONTENDERS, folder / SNAPSHOTS)
        self.fingerprint = hashlib.sha256(json.dumps(config.as_dict(), sort_keys=True).encode()).hexdigest()
        if resume:
            progress = load_state(folder, self.trainee, self.optimisers, self.fingerprint)
        self.progress = progress or Progress(0, torch.full((classes,), 1.0 / classes))
        self.log = RunLog(folder, self.progress.step, tensorboard=tensorboard)

    def run(self) -> TrainedModel:
        """Take every step that is left, evaluating and saving on the way."""
        self.clock, steps = time.monotonic() - self.progress.seconds, self.config.optimisation.steps
        hidden, termination = not self.accelerator.is_main_process, Termination(self.accelerator)
        bar = tqdm(total=steps, initial=self.progress.step, desc=self.config.model_name, disable=hidden)
        with bar, termination:
            while self.progress.step < steps:
                terms, batch = self.step()
                self._after_step(terms, batch, bar)
                bar.update()
                if termination.due(self.progress.step):
                    self._save()
                    raise Terminated(f"Stopped by SIGTERM at step {self.progress.step}; --resume goes on from there.")
        return self._selected()

    @property
    def state(self) -> State:
        """Return what the method may know at the next step."""
        device, target = self.accelerator.device, self.progress.target
        return State(
            progress=self.progress.step / self.config.optimisation.steps,
            class_weight=self.progress.class_weight.to(device),
            target=Response(target.features.to(device), target.logits.to(device)) if target else None,
        )

    def inputs(self) -> StepInput:
        """Return the images of the next step: no label of the target is among them."""
        sizes = self.trainee.method.sizes(self.config.optimisation.batch_size, self.state.progress)
        target = self._batch("target", sizes.target)
        return StepInput(
            source=self._batch("source", sizes.source),
            target=(target.images, target.index),
            middle=self._batch("middle", sizes.middle),
        )

    def step(self) -> tuple[dict[str, Tensor], Batch]:
        """Take one step and return the terms of its loss; all its randomness comes from (seed, step, process)."""
        step = self.progress.step
        torch.manual_seed(generator_for(self.config.seed, "step", step, self.accelerator.process_index).initial_seed())
        self.wrapped.train()
        set_learning_rate(self.optimisers[0], self.config.optimisation.rate, step)
        terms, batch = self.wrapped(self.inputs(), self.state)
        total = torch.stack(list(terms.values())).sum()
        if not torch.isfinite(total):
            self._stop_at(terms)
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        self.accelerator.backward(total)
        for optimiser in self.optimisers:
            optimiser.step()
        return terms, batch

    def _batch(self, name: str, size: int) -> StreamBatch:
        batch = self.streams[name].batch(self.progress.step, size)
        part = slice(self.accelerator.process_index, None, self.accelerator.num_processes)
        device = self.accelerator.device
        return StreamBatch(*(tensor[part].to(device) for tensor in (batch.images, batch.labels, batch.index)))

    def _stop_at(self, terms: dict[str, Tensor]) -> None:
        names = ", ".join(name for name, value in terms.items() if not torch.isfinite(value))
        raise TrainingError(
            f"At step {self.progress.step} the loss is no longer finite: {names or 'the sum of all terms'}. "
            f"The state of the last good step is kept in {self.folder}; lower --optimisation.rate or the term's weight."
        )

    def _after_step(self, terms: dict[str, Tensor], batch: Batch, bar: Any) -> None:
        step, config = self.progress.step, self.config
        if self.accelerator.is_main_process and (step % LOG_EVERY == 0 or step == config.optimisation.steps - 1):
            values = {name: round(value.item(), 6) for name, value in terms.items()}
            self.log.write(step, losses=values, health=self.trainee.method.health(batch))
            bar.set_postfix({"loss": f"{sum(values.values()):.2f}"})
        self.progress.step += 1
        interval = max(1, config.optimisation.steps // config.evaluations)
        if self.progress.step % interval == 0 or self.progress.step == config.optimisation.steps:
            self._evaluate()
        if self.progress.step % config.save_every == 0 or self.progress.step == config.optimisation.steps:
            self._save()

    def _evaluate(self) -> None:
        """Measure class weight and label-free scores on the whole target; keep the weights that score best."""
        network, preprocessing = self.trainee.network, self.config.preprocessing
        self.progress.target = respond(network, self.data.target, preprocessing)
        logits = self.progress.target.logits
        self.progress.class_weight = class_weight(logits)
        record = {
            "evaluated_step": self.progress.step,
            "scores": selection_scores(logits),
            "oracle": {
                "accuracy": accuracy(logits, self.data.target.labels),
                "heldout_accuracy": accuracy(
                    respond(network, self.data.heldout, preprocessing).logits, self.data.heldout.labels
                ),
            },
        }
        self.progress.evaluations.append(record)
        if not self.accelerator.is_main_process:
            return
        self.log.write(self.progress.step - 1, evaluation=record)
        if self.config.snapshots:
            name = f"step-{self.progress.step:06d}.safetensors"
            write_tensors(self.folder / SNAPSHOTS / name, compact_weights(network))
        if record in contenders(self.progress.evaluations, self.config.selection):
            write_tensors(contender(self.folder, record), self.trainee.state_dict())

    def _save(self) -> None:
        self.progress.seconds = time.monotonic() - self.clock
        if self.accelerator.is_main_process:
            save_state(self.folder, self.trainee, self.optimisers, self.progress, self.fingerprint)
            drop_contenders(self.folder, contenders(self.progress.evaluations, self.config.selection))

    def _selected(self) -> TrainedModel:
        self.accelerator.wait_for_everyone()
        selected = select(self.progress.evaluations, self.config.selection)
        self.trainee.load_state_dict(load_file(contender(self.folder, selected)))
        self.trainee.eval()
        device = torch.cuda.get_device_name() if self.accelerator.device.type == "cuda" else "CPU"
        return TrainedModel(self.trainee, self.data, self.progress.evaluations, selected, self.progress.seconds, device)
