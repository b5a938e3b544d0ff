"""Every designed error reads well, survives pickling and says what to do."""

import pickle

import pytest

import pipl.errors
import pipl_pipe.errors
from pipl_pipe.errors import DesignedError


def designed(root: type[DesignedError]) -> list[type[DesignedError]]:
    """Leaves, and errors that others refine."""
    found = [one for child in root.__subclasses__() for one in designed(child)]
    return [root, *found] if not found or "says" in vars(root) else found


LEAVES = [error for error in designed(DesignedError) if error is not DesignedError]


def annotations(kind: type) -> dict[str, str]:
    return dict(getattr(kind, "__annotations__", {}))


def example(error: type[DesignedError]) -> DesignedError:
    kinds = {name: kind for one in error.__mro__ for name, kind in annotations(one).items()}
    values = {
        name: ("one", "two") if kinds[name].lower().startswith("tuple") else 7
        for name in error.field_names
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


def test_wrong_arguments_are_a_bug_at_once() -> None:
    with pytest.raises(TypeError, match="index, project, version"):
        pipl.errors.VersionTaken("root/PROJ", "hero")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        pipl.errors.NoProject("a", "b")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        pipl.errors.NoProject(folder="a")  # type: ignore[call-arg]


def test_defaults_of_fields() -> None:
    assert pipl_pipe.errors.AssetMissing("sha256:1", "store").asset == "of unknown name"


def test_several_values_are_joined_for_people() -> None:
    assert "a; b" in str(pipl.errors.ManyPackls("p", ("a", "b")))
