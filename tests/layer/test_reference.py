"""The reference page of Layer, row by row, on a class that knows nothing but the page."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import ArrayLayer, GraphnetError, Layer, Network, TSContinuous, TSEvent, positional
from layers import LIF, ExpSyn, Linear, PassThrough


class Leaky(Layer):
    """x <- keep x + W' u, y = x: what a reader of the page would write."""

    def __init__(self, weights, keep=0.5, dt=1.0, noise_std=0.0, name="unnamed", *args, **kwargs):
        super().__init__(weights, dt, noise_std, name, *args, **kwargs)
        self.keep = keep

    def evolve(self, ts_input=None, duration=None, num_timesteps=None):
        _, rows, steps = self._prepare_input(ts_input, duration, num_timesteps)
        out = np.zeros((steps, self.size_out))
        for k in range(steps):
            self.state = self.keep * self.state + rows[k] @ self.weights
            out[k] = self.state
        self._t += steps * self.dt
        return TSContinuous.from_clocked(out, self.dt, t_start=self.t - steps * self.dt)

    def to_dict(self):
        return {**super().to_dict(), "keep": self.keep}


class LowPass(ArrayLayer, register=False):
    size: int = positional()
    tau: float = 0.02

    def initial(self):
        return {"v": np.zeros(self.size)}

    def advance(self, state, block, span):
        out = span.empty((span.steps, self.size))
        for k in range(span.steps):
            state["v"] += self.dt / self.tau * ((0 if block is None else block[k]) - state["v"])
            out[k] = state["v"]
        return state, out


class Counting(Leaky):
    """The same for events."""

    @property
    def input_type(self):
        return TSEvent


def leaky(shape=(2, 3), **more):
    return Leaky(np.arange(1.0, 1 + np.prod(shape)).reshape(shape), **more)


def constant(channels, steps=10, dt=1.0, value=1.0):
    return TSContinuous.from_clocked(np.full((steps, channels), value), dt)


# ---------------------------------------------------------------- constructor


def test_layer_itself_and_a_class_without_to_dict_cannot_be_built():
    class NoDict(Layer, register=False):
        def evolve(self, ts_input=None, duration=None, num_timesteps=None): ...

    for abstract in (Layer, NoDict):
        with pytest.raises(TypeError, match="abstract"):
            abstract(np.eye(2))


def test_the_constructor_has_the_defaults_of_the_page():
    layer = leaky()
    assert (layer.dt, layer.noise_std, layer.name, layer.t) == (1.0, 0.0, "unnamed", 0.0)
    assert (layer.size_in, layer.size, layer.size_out) == (2, 3, 3)
    assert (layer.input_type, layer.output_type) == (TSContinuous, TSContinuous)
    assert layer.class_name == "Leaky"
    assert np.array_equal(layer.state, np.zeros(3))
    assert "Leaky" in layer.start_print
    assert "unnamed" in layer.start_print


@pytest.mark.parametrize(("weights", "shape"), [(2.0, (1, 1)), ([1.0, 2.0, 3.0], (1, 3)), ([[1], [2]], (2, 1))])
def test_weights_of_fewer_dimensions_become_a_row(weights, shape):
    layer = Leaky(weights)
    assert layer.weights.shape == shape
    assert (layer.size_in, layer.size, layer.size_out) == (shape[0], shape[1], shape[1])


def test_weights_are_owned():
    mine = np.ones((2, 2))
    layer = Leaky(mine)
    mine[:] = 7
    assert np.array_equal(layer.weights, np.ones((2, 2)))


@pytest.mark.parametrize("dt", [0.0, -1.0, np.nan, np.inf])
def test_a_dt_that_is_not_positive_and_finite_is_a_value_error(dt):
    with pytest.raises(ValueError, match=r"Leaky 'unnamed': dt must be positive and finite"):
        leaky(dt=dt)


@pytest.mark.parametrize("wrong", ["1", [1.0, 2.0], np.ones(2), None, True])
def test_a_dt_that_is_no_scalar_is_a_type_error(wrong):
    with pytest.raises(TypeError, match=r"Leaky 'unnamed': dt must be a number"):
        leaky(dt=wrong)


@pytest.mark.parametrize("wrong", ["1", [1.0, 2.0], np.ones(2), True])
def test_a_noise_that_is_no_scalar_is_a_type_error(wrong):
    with pytest.raises(TypeError, match="noise_std must be a number"):
        leaky(noise_std=wrong)
    layer = leaky(noise_std=0.5)
    with pytest.raises(TypeError, match="noise_std must be a number"):
        layer.noise_std = wrong
    assert layer.noise_std == 0.5


