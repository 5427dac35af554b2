from isra_model.benchmarking.estimates import estimates_table
from isra_model.benchmarking.grid import Model, run_config
from isra_model.training.config import preset_for
from tests.benchmarking.made_up import made_up_record

SEEN = {"alignment": 0.001, "alignment_of_batches": 0.01, "alignment_class_weighted": 0.0005, "alignment_cosine": -0.25}


def test_what_batches_see_stands_beside_what_lies_between_the_domains() -> None:
    """A run recorded before this was measured is left out."""
    preset, task = preset_for("office-caltech"), ("amazon", "webcam")
    bare, isra, older = (
        run_config("office-caltech", preset, "features", Model("ba3us", isra), task, seed)
        for isra, seed in ((False, 0), (True, 0), (True, 1))
    )
    records = [
        made_up_record(config=bare, metrics={"feature_norm": 26.0}),
        made_up_record(config=isra, metrics={"feature_norm": 13.0, **SEEN}),
        made_up_record(config=older, metrics={"feature_norm": 1.0, "alignment": 1.0}),
    ]

    assert estimates_table(records).splitlines()[2:] == [
        "| ba3us | 1 | 26.0 | – | – | – | – | – |",
        "| ba3us-isra | 1 | 13.0 | 1.00 | 10.00 | 10% | 0.50 | -0.25 |",
    ]
