"""Every designed error reads well, survives pickling and says what to do."""

import dataclasses
import pickle

import pytest

import pipl.errors
import pipl_pipe.errors
from pipl_pipe.errors import DesignedError


def leaves(root: type[DesignedError]) -> list[type[DesignedError]]:
    found = [leaf for child in root.__subclasses__() for leaf in leaves(child)]
    return found or [root]


LEAVES = leaves(DesignedError)


def example(error: type[DesignedError]) -> DesignedError:
    values = {
        field.name: ("one", "two") if str(field.type).lower().startswith("tuple") else 7
        for field in dataclasses.fields(error)
    }
    return error(**values)


@pytest.mark.parametrize("error", LEAVES, ids=lambda error: error.__name__)
class TestEveryError:
    def test_its_message_and_advice_hold_only_its_own_values(
        self, error: type[DesignedError]
    ) -> None:
        assert str(example(error))
        assert example(error).advice

    def test_it_survives_pickling(self, error: type[DesignedError]) -> None:
        fault = example(error)
        again = pickle.loads(pickle.dumps(fault))
        assert (type(again), again.fields) == (error, fault.fields)

    def test_it_is_drawn_in_the_tree(self, error: type[DesignedError]) -> None:
        module = pipl.errors if error.__module__ == "pipl.errors" else pipl_pipe.errors
        assert error.__name__ in (module.__doc__ or "")


def test_codes_are_unique() -> None:
    codes = [error.code for error in LEAVES]
    assert sorted(codes) == sorted(set(codes))


def test_several_values_are_joined_for_people() -> None:
    assert "a; b" in str(pipl.errors.ManyPackls("p", ("a", "b")))
