"""Errors: what every one of them keeps, wherever it is sent."""

import copy
import inspect
import pickle

import pytest

from graphnet import errors
from graphnet.errors import (
    DocumentError,
    EdgeError,
    GraphnetError,
    NetworkErrors,
    Problem,
    UnknownName,
    near,
    raise_all,
)

CLASSES = sorted(
    {one for one in vars(errors).values() if inspect.isclass(one) and issubclass(one, GraphnetError)},
    key=lambda one: one.__name__,
)
VALUES = {
    "message": "what is wrong",
    "hint": "what to write",
    "kind": "layer",
    "name": "cortx",
    "known": ["cortex"],
    "where": "an edge",
    "cycle": ("a", "b"),
    "problems": (Problem("bad", 3, "net.yaml", EdgeError("no", pre="a", post="b")),),
    "errors": (EdgeError("one", pre="a", post="b"), UnknownName("layer", "x", ())),
    "layer": "lif",
    "block": 3,
    "time": 0.5,
    "line": 4,
}


def filled(cls):
    """An error of a class with something in every argument."""
    given = {}
    for name, one in inspect.signature(cls).parameters.items():
        given[name] = VALUES.get(name, f"some {name}")
        assert one.kind is not one.VAR_KEYWORD
    return cls(**given)


def facts(error):
    """Everything an error says, errors within it too."""
    found = {"class": type(error), "text": str(error), "args": error.args}
    for name, value in vars(error).items():
        parts = value if isinstance(value, tuple) else (value,)
        found[name] = [facts(one) if isinstance(one, Exception) else repr(one) for one in parts]
    return found


@pytest.mark.parametrize("twin", [lambda one: pickle.loads(pickle.dumps(one)), copy.copy, copy.deepcopy])
@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_survives_the_way_to_another_process(cls, twin):
    error = filled(cls)
    other = twin(error)
    assert other is not error
    assert facts(other) == facts(error)
    with pytest.raises(cls):
        raise other


@pytest.mark.parametrize("cls", [one for one in CLASSES if one is not GraphnetError])
def test_every_error_is_also_one_that_a_caller_would_catch(cls):
    built_in = (ValueError, TypeError, RuntimeError, KeyError, IndexError, OSError, AssertionError, ArithmeticError)
    assert issubclass(cls, built_in)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_field_can_be_read_and_the_hint_ends_the_text(cls):
    error = filled(cls)
    assert error.message in str(error)
    if error.hint is not None:
        assert str(error).endswith(f"\n  hint: {error.hint}")
    fields = set(inspect.signature(cls).parameters) - {"kind", "known", "where"}
    assert fields <= set(vars(error))


def test_a_subclass_with_fields_of_its_own_survives_too():
    error = Peculiar(1, two=2)
    assert facts(pickle.loads(pickle.dumps(error))) == facts(error)


class Peculiar(GraphnetError, ValueError):
    def __init__(self, one, *, two):
        super().__init__(f"{one} and {two}")
        self.both = (one, two)


def test_a_note_travels_along():
    error = filled(EdgeError)
    error.add_note("while reading net.yaml")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["while reading net.yaml"]


# ---------------------------------------------------------------- texts


def test_an_unknown_name_offers_the_nearest_or_what_there_is():
    assert str(UnknownName("layer", "cortx", ["cortex", "drive"], where="edge 'cortx -> drive'")) == (
        "no layer named 'cortx' in edge 'cortx -> drive'; did you mean 'cortex'?"
    )
    assert str(UnknownName("layer", "x", ["cortex", "drive"])) == "no layer named 'x'; there are: cortex, drive"
    assert str(UnknownName("layer", "x", [])) == "no layer named 'x'; there are none yet"
    assert str(UnknownName("layer", "x", [f"name{i}" for i in range(9)])).endswith("name7, ...")


def test_near_is_near_enough_or_nothing():
    assert near("tau_men", ["tau_mem", "tau_syn"]) == "tau_mem"
    assert near("colour", ["tau_mem", "tau_syn"]) is None


def test_problems_begin_with_file_and_line():
    assert str(Problem("bad", 3, "net.yaml")) == "net.yaml:3: bad"
    assert str(Problem("bad", 0, "net.yaml")) == "net.yaml: bad"
    assert str(Problem("bad")) == "bad"
    assert str(DocumentError([Problem("a", 1, "f"), Problem("b", 2, "f")])) == "f:1: a\nf:2: b"


def test_one_error_is_raised_as_itself_and_several_together():
    first, second = EdgeError("one", pre="a", post="b"), EdgeError("two", pre="b", post="c")
    raise_all([])
    with pytest.raises(EdgeError) as alone:
        raise_all([first])
    assert alone.value is first
    with pytest.raises(NetworkErrors) as both:
        raise_all([first, second])
    assert both.value.errors == (first, second)
    assert "EdgeError: one\nEdgeError: two" in str(both.value)
