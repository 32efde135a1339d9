"""What the simplest layers compute and refuse; the layers that hand on to other channels, or later."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import Events, Network, ParameterError, Span, TSContinuous, TSEvent
from graphnet.blocks import counts, events_of
from layers import Affine, Delay, I, Linear, Scale, Select, Threshold

STEPS = 40


def table(size, seed=0):
    return (np.random.default_rng(seed).random((STEPS, size)) * 2.0).astype(np.int64)


def whole(layer, block, steps=STEPS):
    return layer.advance(layer.initial(), block, Span(0, steps))[1]


def in_two(layer, x, cut):
    """Counts (or samples) of a layer over two blocks that part at ``cut``."""
    state, parts = layer.initial(), []
    for low, high in ((0, cut), (cut, STEPS)):
        block = events_of(x[low:high], low) if layer.input_type is TSEvent else x[low:high]
        state, out = layer.advance(state, block, Span(low, high - low))
        parts.append(counts(out, low, high - low, layer.size_out) if isinstance(out, Events) else out)
    return np.concatenate(parts)


REFUSED = {
    "a channel too many": (lambda: Select([0, 3], 3), "Select: channels must be from 0 to 2, got 3"),
    "a negative channel": (lambda: Select([-1], 3), "Select: channels must be from 0 to 2, got -1"),
    "no channel": (lambda: Select([], 3), "Select: channels must name at least one channel"),
    "a delay between steps": (
        lambda: Delay(1, delay=0.0025, dt=1e-3),
        "Delay: delay must be a whole number of steps of 0.001 s, got 0.0025 s; the nearest are 0.002 s and 0.003 s",
    ),
    "a negative delay": (
        lambda: Delay(1, delay=-0.001),
        "Delay: delay should be greater than or equal to 0, got -0.001 (in s)",
    ),
    "a scale of another size": (
        lambda: Scale([1.0, 2.0], size=3),
        "Scale: scale must be a number or have shape (3,), got shape (2,)",
    ),
    "a bias of another size": (
        lambda: Affine(np.ones((2, 3)), [1.0, 2.0]),
        "Affine: bias must be a number or have shape (3,), got shape (2,)",
    ),
    "noise on a selection": (
        lambda: Select([0], 1, noise_std=1.0),
        "Select: noise_std must be 0: there is no state that noise could act on",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_wrong_parameter_is_refused_in_words(what):
    make, text = REFUSED[what]
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == text


@pytest.mark.parametrize("given", [[2, 0], (2, 0), np.array([2, 0]), range(2, -1, -2)])
def test_channels_are_held_as_a_tuple_however_they_are_given(given):
    assert Select(given, 3).channels == (2, 0)


@given(channels=st.lists(st.integers(0, 4), min_size=1, max_size=9), seed=st.integers(0, 9))
def test_events_are_selected_as_their_counts_are(channels, seed):
    x = table(5, seed)
    out = whole(Select(channels, 5, TSEvent), events_of(x, 0))
    assert np.array_equal(counts(out, 0, STEPS, len(channels)), x[:, channels])
    assert np.array_equal(np.lexsort((out.channel, out.step)), np.arange(out.count))
    assert (out.step.dtype, out.channel.dtype) == (np.int64, np.int32)


@given(channels=st.lists(st.integers(0, 4), min_size=1, max_size=9))
def test_selecting_is_a_product_with_columns_of_the_identity(channels):
    x = np.random.default_rng(1).normal(size=(STEPS, 5))
    assert np.array_equal(whole(Select(channels, 5), x), whole(Linear(np.eye(5)[:, channels]), x))


@pytest.mark.parametrize("kind", [TSContinuous, TSEvent])
@given(delay=st.integers(0, 60), cut=st.integers(1, STEPS - 1), seed=st.integers(0, 5))
def test_a_delay_moves_everything_by_its_steps_however_blocks_are_cut(kind, delay, cut, seed):
    x = table(3, seed)
    expected = np.concatenate([np.zeros((delay, 3)), x])[:STEPS]
    assert np.array_equal(in_two(Delay(3, kind, delay=delay * 1e-3), x, cut), expected)


@pytest.mark.parametrize("kind", [TSContinuous, TSEvent])
@given(delays=st.tuples(*[st.integers(0, 12)] * 3), cut=st.integers(1, STEPS - 1), seed=st.integers(0, 5))
def test_each_channel_may_have_a_delay_of_its_own(kind, delays, cut, seed):
    x = table(3, seed)
    each = [np.concatenate([np.zeros(delay), x[:, j]])[:STEPS] for j, delay in enumerate(delays)]
    layer = Delay(3, kind, delay=[delay * 1e-3 for delay in delays])
    assert np.array_equal(in_two(layer, x, cut), np.stack(each, axis=1))
    assert layer.lag() == min(delays)


@pytest.mark.parametrize("kind", [TSContinuous, TSEvent])
def test_what_is_under_way_survives_a_checkpoint_and_a_clock_set_back(kind):
    layer = Delay(1, kind, delay=0.003)
    net = Network([layer])
    x = np.array([[1], [0], [2]])
    if kind is TSEvent:
        events = events_of(x, 0)
        net.evolve(TSEvent.from_steps(events.step, events.channel, layer.dt, 1, 0, 3))
    else:
        net.evolve(TSContinuous.from_clocked(x, dt=layer.dt))
    kept = net.checkpoint()
    for _ in range(2):
        net.reset_time()
        (out,) = net.evolve(num_timesteps=3).values()
        rows = out.samples if kind is TSContinuous else out.raster(dt=layer.dt, add_events=True)
        assert np.array_equal(rows, x)
        net.restore(kept)


@pytest.mark.parametrize("kind", [TSContinuous, TSEvent])
def test_a_delay_as_a_layer_is_the_delay_of_an_edge(kind):
    x = table(2)
    events = events_of(x, 0)
    series = (
        TSEvent.from_steps(events.step, events.channel, 1e-3, 2, 0, STEPS)
        if kind is TSEvent
        else TSContinuous.from_clocked(x, dt=1e-3)
    )
    net = Network()
    net.input("x", 2, kind)
    net.add_layer(Delay(2, kind, delay=0.007), name="late")
    net.add_layer(Select([0, 1], 2, kind), name="plain")
    net.connect("x", "late")
    net.connect("x", "plain", delay=0.007)
    out = net.evolve(series, block=5, record=["late", "plain"])
    if kind is TSEvent:
        for one in ("times", "channels"):
            assert np.array_equal(getattr(out["late"], one), getattr(out["plain"], one))
    else:
        assert np.array_equal(out["late"].samples, out["plain"].samples)


def test_scale_and_affine_are_products_with_a_diagonal():
    x = np.random.default_rng(0).normal(size=(STEPS, 3))
    scale = np.array([0.5, -2.0, 3.0])
    assert np.array_equal(whole(Scale(scale), x), whole(Linear(scale), x))
    assert np.array_equal(whole(Affine(scale, 1.0), x), whole(Linear(scale), x) + 1.0)


def test_affine_adds_its_bias_also_where_nothing_arrives():
    assert whole(Affine([[1.0, 2.0]], [3.0, 4.0]), None, 2).tolist() == [[3.0, 4.0]] * 2
    events = Events(np.array([1, 1]), np.zeros(2, dtype=np.int32))
    assert whole(Affine([[0.5]], 1.0, input_type=TSEvent), events, 2).tolist() == [[1.0], [2.0]]


def test_float32_is_computed_in_float32():
    """0.1 in float32 times itself, rounded once to float32, is not the float64 product rounded to float32."""
    u = np.array([[0.1]])
    narrow = np.float32(0.1) * np.float32(0.1)
    y = whole(Scale(0.1, dtype="float32"), u, 1)
    assert y.dtype == np.float32
    assert y[0, 0] == narrow != np.float32(0.1 * 0.1)
    assert I(1, dtype="float32").initial()["v"].dtype == np.float32


def test_float32_is_compared_in_float32():
    """1 + 1e-9 is 1 in float32, and so not above a threshold of 1."""
    above = np.array([[1.0 + 1e-9]])
    assert whole(Threshold(1, threshold=1.0), above, 1).tolist() == [[1.0]]
    assert whole(Threshold(1, threshold=1.0, dtype="float32"), above, 1).tolist() == [[0.0]]


def test_a_threshold_for_each_channel_is_passed_only_from_above():
    y = whole(Threshold(2, threshold=[0.0, 1.0]), np.array([[0.0, 1.0], [1e-300, 2.0], [-1.0, np.nan]]), 3)
    assert y.tolist() == [[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
