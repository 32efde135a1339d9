"""Resampling against scipy.signal, in blocks, between layers of other steps, and by what it is for."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from graphnet import Network, ParameterError, Span, TSContinuous
from graphnet.testing import same_bits
from layers import LowPass, PassThrough, Resample
from layers.resampling import design

DT = 1e-3


def held(x, every):
    """A signal of a slower layer as the network gives it to a faster one."""
    return np.repeat(x, every, axis=0)


def run(layer, x, cuts=()):
    state, parts, low = layer.initial(), [], 0
    for high in (*cuts, len(x)):
        state, out = layer.advance(state, x[low:high], Span(low, high - low))
        parts.append(out)
        low = high
    return np.concatenate(parts), state


def made(up, down, tick=1, **more):
    return Resample(2, dt_in=up * tick * DT, dt_out=down * tick * DT, dt=DT, **more)


FACTORS = st.tuples(st.integers(1, 7), st.integers(1, 7)).filter(lambda one: one[0] != one[1])


@settings(max_examples=40)
@given(factors=FACTORS, half_length=st.integers(1, 12), beta=st.floats(0.0, 10.0))
def test_the_taps_are_those_that_scipy_designs(factors, half_length, beta):
    """firwin of 2 half_length max(up, down) + 1 taps and cutoff 1 / max(up, down), times up, as resample_poly does."""
    up, down = factors
    slower = max(factors)
    expected = up * signal.firwin(2 * half_length * slower + 1, 1.0 / slower, window=("kaiser", beta))
    assert np.max(np.abs(design(up, down, half_length, beta) - expected)) < 1e-13


@settings(max_examples=60)
@given(factors=FACTORS, tick=st.integers(1, 3), seed=st.integers(0, 9), half_length=st.integers(1, 10))
def test_it_is_scipys_upfirdn_of_what_it_reads(factors, tick, seed, half_length):
    """To rounding; the output at multiples of dt_out, each held until the next."""
    up, down = (one // math.gcd(*factors) for one in factors)
    x = np.random.default_rng(seed).normal(size=(60, 2))
    y, _ = run(made(up, down, tick, half_length=half_length), held(x, up * tick))
    expected = signal.upfirdn(design(up, down, half_length, 5.0), x, up, down, axis=0)
    count = -(-60 * up // down)
    found = y[:: down * tick]
    assert len(found) == count
    assert np.max(np.abs(found - expected[:count])) < 1e-13 * up * 10
    assert np.array_equal(y, held(found, down * tick)[: len(y)])


@pytest.mark.parametrize(("up", "down"), [(1, 2), (1, 5), (2, 3), (3, 7), (4, 1), (2, 1)])
def test_it_is_scipys_resample_poly_later_by_the_group_delay(up, down):
    """Wherever the group delay is a whole number of output steps, as it is for down > up and for down = 1."""
    x = np.random.default_rng(0).normal(size=(210, 2))
    layer = made(up, down)
    late = layer.group_delay / layer.dt_out
    assert abs(late - round(late)) < 1e-9
    late = round(late)
    y, _ = run(layer, held(x, up))
    expected = signal.resample_poly(x, up, down, axis=0)
    found = y[::down][late:]
    assert len(found) > 20
    assert np.max(np.abs(found - expected[: len(found)])) < 1e-13 * 10


@settings(max_examples=60)
@given(
    factors=FACTORS,
    tick=st.integers(1, 2),
    cuts=st.lists(st.integers(0, 120), max_size=4),
    dtype=st.sampled_from(["float64", "float32"]),
)
def test_blocks_of_any_length_give_the_same_bits_and_the_same_state(factors, tick, cuts, dtype):
    x = np.random.default_rng(1).normal(size=(120, 2))
    layer = made(*factors, tick, dtype=dtype)
    assert same_bits(run(layer, x, sorted(cuts)), run(layer, x))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_channel_has_the_same_bits_alone_and_among_many(dtype):
    """Few channels are computed one after the other, many side by side."""
    x = np.random.default_rng(3).normal(size=(300, 20))
    many, one = (Resample(size, dt_in=0.002, dt_out=0.003, dtype=dtype) for size in (20, 1))
    together, _ = run(many, x)
    for channel in (0, 19):
        alone, _ = run(one, np.ascontiguousarray(x[:, [channel]]))
        assert np.array_equal(alone[:, 0], together[:, channel])


@pytest.mark.parametrize("factor", [2, 5, 10])
def test_what_a_slower_reader_would_take_for_another_frequency_is_gone(factor):
    """A sine above half of the rate of the output leaves less than 1/200 of itself, one well below it passes whole."""
    t = DT * np.arange(4000)
    edge = 0.5 / (factor * DT)
    layer = Resample(2, dt_out=factor * DT, dt=DT)
    y, _ = run(layer, np.sin(2 * np.pi * np.array([1.2, 0.3]) * edge * t[:, None]))
    late = round(layer.group_delay / DT)
    settled = slice(2 * late, None)
    assert np.max(np.abs(y[settled, 0])) < 0.005
    expected = np.sin(2 * np.pi * 0.3 * edge * (t - late * DT))[settled]
    assert np.max(np.abs(y[settled, 1] - expected)[::factor]) < 0.005


def test_a_slow_sine_is_interpolated_where_the_network_alone_would_hold_it():
    """5 Hz at 50 samples a second, read at 1 kHz: steps of up to 0.6 when held, within 0.005 of the sine here."""
    slow = 0.02
    net = Network()
    net.input("x", 1)
    net.add_layer(PassThrough(1, dt=slow), name="slow")
    net.add_layer(Resample(1, dt_in=slow, dt=DT), name="finer")
    net.connect("x", "slow")
    net.connect("slow", "finer")
    x = np.sin(2 * np.pi * 5.0 * slow * np.arange(100))
    found = net.evolve(TSContinuous.from_clocked(x, slow), block=3, record=["slow", "finer"])
    y = found["finer"].samples[:, 0]
    t = DT * np.arange(len(y))
    exact = np.sin(2 * np.pi * 5.0 * (t - net.layers["finer"].group_delay))
    assert np.max(np.abs(y - exact)[600:]) < 0.005
    assert np.max(np.abs(np.diff(found["slow"].samples[:, 0]))) > 0.5


def test_between_layers_of_two_and_three_steps_each_value_is_read_once():
    """Step 2 ms in front, 3 ms behind, 1 ms in between: what the reader sees is upfirdn of what the writer sent."""
    net = Network()
    net.input("x", 1)
    net.add_layer(LowPass(1, tau=0.01, dt=2 * DT), name="from")
    net.add_layer(Resample(1, dt_in=2 * DT, dt_out=3 * DT, dt=DT), name="change")
    net.add_layer(PassThrough(1, dt=3 * DT), name="to")
    for edge in ("x -> from", "from -> change", "change -> to"):
        net.connect(edge)
    x = np.random.default_rng(2).normal(size=(90, 1))
    series = TSContinuous.from_clocked(x, 2 * DT)
    runs = [net.copy().evolve(series, block=block, record=["from", "to"]) for block in (1, 4, None)]
    sent, read = runs[0]["from"].samples, runs[0]["to"].samples
    expected = signal.upfirdn(design(2, 3, 10, 5.0), sent, 2, 3, axis=0)
    assert len(read) == 60
    assert np.max(np.abs(read - expected[:60])) < 1e-13
    assert all(np.array_equal(one["to"].samples, read) for one in runs)


REFUSED = {
    "equal steps": (
        lambda: Resample(1, dt_in=0.002, dt_out=0.002),
        "Resample: dt_out must differ from dt_in (dt where not given)",
    ),
    "nothing to do": (lambda: Resample(1), "Resample: dt_out must differ from dt_in (dt where not given)"),
    "a step between steps": (
        lambda: Resample(1, dt_in=0.0025),
        "Resample: dt_in must be a whole number of steps of 0.001 s, got 0.0025 s; the nearest are 0.002 s and 0.003 s",
    ),
    "a step below a step": (
        lambda: Resample(1, dt_out=0.0001),
        "Resample: dt_out must be a whole number of steps of 0.001 s, got 0.0001 s; the shortest is one",
    ),
    "noise": (
        lambda: Resample(1, dt_out=0.002, noise_std=1.0),
        "Resample: noise_std must be 0: add noise to the signal before or after the filter",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_wrong_parameter_is_refused_in_words(what):
    make, text = REFUSED[what]
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == text
