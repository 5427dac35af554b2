"""A cheap two-domain problem: Gaussian classes in eight dimensions, half of them in the target, which is shifted."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from isra_model.data.streams import StreamBatch
from isra_model.methods import Isra, IsraConfig, Method, Settings, State, create_method, method_class
from isra_model.networks import NetworkConfig, PdaNetwork, Response
from isra_model.networks.initialise import xavier_linear
from isra_model.training.config import Optimisation, TrainConfig
from isra_model.training.trainee import StepInput, Trainee, create_optimisers, set_learning_rate

DIMENSIONS, WIDTH, FEATURES, CLASSES, TARGET_CLASSES = 8, 32, 16, 6, 3
PER_CLASS, BATCH = 40, 24


@dataclass(frozen=True)
class ToyResult:
    """What `train_toy` leaves.

    Attributes
    ----------
    losses : each term's value at every step that had it.
    class_weight : (C,) as last measured; the target holds the first `TARGET_CLASSES`.
    before, after : target accuracy in percent, untrained and trained.
    """

    method: Method[Settings]
    network: PdaNetwork
    losses: Mapping[str, list[float]]
    class_weight: Tensor
    before: float
    after: float
    target: Response = field(repr=False)


@dataclass(frozen=True)
class Domain:
    """Images (n, 8, 1, 1) with labels (n,)."""

    images: Tensor
    labels: Tensor

    def batch(self, size: int, generator: torch.Generator) -> StreamBatch:
        index = torch.randperm(len(self.images), generator=generator)[:size]
        return StreamBatch(self.images[index], self.labels[index], index)


def domains() -> tuple[Domain, Domain]:
    """Return source and target; the same whatever the run's seed."""
    generator = torch.Generator().manual_seed(0)
    means = 1.7 * torch.randn(CLASSES, DIMENSIONS, generator=generator)
    shift = 1.3 * torch.randn(DIMENSIONS, generator=generator)

    def domain(classes: int, offset: Tensor) -> Domain:
        labels = torch.arange(classes).repeat_interleave(PER_CLASS)
        noise = torch.randn(len(labels), DIMENSIONS, generator=generator)
        return Domain((means[labels] + offset + noise)[..., None, None], labels)

    return domain(CLASSES, torch.zeros(DIMENSIONS)), domain(TARGET_CLASSES, shift)


def toy_network(form: Mapping[str, str]) -> PdaNetwork:
    """Return a network of the method's form whose backbone is one layer."""
    network = PdaNetwork(replace(NetworkConfig("test_efficientnet", bottleneck=FEATURES), **form), CLASSES)
    network.backbone = nn.Sequential(nn.Conv2d(DIMENSIONS, WIDTH, 1), nn.ReLU())
    network.bottleneck = xavier_linear(WIDTH, FEATURES)
    return network


def train_toy(
    method_name: str,
    *,
    steps: int = 100,
    seed: int = 0,
    settings: Mapping[str, float] | None = None,
    isra: IsraConfig | None = None,
    rate: float = 5e-3,
) -> ToyResult:
    """Train on the problem as the engine would: same optimisers, target measured ten times; about a second."""
    torch.manual_seed(seed)
    source, target = domains()
    network = toy_network(method_class(method_name).network_form)
    method = create_method(method_name, FEATURES, CLASSES, settings or {})
    config = TrainConfig(
        "toy", "source", "target", method_name, isra or IsraConfig(), optimisation=Optimisation(rate, steps, BATCH)
    )
    trainee = Trainee(network, method, config, plugins=(Isra(FEATURES, isra),) if isra else ())
    optimisers = create_optimisers(trainee, config)
    generator = torch.Generator().manual_seed(seed)
    pretrained = target.images.flatten(1) if method.reads_pretrained else None
    before, state = measure(network, target), State(0.0, torch.full((CLASSES,), 1 / CLASSES), pretrained=pretrained)
    losses: dict[str, list[float]] = defaultdict(list)
    for step in range(steps):
        if step and step % (steps // 10) == 0:
            measured = measure(network, target)
            state = State(step / steps, measured.logits.softmax(dim=1).mean(dim=0), measured, pretrained)
        state = replace(state, progress=step / steps)
        sizes = trainee.sizes(BATCH, state.progress)
        unlabelled = target.batch(sizes.target, generator)
        inputs = StepInput(
            source=source.batch(sizes.source, generator),
            target=(unlabelled.images, unlabelled.index),
            middle=source.batch(sizes.middle, generator),
        )
        set_learning_rate(optimisers[0], rate, step)
        trainee.train()
        terms, _ = trainee(inputs, state)
        for optimiser in optimisers:
            optimiser.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        for optimiser in optimisers:
            optimiser.step()
        for name, value in terms.items():
            losses[name].append(value.item())
    after = measure(network, target)
    weight = after.logits.softmax(dim=1).mean(dim=0)
    return ToyResult(method, network, losses, weight, accuracy(before, target), accuracy(after, target), after)


@torch.no_grad()
def measure(network: PdaNetwork, domain: Domain) -> Response:
    """Return the network's response to the whole domain in evaluation mode."""
    return Response(*network.eval()(domain.images))


def accuracy(response: Response, domain: Domain) -> float:
    """Return the percentage of right predictions."""
    return 100 * float((response.logits.argmax(dim=1) == domain.labels).float().mean())
