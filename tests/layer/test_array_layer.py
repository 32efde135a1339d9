"""ArrayLayer as a layer of its own and in a network: state, noise, copies, failures, memory."""

import copy
import pickle
import tracemalloc

import numpy as np
import pytest

from graphnet import (
    ArrayLayer,
    Events,
    GraphnetError,
    InputError,
    Network,
    ParameterError,
    Size,
    StateError,
    TSContinuous,
    TSEvent,
    positional,
)
from layers import LIF, ExpSyn, Linear, PassThrough, Rate


class Noisy(ArrayLayer, register=False):
    """v <- v + input + noise; ``mood`` makes it fail in several ways."""

    size: Size = positional()
    mood: str = "good"
    recordable = ("v",)

    def initial(self):
        return {"v": np.zeros(self.size), "count": np.zeros(1, dtype=np.int64)}

    def advance(self, state, block, span):
        if self.mood == "events":
            return state, Events(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))
        if self.mood == "nothing":
            return state, None
        noise = self.noise_std * span.normal(0, self.size)
        out = span.empty((span.steps, self.size))
        for k in range(span.steps):
            state["v"] += noise[k] + (0 if block is None else block[k])
            out[k] = state["v"]
        state["count"] += span.steps
        if self.mood == "late":
            raise RuntimeError("in the middle")
        return state, out[:, :1] if self.mood == "narrow" else out


TWINS = [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]


def ones(channels, steps=20, dt=1e-3):
    return TSContinuous.from_clocked(np.ones((steps, channels)), dt)


# ---------------------------------------------------------------- state


def test_state_shows_the_first_variable_or_the_one_the_class_names():
    class Second(Noisy, register=False):
        shows = "count"

    layer, other = Noisy(2), Second(2)
    for one in (layer, other):
        one.evolve(ones(2), num_timesteps=5)
    assert layer.state.tolist() == [5, 5]
    assert other.state.tolist() == [5]
    assert other.state.dtype == np.int64


def test_state_is_read_only_and_as_last_committed():
    layer = Noisy(2)
    with pytest.raises(ValueError, match="read-only"):
        layer.state[0] = 1
    before = layer.state
    layer.evolve(ones(2), num_timesteps=5)
    assert before.tolist() == [0, 0]  # what was shown is not written over


def test_a_layer_without_state_shows_zeros_and_takes_none():
    layer = Linear(np.ones((2, 3)))
    assert layer.state.tolist() == [0, 0, 0]
    with pytest.raises(StateError, match="has no state to set"):
        layer.state = np.ones(3)
    layer.randomize_state()
    layer.reset_all()
    assert layer.state.tolist() == [0, 0, 0]


def test_setting_the_state_leaves_the_other_variables():
    layer = Noisy(2)
    layer.evolve(ones(2), num_timesteps=5)
    layer.state = [1, 2]
    assert layer.state_now()["count"].tolist() == [5]
    layer.randomize_state()
    assert layer.state_now()["count"].tolist() == [5]
    assert layer.state.tolist() != [1, 2]


@pytest.mark.parametrize(
    ("mood", "text"),
    [
        ("late", "in the middle"),
        ("narrow", r"advance must return shape \(5, 2\), got shape \(5, 1\)"),
        ("events", "advance must return an array, got a Events"),
        ("nothing", "advance must return an array, got a NoneType"),
    ],
)
def test_an_evolve_that_fails_leaves_state_and_time_as_they_were(mood, text):
    layer = Noisy(2, mood=mood)
    layer.state = [1, 2]
    with pytest.raises((RuntimeError, InputError), match=text):
        layer.evolve(ones(2), num_timesteps=5)
    assert layer.state.tolist() == [1, 2]
    assert layer.state_now()["count"].tolist() == [0]
    assert layer.t == 0


def test_no_steps_change_nothing():
    layer = Noisy(2)
    out = layer.evolve(num_timesteps=0)
    assert out.samples.shape == (0, 2)
    assert layer.t == 0


def test_the_input_cannot_be_written_to():
    class Writes(Noisy, register=False):
        def advance(self, state, block, span):
            block[0] = 5
            return state, block

    series = ones(2)
    with pytest.raises(ValueError, match="read-only"):
        Writes(2).evolve(series)
    assert series.samples.min() == 1


# ---------------------------------------------------------------- noise


def drawn(layer, steps=50):
    return layer.evolve(num_timesteps=steps).samples


def test_a_seed_of_its_own_replaces_name_and_place():
    def alone(**more):
        return drawn(Noisy(3, noise_std=1.0, **more))

    def placed(name, seed=0):
        net = Network(seed=seed, name="net")
        net.add_layer(Noisy(3, noise_std=1.0), name=name)
        return net.evolve(num_timesteps=50, record=[name])[name].samples

    assert np.array_equal(alone(seed=5, name="a"), alone(seed=5, name="b"))
    assert not np.array_equal(alone(seed=5), alone(seed=6))
    assert not np.array_equal(alone(name="a"), alone(name="b"))
    assert np.array_equal(alone(name="a"), alone(name="a"))
    assert np.array_equal(placed("a", seed=5), placed("a", seed=5))
    assert not np.array_equal(placed("a"), placed("b"))
    assert not np.array_equal(placed("a", 0), placed("a", 1))


def test_a_seed_of_its_own_gives_the_same_noise_in_any_network():
    def placed(name, network_seed):
        net = Network(seed=network_seed)
        net.add_layer(Noisy(3, noise_std=1.0, seed=9), name=name)
        return net.evolve(num_timesteps=50, record=[name])[name].samples

    assert np.array_equal(placed("a", 0), placed("b", 1))


