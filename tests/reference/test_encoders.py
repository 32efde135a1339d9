"""Encoders and decoders against their definitions: closed forms, distributions, and sums written out by hand."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from graphnet import Events, Span
from graphnet.blocks import counts, events_of
from layers import LIF, LatencyEncoder, PoissonEncoder, RateDecoder, Softmax, SpikeCounter
from layers.poisson import at_mode, quantile


def run(layer, block, steps, cuts=(), start=0, key=1):
    state, parts, low = layer.initial(), [], 0
    for high in (*cuts, steps):
        piece = block
        if isinstance(block, Events):
            here = (block.step >= start + low) & (block.step < start + high)
            piece = Events(block.step[here], block.channel[here])
        elif block is not None:
            piece = block[low:high]
        state, out = layer.advance(state, piece, Span(start + low, high - low, key=key))
        parts.append(out)
        low = high
    if isinstance(parts[0], Events):
        return Events(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return np.concatenate(parts)


# ---------------------------------------------------------------------- Poisson


@pytest.mark.parametrize("mean", [1e-3, 0.3, 1.0, 7.5, 15.999, 16.0, 16.5, 40.0, 999.25, 1e5, 1e6])
def test_each_count_has_the_share_of_uniform_numbers_that_is_its_probability(mean):
    """The u that give a count n form one interval as long as P(n), so that of N even u, N P(n) + r do, |r| <= 1."""
    count = 200_000
    u = (np.arange(count) + 0.5) / count
    drawn = np.array([quantile(one, mean) for one in u])
    n, found = np.unique(drawn, return_counts=True)
    assert np.max(np.abs(found - count * stats.poisson.pmf(n, mean))) < 1.0 + 1e-3
    absent = np.setdiff1d(np.arange(n.min(), n.max()), n)
    assert np.all(count * stats.poisson.pmf(absent, mean) < 1.0)


@pytest.mark.parametrize("mean", [16.0, 16.999, 23.4, 170.5, 999.99])
def test_the_probability_of_the_mode_loses_no_digit(mean):
    """exp(-mean) mean**n / n!, in 60 decimal digits."""
    with localcontext() as context:
        context.prec = 60
        n = int(mean)
        exact = float((-Decimal(mean)).exp() * Decimal(mean) ** n / math.factorial(n))
    assert abs(at_mode(float(n), mean) / exact - 1.0) < 1e-15


@pytest.mark.parametrize("mean", [1e-12, 1.0, 15.9, 16.0, 1e6])
@pytest.mark.parametrize("u", [2.0**-54, 1.0 - 2.0**-53])
def test_the_ends_of_the_uniform_numbers_give_counts_that_are_possible(mean, u):
    """Within what has a probability of 2**-54 in either tail: P(beyond mean +- 9 deviations, and 20) is less."""
    assert abs(quantile(u, mean) - mean) < 9.0 * math.sqrt(mean) + 20.0


@given(seed=st.integers(0, 100), scale=st.floats(0.1, 3000.0))
def test_a_sample_that_is_not_positive_gives_no_event(seed, scale):
    x = np.random.default_rng(seed).normal(size=(50, 4))
    x[3] = np.nan
    table = counts(run(PoissonEncoder(4, rate=scale * 1e3), x, 50), 0, 50, 4)
    assert np.all(table[~(x > 0)] == 0)
    assert table.sum() > 0


def test_each_unit_has_its_own_rate():
    """Counts of 20 s, each within 5 standard errors of its mean."""
    rate = np.array([0.0, 5.0, 50.0, 3000.0])
    found = np.bincount(run(PoissonEncoder(4, rate=rate), np.ones((20_000, 4)), 20_000).channel, minlength=4)
    assert np.all(np.abs(found - 20 * rate) <= 5 * np.sqrt(20 * rate))


# ---------------------------------------------------------------------- latency


@given(
    u=st.floats(0.0, 20.0),
    tau=st.floats(0.001, 0.05),
    threshold=st.floats(0.05, 5.0),
    dt=st.sampled_from([1e-4, 1e-3]),
)
def test_a_charge_latency_is_the_closed_form(u, tau, threshold, dt):
    """t = tau ln(u / (u - threshold)), in the step that holds it."""
    steps = 100
    events = run(
        LatencyEncoder(1, period=steps * dt, tau=tau, threshold=threshold, dt=dt), np.full((steps, 1), u), steps
    )
    t = tau * math.log(u / (u - threshold)) if u > threshold else math.inf
    if events.count:
        assert events.step[0] - 1e-5 <= t / dt < events.step[0] + 1 + 1e-5
    else:
        assert t / dt >= steps - 1e-5


@given(u=st.floats(1.05, 20.0), tau=st.floats(0.002, 0.02))
def test_a_charge_latency_is_the_first_spike_of_a_leaky_neuron(u, tau):
    """The neuron is looked at at the ends of steps: its spike of step k was due within (k dt, (k + 1) dt]."""
    steps = 400
    x = np.full((steps, 1), u)
    code = run(LatencyEncoder(1, period=steps * 1e-3, tau=tau, threshold=1.0), x, steps).step[0]
    spike = run(LIF([[1.0]], tau_mem=tau), x, steps).step[0]
    t = tau * math.log(u / (u - 1.0)) / 1e-3
    assert spike == code or abs(t - round(t)) < 1e-5


@given(
    x=st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=30),
    period=st.integers(1, 12),
    start=st.integers(0, 40),
    cut=st.integers(0, 100),
)
def test_a_linear_latency_is_its_formula_in_every_period_however_blocks_are_cut(x, period, start, cut):
    signal = np.repeat(np.array(x), 4)[:, np.newaxis]
    steps, tau, threshold = len(signal), 0.0074, 0.2
    layer = LatencyEncoder(1, period=period * 1e-3, tau=tau, threshold=threshold, form="linear")
    expected = []
    for onset in range(-(-start // period) * period, start + steps, period):
        u = signal[onset - start, 0]
        latency = math.floor(tau * max(1.0 - u, 0.0) / 1e-3 + 1e-6)
        if u > threshold and latency < period and onset + latency < start + steps:
            expected.append(onset + latency)
    assert run(layer, signal, steps, [min(cut, steps)], start).step.tolist() == expected


# ---------------------------------------------------------------------- decoders


TABLES = st.integers(0, 50).map(lambda seed: (np.random.default_rng(seed).random((60, 3)) * 2.3).astype(np.int64))


@given(table=TABLES, window=st.integers(1, 80), cut=st.integers(0, 60))
def test_a_sliding_count_is_the_sum_over_its_window(table, window, cut):
    y = run(SpikeCounter(3, window=window * 1e-3), events_of(table, 7), 60, [cut], start=7)
    expected = [table[max(k + 1 - window, 0) : k + 1].sum(axis=0) for k in range(60)]
    assert np.array_equal(y, expected)
    rate = run(RateDecoder(3, width=window * 1e-3, form="window"), events_of(table, 7), 60, [cut], start=7)
    assert np.max(np.abs(rate - np.array(expected) / (window * 1e-3))) < 1e-9 * 3000


@given(table=TABLES, window=st.integers(1, 80), cut=st.integers(0, 60))
def test_a_tumbling_count_is_that_of_the_last_complete_window(table, window, cut):
    y = run(SpikeCounter(3, window=window * 1e-3, mode="tumbling"), events_of(table, 0), 60, [cut])
    for k in range(60):
        end = (k + 1) // window * window
        assert np.array_equal(y[k], table[max(end - window, 0) : end].sum(axis=0))


@pytest.mark.parametrize("dt", [1e-2, 1e-3, 1e-4])
def test_an_exponential_rate_of_regular_events_has_their_rate_as_its_mean(dt):
    """One event every 50 ms is 20 Hz: in the steady state the mean of y over one interval is that, at any dt."""
    every = round(0.05 / dt)
    steps = 60 * every
    step = np.arange(0, steps, every)
    y = run(RateDecoder(1, width=0.1, dt=dt), Events(step, np.zeros(len(step), dtype=np.int32)), steps)
    assert abs(y[-every:].mean() - 20.0) < 1e-9


@given(table=TABLES, width=st.floats(1e-3, 0.5))
def test_an_exponential_rate_is_its_sum_over_the_events_so_far(table, width):
    """y_k = (1 - exp(-dt/tau)) / dt sum of n_i exp(-(k - i) dt / tau) over i <= k."""
    y = run(RateDecoder(3, width=width), events_of(table, 0), 60)
    ago = np.arange(60)[:, None] - np.arange(60)
    weights = np.where(ago >= 0, np.exp(-np.maximum(ago, 0) * 1e-3 / width), 0.0) * -math.expm1(-1e-3 / width) / 1e-3
    assert np.max(np.abs(y - weights @ table)) < 1e-9


# ---------------------------------------------------------------------- softmax


@given(seed=st.integers(0, 100), temperature=st.floats(0.05, 20.0), shift=st.floats(-700.0, 700.0))
def test_a_softmax_is_its_formula_and_does_not_see_a_common_shift(seed, temperature, shift):
    u = np.random.default_rng(seed).normal(size=(20, 5))
    y = run(Softmax(5, temperature=temperature), u, 20)
    raised = np.exp(u / temperature)
    assert np.max(np.abs(y - raised / raised.sum(axis=1, keepdims=True))) < 1e-13
    assert np.max(np.abs(y.sum(axis=1) - 1.0)) < 1e-15 * 5
    assert np.max(np.abs(run(Softmax(5, temperature=temperature), u + shift, 20) - y)) < 1e-12 / temperature


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_softmax_of_huge_numbers_overflows_nowhere(dtype):
    y = run(Softmax(3, dtype=dtype), np.array([[1e30, 1e30, -1e30], [-np.inf, 0.0, 0.0]]), 2)
    assert y.tolist() == [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
