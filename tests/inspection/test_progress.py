"""A long job says how long it will take."""

from isra_model.inspection.progress import Progress


def test_the_time_left_is_that_of_the_steps_so_far() -> None:
    lines: list[str] = []
    times = iter([0.0, 100.0, 160.0])
    progress = Progress(3, lines.append, lambda: next(times))
    for what in ("look", "fit", "fit again"):
        progress.begin(what)
    assert lines == ["[1/3] look", "[2/3] fit, about 3 min left", "[3/3] fit again, about 80 s left"]
