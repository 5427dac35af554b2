"""One sentence for every term on the page, with the paper's symbol."""

from __future__ import annotations

from isra_model.checkpoints import Description
from isra_model.methods import method_class

TERMS: dict[str, str] = {
    "source": "Source domain: labelled training images of all C classes, the x_s, y_s of the paper.",
    "target": "Target domain: unlabelled training images x_t; their classes are an unknown subset of the source's.",
    "shared": "Shared class: one that the target domain has too (solid bar).",
    "source-only class": "Source-only class: the target domain has no image of it (hatched bar); probability here "
    "is a mistake for a target image.",
    "probability": "Probability p = softmax(z) of the logits z; all columns share one scale from 0 to 1.",
    "entropy": "Entropy H(p) = -Σ p log p in nats: 0 is certain, log C is a guess among all C classes.",
    "leak": "Leak: the probability mass on source-only classes, Σ p_c over classes that the target does not have.",
    "accuracy": "Accuracy on all images of the target that the model was adapted to, of this one training run. Runs "
    "of other seeds differ by several points: a small lead here is no result.",
    "unlike": "Not one of ours: by how it is drawn (edges, tones, colours) the image lies clearly farther from "
    "both domains than all but 1 in 200 of their own training images.",
    "distance": "Distance: 1 - cosine of the bottleneck features f of the two images; 0 is the same direction.",
    "topic": "Topic j: one of the d_e semantic directions that class2vec finds in the features, f(x)_j.",
    "strength": "Strength: the topic's value f(x)_j in standard scores over the gallery; above 2 is unusual.",
    "framing": "What is drawn on plain ground comes to the middle, and strokes thinner than an icon's are widened.",
    "place": "Where: the topic's encoder at every position; the mean is exactly its value before the threshold.",
    "mask": "Mask M_j = N(A_j) * X: the features weighted by the topic's attention, which ISRA aligns.",
    "feature mask": "Feature mask M_j: one stripe for each of the d features; blue is negative, orange is positive.",
    "attention": "Attention A_j = |∂g_j/∂x|: how much topic j's receptor g_j answers to each feature.",
    "deletion": "Deletion: the predicted class's probability as pixels are removed, strongest of the "
    "topic's map first; with a faithful map it falls fast.",
    "insertion": "Insertion: the same probability as only those pixels are shown; with a faithful map it rises fast.",
    "faithfulness": "Faithfulness: by how much deletion falls faster, and insertion rises faster, than for "
    "random maps; 0 is chance.",
    "topic faithfulness": "Faithfulness to the topic: the same of the topic's own value f(x)_j, as a share of it.",
    "relative": "Less the mean topic: what this topic's map has beyond the mean of all living topics' maps.",
    "ablation": "Ablation: the change of the predicted class's logit z when M_j is taken out of the "
    "features, against shuffled masks.",
    "receptor": "Receptor g_j: a small network that predicts topic j from the features; R² says how well.",
    "dead": "Dead topic: its receptor explains nothing, so that its attention and its mask mean nothing.",
    "active share": "Active share: of how many of the domain's images the topic is a part, f(x)_j > 0.",
    "usual value": "Usual value: the mean of f(x)_j over the images that have the topic.",
    "class profile": "Class profile: how the topic's values divide among the classes that the model predicts.",
    "spread": "Spread: over how many classes the topic spreads, exp of its profile's entropy; 1 is a single class.",
    "alignment gap": "Alignment gap: squared distance between the means of source and target images with this topic, "
    "over the features' variance; 0 is aligned.",
    "argues": "Argues for or against: what the topic's usual value adds to a class's logit, against the mean class.",
    "contribution": "Contribution: what a topic adds to the difference of the two classes' logits, "
    "f(x)_j (w_a - w_b) · D_j; all rows add up to it exactly.",
    "response": "Response: the topic's value f(x)_j in the image; both images stand on one scale from 0.",
    "evidence": "Evidence: what each topic adds to the class's logit, f(x)_j w_c · D_j; all rows add up to it exactly.",
    "residual": "Residual: what no topic explains of the features, X - h(f(x)), on w_c or on w_a - w_b.",
    "constant": "Constant: the logit, or the difference of two, where no topic is; the same for every image.",
    "related": "Related: topics that change the features in nearly the same direction; the cosine between the two.",
    "silent": "Silent topic: no image of the gallery has it.",
    "umap": "UMAP: a flat map that keeps near neighbours near; distances between far groups mean little.",
    "tsne": "t-SNE: a flat map that keeps near neighbours near; sizes and distances of groups mean little.",
    "overlap": "Neighbour overlap: the share of a point's nearest neighbours in feature space that are "
    "nearest on the map too.",
    "torn apart": "Torn apart: how far away on this map a point's nearest neighbours in feature space lie; the median, "
    "as a share of the map's spread.",
    "prediction changed": "Prediction changed: half the summed change of the class probabilities from one model to "
    "the other; 0 is the same answer, 1 another one for sure.",
    "neighbours changed": "Neighbours changed: the share of a point's nearest neighbours in feature space that it no "
    "longer has in the other model.",
    "class weight": "Class weight w_c: the mean target probability of class c, BA3US's estimate of which "
    "classes are shared; a target image shows that of the class it is predicted to be.",
    "sample weight": "Sample weight: 1 + exp(-H(p)), for a source image times its class weight w_y; how much it counts "
    "in the adversarial loss, mean 1 in each domain.",
    "off the map": "Off the map: farther from every training image than 99 % of them are from each other.",
    "mixing": "Mixing: neighbours of the other domain, over what chance would give; 1 is fully mixed, 0 is apart; "
    "the grey band is what shuffling the domain labels of all images gives.",
    "moved most": "Moved most: target images whose nearest neighbours changed most from the first model to the last.",
    "class similarity": "Class similarity: cosine of the mean features of a class of the target and one of the source, "
    "seen from the midpoint of the two domains; 1 is the same, 0 has nothing in common.",
    "interval": "Wilson's 95 % interval: with so few images of a class, its accuracy may as well be any of these.",
    "task interval": "95 % interval of the mean difference when whole tasks are drawn anew: seeds of one task are "
    "no independent evidence; one that holds 0 shows no difference.",
    "wilson": "Wilson's 95 % interval: with so many images, the share may as well be any of these.",
    "mended": "Mended: the first model says it wrong and the other right; made: the other way round.",
    "doubt": "Confusing annotation: an image whose label neither the model nor most of its nearest neighbours have.",
}


def explain_model(model: Description) -> str:
    """Return one sentence on how a model was trained: what its method's docstring begins with."""
    doing = (method_class(model.training.method).__doc__ or "").partition("\n")[0].rstrip(".")
    aligned = ", with the topic masks M_j of source and target aligned (loss L_a)" if model.has_topics else ""
    return f"{model.title}: {doing[:1].lower()}{doing[1:]}{aligned}."
