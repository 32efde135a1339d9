"""Declared parameters: one line in a class body, checked once, fixed afterwards."""

import re
from typing import Annotated, Literal

import annotated_types as at
import numpy as np
import pytest

from graphnet import (
    ArrayLayer,
    GraphnetError,
    NonNegative,
    ParameterError,
    ParameterTypeError,
    PerUnit,
    Positive,
    Seconds,
    SeriesType,
    Size,
    TSContinuous,
    TSEvent,
    Weights,
    positional,
)
from layers import Linear


class Base(ArrayLayer, register=False):
    def initial(self):
        return {"v": np.zeros(self.size)}

    def advance(self, state, block, span):
        return state, span.empty((span.steps, self.size_out))


class Rich(Base, register=False):
    size: Size = positional()
    tau: PerUnit[Positive[Seconds]] = 0.02
    gain: float = 1.0
    order: Annotated[int, at.Ge(1), at.Le(4)] = 2
    mode: Literal["to", "subtract"] = "to"
    clip: bool = False
    offset: PerUnit[float] | None = None
    input_type: SeriesType = TSContinuous

    def prepare(self):
        self.must(self.gain != 13, "gain", "must not be 13")
        self.must(np.sum(self.tau) < 1000, "tau", "must be below 1000 s in sum")


def test_parameters_come_positional_first_common_last():
    assert list(Rich.parameters()) == [
        *("size", "tau", "gain", "order", "mode", "clip", "offset", "input_type"),
        *("dt", "noise_std", "name", "dtype", "seed"),
    ]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"size": 0}, "size"),
        ({"size": 2.0}, "size"),
        ({"size": True}, "size"),
        ({"size": "3"}, "size"),
        ({"tau": 0.0}, "tau"),
        ({"tau": [0.1, -0.1, 0.1]}, "tau"),
        ({"tau": [0.1, 0.1]}, "tau"),
        ({"tau": np.nan}, "tau"),
        ({"tau": "fast"}, "tau"),
        ({"tau": [[0.1] * 3]}, "tau"),
        ({"tau": None}, "tau"),
        ({"tau": True}, "tau"),
        ({"gain": np.inf}, "gain"),
        ({"gain": "1"}, "gain"),
        ({"gain": True}, "gain"),
        ({"gain": np.bool_(True)}, "gain"),
        ({"gain": [1.0]}, "gain"),
        ({"gain": 13}, "gain"),
        ({"order": 5}, "order"),
        ({"order": 0}, "order"),
        ({"mode": "ot"}, "mode"),
        ({"clip": 1}, "clip"),
        ({"offset": [1.0]}, "offset"),
        ({"input_type": "TSBoth"}, "input_type"),
        ({"input_type": int}, "input_type"),
        ({"dt": 0.0}, "dt"),
        ({"dt": None}, "dt"),
        ({"noise_std": -1.0}, "noise_std"),
        ({"dtype": "float16"}, "dtype"),
        ({"seed": 1.5}, "seed"),
        ({"name": 3}, "name"),
    ],
)
def test_a_wrong_value_is_refused_with_class_and_parameter(given, name):
    with pytest.raises(ParameterError) as caught:
        Rich(**{"size": 3, **given})
    assert re.match(rf"Rich: {name}:? ", str(caught.value))
    assert caught.value.parameter == name
    assert "\n  " not in caught.value.message
    assert "pydantic" not in str(caught.value)


def test_the_wrong_type_is_a_type_error_and_the_wrong_value_a_value_error():
    with pytest.raises(TypeError):
        Rich(3, gain="1")
    with pytest.raises(ValueError, match="greater than 0") as caught:
        Rich(3, tau=-1)
    assert not isinstance(caught.value, TypeError)


def test_everything_wrong_is_said_at_once():
    with pytest.raises(ParameterError) as caught:
        Rich(0, tau=-1.0, gain="x", dt=-1.0)
    lines = str(caught.value).splitlines()
    assert [line.split()[1] for line in lines] == ["size", "tau", "gain", "dt"]
    assert "(in s)" in lines[3]


def test_wrong_arguments_are_said_at_once():
    with pytest.raises(ParameterTypeError) as caught:
        Rich(3, 4, taw=1, size=5, colour=2)
    text = str(caught.value)
    for part in (
        "takes 1 arguments by position (size), got 2",
        "has no parameter 'taw'; did you mean 'tau'?",
        "has no parameter 'colour'; it has: size",
        "got 'size' twice",
    ):
        assert f"Rich {part}" in text
    with pytest.raises(ParameterTypeError, match="Rich needs 'size' \\(whole number\\)"):
        Rich()


