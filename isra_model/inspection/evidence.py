"""Why this class: every logit as a sum over topics, a residual and a constant, exactly.

class2vec's decoder and the classifier are both linear. With z the topics of an image, D_j what one unit of topic j adds
to the features, o what the decoder gives without any topic and r what it leaves of the features X,
``logit_c = w_c . X + b_c = sum_j z_j (w_c . D_j) + w_c . r + (w_c . o + b_c)``.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from isra_model.inspection.views import Evidence
from isra_model.networks import Class2Vec


@torch.inference_mode()
def evidence(class2vec: Class2Vec, classifier: nn.Linear, features: Tensor) -> Evidence:
    """Return what the logits of an image are made of, from its ``features`` (d,); the sums are taken in float64."""
    weight = classifier.weight.double()
    topics = class2vec.encode(features.unsqueeze(0))[0].double()
    directions, offset = class2vec.directions.double(), class2vec.offset.double()
    residual = features.double() - directions @ topics - offset
    return Evidence(
        contributions=(topics.unsqueeze(1) * (weight @ directions).T).float().numpy(),
        residual=(weight @ residual).float().numpy(),
        constant=(weight @ offset + classifier.bias.double()).float().numpy(),
    )
