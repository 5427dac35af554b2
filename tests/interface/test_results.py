"""What the view *Results* is told, and the runs that stand behind its numbers."""

import json
import shlex
from dataclasses import asdict, replace
from pathlib import Path

import gradio as gr
import pytest
import tyro

from isra_model.benchmarking.grid import Model, comparison
from isra_model.benchmarking.recorded import Archive, Recorded, read_recorded
from isra_model.benchmarking.studies import WHOLE, study_variants
from isra_model.checkpoints import FailedRun
from isra_model.checkpoints.recognition import Rate, RecognitionRecord
from isra_model.checkpoints.results import run_fields
from isra_model.cli.benchmark import Benchmark
from isra_model.interface.results import results_payload
from isra_model.interface.runs import comparison_command, runs_payload
from isra_model.interface.snippets import results_snippet
from tests.benchmarking.made_up import made_up_record

TASKS = [("line", "solid"), ("solid", "line")]
MODELS = [Model("source-only"), Model("ba3us"), Model("ba3us", isra=True)]
LINE_TO_SOLID = "features:ba3us-isra:line:solid"


def recognised(model: str, right: int) -> RecognitionRecord:
    rate = Rate(right, 100)
    where = {"sha256": "0" * 64, "commit": "abc1234", "date": "2026-11-30", "device": "CPU", "data": "drawings"}
    return RecognitionRecord(model=model, task="line → solid", first=rate, among_three=rate, classes={}, **where)


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    *configs, last = comparison("office-icons", "features", MODELS, TASKS, seeds=2)
    photographs = comparison("office-caltech", "features", MODELS, [("amazon", "webcam")], seeds=1)
    runs = [made_up_record(config=c, accuracy=50.0 + 2 * (c.isra is not None)) for c in (*configs, *photographs)]
    failed = FailedRun(**run_fields(last), commit="abc1234", device="", seconds=1.0, reason="no longer finite")
    bare, whole, *_ = study_variants("ablations", "office-icons", "features", TASKS, seeds=1)
    studied = [made_up_record(config=variant.configs[0]) for variant in (bare, whole)]
    strangers = [recognised("BA3US + ISRA", 40), recognised("Source-only", 20)]
    return read_recorded([*runs, failed], studied, strangers)


def test_the_view_is_told_what_the_documents_say(recorded: Recorded) -> None:
    told = results_payload(recorded)
    json.dumps(told, allow_nan=False)
    ours, on_photographs, *papers = told["gains"]["accuracy"]["rows"]
    assert (ours["of"], ours["counts"]) == ("features:ba3us-isra:ba3us", "3 pairs of 2 tasks and 2 seeds")
    assert ours["gain"].startswith("+2.0 (")
    assert on_photographs["label"] == "BA3US on photographs"
    assert len(papers) == 3
    features, photographs, *printed = told["tables"]
    assert features["columns"] == ["line → solid", "solid → line", "mean"]
    assert features["cells"]["accuracy"][2] == [[52.0, 0.0, 2, 0, 1], [52.0, None, 1, 1, 1], [52.0, None, 1, 1, 1]]
    assert photographs["cells"]["accuracy"] == [[[a, None, 1, 0, p]] * 2 for a, p in ((50.0, 2), (50.0, 2), (52.0, 1))]
    assert [table["name"] for table in printed] == ["office-home", "office-31", "imagenet-caltech"]
    assert [outcome["of"] for outcome in told["studies"]["ablations"]] == [f"ablations:{WHOLE}"]
    assert [bar["model"] for bar in told["strangers"][0]["tasks"][0]["models"]] == ["Source-only", "BA3US + ISRA"]


def test_where_no_image_was_held_out_nothing_is_called_so() -> None:
    icons, photographs = (
        comparison(name, "features", MODELS, [task], seeds=1)
        for name, task in (("office-icons", ("line", "solid")), ("office-caltech", ("amazon", "webcam")))
    )
    runs = [made_up_record(config=config) for config in icons]
    runs += [replace(made_up_record(config=config), heldout_accuracy=50.0) for config in photographs]

    told = results_payload(read_recorded(runs, [], []))
    assert [row["label"] for row in told["gains"]["accuracy"]["rows"]][:2] == [
        "BA3US fixed features",
        "BA3US on photographs",
    ]
    assert "BA3US on photographs" not in [row["label"] for row in told["gains"]["heldout_accuracy"]["rows"]]
    assert [list(table["cells"]) for table in told["tables"]][:2] == [
        ["accuracy", "heldout_accuracy", "oracle_accuracy"],
        ["accuracy", "oracle_accuracy"],
    ]


def test_without_records_the_papers_numbers_stand_alone(tmp_path: Path) -> None:
    told = results_payload(Archive(tmp_path).read())
    assert not told["recorded"]
    assert told["gains"]["accuracy"]["figure"] is None
    assert [table["seeds"] for table in told["tables"]] == [0, 0, 0]


@pytest.mark.parametrize(
    ("of", "runs"),
    [
        (LINE_TO_SOLID, 2),
        ("features:ba3us-isra", 4),
        ("features:ba3us-isra:ba3us", 6),
        (f"ablations:{WHOLE}", 4),
        ("photographs:ba3us:amazon:webcam", 1),
        (f"photographs-ablations:{WHOLE}", 1),
        ("strangers:drawings:line → solid:Source-only", 1),
    ],
)
def test_every_number_opens_its_runs(recorded: Recorded, of: str, runs: int) -> None:
    told = runs_payload(recorded, of)
    json.dumps(told, allow_nan=False)
    assert len(told["rows"]) == runs
    assert all(len(row["cells"]) == len(told["columns"]) for row in told["rows"])
    assert told["command"].startswith("python -m isra_model ")


def test_a_run_shows_all_that_is_recorded_of_it(recorded: Recorded) -> None:
    shown = dict(runs_payload(recorded, LINE_TO_SOLID)["rows"][0]["record"])
    run = recorded.comparisons["features"].runs("ba3us-isra", TASKS[0])[0]
    assert {name.partition(".")[0] for name in shown} == set(asdict(run))
    assert shown["config.isra.beta"] == "1.0"
    failed = runs_payload(recorded, "features:ba3us-isra:solid:line")["rows"][-1]
    assert "failed: no longer finite" in failed["cells"]


def test_the_command_carries_out_the_runs_that_it_stands_beside(recorded: Recorded) -> None:
    runs = recorded.comparisons["features"].runs("ba3us-isra")
    _python, _m, _package, _benchmark, *arguments = shlex.split(comparison_command(runs))
    asked = tyro.cli(Benchmark, args=arguments)
    assert {run.key for run in runs} <= {made_up_record(config=config).key for config in asked.configs()}


def test_of_another_benchmark_the_command_names_it_and_asks_for_its_images(recorded: Recorded) -> None:
    command = comparison_command(recorded.comparisons["photographs"].runs("ba3us"))
    assert "--benchmark office-caltech --data ROOT" in command


@pytest.mark.parametrize("of", [None, "", "features", "features:gone", "gone:ba3us", "ablations:gone", 3, "a:b:c:d:e"])
def test_what_is_no_number_is_refused_in_a_line(recorded: Recorded, of: object) -> None:
    with pytest.raises(gr.Error, match="choose a number on the page"):
        runs_payload(recorded, of)


def test_the_snippet_is_python() -> None:
    exec(compile(results_snippet().replace('"results"', '"nowhere"'), "snippet", "exec"), {})