def test_numpy_scalars_are_let_in_as_python_values():
    layer = Rich(
        np.int16(3), gain=np.float32(0.5), tau=np.array(0.5), order=np.uint8(3), clip=np.bool_(True), dt=np.array(0.25)
    )
    assert (layer.size, layer.gain, layer.tau, layer.order, layer.clip, layer.dt) == (3, 0.5, 0.5, 3, True, 0.25)
    assert [type(one) for one in (layer.size, layer.gain, layer.clip, layer.dt)] == [int, float, bool, float]
    assert Rich(3, noise_std=None).noise_std == 0.0


def test_parameters_are_fixed_but_for_arrays():
    layer = Rich(3)
    for name, value in {"gain": 2.0, "order": 1, "mode": "to", "seed": 1, "dtype": "float32"}.items():
        with pytest.raises(ParameterError, match=f"{name} is fixed once the layer is built"):
            setattr(layer, name, value)
    for name in ("size", "dt", "input_type"):
        with pytest.raises(AttributeError):
            setattr(layer, name, getattr(layer, name))


def test_arrays_are_owned_and_read_only():
    mine = np.full(3, 0.5)
    layer = Rich(3, tau=mine)
    mine[:] = 9
    assert layer.tau.tolist() == [0.5] * 3
    with pytest.raises(ValueError, match="read-only"):
        layer.tau[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        Linear(np.eye(2)).weights[0, 0] = 1


def test_an_array_is_replaced_by_one_that_fits_or_nothing_changes():
    layer = Rich(3, tau=0.5)
    layer.tau = [1.0, 2.0, 3.0]
    assert layer.tau.tolist() == [1, 2, 3]
    for wrong in (-1.0, [1.0, 2.0], [[1.0] * 3], "x", [np.nan] * 3, [999.0] * 3, None):
        with pytest.raises(ParameterError, match="tau"):
            layer.tau = wrong
        assert layer.tau.tolist() == [1, 2, 3]
    layer.tau = 0.25
    assert layer.tau == 0.25


def test_noise_is_replaced_by_what_the_layer_can_do_or_nothing_changes():
    layer = Linear(np.eye(2))
    with pytest.raises(ParameterError, match="noise_std must be 0"):
        layer.noise_std = 1.0
    assert layer.noise_std == layer.value("noise_std") == 0.0
    other = Rich(3)
    other.noise_std = 0.5
    assert other.to_dict()["noise_std"] == 0.5
    other.noise_std = None
    assert other.noise_std == 0.0


# ---------------------------------------------------------------- inheritance


class Slow(Rich, register=False):
    tau: PerUnit[Positive[Seconds]] = 2.0
    extra: NonNegative[float] = 0.5


class Slower(Slow, register=False):
    extra: NonNegative[float] = positional(default=0.75)


def test_a_subclass_adds_parameters_and_overrides_defaults():
    assert Rich(1).tau == 0.02
    assert (Slow(1).tau, Slow(1).extra, Slow(1, gain=3.0).gain) == (2.0, 0.5, 3.0)
    assert (Slower(1).tau, Slower(1, 0.25).extra, Slower(1).extra) == (2.0, 0.25, 0.75)
    assert list(Slower.parameters())[:2] == ["size", "extra"]
    with pytest.raises(ParameterError, match="Slower: extra should be greater than or equal to 0"):
        Slower(1, extra=-1.0)


def test_fields_of_two_parents_meet():
    class Left(Base, register=False):
        size: Size = positional()

    class Right(Base, register=False):
        gain: float = 2.0

    class Both(Left, Right, register=False):
        pass

    assert Both(3).gain == 2.0
    assert Both(3, gain=4.0).gain == 4.0


def test_a_new_default_for_dt_is_one_of_the_class():
    class Coarse(Rich, register=False):
        dt: Positive[Seconds] = 0.5

    assert Coarse(1).dt == 0.5
    assert Coarse(1, dt=0.25).dt == 0.25
    assert Rich(1).dt == 1e-3


def test_a_default_without_its_annotation_is_refused_when_the_class_is_made():
    with pytest.raises(ParameterTypeError, match=r"tau = 3\.0 gives a parameter a new default without its type"):

        class Bare(Rich, register=False):
            tau = 3.0


@pytest.mark.parametrize("name", ["state", "t", "advance", "matrix", "parameters", "class_name"])
def test_a_field_cannot_take_the_name_of_something_every_layer_has(name):
    with pytest.raises(ParameterError, match=f"cannot be named {name!r}"):
        type("Odd", (Base,), {"__annotations__": {name: float}, "__module__": __name__}, register=False)


def test_an_abstract_layer_between_can_hold_parameters_and_cannot_be_built():
    class Middle(ArrayLayer, register=False):
        size: Size = positional()
        tau: Positive[Seconds] = 1.0

    class Bottom(Middle, register=False):
        def initial(self):
            return {}

        def advance(self, state, block, span):
            return state, block

    with pytest.raises(TypeError, match="abstract"):
        Middle(3)
    assert Bottom(3).tau == 1.0


# ---------------------------------------------------------------- sizes and kinds


def test_sizes_follow_from_weights_or_from_fields():
    class Sized(Base, register=False):
        size_in: Size = positional()
        size_out: Size = positional()

    class Weighted(Base, register=False):
        weights: Weights = positional()
        input_type: SeriesType = TSEvent

    sized, weighted = Sized(2, 5), Weighted(np.ones((2, 3)))
    assert (sized.size_in, sized.size, sized.size_out) == (2, 5, 5)
    assert np.array_equal(sized.weights, np.eye(2, 5))
    assert (weighted.size_in, weighted.size, weighted.size_out) == (2, 3, 3)
    assert weighted.input_type is TSEvent
    assert Weighted(1.0, input_type="TSContinuous").input_type is TSContinuous
    with pytest.raises(ParameterTypeError, match="must have a field weights or size"):
        Base()


def test_sparse_weights_are_copied_summed_and_checked():
    from scipy.sparse import coo_array, csr_matrix

    double = coo_array((np.array([1.0, 2.0, 4.0]), (np.array([1, 1, 0]), np.array([0, 0, 1]))), shape=(2, 2))
    layer = Linear(double)
    assert layer.weights.tolist() == [[0, 4], [3, 0]]
    assert double.nnz == 3
    with pytest.raises(ValueError, match="read-only"):
        layer.value("weights").data[0] = 7
    with pytest.raises(ParameterError, match="finite"):
        Linear(csr_matrix([[np.nan]]))
    with pytest.raises(ParameterError, match="sparse array of shape"):
        Linear(coo_array((0, 3)))


@pytest.mark.parametrize("weights", [np.zeros((0, 2)), np.zeros((2, 2, 2)), [[1], [1, 2]], "w", 1j, np.ma.ones(3), {}])
def test_weights_that_are_no_matrix_are_refused(weights):
    with pytest.raises(GraphnetError, match="Linear: weights"):
        Linear(weights)


# ---------------------------------------------------------------- annotations as text


TEXT = """
from __future__ import annotations
from graphnet import ArrayLayer, Size, Positive, Seconds, positional

class Plain(ArrayLayer, register=False):
    size: Size = positional()
    tau: Positive[Seconds] = 0.5

    def initial(self): return {}
    def advance(self, state, block, span): return state, block

class Child(Plain, register=False):
    tau: Positive[Seconds] = 0.75

def local():
    Alias = Positive[Seconds]

    class Local(ArrayLayer, register=False):
        size: Size = positional()
        tau: Alias = 0.5

        def initial(self): return {}
        def advance(self, state, block, span): return state, block

    return Local
"""


def test_annotations_as_text_are_read_where_the_class_stands():
    place = {"__name__": "somewhere_else"}
    exec(TEXT, place)  # as a doctest or a notebook does: the module's own globals do not have these names
    assert place["Plain"](3).tau == 0.5
    assert Positive[Seconds] == place["Plain"].parameters()["tau"].annotation


def test_a_name_that_only_a_function_knows_is_an_error_that_says_so():
    place = {"__name__": "somewhere_else"}
    exec(TEXT, place)
    with pytest.raises(ParameterTypeError, match=r"Local: a field's type names 'Alias'") as caught:
        place["local"]()(3)
    assert "at the top of the module" in caught.value.hint


def test_classes_in_functions_work_without_text():
    class Here(Base, register=False):
        size: Size = positional()
        tau: Positive[Seconds] = 0.5

    assert Here(2, tau=1).tau == 1
