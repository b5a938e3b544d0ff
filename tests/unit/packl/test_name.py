import pytest

from pipl.errors.usage import InvalidName
from pipl.packl.name import check_package_name, distribution_name


@pytest.mark.parametrize("name", ["hero_model", "Sh010", "a"])
def test_importable_names_pass(name: str) -> None:
    assert check_package_name(name) == name


@pytest.mark.parametrize("name", ["", "1hero", "hero-model", "class", "../x", "pipl_pipe", "a b"])
def test_others_are_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        check_package_name(name)


def test_the_name_on_the_index_is_normalised() -> None:
    assert distribution_name("Hero__Model") == "hero-model"
