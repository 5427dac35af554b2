from dataclasses import replace
from pathlib import Path

from isra_model.benchmarking.grid import Model, comparison
from isra_model.benchmarking.recorded import read_recorded
from isra_model.benchmarking.tables import comparison_table, gain_sentence
from isra_model.documents.report import gain_of_isra
from isra_model.markdown import replace_between_marks, table
from tests.benchmarking.made_up import made_up_record

MODELS = [Model("ba3us"), Model("ba3us", isra=True)]


def test_the_table_of_a_mode_holds_every_model_and_task_recorded() -> None:
    configs = comparison("office-icons", "features", MODELS, [("solid", "line"), ("line", "solid")], seeds=2)
    runs = [made_up_record(config=config, accuracy=50.0 + config.seed) for config in configs]

    recorded = read_recorded([*runs, replace(runs[0], mode="fine-tune")], (), ())

    written = comparison_table(recorded.comparisons["features"])
    assert "| ba3us-isra | **50.5 ± 0.7** | **50.5 ± 0.7** |" in written
    assert "| ba3us-isra | ba3us | 4 (2) | +0.0 |" in written
    assert gain_of_isra(recorded) == "No fine-tuned run is recorded yet."


def test_two_models_are_compared_by_pairs_of_the_same_task_and_seed() -> None:
    configs = comparison("office-icons", "fine-tune", MODELS, [("solid", "line"), ("line", "solid")], seeds=2)
    accuracies = {False: (70.0, 60.0), True: (72.0, 61.0)}
    runs = [
        made_up_record(config=config, accuracy=accuracies[config.isra is not None][config.seed]) for config in configs
    ]

    recorded = read_recorded(runs[:-1], (), ())

    assert gain_of_isra(recorded) == (
        "ba3us-isra minus ba3us, over 3 pairs of the same task and seed: +1.7 (+1.5 to +2.0) points transductive, "
        "+1.7 (+1.5 to +2.0) held-out; in brackets the 95 % interval over tasks."
    )
    nothing = gain_sentence(recorded.comparisons["fine-tune"], "shot-isra", "shot")
    assert nothing == "No pair of runs compares shot-isra with shot yet."


def test_only_what_stands_between_the_marks_is_written(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- accuracy -->\nold\n<!-- /accuracy -->\nafter\n")

    replace_between_marks(readme, "accuracy", table(["", "mean"], [["shot", "41.0"]]))

    written = "| | mean |\n|---|---|\n| shot | 41.0 |"
    assert readme.read_text() == f"before\n<!-- accuracy -->\n{written}\n<!-- /accuracy -->\nafter\n"
