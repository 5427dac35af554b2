"""Figures of the studies: one panel a setting, and each class where its similarity and its gain put it."""

from isra_model.benchmarking.class_gains import ClassGain
from isra_model.benchmarking.results import gain_over_blocks
from isra_model.benchmarking.studies import Outcome
from isra_model.figures.studies import class_gain_figure, gains_figure, sensitivity_figure


def outcome(name: str, gain: float) -> Outcome:
    return Outcome(name, runs=2, gain=gain_over_blocks("ba3us-isra", "ba3us", [[gain - 1.5], [gain + 1.5]], seeds=1))


def class_gain(label: str, similarity: float, gain: float) -> ClassGain:
    return ClassGain("solid", "line", label, "bottle", similarity, gain, pairs=3)


def test_each_setting_has_a_curve_of_gains_over_its_values_with_intervals() -> None:
    figure = sensitivity_figure([outcome("alpha = 0", -1.0), outcome("alpha = 1", 2.0), outcome("topics = 16", 1.0)])

    assert [list(curve.x) for curve in figure.data] == [["0", "1"], ["16"]]
    assert [list(curve.y) for curve in figure.data] == [[-1.0, 2.0], [1.0]]
    assert figure.data[0].error_y.array == figure.data[0].error_y.arrayminus == (1.5, 1.5)


def test_a_comparison_stands_with_its_interval_above_the_papers() -> None:
    gain = gain_over_blocks("ba3us-isra", "ba3us", [[1.0], [3.0]], seeds=1)

    ours, papers = gains_figure([("BA3US", gain)], [("printed", gain)], printed=2.2).data

    assert (ours.x, ours.error_x.array, ours.error_x.arrayminus) == ((2.0,), (1.0,), (1.0,))
    assert ours.y > papers.y


def test_a_class_stands_at_its_similarity_and_gain_under_a_line_of_least_squares() -> None:
    figure = class_gain_figure([class_gain("mug", 0.2, 1.0), class_gain("bed", 0.6, 3.0)])

    classes, line = figure.data
    assert list(classes.x) == [0.2, 0.6]
    assert list(classes.text) == ["mug (like bottle)", "bed (like bottle)"]
    assert [round(value, 6) for value in line.y] == [1.0, 3.0]
