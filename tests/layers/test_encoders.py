"""What encoders and decoders refuse; that they keep their numbers through runs, resets and networks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import InputError, Network, ParameterError, ParameterTypeError, Span, TSContinuous, TSEvent
from graphnet.blocks import events_of
from graphnet.testing import check_layer
from layers import LatencyEncoder, PoissonEncoder, RateDecoder, Softmax, SpikeCounter

WHOLE = "must be a whole number of steps of 0.001 s"

REFUSED = {
    "a negative rate": (
        lambda: PoissonEncoder(1, rate=-1.0),
        "PoissonEncoder: rate should be greater than or equal to 0, got -1.0",
    ),
    "noise on a Poisson process": (
        lambda: PoissonEncoder(1, rate=1.0, noise_std=1.0),
        "PoissonEncoder: noise_std must be 0: the events are random already",
    ),
    "a period between steps": (
        lambda: LatencyEncoder(1, period=0.0105),
        f"LatencyEncoder: period {WHOLE}, got 0.0105 s; the nearest are 0.01 s and 0.011 s",
    ),
    "a period of no step": (
        lambda: LatencyEncoder(1, period=1e-10),
        f"LatencyEncoder: period {WHOLE}, got 1e-10 s; the shortest is one",
    ),
    "a linear code without room between threshold and 1": (
        lambda: LatencyEncoder(2, period=0.01, threshold=[0.5, 1.0], form="linear"),
        "LatencyEncoder: threshold must be below 1 for form='linear', whose samples lie between it and 1",
    ),
    "a threshold of zero": (
        lambda: LatencyEncoder(1, period=0.01, threshold=0.0),
        "LatencyEncoder: threshold should be greater than 0, got 0.0",
    ),
    "noise on a code": (
        lambda: LatencyEncoder(1, period=0.01, noise_std=1.0),
        "LatencyEncoder: noise_std must be 0: noise belongs to the signal that is encoded",
    ),
    "a window between steps": (
        lambda: SpikeCounter(1, window=0.0015),
        f"SpikeCounter: window {WHOLE}, got 0.0015 s; the nearest are 0.001 s and 0.002 s",
    ),
    "noise on a count": (
        lambda: SpikeCounter(1, window=0.01, noise_std=1.0),
        "SpikeCounter: noise_std must be 0: add noise to the signal behind this layer",
    ),
    "a window of a rate between steps": (
        lambda: RateDecoder(1, width=0.0015, form="window"),
        f"RateDecoder: width {WHOLE}, got 0.0015 s; the nearest are 0.001 s and 0.002 s",
    ),
    "a temperature of zero": (
        lambda: Softmax(2, temperature=0.0),
        "Softmax: temperature should be greater than 0, got 0.0",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_wrong_parameter_is_refused_in_words(what):
    make, text = REFUSED[what]
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value).startswith(text)


def test_a_missing_rate_is_named():
    with pytest.raises(ParameterTypeError, match="PoissonEncoder needs 'rate'"):
        PoissonEncoder(3)


@pytest.mark.parametrize("value", [np.inf, 1e9])
def test_a_sample_that_asks_for_too_many_events_is_refused_with_its_place(value):
    x = np.zeros((4, 2))
    x[2, 1] = value
    with pytest.raises(InputError) as caught:
        PoissonEncoder(2, rate=1e4).advance({}, x, Span(100, 4))
    assert f"the sample {value!r} of channel 1 at step 102 makes more than 1000000 events" in str(caught.value)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_large_means_obey_the_laws_of_every_layer(dtype):
    check_layer(PoissonEncoder, rate=3e4, dtype=dtype)


def test_a_poisson_encoder_draws_from_its_own_seed_or_from_that_of_the_network():
    x = TSContinuous.from_clocked(np.ones((400, 5)), dt=1e-3)

    def drawn(seed, own=None):
        net = Network([PoissonEncoder(5, rate=100.0, seed=own)], seed=seed)
        (out,) = (one for one in net.evolve(x).values() if isinstance(one, TSEvent))
        return out.times.tolist(), out.channels.tolist()

    assert drawn(1) == drawn(1) != drawn(2)
    assert drawn(1, own=7) == drawn(2, own=7) != drawn(1)


def test_channels_with_the_same_input_fire_at_different_times():
    _, events = PoissonEncoder(2, rate=100.0).advance({}, np.ones((1000, 2)), Span(0, 1000, key=1))
    one, other = (set(events.step[events.channel == c].tolist()) for c in (0, 1))
    assert len(one) > 50
    assert len(one & other) < 30


# ---------------------------------------------------------------------- latency


def test_a_latency_code_looks_at_the_starts_of_periods_alone():
    x = np.random.default_rng(0).random((40, 3))
    other = np.random.default_rng(1).random((40, 3))
    other[::10] = x[::10]
    codes = []
    for signal in (x, other):
        layer = LatencyEncoder(3, period=0.01, tau=0.005, threshold=0.1)
        codes.append(layer.advance(layer.initial(), signal, Span(0, 40))[1])
    assert codes[0].count > 5
    assert all(np.array_equal(*pair) for pair in zip(*codes, strict=True))


@given(a=st.floats(0.0, 3.0), b=st.floats(0.0, 3.0), form=st.sampled_from(["charge", "linear"]))
def test_the_larger_sample_never_comes_later(a, b, form):
    layer = LatencyEncoder(2, period=0.05, tau=0.02, threshold=0.2, form=form, dt=1e-4)
    _, events = layer.advance(layer.initial(), np.full((500, 2), sorted((a, b))), Span(0, 500))
    first = {int(c): int(k) for k, c in zip(events.step, events.channel, strict=True)}
    assert len(first) == events.count
    if 0 in first:
        assert first[1] <= first[0]


def test_infinite_samples_come_at_once_and_nan_not_at_all():
    for form in ("charge", "linear"):
        layer = LatencyEncoder(3, period=0.004, form=form)
        x = np.tile([np.inf, np.nan, -np.inf], (8, 1))
        _, events = layer.advance(layer.initial(), x, Span(0, 8))
        assert events.step.tolist() == [0, 4]
        assert events.channel.tolist() == [0, 0]


# ---------------------------------------------------------------------- counts


def test_a_slower_reader_sees_each_tumbling_count_once():
    """Windows of 5 ms read by a layer of 5 ms: its sample k is the count of window k - 1."""
    table = (np.random.default_rng(0).random((60, 2)) * 2.5).astype(np.int64)
    net = Network()
    net.input("spikes", 2, TSEvent)
    net.add_layer(SpikeCounter(2, window=0.005, mode="tumbling"), name="count")
    net.add_layer(Softmax(2, dt=0.005), name="choice")
    net.connect("spikes", "count")
    net.connect("count", "choice")
    events = events_of(table, 0)
    out = net.evolve(
        TSEvent.from_steps(events.step, events.channel, 1e-3, 2, 0, 60), block=2, record=["count", "choice"]
    )
    counted = out["count"].samples[::5]
    assert np.array_equal(counted[1:], table.reshape(12, 5, 2).sum(axis=1)[:-1])
    raised = np.exp(counted)
    assert np.max(np.abs(out["choice"].samples - raised / raised.sum(axis=1, keepdims=True))) < 1e-13


def test_counts_never_drift():
    """A window after 10,000 steps of events without them shows exactly 0, and so does the rate of a window."""
    table = (np.random.default_rng(0).random((10_000, 1)) * 3).astype(np.int64)
    for layer in (SpikeCounter(1, window=0.1), RateDecoder(1, width=0.1, form="window", dtype="float32")):
        state, _ = layer.advance(layer.initial(), events_of(table, 0), Span(0, 10_000))
        _, y = layer.advance(state, None, Span(10_000, 100))
        assert y[-1, 0] == 0.0
        assert y[0, 0] > 0.0


def test_a_count_shows_as_the_state_and_survives_a_clock_set_back():
    layer = SpikeCounter(1, window=0.003)
    spikes = TSEvent([0.0, 0.001, 0.001], [0, 0, 0], t_stop=0.002)
    layer.evolve(spikes)
    assert layer.state.tolist() == [3]
    layer.reset_time()
    assert layer.evolve(num_timesteps=3).samples.T.tolist() == [[3.0, 2.0, 0.0]]
