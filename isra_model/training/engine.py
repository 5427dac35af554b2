"""The training loop: streams in, one step after another, a selected model out."""

from __future__ import annotations

import math
import time
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from safetensors.torch import load_file
from torch import Tensor
from tqdm import tqdm

from isra_model.data.benchmark import Task
from isra_model.data.streams import Images, generator_for
from isra_model.files import compact_weights, remove_half_written, write_tensors
from isra_model.methods import Batch, State
from isra_model.networks import Response
from isra_model.training.averaging import Averaging
from isra_model.training.config import TrainConfig
from isra_model.training.evaluation import accuracy, pretrained_features, respond
from isra_model.training.faults import Termination, TrainingError, explained, held
from isra_model.training.feed import Feed
from isra_model.training.images import TrainingData, decode_task
from isra_model.training.initial import start_from
from isra_model.training.log import RunLog
from isra_model.training.possible import require_features, require_possible
from isra_model.training.processes import Processes
from isra_model.training.scores import class_weight, selection_scores
from isra_model.training.selection import contenders, select
from isra_model.training.state import (
    CONTENDERS,
    SNAPSHOTS,
    Progress,
    contender,
    drop_contenders,
    forget,
    load_state,
    save_state,
)
from isra_model.training.trainee import StepInput, Trainee, create_optimisers, create_trainee, set_learning_rate
from isra_model.training.version import commit
from isra_model.values import WrongValueError, require

LOG_EVERY = 10


@dataclass(frozen=True)
class TrainedModel:
    """What a finished run leaves.

    Attributes
    ----------
    trainee : Trainee
        Network and method with the selected weights.
    data : TrainingData
        The images it was trained and evaluated on.
    evaluations : list[dict[str, Any]]
        One record an evaluation; ``selected`` is the one whose weights these are.
    seconds : float
        Wall-clock time of the run, parts before a kill included where their state was saved.
    commits : tuple[str, ...]
        Commits of the code that ran, the first first; more than one where a resumed run went on with other code.
    skipped : tuple[str, ...]
        One line an image that could not be read, in any process.
    writes : bool
        Whether this process is the one of all that writes files.
    """

    trainee: Trainee
    data: TrainingData
    evaluations: list[dict[str, Any]]
    selected: dict[str, Any]
    seconds: float
    device: str
    commits: tuple[str, ...]
    skipped: tuple[str, ...]
    writes: bool


def train(
    config: TrainConfig,
    task: Task,
    folder: Path | str,
    *,
    resume: bool = False,
    tensorboard: bool = False,
    data: TrainingData | None = None,
) -> TrainedModel:
    """Train as configured and return the selected model; ``folder`` keeps the log and the resumable state.

    ``data`` stands for the task's images where they were decoded, or made features, beforehand. Where several machines
    train together, all of them have to see ``folder``.

    Raises
    ------
    TrainingError
        If a term of the loss is no longer finite, the disk or the memory is full, or another run is in ``folder``.
    Terminated
        If SIGTERM or Ctrl-C ended it; its state is saved.
    BenchmarkError
        If no image of a domain can be read.
    WrongValueError
        If an argument, or a field of ``config``, is not of its type, or ``config`` names other domains than ``task``.
    """
    given = {"config": config, "task": task, "folder": folder, "data": data}
    kinds = {"config": TrainConfig, "task": Task, "folder": Path | str, "data": TrainingData | None}
    for name, value in given.items():
        require(name, value, kinds[name])
    _require_domains(config, task)
    folder = Path(folder)
    with explained(folder), held(folder) if Accelerator().is_main_process else nullcontext():
        return Engine(config, task, folder, resume=resume, tensorboard=tensorboard, data=data).run()


