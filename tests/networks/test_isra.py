import pytest
import torch

from isra_model.networks import Class2Vec, TopicReceptors, topic_masks


@pytest.fixture
def receptors() -> TopicReceptors:
    torch.manual_seed(0)
    return TopicReceptors(features=6, topics=4, hidden=5)


def test_the_closed_form_attention_is_autograds_for_every_topic_at_once(receptors: TopicReceptors) -> None:
    features = torch.randn(7, 6, requires_grad=True)
    predicted = receptors(features)
    gradients = [torch.autograd.grad(predicted[:, j].sum(), features, retain_graph=True)[0] for j in range(4)]

    torch.testing.assert_close(receptors.attention(features), torch.stack(gradients, dim=1).abs())


def test_the_released_attention_is_the_gradient_of_the_regression_loss(receptors: TopicReceptors) -> None:
    features, topics = torch.randn(7, 6, requires_grad=True), torch.randn(7, 4)
    errors = (receptors(features) - topics).square()
    gradients = [torch.autograd.grad(errors[:, j].mean() / 4, features, retain_graph=True)[0].abs() for j in range(4)]

    torch.testing.assert_close(receptors.loss_gradient_attention(features, topics), torch.stack(gradients, dim=1))


def test_each_receptor_is_an_mlp_of_its_own(receptors: TopicReceptors) -> None:
    features = torch.randn(3, 6)
    j = 2
    hidden = torch.relu(features @ receptors.weight[j].T + receptors.bias[j])

    torch.testing.assert_close(receptors(features)[:, j], hidden @ receptors.readout[j] + receptors.offset[j])


def test_a_mask_weights_features_by_attention_of_unit_length() -> None:
    attention, features = torch.rand(2, 3, 5), torch.randn(2, 5)

    masks = topic_masks(attention, features)

    torch.testing.assert_close((masks / features.unsqueeze(1)).norm(dim=2), torch.ones(2, 3))


def test_class2vec_can_reconstruct_negative_features() -> None:
    class2vec = Class2Vec(features=2, topics=4)
    class2vec.encoder.weight.data = torch.cat([torch.eye(2), -torch.eye(2)])
    class2vec.decoder.weight.data = torch.cat([torch.eye(2), -torch.eye(2)], dim=1)
    features = torch.tensor([[1.0, -2.0]])

    torch.testing.assert_close(class2vec.decode(class2vec.encode(features)), features)