def test_numpy_scalars_are_scalars_and_no_noise_is_zero_noise():
    layer = leaky(dt=np.float32(0.5), noise_std=np.array(0.25))
    assert (layer.dt, layer.noise_std) == (0.5, 0.25)
    assert type(layer.dt) is type(layer.noise_std) is float
    assert leaky(noise_std=None).noise_std == 0.0


def test_arguments_that_nobody_takes_are_all_named():
    with pytest.raises(TypeError, match=r"Leaky takes no further arguments, got taux, gain"):
        leaky(taux=1, gain=2)


def test_further_arguments_reach_the_next_class():
    class Tagged:
        def __init__(self, tag):
            self.tag = tag

    class Both(Leaky, Tagged, register=False):
        pass

    assert Both(np.eye(2), tag="mine").tag == "mine"


@pytest.mark.parametrize("wrong", [np.zeros((2, 2, 2)), "text", [[1, 2], [3]], None, np.array([["a"]])])
def test_weights_that_are_no_matrix_of_numbers_are_refused_by_name(wrong):
    with pytest.raises(ValueError, match=r"Leaky 'unnamed': weights"):
        Leaky(wrong)


# ---------------------------------------------------------------- weights and state


def test_the_weights_setter_follows_the_page():
    layer = leaky()
    before = layer.weights.copy()
    with pytest.raises(AssertionError, match=r"weights must be an array of shape \(2, 3\)"):
        layer.weights = None
    with pytest.raises(ValueError, match="2 x 3 elements"):
        layer.weights = np.zeros((2, 4))
    with pytest.raises(ValueError, match="numbers"):
        layer.weights = np.full((2, 3), "a")
    assert np.array_equal(layer.weights, before)
    with pytest.warns(UserWarning, match="promoted to 2"):
        layer.weights = np.arange(6.0)
    assert np.array_equal(layer.weights, np.arange(6.0).reshape(2, 3))
    mine = np.ones((2, 3))
    layer.weights = mine
    mine[:] = 9
    assert np.array_equal(layer.weights, np.ones((2, 3)))


