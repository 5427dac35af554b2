import pytest

from isra_model.methods import create_method, method_names


def test_every_file_is_a_method_and_the_plug_in_is_not() -> None:
    assert {"source-only", "ba3us"} <= set(method_names())
    assert "isra" not in method_names()


def test_an_unknown_method_or_setting_is_named() -> None:
    with pytest.raises(ValueError, match="choose one of .*ba3us"):
        create_method("dann", 4, 3, {})
    with pytest.raises(ValueError, match="colour"):
        create_method("ba3us", 4, 3, {"colour": 1.0})
    with pytest.raises(ValueError, match=r"`features` is '8': give a whole number"):
        create_method("ba3us", "8", 3, {})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"`classes` is 0: give 1 or more"):
        create_method("ba3us", 8, 0, {})
    with pytest.raises(ValueError, match=r"`settings` is a list: give a dictionary"):
        create_method("ba3us", 8, 3, [1.0])  # type: ignore[arg-type]
