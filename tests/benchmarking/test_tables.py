import csv
import io
import re
from dataclasses import replace
from pathlib import Path

from isra_model.benchmarking.grid import Model, comparison
from isra_model.benchmarking.results import Results
from isra_model.benchmarking.tables import accuracy_rows, comma_separated, latex, markdown, ranks_line, write_tables
from tests.benchmarking.test_results import CONFIGS, failed, run

RESULTS = Results(CONFIGS, map(run, CONFIGS))


def test_markdown_marks_best_and_second_best() -> None:
    assert accuracy_rows(RESULTS, "accuracy").splitlines() == [
        "| model | solid → line | line → solid | mean |",
        "|---|---|---|---|",
        "| source-only | 41.0 ± 1.4 | 30.0 ± 0.0 | 35.5 ± 0.7 |",
        "| ba3us | <u>62.0 ± 2.8</u> | <u>51.0 ± 1.4</u> | <u>56.5 ± 2.1</u> |",
        "| ba3us-isra | **63.5 ± 3.5** | **54.5 ± 2.1** | **59.0 ± 2.8** |",
    ]


def test_a_failed_run_and_a_missing_one_show_as_such() -> None:
    runs = [*map(run, CONFIGS[1:6]), failed(CONFIGS[0]), *map(run, CONFIGS[7:]), failed(CONFIGS[6])]
    results = Results(CONFIGS, runs)
    assert "| source-only | failed (2) |" in accuracy_rows(results, "accuracy")

    one = Results(CONFIGS, [*map(run, CONFIGS[:6]), failed(CONFIGS[6])])
    assert "| source-only | 40.0 (1 of 2, 1 failed) |" in accuracy_rows(one, "accuracy")
    assert "| source-only | – | – | – |" in accuracy_rows(Results(CONFIGS, []), "accuracy")
    assert "seed 1: the loss is no longer finite" in markdown("features", one, "office-icons")


def test_latex_has_as_many_cells_in_every_row_and_closes_what_it_opens() -> None:
    text = latex("features", RESULTS)

    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 8
    assert {row.count("&") for row in rows} == {3}
    assert r"\begin{tabular}{lccc}" in text
    assert r"ba3us-isra & \textbf{$63.5 \pm 3.5$}" in text
    assert r"solid $\rightarrow$ line" in text
    opened, closed = (re.findall(rf"\\{word}{{(\w+)}}", text) for word in ("begin", "end"))
    assert sorted(opened) == sorted(closed)
    assert text.count("{") == text.count("}")


def test_latex_escapes_what_names_may_hold() -> None:
    configs = comparison("tree", "features", [Model("ba3us")], [("real_world", "50% & more")], seeds=1)

    assert r"real\_world $\rightarrow$ 50\% \& more" in latex("features", Results(configs, []))


def test_csv_gives_every_model_and_task_unrounded() -> None:
    rows = list(csv.DictReader(io.StringIO(comma_separated(RESULTS))))

    assert len(rows) == 3 * 3
    row = next(row for row in rows if (row["model"], row["source"]) == ("ba3us", "solid"))
    assert (row["target"], row["runs"], row["failed"]) == ("line", "2", "0")
    assert float(row["accuracy_mean"]) == 62.0
    assert float(row["heldout_accuracy_mean"]) == 60.0


def test_no_table_is_called_held_out_where_no_image_was() -> None:
    runs = [replace(record, heldout_accuracy=record.accuracy) for record in RESULTS.records]
    results = Results(CONFIGS, runs)

    written = (markdown("features", results, "tree"), latex("features", results), comma_separated(results))
    assert not any(word in text for word in ("Held-out", "heldout") for text in written)


def test_ranks_come_with_friedman_and_the_critical_difference() -> None:
    line = ranks_line(RESULTS, "accuracy")

    assert "over 2 tasks and 3 models: p = 0.14" in line
    assert "differ by 2.34" in line
    assert "not told from the best: ba3us-isra, ba3us, source-only" in line
    assert "need two models" in ranks_line(Results(CONFIGS, []), "accuracy")


def test_the_papers_numbers_stand_beside_ours_under_its_name() -> None:
    text = markdown("features", RESULTS, "office-home")

    assert "| the paper's, office-home |" in text
    assert "| ba3us-isra | 1.00 | 1.0 | 59.0 | 78.20 | 98.15 | 84.50 |" in text
    assert "The paper's Table 1, as printed:" in text
    assert "The paper's Table 1" not in markdown("features", RESULTS, "office-icons")


def test_three_files_are_written(tmp_path: Path) -> None:
    paths = write_tables(tmp_path, "features", RESULTS, "office-icons")

    assert [path.name for path in paths] == ["features.md", "features.tex", "features.csv"]
    assert all(path.read_text() for path in paths)