def test_the_weights_setter_of_an_array_layer_follows_the_page():
    layer = Linear(np.ones((1, 3)))
    with pytest.raises(AssertionError):
        layer.weights = None
    with pytest.raises(ValueError, match=r"weights has shape \(1, 3\), got shape \(1, 4\)"):
        layer.weights = np.ones((1, 4))
    with pytest.raises(ValueError, match="got shape"), pytest.warns(UserWarning, match="promoted"):
        layer.weights = np.ones(4)
    with pytest.warns(UserWarning, match="promoted"):
        layer.weights = [1, 2, 3]
    assert np.array_equal(layer.weights, [[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match="has no weights to set"):
        PassThrough(3).weights = np.eye(3)


def test_the_weights_of_a_diagonal_can_be_put_back_as_the_matrix_they_show():
    layer = Linear([1.0, 2.0])
    layer.weights = 2 * layer.weights
    assert np.array_equal(layer.weights, np.diag([2.0, 4.0]))
    out = layer.evolve(constant(2, dt=1e-3), duration=1e-3)
    assert np.array_equal(out.samples, [[2.0, 4.0]])


@pytest.mark.parametrize("layer", [leaky(), LowPass(3, tau=0.1)], ids=["plain", "array"])
def test_the_state_setter_takes_n_elements_alone(layer):
    layer.state = [1, 2, 3]
    for wrong in (1.0, [1, 2], np.zeros(4)):
        with pytest.raises(AssertionError, match=r"state must have 3 elements"):
            layer.state = wrong
    with pytest.raises(ValueError, match="state must be numbers"):
        layer.state = ["a", "b", "c"]
    with pytest.raises(TypeError, match="a time is a number of seconds, got 'noon'"):
        layer.t = "noon"
    assert np.array_equal(layer.state, [1.0, 2.0, 3.0])


def test_a_plain_layer_may_advance_its_state_in_place():
    layer = leaky()
    layer.state += 1
    assert np.array_equal(layer.state, np.ones(3))


# ---------------------------------------------------------------- clock


def test_t_is_settable_and_falls_on_the_step_that_holds_it():
    layer = leaky(dt=0.1)
    for given_t, t in [(0.35, 0.3), (0.1 + 0.2, 0.3), (0.0, 0.0), (12345 * 0.1, 1234.5)]:
        layer.t = given_t
        assert layer.t == t


@pytest.mark.parametrize("make", [lambda: leaky(dt=0.1), lambda: LowPass(2, tau=0.1, dt=0.1)], ids=["plain", "array"])
@given(pieces=st.lists(st.integers(1, 40), max_size=30))
def test_t_is_computed_from_steps_and_never_accumulated(make, pieces):
    layer = make()
    for n in pieces:
        layer.evolve(num_timesteps=n)
    assert layer.t == sum(pieces) / 10


def test_resets_are_separate():
    for layer in (leaky(), LowPass(3, tau=2.0, dt=1.0)):
        signal = constant(layer.size_in)
        layer.evolve(signal, duration=2)
        moved = np.array(layer.state)
        layer.reset_time()
        assert layer.t == 0
        assert np.array_equal(layer.state, moved)
        assert moved.any()
        layer.evolve(signal, duration=2)
        layer.reset_state()
        assert layer.t == 2
        assert not layer.state.any()
        layer.evolve(signal, duration=2)
        layer.reset_all()
        assert layer.t == 0
        assert not layer.state.any()


def test_reset_state_goes_back_to_what_the_class_starts_with():
    layer = LIF(np.eye(2), v0=0.25, v_rest=0.1)
    layer.state = [3.0, 4.0]
    layer.reset_state()
    assert np.array_equal(layer.state, [0.25, 0.25])


@pytest.mark.parametrize("make", [lambda: leaky((1, 4000)), lambda: LowPass(4000, tau=0.1)], ids=["plain", "array"])
def test_randomize_state_spreads_by_a_fifth_of_each_value(make):
    """Mean and standard deviation of 4000 draws, each within 5 standard errors."""
    layer = make()
    start = np.where(np.arange(4000) % 2, 10.0, -2.0)
    layer.state = start
    layer.randomize_state()
    z = (layer.state - start) / (0.2 * np.abs(start))
    assert abs(z.mean()) < 5 / np.sqrt(4000)
    assert abs(z.std() - 1) < 5 / np.sqrt(2 * 4000)
    first = np.array(layer.state)
    layer.state = start
    layer.randomize_state()
    assert not np.array_equal(layer.state, first)  # a second draw is another
    again = make()
    again.state = start
    again.randomize_state()
    assert np.array_equal(again.state, first)  # and the first is the layer's own, whoever draws elsewhere
    again.reset_state()
    again.randomize_state()
    assert not again.state.any()  # a fifth of nothing


# ---------------------------------------------------------------- how long


def test_num_timesteps_wins_over_duration_over_the_input():
    layer, series = leaky(dt=0.1), constant(2, 50, 0.1)
    assert layer._determine_timesteps(series, 2.0, 7) == 7
    assert layer._determine_timesteps(series, 2.0) == 20
    assert layer._determine_timesteps(series) == 50
    layer.t = 1.0
    assert layer._determine_timesteps(series) == 40
    periodic = TSContinuous.from_clocked(np.zeros((30, 2)), 0.1, periodic=True)
    assert layer._determine_timesteps(periodic) == 30
    assert layer._determine_timesteps(num_timesteps=np.int32(3)) == 3


def test_nothing_given_is_a_type_error():
    for layer in (leaky(), LowPass(2, tau=0.1)):
        with pytest.raises(TypeError, match="give an input series, duration or num_timesteps"):
            layer.evolve()


@pytest.mark.parametrize("wrong", [-1, 2.5, np.nan, np.inf, np.int64(-3)])
def test_a_negative_or_fractional_number_of_steps_is_refused(wrong):
    with pytest.raises(ValueError, match="num_timesteps must be a whole number and not negative"):
        leaky()._determine_timesteps(num_timesteps=wrong)


@pytest.mark.parametrize("wrong", ["3", True, [3]])
def test_a_number_of_steps_that_is_no_number_is_a_type_error(wrong):
    with pytest.raises(TypeError, match="num_timesteps must be a whole number"):
        leaky()._determine_timesteps(num_timesteps=wrong)


def test_a_duration_is_a_whole_number_of_steps_or_refused_with_the_two_nearest():
    layer = leaky(dt=0.1)
    assert layer._determine_timesteps(duration=0.1 * 3) == 3
    assert layer._determine_timesteps(duration=np.float64(0.7)) == 7
    with pytest.raises(ValueError, match=r"0\.3 s \(3 steps\) and 0\.4 s \(4 steps\)"):
        layer._determine_timesteps(duration=0.35)
    for wrong in (-0.1, np.nan, np.inf):
        with pytest.raises(ValueError, match="duration must be finite and not negative"):
            layer._determine_timesteps(duration=wrong)


def test_the_extent_of_an_input_rounds_down():
    series = TSContinuous([0.0, 0.1], [[1.0, 1.0], [2.0, 2.0]], t_stop=0.39)
    assert leaky(dt=0.1)._determine_timesteps(series) == 3


def test_an_input_that_is_over_is_a_value_error_that_says_how_to_go_on():
    layer = leaky(dt=0.1)
    layer.t = 5.0
    with pytest.raises(ValueError, match=r"start_at\(layer.t\)"):
        layer.evolve(constant(2, 50, 0.1))


# ---------------------------------------------------------------- input


def test_the_time_trace_has_one_point_more_than_steps():
    layer = leaky(dt=0.1)
    assert layer._gen_time_trace(0.2, 3).tolist() == [0.2, 0.3, 0.4, 0.5]
    assert layer._gen_time_trace(0.25, 2) == pytest.approx([0.25, 0.35, 0.45], abs=1e-15)


@given(start=st.integers(0, 10**6), steps=st.integers(0, 50))
def test_the_time_trace_from_a_step_is_the_time_base_of_the_input(start, steps):
    layer = leaky(dt=1e-3)
    layer.t = start * 1e-3
    base, rows, n = layer._prepare_input(num_timesteps=steps)
    assert n == steps == len(rows) == len(base)
    assert layer._gen_time_trace(layer.t, steps)[:-1].tolist() == base.tolist()


def test_continuous_input_is_sampled_at_the_step_starts():
    layer = leaky(dt=0.2)
    ramp = TSContinuous.from_clocked(np.repeat(np.arange(20.0)[:, None], 2, 1), 0.1)
    base, rows, n = layer._prepare_input_continuous(ramp, num_timesteps=4)
    assert base.tolist() == [0.0, 0.2, 0.4, 0.6]
    assert rows.tolist() == [[0, 0], [2, 2], [4, 4], [6, 6]]
    assert n == 4


def test_events_are_counted_in_their_step():
    layer = Counting(np.ones((2, 1)), dt=0.1)
    series = TSEvent([0.1 * 3, 0.35, 0.35, 0.4], [0, 1, 1, 0], t_start=0, t_stop=0.5, num_channels=2)
    base, table, n = layer._prepare_input(series)
    assert table.tolist() == [[0, 0], [0, 0], [0, 0], [1, 2], [1, 0]]
    assert base.tolist() == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert n == 5


def test_no_input_is_zeros():
    for layer, kind in ((leaky(), float), (Counting(np.ones((2, 3))), np.int64)):
        base, rows, n = layer._prepare_input(duration=3)
        assert rows.dtype == kind
        assert rows.tolist() == [[0, 0]] * 3
        assert base.tolist() == [0.0, 1.0, 2.0]
        assert n == 3


def test_the_wrong_kind_of_series_names_layer_expected_and_given():
    events = TSEvent([0.5], [0], t_start=0, t_stop=1, num_channels=2)
    for layer in (leaky(name="ear"), Linear(np.ones((2, 3)), name="ear")):
        with pytest.raises(AssertionError, match=r"'ear': the input must be TSContinuous, got TSEvent"):
            layer.evolve(events)
    for layer in (Counting(np.ones((2, 3)), name="ear"), ExpSyn(np.ones((2, 3)), name="ear")):
        with pytest.raises(AssertionError, match=r"'ear': the input must be TSEvent, got TSContinuous"):
            layer.evolve(constant(2))
    with pytest.raises(AssertionError, match=r"the input must be TSContinuous, got list"):
        leaky().evolve([1.0, 2.0])


def test_one_channel_is_repeated_with_a_warning_and_another_number_refused():
    layer = leaky()
    with pytest.warns(UserWarning, match="one input channel is repeated 2 times"):
        out = layer.evolve(constant(1), num_timesteps=1)
    assert out.samples.tolist() == [[5, 7, 9]]
    for channels in (3, 4):
        with pytest.raises(AssertionError, match=rf"must have 2 channels, got {channels}"):
            layer.evolve(constant(channels))


def test_check_input_dims_takes_what_the_page_says():
    layer = leaky()
    with pytest.warns(UserWarning, match="repeated"):
        assert layer._check_input_dims(np.array([1.0, 2.0])).tolist() == [[1, 1], [2, 2]]
    rows = np.zeros((5, 2))
    assert layer._check_input_dims(rows) is rows
    for wrong in (np.zeros((5, 3)), np.zeros((5, 2, 1)), np.array(1.0)):
        with pytest.raises(AssertionError):
            layer._check_input_dims(wrong)


def test_nan_in_the_input_says_when_and_where():
    rows = np.ones((10, 2))
    rows[4, 1] = np.nan
    series = TSContinuous.from_clocked(rows, 0.1)
    layer = leaky(dt=0.1)
    with pytest.raises(GraphnetError, match=r"the input is NaN at 0.4 s, channel 1"):
        layer.evolve(series)
    assert layer.t == 0

    class Gappy(Leaky, register=False):
        allow_nan = True

    assert np.isnan(Gappy(np.eye(2), dt=0.1).evolve(series).samples[4:]).any()


# ---------------------------------------------------------------- expanding


def test_scalars_expand_to_every_size_of_the_layer():
    layer = leaky()
    assert layer._expand_to_size(2.0, 4).tolist() == [2.0] * 4
    assert layer._expand_to_net_size(2).tolist() == [2, 2, 2]
    assert layer._expand_to_weight_size(1.5).tolist() == [[1.5] * 3] * 2
    assert layer._expand_to_shape(np.float32(3), (2, 1)).tolist() == [[3], [3]]


def test_arrays_of_the_exact_size_pass():
    layer = leaky()
    assert layer._expand_to_net_size([1, 2, 3]).tolist() == [1, 2, 3]
    assert layer._expand_to_net_size(np.ones((1, 3))).shape == (3,)
    assert layer._expand_to_weight_size(np.arange(6)).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert layer._expand_to_weight_size(layer.weights).tolist() == layer.weights.tolist()


@pytest.mark.parametrize(
    "expand",
    [
        lambda layer: layer._expand_to_size([1, 2], 3, "bias"),
        lambda layer: layer._expand_to_net_size(np.zeros((3, 3)), "bias"),
        lambda layer: layer._expand_to_weight_size(np.zeros((3, 2)), "bias"),
        lambda layer: layer._expand_to_shape([], (2, 2), "bias"),
        lambda layer: layer._expand_to_net_size([[1, 2], [3]], "bias"),
        lambda layer: layer._expand_to_size(None, 3, "bias", False),
        lambda layer: layer._expand_to_net_size(None, "bias", False),
        lambda layer: layer._expand_to_weight_size(None, "bias", False),
        lambda layer: layer._expand_to_shape(None, (2, 2), "bias", False),
    ],
)
def test_what_does_not_fit_is_an_assertion_error_with_the_variable(expand):
    with pytest.raises(AssertionError, match="bias"):
        expand(leaky())


def test_none_comes_back_where_it_is_allowed():
    layer = leaky()
    assert layer._expand_to_size(None, 3) is None
    assert layer._expand_to_net_size(None) is None
    assert layer._expand_to_weight_size(None) is None
    assert layer._expand_to_shape(None, (1, 2)) is None


# ---------------------------------------------------------------- as a whole


@pytest.mark.parametrize("make", [leaky, lambda **more: LIF(np.ones((2, 3)), **more)], ids=["plain", "array"])
def test_text_is_one_line_with_class_name_sizes_and_kinds(make):
    layer = make(name="two\nlines")
    for text in (str(layer), repr(layer)):
        assert "\n" not in text
        for part in (type(layer).__name__, r"two\nlines", "2 -> 3", layer.output_type.__name__):
            assert part in text


def test_a_class_from_the_page_is_a_node():
    net = Network([leaky(dt=1e-3, name="plain"), Linear(np.ones((3, 1)), name="sum")])
    alone = leaky(dt=1e-3)
    series = constant(2, 20, 1e-3)
    result = net.evolve(series, record=["plain"])
    assert np.array_equal(result["plain"].samples, alone.evolve(series).samples)
    again = net.evolve(series.start_at(net.t), record=["plain"])
    assert np.array_equal(again["plain"].samples, alone.evolve(series.start_at(alone.t)).samples)


def test_a_class_that_moves_its_own_t_is_a_node_too():
    class Mover(Leaky, register=False):
        def evolve(self, ts_input=None, duration=None, num_timesteps=None):
            before = self.t
            out = super().evolve(ts_input, duration, num_timesteps)
            self.t = before + self.dt * len(out.samples)
            return out

    net = Network([Mover(np.eye(2), dt=1e-3, name="mover")])
    net.evolve(constant(2, 20, 1e-3))
    assert net["mover"].t == net.t == 0.02
    with pytest.raises(GraphnetError, match="cannot set the time of Mover 'mover' by itself"):
        net["mover"].t = 0.0


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))], ids=["copy", "pickle"])
def test_copies_keep_state_and_time_and_go_their_own_way(twin):
    layer = leaky()
    layer.evolve(constant(2), duration=3)
    other = twin(layer)
    assert other.t == 3
    assert np.array_equal(other.state, layer.state)
    other.evolve(constant(2), duration=1)
    assert layer.t == 3
    assert not np.array_equal(other.state, layer.state)
