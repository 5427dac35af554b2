"""Choosing among made-up evaluations: by one score, by the agreement of all, and what the choice cost."""

import numpy as np
import pytest

from isra_model.training.selection import agreement, contenders, ranks, select, selection_report, selection_table


def evaluation(step: int, accuracy: float, *scores: float) -> dict:
    names = ("target-entropy", "neighbourhood-density", "information-maximisation")
    return {"evaluated_step": step, "scores": dict(zip(names, scores, strict=False)), "oracle": {"accuracy": accuracy}}


RUN = [
    evaluation(100, 40.0, -0.9, 1.0, 0.5),
    evaluation(200, 70.0, -0.5, 3.0, 0.9),
    evaluation(300, 60.0, -0.2, 2.0, 0.8),
]


def test_equal_values_share_the_mean_of_their_ranks() -> None:
    assert ranks([5.0, 2.0, 5.0, 9.0]) == [2.5, 1.0, 2.5, 4.0]


@pytest.mark.parametrize(
    ("rule", "step"),
    [("target-entropy", 300), ("neighbourhood-density", 200), ("agreement", 200), ("last", 300)],
)
def test_each_rule_takes_its_best_whatever_the_oracle_says(rule: str, step: int) -> None:
    relabelled = [record | {"oracle": {"accuracy": 100.0 - record["oracle"]["accuracy"]}} for record in RUN]

    assert select(RUN, rule)["evaluated_step"] == select(relabelled, rule)["evaluated_step"] == step


def test_agreement_is_the_mean_rank_and_knows_no_scale() -> None:
    stretched = [
        record | {"scores": record["scores"] | {"target-entropy": score}}
        for record, score in zip(RUN, (-9e9, -8.0, 0.0), strict=True)
    ]

    assert agreement(RUN) == agreement(stretched) == [1.0, 8 / 3, 7 / 3]


def test_of_two_equal_evaluations_the_later_is_taken() -> None:
    twice = [evaluation(100, 50.0, 1.0, 1.0, 1.0), evaluation(200, 50.0, 1.0, 1.0, 1.0)]

    assert select(twice, "agreement") is select(twice, "target-entropy") is twice[1]
    assert contenders(twice, "agreement") == [twice[1]]


def test_what_agreement_chooses_at_the_end_was_always_kept() -> None:
    generator = np.random.default_rng(0)
    for _ in range(50):
        run = [evaluation(step, 0.0, *generator.integers(0, 6, 3).tolist()) for step in range(12)]
        chosen = select(run, "agreement")
        for seen in range(chosen["evaluated_step"] + 1, len(run) + 1):
            assert chosen in contenders(run[:seen], "agreement")


def test_the_report_says_what_each_choice_cost_against_the_oracle() -> None:
    report = selection_report(RUN)

    assert report["oracle"] == {"step": 200, "accuracy": 70.0}
    assert report["choices"]["target-entropy"] == {"step": 300, "accuracy": 60.0, "cost": 10.0, "rank_correlation": 0.5}
    assert report["choices"]["agreement"] == {"step": 200, "accuracy": 70.0, "cost": 0.0, "rank_correlation": 1.0}
    assert report["score_correlation"] == pytest.approx((0.5 + 0.5 + 1.0) / 3, abs=1e-3)


def test_one_evaluation_has_no_ranks_to_compare() -> None:
    report = selection_report(RUN[:1])

    assert report["score_correlation"] is None
    assert report["choices"]["last"] == {"step": 100, "accuracy": 40.0, "cost": 0.0, "rank_correlation": None}


def test_the_table_marks_the_runs_own_rule_and_names_the_oracle() -> None:
    table = selection_table(selection_report(RUN), "target-entropy").splitlines()

    assert "| **target-entropy** | 300 | 60.0 % | 10.0 | 0.50 |" in table
    assert "| oracle, by target labels | 200 | 70.0 % | 0.0 | |" in table
    assert table[-1] == "Mean rank correlation of the scores over 3 evaluations: 0.67."
