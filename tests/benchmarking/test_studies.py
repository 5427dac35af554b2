from isra_model.benchmarking.studies import (
    BARE,
    SPARSE_CODE,
    WHOLE,
    Variant,
    contrasts,
    outcomes,
    study_table,
    study_variants,
    variant_runs,
)
from isra_model.checkpoints import FailedRun
from isra_model.checkpoints.results import run_fields, run_key
from tests.benchmarking.made_up import made_up_record

TASKS = [("solid", "line"), ("line", "solid")]


def variant(name: str, variants: list[Variant]) -> Variant:
    return next(variant for variant in variants if variant.name == name)


def test_every_variant_differs_from_the_whole_in_what_its_name_says_and_in_nothing_else() -> None:
    variants = study_variants("ablations", "office-icons", "features", TASKS, seeds=2)
    whole, ramped = variant(WHOLE, variants), variant("β ramped", variants)

    assert len(whole.configs) == 4
    assert len({run_key(config) for variant in variants for config in variant.configs}) == 4 * len(variants)
    first, other = whole.configs[0].as_dict(), ramped.configs[0].as_dict()
    assert {name for name in first if first[name] != other[name]} == {"isra"}
    assert {name for name in first["isra"] if first["isra"][name] != other["isra"][name]} == {"beta_ramp"}


def test_the_preset_is_one_point_of_each_curve() -> None:
    whole = variant(WHOLE, study_variants("ablations", "office-icons", "features", TASKS, seeds=1))
    curves = study_variants("sensitivity", "office-icons", "features", TASKS, seeds=1)

    for name in ("alpha = 1", "beta = 1", "topics = 64"):
        assert variant(name, curves).configs == whole.configs


def test_a_gain_is_over_the_bare_method_on_the_same_task_and_seed() -> None:
    variants = study_variants("ablations", "office-icons", "features", TASKS, seeds=1)
    bare, whole = variant(BARE, variants), variant(WHOLE, variants)
    measured = {"alignment": 0.5, "feature_norm": 6.0, "receptor_r2": [0.1, 0.9, 0.8], "dead_topics": 0.25}
    records = [
        made_up_record(config=bare.configs[0], accuracy=50.0, metrics={"feature_norm": 8.0}),
        made_up_record(config=bare.configs[1], accuracy=30.0, metrics={"feature_norm": 12.0}),
        made_up_record(config=whole.configs[0], accuracy=53.0, metrics=measured),
        made_up_record(config=whole.configs[1], accuracy=31.0, metrics=measured),
    ]

    (with_isra,) = outcomes(variant_runs([bare, whole], records))

    assert (with_isra.alignment, with_isra.receptor_r2) == (0.5, 0.8)
    assert study_table([with_isra]).splitlines()[2] == (
        "| BA3US + ISRA | 2 | +2.0 (+1.0 to +3.0) | +2.0 (+1.0 to +3.0) | 500.00 | 62% | 0.80 | 25% |"
    )


def test_a_run_without_its_bare_partner_is_not_compared() -> None:
    variants = study_variants("ablations", "office-icons", "features", TASKS, seeds=1)
    whole = variant(WHOLE, variants)

    assert outcomes(variant_runs(variants, [made_up_record(config=whole.configs[0])])) == []


def test_a_variant_whose_runs_all_failed_says_so() -> None:
    variants = study_variants("ablations", "office-icons", "features", TASKS, seeds=1)
    bare, summed = variant(BARE, variants), variant("masks summed, not averaged", variants)
    failed = [
        FailedRun(**run_fields(config), commit="abc1234", device="CPU", seconds=1.0, reason="diverged")
        for config in summed.configs
    ]

    recorded = [made_up_record(config=bare.configs[0]), *failed]
    table = study_table(outcomes(variant_runs([bare, summed], recorded)))

    assert table.splitlines()[2] == "| masks summed, not averaged | 0, 2 failed | – | – | – | – | – | – |"


def test_variants_are_tested_against_one_another_over_pairs_of_one_task_and_seed() -> None:
    variants = study_variants("ablations", "office-icons", "features", TASKS, seeds=1)
    accuracy = {BARE: (50.0, 30.0), WHOLE: (51.0, 29.0), SPARSE_CODE: (54.0, 34.0)}
    records = [
        made_up_record(config=config, accuracy=value)
        for name, values in accuracy.items()
        for config, value in zip(variant(name, variants).configs, values, strict=True)
    ]

    gains = contrasts(variant_runs(variants, records))

    assert [(gain.model, gain.against, gain.mean, gain.pairs) for gain in gains] == [
        (SPARSE_CODE, BARE, 4.0, 2),
        (SPARSE_CODE, WHOLE, 4.0, 2),
    ]
