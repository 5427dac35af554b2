from pathlib import Path

from isra_model.checkpoints import RunRecord, append_record, read_records
from isra_model.checkpoints.card import replace_between_marks
from isra_model.checkpoints.results import accuracy_table, paired_difference, summary


def record(model: str, seed: int, accuracy: float, *, source: str = "solid", gradient: str = "detached") -> RunRecord:
    return RunRecord(
        mode="fine-tune",
        method=model.removesuffix("-isra"),
        isra=model.endswith("-isra"),
        source=source,
        target="line",
        seed=seed,
        accuracy=accuracy,
        heldout_accuracy=accuracy + 1,
        oracle_accuracy=99.0,
        commit="abc",
        device="CPU",
        seconds=1.0,
        config={"seed": seed, "model": model, "source": source, "isra": {"class2vec_gradient": gradient}},
        metrics={},
    )


def test_the_table_gives_mean_deviation_and_number_of_seeds() -> None:
    records = [record("ba3us", 0, 70.0), record("ba3us", 1, 74.0), record("source-only", 0, 90.0, source="line")]

    table = accuracy_table(records, ["ba3us", "ba3us-isra"])

    assert "| solid → line | 72.0 ± 2.8 (2) / 73.0 ± 2.8 (2) | – | 91.0 (1) |" in table
    assert "99.0" not in table


def test_equation_4s_gradient_of_class2vec_is_another_model() -> None:
    records = [record("ba3us-isra", 0, 70.0), record("ba3us-isra", 0, 50.0, gradient="joint")]

    assert accuracy_table(records, ["ba3us-isra"]).splitlines()[-1] == "| solid → line | 70.0 (1) / 71.0 (1) | – |"


def test_two_models_are_compared_by_pairs_of_the_same_task_and_seed() -> None:
    runs = [
        ("ba3us", 0, 70.0),
        ("ba3us", 1, 60.0),
        ("ba3us", 2, 90.0),
        ("ba3us-isra", 0, 72.0),
        ("ba3us-isra", 1, 61.0),
    ]

    text = paired_difference([record(*run) for run in runs], "ba3us-isra", "ba3us")

    assert "over 2 pairs of the same task and seed: +1.5 ± 0.7 points transductive" in text


def test_a_summary_claims_no_deviation_of_one_run() -> None:
    assert summary([71.25]) == "71.2 (1)"
    assert summary([]) == "–"


def test_a_run_that_is_repeated_replaces_its_record(tmp_path: Path) -> None:
    for accuracy in (60.0, 61.0):
        append_record(tmp_path / "runs.jsonl", record("ba3us", 0, accuracy))

    assert [run.accuracy for run in read_records(tmp_path / "runs.jsonl")] == [61.0]


def test_a_report_writes_only_between_its_marks(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- accuracy -->\nold\n<!-- /accuracy -->\nafter\n")

    replace_between_marks(readme, "accuracy", "new")

    assert readme.read_text() == "before\n<!-- accuracy -->\nnew\n<!-- /accuracy -->\nafter\n"
