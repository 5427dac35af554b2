"""The Python that says the same as a view of the page; each runs as it stands where the checkpoints lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import dedent


def image_snippet(place: Mapping[str, object], examples: Sequence[str], task: str) -> str:
    """Return the Python that opens what is looked at.

    Parameters
    ----------
    place : Mapping[str, object]
        Where the image is from, see `Seen.place`.
    examples : Sequence[str]
        The Python that opens each of the page's examples.
    task : str
        The task's folder.
    """
    match place:
        case {"example": int(index)}:
            return examples[index]
        case {"row": int(row), "of": str(of)}:
            folder = f"{task.rpartition('/')[0]}/{of}"
            return f'Inspector.from_pretrained("{folder}").gallery.thumbnail({row})'
    return 'Image.open("image.png")  # yours'


def predict_snippet(task: str, model: str, image: str) -> str:
    """Return the Python behind the view *Predict*."""
    return _looking(task, model, image) + dedent(
        """
        for prediction in view.predictions[:5]:
            print(prediction.label, round(prediction.probability, 3), "shared" if prediction.shared else "source-only")
        print(view.entropy, view.source_only_mass)
        print(view.source_neighbours[0], view.target_neighbours[0])
        """
    )


def topics_snippet(task: str, model: str, image: str) -> str:
    """Return the Python behind the view *Topics in this image*."""
    return _looking(task, model, image) + dedent(
        """
        for topic in view.topics[:1]:
            print(topic.index, topic.strength, topic.mask.shape, topic.feature_mask.shape)
            (score,) = inspector.faithfulness(view, [topic.index])
            print(score.logit_change, score.random_logit_change)
        """
    )


def compare_snippet(task: str, model: str, first: str, second: str) -> str:
    """Return the Python behind the view *Compare*, of two images in Python."""
    images = f"first = {first}\nsecond = {second}\n"
    looking = dedent(
        """
        first, second = inspector.look(first), inspector.look(second)
        for view in (first, second):
            print(view.predictions[0].label, round(view.predictions[0].probability, 3))
        values = [{topic.index: topic.value for topic in view.topics} for view in (first, second)]
        for index in sorted(values[0], key=lambda index: -abs(values[1][index] - values[0][index]))[:10]:
            print(index, values[0][index], values[1][index])
        if first.evidence and second.evidence:
            label = second.predictions[0].index
            print(first.evidence.contributions[:, label], second.evidence.contributions[:, label])
        """
    )
    return "from PIL import Image\n" + _opening(task, model) + images + looking


def explorer_snippet(task: str, model: str) -> str:
    """Return the Python behind the view *Topic explorer*."""
    return _opening(task, model, "from isra_model.inspection.portraits import topic_portraits") + dedent(
        """
        classes = inspector.checkpoint.classes
        portraits = topic_portraits(inspector.checkpoint, inspector.gallery)
        for topic in sorted(portraits, key=lambda topic: -topic.source.share)[:10]:
            print(topic.index, topic.source.share, topic.target.share, topic.gaps)
            print("  for", [classes[each.index] for each in topic.argues_for])
            print("  against", [classes[each.index] for each in topic.argues_against])
        """
    )


def map_snippet(task: str, model: str, image: str) -> str:
    """Return the Python behind the view *Map*."""
    return _looking(task, model, image, "from isra_model.inspection.selection import summarise") + dedent(
        f"""
        print(view.map["umap"].position, view.map["umap"].off_map)
        positions = inspector.gallery.models["{model}"].maps["umap"].positions  # (n, 2)
        print(summarise(inspector.gallery, "{model}", rows=[0, 1, 2]))  # as of a lasso
        """
    )


def classes_snippet(task: str, model: str) -> str:
    """Return the Python behind the view *Classes*."""
    imports = "from isra_model.inspection.classes import class_rates, class_similarity, doubtful_annotations"
    return _opening(task, model, imports) + dedent(
        f"""
        gallery = inspector.gallery
        similarity = class_similarity(gallery, "{model}")
        print(similarity.cosines.shape)  # target classes, source classes
        for label, rate in class_rates(gallery, "{model}").items():
            print(gallery.classes[label], rate)
        for doubt in doubtful_annotations(gallery, "{model}")[:6]:
            print(gallery.keys[doubt.row], gallery.label(doubt.row), "or", gallery.classes[doubt.predicted])
        """
    )


def weights_snippet(task: str, model: str) -> str:
    """Return the Python behind the view *Weights*."""
    return _opening(task, model, "from isra_model.inspection.weights import batches, weighted_batch") + dedent(
        f"""
        gallery = inspector.gallery
        class_weight = gallery.models["{model}"].class_weight
        for label in class_weight.argsort()[::-1][:10]:
            print(gallery.classes[label], class_weight[label])
        batch = weighted_batch(gallery, "{model}", batches(gallery)[0])
        print(batch.weight, batch.entropy, batch.strengths.shape)
        """
    )


def results_snippet() -> str:
    """Return the Python behind the view *Results*."""
    return dedent(
        """\
        from pathlib import Path
        from isra_model.benchmarking.recorded import Archive, verdict

        recorded = Archive(Path("results")).read()
        for mode, results in recorded.comparisons.items():
            gains = results.gains_of_isra("accuracy")
            print(mode, verdict(gains), *gains, sep="\\n")
            print(results.table("accuracy"))
        """
    )


def _looking(task: str, model: str, image: str, *imports: str) -> str:
    look = f"image = {image}\nview = inspector.look(image).at_responses()\n"
    return "from PIL import Image\n" + _opening(task, model, *imports) + look


def _opening(task: str, model: str, *imports: str) -> str:
    lines = ["from isra_model import Inspector", *imports, ""]
    return "\n".join([*lines, f'inspector = Inspector.from_pretrained("{task}", model="{model}")', ""])
