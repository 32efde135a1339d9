"""Layers as JSON: every float as it was, every key known."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import random_array

from graphnet import Layer, TSContinuous, TSEvent
from graphnet.errors import UnknownName
from layers import LIF, Linear, PassThrough, Rate

floats = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(1e-9, 1e9)


class Scaled(Layer):
    def __init__(self, weights, scale=1.0, **more):
        super().__init__(weights, **more)
        self.scale = scale

    def evolve(self, ts_input=None, duration=None, num_timesteps=None):
        raise NotImplementedError

    def to_dict(self):
        return {**super().to_dict(), "scale": self.scale}


class Closed(Scaled):
    def __init__(self, weights, scale=1.0):
        super().__init__(weights, scale)


@given(weights=st.lists(floats, min_size=1, max_size=9), scale=floats, dt=positive, noise=positive)
def test_a_plain_layer_comes_back_bit_for_bit(tmp_path_factory, weights, scale, dt, noise):
    path = tmp_path_factory.mktemp("json") / "layer.json"
    layer = Scaled(weights, scale, dt=dt, noise_std=noise, name="ünïcode")
    layer.save_layer(path)
    for again in (Scaled.load_from_file(path), Layer.load_from_file(str(path)), Scaled.load_from_dict(layer.to_dict())):
        assert type(again) is Scaled
        assert again.weights.tobytes() == layer.weights.tobytes()
        assert again.to_dict() == layer.to_dict()


@given(weights=st.lists(st.lists(floats, min_size=3, max_size=3), min_size=1, max_size=4), tau=positive, x0=floats)
def test_an_array_layer_comes_back_bit_for_bit(tmp_path_factory, weights, tau, x0):
    path = tmp_path_factory.mktemp("json") / "layer.json"
    layer = Rate(weights, tau=[tau, 2 * tau, 0.1], x0=x0, seed=7, method="exact", dt=tau)
    layer.save_layer(path)
    again = Layer.load_from_file(path)
    assert type(again) is Rate
    assert again.to_dict() == layer.to_dict()
    for name in ("weights", "tau", "x0"):
        assert np.asarray(again.value(name)).tobytes() == np.asarray(layer.value(name)).tobytes()


def test_every_form_of_weights_comes_back_in_its_form(tmp_path):
    sparse = random_array((5, 4), density=0.4, format="csr", rng=np.random.default_rng(1))
    spec = {"init": "normal", "shape": [5, 4], "scale": 0.5, "seed": 1}
    for weights in (np.arange(20.0).reshape(5, 4) / 7, np.arange(4.0) / 7, 0.1, sparse, spec):
        layer = Linear(weights, input_type=TSEvent)
        layer.save_layer(tmp_path / "w.json")
        again = Linear.load_from_file(tmp_path / "w.json")
        assert type(again.value("weights")) is type(layer.value("weights"))
        assert again.weights.tobytes() == layer.weights.tobytes()
        assert again.input_type is TSEvent
    written = json.loads((tmp_path / "w.json").read_text())
    assert written["weights"] == spec  # where it came from, not twenty numbers


def test_a_replaced_array_is_written_as_it_is_now():
    layer = Linear({"init": "constant", "shape": [1, 2], "value": 3})
    layer.weights = [[1.0, 2.0]]
    assert layer.to_dict()["weights"] == [[1.0, 2.0]]


def test_keyword_arguments_replace_what_was_stored(tmp_path):
    path = tmp_path / "layer.json"
    Scaled([1.0], 2.0, name="a").save_layer(path)
    again = Scaled.load_from_file(path, scale=3.0, name="b")
    assert (again.scale, again.name) == (3.0, "b")
    layer = LIF.load_from_dict(LIF(np.eye(2)).to_dict(), tau_mem=0.5)
    assert layer.tau_mem == 0.5


def test_unknown_keys_are_all_named_with_what_was_meant():
    config = {**Closed([1.0]).to_dict(), "scal": 2.0, "colour": "red"}
    with pytest.raises(TypeError) as caught:
        Closed.load_from_dict(config)
    for part in ("'scal'; did you mean 'scale'?", "'colour'", "'dt'"):
        assert part in str(caught.value)
    with pytest.raises(TypeError, match="Scaled takes no further arguments, got colour"):
        Scaled.load_from_dict({"weights": [1.0], "colour": "red"})
    with pytest.raises(TypeError, match=r"LIF has no parameter 'tau_men'; did you mean 'tau_mem'\?"):
        LIF.load_from_dict({"weights": [1.0], "tau_men": 1.0})


def test_a_missing_key_is_named():
    for cls in (Scaled, Closed, Linear):
        with pytest.raises(TypeError, match=f"{cls.__name__} needs 'weights'"):
            cls.load_from_dict({})


def test_a_type_error_of_the_constructor_itself_is_not_hidden():
    class Strange(Scaled, register=False):
        def __init__(self, weights):
            raise TypeError("argument of mine")

    with pytest.raises(TypeError, match=r"^argument of mine$"):
        Strange.load_from_dict({"weights": 1})


def test_the_class_must_be_one_that_fits():
    with pytest.raises(UnknownName, match="did you mean 'Linear'"):
        Layer.load_from_dict({"class_name": "Linera", "weights": [1.0]})
    with pytest.raises(ValueError, match="the config is of a PassThrough, not of a Linear"):
        Linear.load_from_dict(PassThrough(2).to_dict())
    with pytest.raises(ValueError, match="Layer is abstract"):
        Layer.load_from_dict({"weights": [1.0]})


@pytest.mark.parametrize("content", ["[1, 2]", "{", "\udcff"])
def test_a_file_that_holds_no_layer_is_named(tmp_path, content):
    path = tmp_path / "odd.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match=r"odd\.json"):
        Layer.load_from_file(path)
    with pytest.raises(OSError, match=r"missing\.json"):
        Layer.load_from_file(tmp_path / "missing.json")


def test_save_takes_arrays_and_refuses_what_json_cannot_hold(tmp_path):
    path = tmp_path / "config.json"
    layer = Scaled([1.0])
    layer.save({"a": np.float32(0.1), "b": np.arange(2), "c": [np.nan, np.inf, -0.0]}, path)
    read = json.loads(path.read_text())
    assert np.float32(read["a"]) == np.float32(0.1)
    assert read["b"] == [0, 1]
    assert np.isnan(read["c"][0])
    before = path.read_bytes()
    with pytest.raises(TypeError, match="cannot write a TSContinuous"):
        layer.save({"series": TSContinuous()}, path)
    assert path.read_bytes() == before  # nothing half written
