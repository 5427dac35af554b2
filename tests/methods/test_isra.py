"""The plug-in leaves the method's terms as they are and adds its own; each variant sends its gradient where it says."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from isra_model.losses.isra import conditional_alignment_loss, topic_responses
from isra_model.methods import Batch, Isra, IsraConfig, IsraLoss, State, create_method, receptor_r2
from isra_model.networks import IsraModules, NetworkConfig, PdaNetwork, Response
from isra_model.training.config import TrainConfig
from isra_model.training.trainee import Trainee
from tests.methods.made_up import made_up_batch

CLASSES, FEATURES = 4, 6
NETWORK = PdaNetwork(NetworkConfig("test_efficientnet", bottleneck=FEATURES), CLASSES)
STATE = State(progress=0.5, class_weight=torch.full((CLASSES,), 0.25))
CONFIG = IsraConfig(topics=3, receptor_hidden=5)


def batch() -> Batch:
    return made_up_batch(CLASSES, FEATURES, source=[0, 1, 2, 3], target=5)


def plugged_in(config: IsraConfig) -> Isra:
    return Isra(FEATURES, config).eval()


def beside(method: str, isra: Isra) -> Trainee:
    base = create_method(method, FEATURES, CLASSES, {})
    return Trainee(NETWORK, base, TrainConfig("made-up", "source", "target", method), plugins=(isra,)).eval()


def feature_gradient(terms: dict[str, Tensor], name: str, step: Batch) -> Tensor | None:
    (gradient,) = torch.autograd.grad(terms[name], step.source.features, allow_unused=True)
    return gradient


@pytest.mark.parametrize(
    ("target", "kind", "said"),
    [
        (
            torch.rand(2, FEATURES, 3, 3),
            ValueError,
            rf"target is \(2, {FEATURES}, 3, 3\): give features \(n, {FEATURES}\)",
        ),
        (torch.rand(2, FEATURES + 1), ValueError, r"pooled over space"),
        (torch.rand(0, FEATURES), ValueError, "target has no row"),
        (torch.rand(2, FEATURES).double(), TypeError, r"target is torch\.float64, the module torch\.float32"),
        (torch.ones(2, FEATURES, dtype=torch.int64), TypeError, r"target is torch\.int64"),
        (torch.rand(2, FEATURES).numpy(), TypeError, "target is a ndarray: give a tensor"),
    ],
)
def test_what_are_no_features_is_refused_in_a_line(target: Tensor, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        IsraLoss(FEATURES, CONFIG)(torch.rand(3, FEATURES), target)


@pytest.mark.parametrize("method", ["source-only", "ba3us"])
def test_the_methods_terms_stay_as_they_are(method: str) -> None:
    step, trainee = batch(), beside(method, plugged_in(CONFIG))

    terms = trainee.losses(step, STATE)

    own = trainee.method.losses(step, NETWORK, STATE)
    assert list(terms) == [*own, "class2vec", "alignment", "receptors"]
    for name, value in own.items():
        torch.testing.assert_close(terms[name], value)


def test_its_terms_follow_equations_1_to_3_in_the_forms_that_were_chosen() -> None:
    """Masks are pooled by their mean, receptors' errors by their sum; middle rows count as the target's."""
    step = made_up_batch(CLASSES, FEATURES, source=[0, 1, 2, 3], target=5, middle=[2], dtype=torch.float64)
    isra = plugged_in(replace(CONFIG, pool="mean", receptor_pool="sum", normalise="batch", sparsity=0.5)).double()
    class2vec, receptors = isra.parts.class2vec, isra.parts.receptors
    features = torch.cat([step.source.features, step.target.features, step.middle.features])
    topics = (features @ class2vec.encoder.weight.T + class2vec.encoder.bias).clamp_min(0)
    errors = (features - topics @ class2vec.decoder.weight.T - class2vec.decoder.bias).square().sum(dim=1)
    seen = features.detach().requires_grad_()
    answers = torch.stack(
        [(seen @ w.T + b).clamp_min(0) @ v + o for w, b, v, o in zip(*receptors.parameters(), strict=True)], dim=1
    )
    alignment = torch.zeros((), dtype=torch.float64)
    for answer in answers.T:
        (gradient,) = torch.autograd.grad(answer.sum(), seen, retain_graph=True)
        masks = len(features) * gradient.abs() / gradient.norm() * features
        alignment = alignment + (masks[:4].mean(dim=0) - masks[4:].mean(dim=0)).square().mean()
    regression = ((answers - topics.detach()).square().sum() + 0.5 * receptors.weight.abs().sum()) / 3

    terms = isra.losses(step, STATE)

    torch.testing.assert_close(terms["class2vec"], errors[:4].mean() + errors[4:].mean())
    torch.testing.assert_close(terms["alignment"], alignment)
    torch.testing.assert_close(terms["receptors"], regression)
    received, expected = (
        torch.autograd.grad(term, receptors.weight, retain_graph=True) for term in (terms["receptors"], regression)
    )
    torch.testing.assert_close(received, expected)


def test_a_topic_that_answers_to_no_image_counts_as_dead() -> None:
    step, isra = batch(), plugged_in(CONFIG)
    with torch.no_grad():
        isra.parts.class2vec.encoder.bias.copy_(torch.tensor([100.0, -100.0, 100.0]))

    assert isra.health(step)["dead_topics"] == pytest.approx(1 / 3)


def test_alignment_reaches_the_features_and_the_receptors_do_not() -> None:
    step = batch()
    terms = plugged_in(CONFIG).losses(step, STATE)

    assert feature_gradient(terms, "alignment", step) is not None
    assert feature_gradient(terms, "receptors", step) is None


@pytest.mark.parametrize(("form", "reaches"), [("joint", True), ("detached", False)])
def test_class2vec_shapes_the_features_only_in_the_joint_form(form: str, reaches: bool) -> None:
    step = batch()
    terms = plugged_in(replace(CONFIG, class2vec_gradient=form)).losses(step, STATE)

    if reaches:
        assert feature_gradient(terms, "class2vec", step) is not None
    else:
        assert not torch.autograd.grad(terms["class2vec"], step.source.features, allow_unused=True)[0]


@pytest.mark.parametrize("attention", ["input-gradient", "loss-gradient", "random", "none"])
@pytest.mark.parametrize("normalise", ["batch", "row"])
@pytest.mark.parametrize("pool", ["mean", "sum"])
def test_every_variant_of_the_alignment_moves_the_features(attention: str, normalise: str, pool: str) -> None:
    step, config = batch(), replace(CONFIG, attention=attention, normalise=normalise, pool=pool)

    gradient = feature_gradient(plugged_in(config).losses(step, STATE), "alignment", step)

    assert gradient is not None
    assert gradient.abs().sum() > 0


def test_a_sparse_code_fills_the_plug_in_like_the_dense_one_and_finds_its_topics() -> None:
    """Four classes in six dimensions: with one topic kept of four, the code explains nearly all in 300 steps."""
    torch.manual_seed(0)
    isra = plugged_in(replace(CONFIG, topics=4, code="top-k", k=1, class2vec_gradient="detached"))
    step = made_up_batch(CLASSES, FEATURES, source=[0, 1, 2, 3] * 8, target=8)
    centres = 8.0 * torch.eye(CLASSES, FEATURES)
    noise = 0.1 * torch.randn(32, FEATURES)
    features = centres[step.source.labels] + noise
    step = replace(
        step,
        source=replace(step.source, features=features),
        target=replace(step.target, features=features[:8] + 0.1),
    )
    optimiser = torch.optim.Adam(isra.parameters(), lr=1e-2)

    for _ in range(300):
        terms = isra.losses(step, STATE)
        optimiser.zero_grad()
        (terms["class2vec"] + terms["revival"] + terms["receptors"]).backward()
        optimiser.step()

    health = isra.health(step)
    spread = (features - features.mean(dim=0)).square().sum(dim=1).mean()
    assert terms["class2vec"] < 0.2 * 2 * spread
    assert health["dead_topics"] == 0
    assert min(health["receptor_precision"], health["receptor_recall"]) > 0.9


def test_alpha_and_beta_weigh_the_two_terms() -> None:
    step, isra = batch(), plugged_in(CONFIG)
    once = isra.losses(step, STATE)
    isra.loss.config = replace(CONFIG, alpha=3.0, beta=0.5)

    weighted = isra.losses(step, STATE)

    torch.testing.assert_close(weighted["class2vec"], 3.0 * once["class2vec"])
    torch.testing.assert_close(weighted["alignment"], 0.5 * once["alignment"])


def test_middle_images_are_aligned_as_target_images() -> None:
    lent = made_up_batch(CLASSES, FEATURES, source=[0, 1, 2, 3], target=5, middle=[2])
    isra = plugged_in(CONFIG)
    rows = {name: torch.cat([getattr(lent.target, name), getattr(lent.middle, name)]) for name in vars(lent.target)}
    empty = replace(lent.middle, **{name: value[:0] for name, value in vars(lent.middle).items()})

    terms = isra.losses(lent, STATE)

    told = isra.losses(replace(lent, target=replace(lent.target, **rows), middle=empty), STATE)
    for name in ("class2vec", "alignment", "receptors"):
        torch.testing.assert_close(terms[name], told[name])


def test_source_images_of_classes_without_weight_align_with_nothing() -> None:
    step, isra = batch(), plugged_in(replace(CONFIG, source_pool="class-weight", normalise="row"))
    state = replace(STATE, class_weight=torch.tensor([0.5, 0.5, 0.0, 0.0]))

    gradient = feature_gradient(isra.losses(step, state), "alignment", step)

    assert gradient is not None
    assert gradient[2:].abs().sum() == 0
    assert gradient[:2].abs().sum() > 0


def test_running_means_come_to_the_batchs_own_where_it_stays_the_same() -> None:
    step, isra = batch(), plugged_in(replace(CONFIG, domain_means="running"))
    own = plugged_in(CONFIG)
    own.loss.modules_added = isra.parts

    for _ in range(200):
        running = isra.losses(step, STATE)["alignment"]

    torch.testing.assert_close(running, own.losses(step, STATE)["alignment"])


def test_a_conditional_alignment_pulls_as_the_batchs_own_does_where_it_stays_the_same() -> None:
    """Middle images are left out, and what was seen before counts nine tenths of the value and none of the pull."""
    step = made_up_batch(CLASSES, FEATURES, source=[0, 1, 2, 3], target=5, middle=[2], dtype=torch.float64)
    isra = plugged_in(replace(CONFIG, alignment="conditional")).double()
    features = torch.cat([step.source.features, step.target.features])
    topics, attention = isra.parts.class2vec.encode(features), isra.parts.receptors.attention(features.detach())
    sides = (
        topic_responses(features[rows], attention[rows], topics[rows].detach()) for rows in (slice(0, 4), slice(4, 9))
    )
    masks, responses = (torch.stack(parts) for parts in zip(*sides, strict=True))
    variance = torch.cat([features, step.middle.features]).detach().var(dim=0).mean()
    expected = conditional_alignment_loss(masks, responses, variance)

    for _ in range(3):
        terms = isra.losses(step, STATE)

    torch.testing.assert_close(terms["alignment"], expected)
    ours = torch.autograd.grad(terms["alignment"], [step.source.features, step.target.features])
    torch.testing.assert_close(ours, torch.autograd.grad(expected, [step.source.features, step.target.features]))
    assert {"loss.running_masks", "loss.running_responses"} < set(isra.state_dict())


def test_beta_can_grow_from_nothing() -> None:
    step, isra = batch(), plugged_in(replace(CONFIG, beta_ramp=True))

    start, end = (isra.losses(step, replace(STATE, progress=at))["alignment"] for at in (0.0, 1.0))

    assert start == 0
    assert end > 0


def test_a_source_that_the_method_left_behind_is_aligned_with_and_not_moved() -> None:
    step, trainee = batch(), beside("shot", plugged_in(CONFIG))
    target = Response(step.target.features.detach(), step.target.logits.detach())

    before, after = (trainee.losses(step, replace(STATE, progress=p, target=target)) for p in (0.25, 0.75))

    assert feature_gradient(before, "alignment", step) is not None
    assert feature_gradient(after, "alignment", step) is None
    assert torch.autograd.grad(after["alignment"], step.target.features)[0].abs().sum() > 0


def test_minimising_the_alignment_brings_the_domains_responses_together() -> None:
    step, isra = batch(), plugged_in(CONFIG)
    features = step.source.features
    optimiser = torch.optim.SGD([features], lr=0.05)
    losses = []
    for _ in range(100):
        loss = isra.losses(step, STATE)["alignment"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))

    assert losses[-1] < losses[0] / 2


def test_receptors_that_learn_their_topics_are_seen_to_be_alive() -> None:
    torch.manual_seed(0)
    modules, features = IsraModules(FEATURES, topics=3, hidden=16), torch.randn(64, FEATURES)
    before = receptor_r2(modules, features)
    topics = modules.class2vec.encode(features).detach()
    optimiser = torch.optim.Adam(modules.receptors.parameters(), lr=1e-2)
    for _ in range(200):
        optimiser.zero_grad()
        (modules.receptors(features) - topics).square().sum().backward()
        optimiser.step()

    assert before.max() < 0.5
    assert receptor_r2(modules, features).min() > 0.9


def test_a_value_that_is_no_choice_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match=r"`isra\.code` is 'topk': choose one of dense, top-k"):
        IsraConfig(code="topk")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"`isra\.topics` is 4\.0: give a whole number"):
        IsraConfig(topics=4.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"`isra\.k` is 0: give a number from 1 to `isra\.topics`"):
        IsraLoss(FEATURES, IsraConfig(code="top-k", k=0))
    with pytest.raises(ValueError, match=r"`isra\.alpha` is nan: give a number, zero or more"):
        IsraLoss(FEATURES, IsraConfig(alpha=float("nan")))
    with pytest.raises(ValueError, match=r"`config` is a dict: give an IsraConfig"):
        IsraLoss(FEATURES, {"topics": 4})  # type: ignore[arg-type]
    features = torch.randn(5, FEATURES)
    with pytest.raises(ValueError, match=r"`progress` is 'half': give a number"):
        IsraLoss(FEATURES, CONFIG)(features, features, progress="half")  # type: ignore[arg-type]


def test_there_is_one_weight_for_each_source_row() -> None:
    """With fewer, the rest of the source would pass for the target's rows."""
    features = torch.randn(5, FEATURES)
    with pytest.raises(ValueError, match=r"`source_weights` is \(4,\): give one weight a row of source, \(5,\)"):
        IsraLoss(FEATURES, CONFIG)(features, features, source_weights=torch.ones(4))