def _require_domains(config: TrainConfig, task: Task) -> None:
    for name in ("source", "target"):
        said, found = getattr(config, name), getattr(task, name)
        if said != found:
            raise WrongValueError(f"`{name}` is '{said}', and the task's is '{found}': give both the same.")


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
        self.device = self.accelerator.device
        self.processes = Processes(self.accelerator.process_index, self.accelerator.num_processes)
        require_possible(config, self.processes, self.device)
        if config.network.frozen and data is None:
            raise TrainingError("A frozen backbone is applied beforehand, as the benchmark's features mode does.")
        self.data = data or decode_task(task, config.preprocessing)
        classes = len(task.benchmark.classes)
        self.trainee = create_trainee(config, classes, self.processes)
        if config.network.frozen:
            require_features(self.data, self.trainee.network.bottleneck.in_features)
        if config.init:
            start_from(Path(config.init), self.trainee, task.benchmark.classes)
        self.trainee.to(self.device)
        domains = self.data.source, self.data.target
        self.pretrained: Tensor | None = None
        if self.trainee.method.reads_pretrained:
            self.pretrained = pretrained_features(config, self.data.target, self.device, self.processes)
        self.feed = Feed(domains, config, self.trainee, self.processes, self.device)
        self.optimisers = create_optimisers(self.trainee, config)
        if self.writes:
            remove_half_written(folder, folder / CONTENDERS, folder / SNAPSHOTS)
        self.progress = self._begin(resume)
        self.averaging = self._average() if config.optimisation.average else None
        if not self.processes.agree(self.progress.step):
            raise TrainingError(
                f"Not every process sees the state in {folder}; choose a folder that all machines share."
            )
        self._know(self.progress.class_weight, self.progress.target)
        if self.progress.commits[-1:] != [commit()]:
            self.progress.commits.append(commit())
        self.unchecked: list[tuple[int, dict[str, Tensor]]] = []
        self.log = RunLog(folder, self.progress.step, tensorboard=tensorboard) if self.writes else None

    @property
    def writes(self) -> bool:
        """Return whether this process is the one of all that writes files."""
        return bool(self.accelerator.is_main_process)

    def _begin(self, resume: bool) -> Progress:
        """Return where the run stands: at what was saved, or at its start, for which earlier leavings are removed."""
        images, classes = self.data.digest, self.trainee.network.classifier.out_features
        saved = load_state(self.folder, self.trainee, self.optimisers, self.config, images) if resume else None
        if not saved and self.writes:
            forget(self.folder)
        return saved or Progress(0, torch.full((classes,), 1.0 / classes), images=images)

    def _average(self) -> Averaging:
        averaging = Averaging(self.trainee, self.config.optimisation.average, self.progress.average)
        self.progress.average = averaging.values
        return averaging

    def run(self) -> TrainedModel:
        """Take every step that is left, evaluating and saving on the way."""
        self.clock, steps = time.monotonic() - self.progress.seconds, self.config.optimisation.steps
        hidden, termination = not self.writes, Termination(self.accelerator)
        bar = tqdm(total=steps, initial=self.progress.step, desc=self.config.model_name, disable=hidden)
        with bar, termination, closing(self.feed):
            while self.progress.step < steps:
                terms, batch = self.step()
                self._after_step(terms, batch, bar)
                bar.update()
                if termination.due(self.progress.step):
                    self._save()
                    raise termination.outcome(self.progress.step)
        return self._selected()

    @property
    def state(self) -> State:
        """Return what the method may know at the next step."""
        progress = self.progress.step / self.config.optimisation.steps
        return State(progress, self.progress.class_weight, self.progress.target, self.pretrained)

    def _know(self, class_weight: Tensor, target: Response | None) -> None:
        """Keep what was measured of the target on the device, so that no step has to bring it there."""
        self.progress.class_weight = class_weight.to(self.device)
        self.progress.target = target and Response(target.features.to(self.device), target.logits.to(self.device))

    def inputs(self) -> StepInput:
        """Return this process's images of the next step: no label of the target is among them."""
        return self.feed(self.progress.step)

    def step(self) -> tuple[dict[str, Tensor], Batch]:
        """Take one step and return the terms of its loss; all its randomness comes from (seed, step, process).

        What happens in the backbone differs between processes; what happens after it, such as a discriminator's
        dropout, must not: each has all images' features. Nothing here waits for the device.
        """
        step, trainee = self.progress.step, self.trainee
        trainee.train()
        set_learning_rate(self.optimisers[0], self.config.optimisation.rate, step)
        inputs, state = self.inputs(), self.state
        self._seed("backbone", step, self.processes.rank)
        pooled = trainee.pool(inputs, state)
        self._seed("step", step, 0)
        batch = trainee.respond(inputs, pooled)
        terms = trainee.losses(batch, state)
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        with trainee.recomputing():
            torch.autograd.backward(torch.stack(list(terms.values())).sum())
        self.processes.average([p.grad for p in trainee.parameters() if p.grad is not None])
        for optimiser in self.optimisers:
            optimiser.step()
        if self.averaging:
            self.averaging.update(step)
        return terms, batch

    def _seed(self, *key: int | str) -> None:
        torch.manual_seed(generator_for(self.config.seed, *key).initial_seed())

    def _after_step(self, terms: dict[str, Tensor], batch: Batch, bar: Any) -> None:
        step, config = self.progress.step, self.config
        self.unchecked.append((step, {name: value.detach() for name, value in terms.items()}))
        if step % LOG_EVERY == 0 or step == config.optimisation.steps - 1:
            values = self._check()
            if self.log:
                self.log.write(step, losses=values, health=self.trainee.health(batch))
            bar.set_postfix({"loss": f"{sum(values.values()):.2f}"})
        self.progress.step += 1
        interval = max(1, config.optimisation.steps // config.evaluations)
        if self.progress.step % interval == 0 or self.progress.step == config.optimisation.steps:
            self._check()
            with self._averaged():
                self._evaluate()
        if self.progress.step % config.save_every == 0 or self.progress.step == config.optimisation.steps:
            self._save()

    def _check(self) -> dict[str, float]:
        """Return the last step's terms, after a look at those of every step since the last look.

        Looking waits for the device, so it is done only when something is logged, evaluated or saved.

        Raises
        ------
        TrainingError
            If a term was not finite.
        """
        steps, self.unchecked, values = self.unchecked, [], {}
        numbers = iter(torch.stack([value for _, terms in steps for value in terms.values()]).tolist() if steps else [])
        for step, terms in steps:
            values = {name: round(number, 6) for name, number in zip(terms, numbers, strict=False)}
            names = [name for name, number in values.items() if not math.isfinite(number)]
            if names:
                raise TrainingError(
                    f"At step {step} the loss is no longer finite: {', '.join(names)}. Start again with a lower "
                    "`optimisation.rate` or a lower weight of the term."
                )
        return values

    def _evaluate(self) -> None:
        """Measure class weight and label-free scores on the whole target; keep the weights that score best."""
        self._average_buffers()
        target = self._respond(self.data.target)
        if not all(values.isfinite().all() for values in (target.logits, *self.trainee.network.buffers())):
            raise TrainingError(
                f"At step {self.progress.step} the network is no longer finite, though its loss is: standardise its "
                "features, or start again with a lower `optimisation.rate`."
            )
        self._know(class_weight(target.logits), target)
        record = {"evaluated_step": self.progress.step, "scores": selection_scores(target.logits)}
        if self.data.labelled:
            percent, heldout = self._accuracy(self.data.target, target), self._respond(self.data.heldout)
            accuracies = {"accuracy": percent, "heldout_accuracy": self._accuracy(self.data.heldout, heldout)}
            record["oracle"] = accuracies
        self.progress.evaluations.append(record)
        if not self.log:
            return
        weights = [round(weight, 5) for weight in self.progress.class_weight.tolist()]
        self.log.write(self.progress.step - 1, evaluation=record, class_weight=weights)
        if self.config.snapshots:
            name = f"step-{self.progress.step:06d}.safetensors"
            write_tensors(self.folder / SNAPSHOTS / name, compact_weights(self.trainee.network))
        if record in contenders(self.progress.evaluations, self.config.selection):
            write_tensors(contender(self.folder, record), self.trainee.state_dict())

    def _averaged(self) -> AbstractContextManager[None]:
        """Return where the trainee has the weights that are evaluated and saved: the average, if there is one."""
        return self.averaging.applied() if self.averaging else nullcontext()

    def _respond(self, images: Images) -> Response:
        return respond(self.trainee.network, images, self.config.preprocessing, processes=self.processes)

    def _accuracy(self, images: Images, response: Response) -> float:
        """Return the accuracy in percent of the response to all images."""
        own = images.labels[self.processes.share(len(images))]
        labels = self.processes.join(own.to(self.device), len(images)).cpu()
        return accuracy(response.logits, labels)

    def _average_buffers(self) -> None:
        """Make the running statistics those of all processes' images."""
        self.processes.average([buffer for buffer in self.trainee.buffers() if buffer.is_floating_point()])

    def _save(self) -> None:
        self._check()
        self._average_buffers()
        self.progress.seconds = time.monotonic() - self.clock
        if self.writes:
            save_state(self.folder, self.trainee, self.optimisers, self.progress, self.config)
            drop_contenders(self.folder, contenders(self.progress.evaluations, self.config.selection))

    def _selected(self) -> TrainedModel:
        self.accelerator.wait_for_everyone()
        selected = select(self.progress.evaluations, self.config.selection)
        self.trainee.load_state_dict(load_file(contender(self.folder, selected)))
        self.trainee.eval()
        device = torch.cuda.get_device_name() if self.device.type == "cuda" else "CPU"
        return TrainedModel(
            trainee=self.trainee,
            data=self.data,
            evaluations=self.progress.evaluations,
            selected=selected,
            seconds=self.progress.seconds,
            device=device,
            commits=tuple(self.progress.commits),
            skipped=self.processes.union(self.data.skipped),
            writes=self.writes,
        )
