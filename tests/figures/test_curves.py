"""The figure of learning curves."""

from isra_model.figures.curves import LearningCurve, learning_curves_figure


def test_each_task_has_a_panel_and_each_model_one_colour_and_one_entry_in_the_legend() -> None:
    figure = learning_curves_figure(
        [
            LearningCurve("solid → line", "BA3US", [100, 200], [50.0, 60.0]),
            LearningCurve("solid → line", "Source-only", [100, 200], [40.0, 41.0]),
            LearningCurve("line → solid", "BA3US", [300], [70.0]),
        ]
    )

    assert [annotation.text for annotation in figure.layout.annotations] == ["solid<br>→ line", "line<br>→ solid"]
    assert [trace.xaxis for trace in figure.data] == ["x", "x", "x2"]
    assert [(trace.name, trace.showlegend) for trace in figure.data] == [
        ("BA3US", True),
        ("Source-only", True),
        ("BA3US", False),
    ]
    colours = [trace.line.color for trace in figure.data]
    assert colours[0] == colours[2] != colours[1]
    assert list(figure.data[0].y) == [50.0, 60.0]
