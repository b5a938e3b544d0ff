"""Every designed error reads well, survives pickling and says what to do."""

import importlib
import pickle
import pkgutil

import pytest

import pipl.errors
import pipl_pipe.errors
from pipl.errors.index import VersionTaken
from pipl.errors.usage import ManyPackls, NoProject
from pipl_pipe.errors import DesignedError

for module in pkgutil.iter_modules(pipl.errors.__path__):
    importlib.import_module(f"pipl.errors.{module.name}")


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
        is_framework = error.__module__ == "pipl_pipe.errors"
        module = pipl_pipe.errors if is_framework else pipl.errors
        assert error.__name__ in (module.__doc__ or "")


def test_codes_are_unique() -> None:
    codes = [error.code for error in LEAVES]
    assert sorted(codes) == sorted(set(codes))


def test_wrong_arguments_are_a_bug_at_once() -> None:
    with pytest.raises(TypeError, match="index, project, version"):
        VersionTaken("root/PROJ", "hero")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        NoProject("a", "b")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        NoProject(folder="a")  # type: ignore[call-arg]


def test_defaults_of_fields() -> None:
    assert pipl_pipe.errors.AssetMissing("sha256:1", "store").asset == "of unknown name"


def test_several_values_are_joined_for_people() -> None:
    assert "a; b" in str(ManyPackls("p", ("a", "b")))
