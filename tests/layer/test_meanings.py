"""What a parameter means and holds is said once, in the class body, and read from there by whoever shows it."""

from collections.abc import Sequence
from typing import Annotated

import annotated_types as at
import pytest

from graphnet import ArrayLayer, ParameterError, ParameterTypeError, PerUnit, Positive, Seconds, Size, positional
from graphnet.layer.meanings import meanings, stated


class Described(ArrayLayer, register=False):
    """A layer. The ``gain`` is applied last. ``gain`` is named twice. Shapes: many ``taps``.

    ``tau`` is said here too, and ``size=3`` is a usual size.

    >>> "``rows`` stand in an example"
    '``rows`` stand in an example'
    """

    size: Size = positional()
    tau: PerUnit[Positive[Seconds]] = 0.02
    """How long it
    remembers."""
    gain: float = 1.0
    taps: Sequence[float] = ()
    rows: Sequence[tuple[int, int]] = ()
    mixed: tuple[int, str] = (1, "a")
    corners: tuple[float, float, float] = (0.0, 0.0, 0.0)
    share: Annotated[PerUnit[float], at.Ge(0), at.Lt(1)] = 0.5

    def initial(self):
        """Not a field."""
        return {}

    def advance(self, state, block, span):
        return state, block


class Narrower(Described, register=False):
    """The ``gain`` is another."""

    tau: PerUnit[Positive[Seconds]] = 0.05


def test_a_text_below_a_field_is_its_meaning_and_else_what_the_docstring_says_of_it():
    said = meanings(Described)
    assert said["tau"] == "How long it remembers."
    assert said["gain"] == "``gain`` is named twice."
    assert said["size"] == "``tau`` is said here too, and ``size=3`` is a usual size."
    assert said["dt"] == "The time step."
    assert stated(Described).keys() == {"tau", "dt", "noise_std", "name", "dtype", "seed"}
    assert "rows" not in said and "taps" not in said


def test_a_subclass_inherits_meanings_and_says_its_own():
    said = meanings(Narrower)
    assert said["tau"] == "How long it remembers."
    assert said["gain"] == "The ``gain`` is another."


def test_a_class_without_source_says_what_its_docstring_says():
    space = {"ArrayLayer": ArrayLayer, "__name__": __name__}
    exec("class Made(ArrayLayer, register=False):\n    'It has a ``gain``.'\n    gain: float = 1.0", space)
    made = space["Made"]
    assert isinstance(made, type) and issubclass(made, ArrayLayer)
    assert meanings(made)["gain"] == "It has a ``gain``."


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("taps", "sequence of numbers"),
        ("rows", "sequence of pairs of whole numbers"),
        ("mixed", "sequence of whole number, text"),
        ("corners", "three numbers"),
    ],
)
def test_a_sequence_is_told_by_what_it_holds(name, words):
    assert Described.parameters()[name].shape == words


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"taps": 3.0}, "taps should be a sequence, got 3.0"),
        ({"taps": (1.0, "a")}, "taps[1] should be a number, got 'a'"),
        ({"rows": ((1, 2), (3,))}, "rows[1][1]: a value is missing, got (3,)"),
        ({"rows": ((1, 2, 3),)}, "rows[0] should have at most 2 values, got (1, 2, 3)"),
        ({"corners": 1}, "corners should be a sequence, got 1"),
    ],
)
def test_a_wrong_sequence_is_told_in_our_words_and_with_the_place(given, said):
    with pytest.raises(ParameterError) as caught:
        Described(3, **given)
    assert str(caught.value) == f"Described: {said}"
    assert isinstance(caught.value, ParameterTypeError) == ("rows" not in given)


def test_the_schema_has_bounds_and_units_also_of_parameters_per_unit():
    found = Described.model().model_json_schema()["properties"]
    assert found["tau"]["unit"] == "s"
    number, many = found["tau"]["anyOf"][:2]
    assert number == {"type": "number", "exclusiveMinimum": 0}
    assert many == {"type": "array", "items": number}
    assert found["share"]["anyOf"][0] == {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
    assert found["share"]["default"] == 0.5
