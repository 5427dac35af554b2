import numpy as np
import pytest
from scipy import stats

from isra_model.benchmarking.statistics import (
    average_ranks,
    bootstrap_interval,
    critical_difference,
    friedman,
    sign_flips,
    wilcoxon,
)

RANDOM = np.random.default_rng(0)


def test_six_gains_of_six_are_as_likely_as_one_in_thirty_two() -> None:
    assert wilcoxon([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == pytest.approx(2 / 2**6)
    assert sign_flips([[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]]) == pytest.approx(2 / 2**6)


def test_wilcoxon_is_scipys_where_no_two_differences_are_alike() -> None:
    differences = RANDOM.normal(0.4, 1.0, 36)

    assert wilcoxon(differences.tolist()) == pytest.approx(stats.wilcoxon(differences, method="exact").pvalue)


def test_wilcoxon_shares_ranks_among_ties_and_leaves_zeros_out() -> None:
    # Of the eight sign patterns of ranks 1.5, 1.5 and 3, one alone gives a sum of 6, one a sum of 0.
    assert wilcoxon([0.0, 1.0, 1.0, 2.0]) == pytest.approx(2 / 8)
    assert wilcoxon([0.0, 0.0]) == 1.0


def test_the_seeds_of_a_task_share_its_sign() -> None:
    assert sign_flips([[1.0, 1.0, 1.0]]) == 1.0
    assert sign_flips([[1.0, 1.0], [1.0, 1.0]]) == pytest.approx(0.5)


def test_many_blocks_are_sampled_to_about_the_exact_value() -> None:
    blocks = [[value] for value in RANDOM.normal(0.5, 1.0, 14)]

    sampled = sign_flips(blocks)

    test = stats.permutation_test((np.array(blocks)[:, 0],), np.mean, permutation_type="samples", n_resamples=99_999)
    assert sampled == pytest.approx(test.pvalue, abs=0.01)


def test_the_interval_holds_the_mean_and_narrows_with_agreement() -> None:
    low, high = bootstrap_interval([[1.0, 3.0], [2.0, 2.0], [0.0, 4.0]])
    assert (low, high) == pytest.approx((2.0, 2.0))

    low, high = bootstrap_interval([[-4.0], [8.0], [2.0]])
    assert low < 2.0 < high


def test_the_best_model_has_rank_one_and_ties_share() -> None:
    accuracy = np.array([[90.0, 80.0], [70.0, 80.0], [60.0, 10.0]])

    assert average_ranks(accuracy).tolist() == [1.25, 1.75, 3.0]


def test_friedman_is_scipys_ties_included() -> None:
    accuracy = RANDOM.integers(0, 8, (5, 12)).astype(float)

    assert friedman(accuracy) == pytest.approx(stats.friedmanchisquare(*accuracy).pvalue)
    assert friedman(np.ones((3, 4))) == 1.0


@pytest.mark.parametrize(("models", "quantile"), [(2, 1.960), (5, 2.728), (10, 3.164), (16, 3.426)])
def test_the_critical_difference_has_demsars_quantiles(models: int, quantile: float) -> None:
    assert critical_difference(models, tasks=models * (models + 1)) * np.sqrt(6) == pytest.approx(quantile, abs=1e-3)
