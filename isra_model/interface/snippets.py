"""The Python that says the same as a view of the page."""

from __future__ import annotations

from textwrap import dedent


def predict_snippet(task: str, model: str) -> str:
    """Return the Python behind the tab *Predict*."""
    return _opening(task, model) + dedent(
        """
        for prediction in view.predictions[:5]:
            print(prediction.label, round(prediction.probability, 3), "shared" if prediction.shared else "source-only")
        print(view.entropy, view.source_only_mass)
        print(view.source_neighbours[0], view.target_neighbours[0])
        """
    )


def topics_snippet(task: str, model: str) -> str:
    """Return the Python behind the tab *Topics in this image*."""
    return _opening(task, model) + dedent(
        """
        topic = view.topics[0]
        print(topic.index, topic.strength, topic.mask.shape, topic.feature_mask.shape)
        (score,) = inspector.faithfulness(view, [topic.index])
        print(score.logit_change, score.random_logit_change)
        """
    )


def map_snippet(task: str, model: str) -> str:
    """Return the Python behind the tab *Map*."""
    return _opening(task, model) + dedent(
        f"""
        print(view.map["umap"].position, view.map["umap"].off_map)
        positions = inspector.gallery.models["{model}"].maps["umap"].positions  # (n, 2)
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


def _opening(task: str, model: str) -> str:
    return dedent(
        f"""\
        from PIL import Image
        from isra_model import Inspector

        inspector = Inspector.from_pretrained("{task}", model="{model}")
        view = inspector.look(Image.open("image.png").convert("RGB")).at_responses()
        """
    )
