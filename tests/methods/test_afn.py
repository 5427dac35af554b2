"""AFN's terms against a few lines of float64 that follow the paper, and what the method claims."""

import torch

from isra_model.methods import Batch, State
from isra_model.methods.afn import Afn
from isra_model.networks import NetworkConfig, PdaNetwork
from isra_model.networks.network import NormPreservingDropout
from tests.methods.made_up import CLASSES, FEATURES, made_up_batch, made_up_method
from tests.methods.toy import train_toy

NETWORK = PdaNetwork(NetworkConfig("test_efficientnet", bottleneck=FEATURES, **Afn.network_form), CLASSES)
STATE = State(progress=0.3, class_weight=torch.full((CLASSES,), 0.25))


def batch() -> Batch:
    return made_up_batch(CLASSES, FEATURES, source=[0, 1, 2, 3], target=5, dtype=torch.float64)


def test_cross_entropy_is_the_plain_one() -> None:
    logits = batch().source.logits

    loss = made_up_method(Afn).losses(batch(), NETWORK, STATE)["cross_entropy"]

    torch.testing.assert_close(loss, -logits.softmax(dim=1).diagonal().log().mean())


def test_every_feature_of_both_domains_is_pushed_outwards_alike() -> None:
    step = batch()

    terms = made_up_method(Afn, norm_weight=0.1, norm_step=2.0).losses(step, NETWORK, STATE)

    for name, features in (("source_norm", step.source.features), ("target_norm", step.target.features)):
        torch.testing.assert_close(terms[name].item(), 0.1 * 2.0**2)
        (gradient,) = torch.autograd.grad(terms[name], features)
        outwards = features / features.square().sum(dim=1, keepdim=True).sqrt()
        torch.testing.assert_close(gradient, -0.1 * 2 * 2.0 * outwards / len(features))


def test_its_dropout_keeps_the_squared_norm() -> None:
    dropout, features = NormPreservingDropout(0.5), torch.randn(4000, 8)
    kept = dropout(features)

    torch.testing.assert_close(kept.square().sum(), features.square().sum(), rtol=0.05, atol=0.0)
    torch.testing.assert_close(dropout.eval()(features), features)


def test_target_features_grow_and_the_loss_falls() -> None:
    grown, plain = train_toy("afn", seed=1), train_toy("afn", seed=1, settings={"norm_weight": 0.0})

    assert sum(grown.losses["cross_entropy"][-10:]) < 0.6 * sum(grown.losses["cross_entropy"][:10])
    assert grown.target.features.norm(dim=1).mean() > 1.5 * plain.target.features.norm(dim=1).mean()