def test_reset_time_replays_the_noise():
    layer = Noisy(3, noise_std=1.0)
    first = drawn(layer)
    assert not np.array_equal(drawn(layer) - first[-1], first)
    layer.reset_all()
    assert np.array_equal(drawn(layer), first)


# ---------------------------------------------------------------- copies


@pytest.mark.parametrize("twin", TWINS, ids=["copy", "pickle"])
@pytest.mark.parametrize(
    "layer",
    [
        Noisy(3, noise_std=0.5, seed=3),
        LIF(np.eye(3), 0.1 * np.eye(3), noise_std=1.0, bias=1.5, seed=1),
        Rate(np.eye(3), tau=[0.1, 0.2, 0.3], noise_std=1.0),
    ],
    ids=["noisy", "lif", "rate"],
)
def test_a_copy_goes_on_as_the_original_would(layer, twin):
    layer = copy.deepcopy(layer)
    layer.evolve(ones(3), num_timesteps=7)
    other = twin(layer)
    assert other.t == layer.t == 0.007
    a, b = layer.evolve(num_timesteps=9), other.evolve(num_timesteps=9)
    if isinstance(a, TSEvent):
        assert np.array_equal(a.times, b.times)
        assert np.array_equal(a.channels, b.channels)
    else:
        assert np.array_equal(a.samples, b.samples)
    assert all(np.array_equal(now, other.state_now()[name]) for name, now in layer.state_now().items())


@pytest.mark.parametrize("twin", TWINS, ids=["copy", "pickle"])
def test_the_parameters_of_a_copy_are_as_fixed(twin):
    from scipy.sparse import csr_array

    for layer in (Rate(np.eye(2), tau=[0.1, 0.2]), Linear(csr_array(np.eye(2)))):
        other = twin(layer)
        for value in (other.value(name) for name in other.parameters()):
            data = value if isinstance(value, np.ndarray) else getattr(value, "data", np.zeros(0))
            assert not (isinstance(data, np.ndarray) and data.size and data.flags.writeable)
        with pytest.raises(ParameterError, match="fixed"):
            other.seed = 2
        assert other.to_dict() == layer.to_dict()


@pytest.mark.parametrize("twin", TWINS, ids=["copy", "pickle"])
def test_a_copy_taken_in_a_network_has_left_it(twin):
    net = Network([Noisy(2, name="one")])
    net.evolve(ones(2, 10))
    held = net["one"]
    other = twin(held)
    assert other.t == held.t == 0.01
    assert np.array_equal(other.state, held.state)
    other.state = [7, 7]
    other.evolve(num_timesteps=3)
    other.reset_time()
    assert held.t == 0.01
    assert held.state.tolist() == [10, 10]


# ---------------------------------------------------------------- in a network


def test_what_belongs_to_a_network_is_moved_by_it_alone():
    net = Network([Noisy(2, name="one")])
    layer = net["one"]
    for act in (lambda: layer.evolve(num_timesteps=1), layer.reset_time, layer.reset_all):
        with pytest.raises(StateError, match="belongs to the network") as caught:
            act()
        assert "copy.deepcopy" in caught.value.hint
    with pytest.raises(StateError, match="set the time"):
        layer.t = 1.0
    net.evolve(ones(2, 10))
    assert layer.t == net.t == 0.01
    layer.state = [3, 4]
    out = net.evolve(num_timesteps=1, ts_input=ones(2, 1).start_at(net.t), record=["one"])["one"]
    assert out.samples.tolist() == [[4, 5]]
    layer.reset_state()
    assert layer.state.tolist() == [0, 0]
    assert layer.t == 0.011


# ---------------------------------------------------------------- kinds of block


def test_events_alone_are_the_events_of_a_block():
    layer = ExpSyn(np.eye(2), dt=0.1, tau=1.0)
    layer.t = 1.0
    series = TSEvent([1.0, 1.2, 1.2], [0, 1, 1], t_start=1.0, t_stop=1.3, num_channels=2)
    out = layer.evolve(series)
    assert (out.samples[:, 1] > 0).tolist() == [False, False, True]
    assert out.samples[2, 1] == 2.0
    assert (out.t_start, out.t_stop, layer.t) == (1.0, 1.3, 1.3)


def test_a_pass_through_gives_back_its_input():
    series = TSEvent([0.001, 0.001, 0.004], [1, 1, 0], t_start=0, t_stop=0.005, num_channels=2)
    out = PassThrough(2, TSEvent).evolve(series)
    assert out.times.tolist() == [0.001, 0.001, 0.004]
    assert out.channels.tolist() == [1, 1, 0]


# ---------------------------------------------------------------- size


def test_a_million_units_without_weights_build_no_matrix():
    tracemalloc.start()
    layer = PassThrough(10**6)
    text = repr(layer)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert text.startswith("PassThrough 'unnamed': 1000000 -> 1000000")
    assert peak < 1e6  # bytes; the matrix would have eight million million


def test_a_diagonal_of_many_units_is_kept_as_one():
    layer = Linear(np.ones(10**6))
    assert layer.matrix().shape == (10**6,)
    assert layer.evolve(num_timesteps=1).samples.shape == (1, 10**6)


def test_every_error_of_a_layer_is_of_the_house():
    for act in (Noisy, lambda: Noisy(-1), lambda: Noisy(2).evolve(), lambda: Noisy(2).evolve(duration=-1)):
        with pytest.raises(GraphnetError):
            act()
