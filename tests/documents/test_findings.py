from dataclasses import replace

from isra_model.benchmarking.class_gains import ClassGain
from isra_model.benchmarking.grid import Model, run_config
from isra_model.benchmarking.recorded import read_recorded
from isra_model.checkpoints import RunRecord
from isra_model.documents.findings import class_trend, isra_gains, noticed
from isra_model.training.config import TrainConfig, preset_for
from tests.benchmarking.made_up import made_up_record

TASKS = [("line", "solid"), ("solid", "line")]


def config(*, isra: bool, task: tuple[str, str]) -> TrainConfig:
    return run_config("office-icons", preset_for("office-icons"), "fine-tune", Model("ba3us", isra), task, seed=0)


def recorded() -> list[RunRecord]:
    return [
        made_up_record(config=config(isra=isra, task=task), accuracy=63.0 if isra else 60.0)
        for isra in (False, True)
        for task in TASKS
    ]


def test_what_isra_adds_is_over_pairs_of_the_presets_runs_alone() -> None:
    joint = config(isra=True, task=TASKS[0])
    assert joint.isra is not None
    other = made_up_record(config=replace(joint, isra=replace(joint.isra, class2vec_gradient="joint")), accuracy=0.0)

    table = isra_gains(read_recorded([*recorded(), other], (), ()).comparisons["fine-tune"])

    assert table.count("| ba3us-isra | ba3us | 2 (2) | +3.0 |") == 3
    assert [line.partition(":")[0] for line in table.splitlines() if line.endswith(":")] == [
        "Transductive",
        "Held-out",
        "Oracle",
    ]
    assert "shot" not in table


def test_a_mode_without_a_run_says_so() -> None:
    assert isra_gains(None) == "No run with ISRA is recorded yet."


def test_the_trend_over_classes_is_one_sentence_with_its_numbers() -> None:
    gains = [ClassGain("solid", "line", f"class {n}", "bottle", n / 10, float(n), pairs=1 + n % 2) for n in range(9)]

    trend = class_trend(gains)

    assert "within tasks: +1.00" in trend
    assert "9 classes of 1 tasks; seeds: 1 to 2" in trend
    assert "+7.0 points; of the third least like one: +1.0" in trend


def test_of_what_was_noticed_the_last_line_of_a_task_and_kind_counts() -> None:
    first = {"task": "solid-to-line", "kind": "photographs", "images": 200, "noticed": 1, "recompressed": {"JPEG": 1}}
    last = first | {"noticed": 190, "recompressed": {"JPEG": 180, "WebP": 100}}

    *_, row = noticed([first, last, first | {"task": "line-to-solid", "kind": "drawings"}]).splitlines()[:3]

    assert row == "| solid-to-line | 95.0 % (91 to 97); changed 50 to 90 % | – |"
