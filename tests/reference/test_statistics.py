"""Statistics that must not depend on dt: noise, Poisson rates, shot noise; each within 5 standard errors of theory.

A statistic of n independent draws of a normal variable of variance v has these standard errors: sqrt(v / n) for the
mean, v sqrt(2 / (n - 1)) for the variance (that of a chi-squared variable of n - 1 degrees), and at most
v sqrt(2 / n) for a covariance of pairs. Seeds are fixed, so that a test that passes once passes always.
"""

import math

import numpy as np
import pytest

from graphnet import Network, Span, TSContinuous
from graphnet.blocks import counts
from layers import (
    LI,
    LIF,
    AlphaSyn,
    DoubleExpSyn,
    Envelope,
    ExpSyn,
    I,
    Linear,
    LowPass,
    Noise,
    PoissonEncoder,
    Rate,
    RateDecoder,
)

STEPS = [1e-2, 1e-3, 1e-4]
UNITS = 3000
TAU, STRENGTH = 0.02, 0.7
NO_INPUT = np.zeros((1, UNITS))

LEAKY = {
    "Rate": lambda **more: Rate(NO_INPUT, tau=TAU, method="exact", activation="identity", **more),
    "LIF below threshold": lambda **more: LIF(NO_INPUT, tau_mem=TAU, threshold=1e9, **more),
    "LowPass": lambda **more: LowPass(UNITS, tau=TAU, **more),
    "Envelope": lambda **more: Envelope(UNITS, tau=TAU, **more),
    "LI": lambda **more: LI(NO_INPUT, tau=TAU, **more),
    "ExpSyn": lambda **more: ExpSyn(NO_INPUT, tau=TAU, **more),
    "AlphaSyn": lambda **more: AlphaSyn(NO_INPUT, tau=TAU, **more),
    "DoubleExpSyn": lambda **more: DoubleExpSyn(NO_INPUT, tau_rise=0.003, tau_decay=TAU, **more),
}


def trace(layer, moments, key=11):
    """The layer's first recordable variable at some numbers of steps from the start, without input."""
    variable = layer.recordable[0]
    state, found, start = layer.initial(), [], 0
    for stop in moments:
        state, _ = layer.advance(state, None, Span(start, stop - start, key=key))
        found.append(state[variable].copy())
        start = stop
    return found


def assert_near_mean(x, mean, variance):
    assert abs(x.mean() - mean) < 5 * math.sqrt(variance / x.size)


def assert_near_variance(x, variance):
    assert abs(x.var(ddof=1) - variance) < 5 * variance * math.sqrt(2.0 / (x.size - 1))


# ---------------------------------------------------------------------- noise of the state


@pytest.mark.parametrize("dt", STEPS)
@pytest.mark.parametrize("name", LEAKY)
def test_noise_with_a_leak_is_an_ornstein_uhlenbeck_process_at_any_dt(name, dt):
    """dv = -v/tau dt + s dW: stationary variance s**2 tau/2, covariance with itself t later exp(-t/tau) of that.

    Gardiner 2009, Stochastic Methods, section 3.8.4. After 10 tau the start has decayed to exp(-20) of the variance.
    """
    lag = 0.02
    one, later = trace(LEAKY[name](noise_std=STRENGTH, dt=dt), [round(10 * TAU / dt), round((10 * TAU + lag) / dt)])
    variance = STRENGTH**2 * TAU / 2.0
    for x in (one, later):
        assert_near_mean(x, 0.0, variance)
        assert_near_variance(x, variance)
    assert abs((one * later).mean() - variance * math.exp(-lag / TAU)) < 5 * variance * math.sqrt(2.0 / UNITS)


@pytest.mark.parametrize("dt", STEPS)
def test_noise_under_eulers_method_has_the_stationary_variance_of_its_recursion(dt):
    """x <- (1 - a) x + s sqrt(dt) n with a = dt/tau: v = (1 - a)**2 v + s**2 dt, so v = s**2 tau / (2 - a).

    It nears s**2 tau/2 with dt, and is a third above it at dt = tau/2.
    """
    layer = Rate(NO_INPUT, tau=TAU, method="euler", activation="identity", noise_std=STRENGTH, dt=dt)
    (x,) = trace(layer, [round(10 * TAU / dt)])
    variance = STRENGTH**2 * TAU / (2.0 - dt / TAU)
    assert_near_mean(x, 0.0, variance)
    assert_near_variance(x, variance)


@pytest.mark.parametrize("dt", STEPS)
def test_noise_without_a_leak_is_a_wiener_process(dt):
    """The integrator of noise alone: variance s**2 t, and increments that do not know what was before."""
    one, later = trace(I(UNITS, noise_std=STRENGTH, dt=dt), [round(0.3 / dt), round(0.5 / dt)])
    assert_near_variance(one, STRENGTH**2 * 0.3)
    assert_near_variance(later - one, STRENGTH**2 * 0.2)
    assert abs((one * (later - one)).mean()) < 5 * STRENGTH**2 * math.sqrt(0.3 * 0.2 / UNITS)


@pytest.mark.parametrize("dt", STEPS)
def test_noise_pushes_a_neuron_over_its_threshold_half_the_time_from_a_mean_at_it(dt):
    """With its mean at the threshold a stationary v is above it with probability 1/2: here looked at once, at rest.

    The threshold is raised for the time before; whoever is above then fires in the first step.
    """
    before = LIF(NO_INPUT, tau_mem=TAU, threshold=1e9, noise_std=STRENGTH, dt=dt)
    steps = round(10 * TAU / dt)
    state, _ = before.advance(before.initial(), None, Span(0, steps, key=4))
    now = LIF(NO_INPUT, tau_mem=TAU, threshold=0.0, v_reset=-1.0, noise_std=STRENGTH, dt=dt)
    _, events = now.advance(state, None, Span(steps, 1, key=4))
    assert abs(events.count - UNITS / 2) < 5 * math.sqrt(UNITS / 4)


@pytest.mark.parametrize("dt", STEPS)
def test_samples_of_the_noise_source_have_their_spread_at_any_dt_and_no_memory(dt):
    """They are numbers and no process: std is that of each sample, however short the step."""
    layer = Noise(50, std=2.0, mean=-1.0, dt=dt)
    _, y = layer.advance({}, None, Span(0, 2000, key=5))
    assert_near_mean(y, -1.0, 4.0)
    assert_near_variance(y, 4.0)
    z = y + 1.0
    assert abs((z[1:] * z[:-1]).mean()) < 5 * 4.0 / math.sqrt(z[1:].size)


@pytest.mark.parametrize("dt", STEPS)
def test_a_low_pass_of_the_noise_source_has_the_variance_of_its_recursion(dt):
    """y <- k y + (1 - k) n with k = exp(-dt/tau): v = (1 - k)**2 / (1 - k**2) = (1 - k) / (1 + k) = tanh(dt / 2 tau).

    So white samples carry a power in proportion to dt, as the source says of itself.
    """
    net = Network(seed=2)
    net.add_layer(Noise(UNITS, dt=dt), name="noise")
    net.add_layer(LowPass(UNITS, tau=TAU, dt=dt), name="smooth")
    net.connect("noise", "smooth")
    net.output("smooth")
    net.evolve(duration=10 * TAU)
    assert_near_variance(net.layers["smooth"].state, math.tanh(dt / (2 * TAU)))


# ---------------------------------------------------------------------- Poisson


@pytest.mark.parametrize("dt", STEPS)
@pytest.mark.parametrize("rate", [0.5, 40.0, 2000.0])
def test_the_count_of_a_second_is_poisson_of_the_rate_at_any_dt(rate, dt):
    """Mean and variance are the rate (a Fano factor of 1); Kingman 1993, Poisson Processes, chapter 2.

    The variance of a sample variance of n Poisson counts is (m + 2 m**2 n / (n - 1)) / n, from the fourth central
    moment m + 3 m**2.
    """
    units = 400
    layer, steps = PoissonEncoder(units, rate=rate, dt=dt), round(1.0 / dt)
    ones = np.ones((steps, units))
    _, events = layer.advance({}, ones, Span(0, steps, key=6))
    found = np.bincount(events.channel, minlength=units)
    assert_near_mean(found, rate, rate)
    spread = math.sqrt((rate + 2 * rate**2 * units / (units - 1)) / units)
    assert abs(found.var(ddof=1) - rate) < 5 * spread
    assert abs(found.var(ddof=1) / found.mean() - 1.0) < 5 * spread / rate


@pytest.mark.parametrize("dt", STEPS)
def test_counts_of_a_changing_rate_have_its_integral_as_their_mean(dt):
    """The rate 100 max(sin, 0) over one period of 1 s has the integral 100 / pi; sampled, the sum of its samples dt."""
    units, steps = 500, round(1.0 / dt)
    u = np.repeat(np.sin(2 * np.pi * dt * np.arange(steps))[:, None], units, axis=1)
    expected = 100.0 * np.maximum(u[:, 0], 0.0).sum() * dt
    assert abs(expected - 100.0 / math.pi) < 0.2
    _, events = PoissonEncoder(units, rate=100.0, dt=dt).advance({}, u, Span(0, steps, key=7))
    assert_near_mean(np.bincount(events.channel, minlength=units), expected, expected)


def test_counts_of_steps_and_of_channels_are_independent():
    """Covariances of neighbours in time and in channel: standard error m / sqrt(n) for counts of mean m."""
    size, steps, mean = 40, 5000, 2.5
    _, events = PoissonEncoder(size, rate=mean * 1e3).advance({}, np.ones((steps, size)), Span(0, steps, key=8))
    z = counts(events, 0, steps, size) - mean
    for pair in (z[1:] * z[:-1], z[:, 1:] * z[:, :-1]):
        assert abs(pair.mean()) < 5 * mean / math.sqrt(pair.size)


# ---------------------------------------------------------------------- Campbell's theorem


def discrete(kernel, rate, dt):
    """Mean and variance of sum of kernel[i] n_{k-i}, n independent and Poisson of mean rate dt: their weighted sums."""
    return rate * dt * kernel.sum(), rate * dt * (kernel**2).sum()


@pytest.mark.parametrize("dt", STEPS)
@pytest.mark.parametrize("name", ["ExpSyn", "AlphaSyn"])
def test_shot_noise_follows_campbells_theorem(name, dt):
    """Events at rate r, each adding f(t): mean r times the integral of f, variance r times that of f**2.

    Campbell 1909; Rice 1944, Bell System Technical Journal 23 (Mathematical analysis of random noise, part I). Here
    events fall on steps, so the integrals are sums over steps. For f = w exp(-t/tau) these are w dt / (1 - k) and
    w**2 dt / (1 - k**2) with k = exp(-dt/tau), which near the integrals w tau and w**2 tau / 2; for
    f = w (t/tau) exp(1 - t/tau) the integrals are w tau e and w**2 tau e**2 / 4. The variance of a sample variance of n
    draws is (m4 - v**2) / n, with m4 - 3 v**2 = r times the integral of f**4.
    """
    rate, weight, tau = 400.0, 0.5, 0.02
    net = Network(seed=3)
    net.input("u", UNITS)
    net.add_layer(PoissonEncoder(UNITS, rate=rate, dt=dt), name="events")
    synapse = {"ExpSyn": ExpSyn, "AlphaSyn": AlphaSyn}[name]
    net.add_layer(synapse(np.full(UNITS, weight), tau=tau, dt=dt), name="shot")
    net.connect("u", "events")
    net.connect("events", "shot")
    net.output("shot")
    steps = round(15 * tau / dt)
    last = net.evolve(TSContinuous.from_clocked(np.ones((steps, UNITS)), dt))["shot"].samples[-1]
    t = dt * np.arange(steps)
    shape = weight * (np.exp(-t / tau) if name == "ExpSyn" else t / tau * np.exp(1.0 - t / tau))
    mean, variance = discrete(shape, rate, dt)
    assert_near_mean(last, mean, variance)
    fourth = rate * dt * (shape**4).sum()
    spread = math.sqrt((fourth + 2 * variance**2) / UNITS)
    assert abs(last.var(ddof=1) - variance) < 5 * spread
    integrals = {
        "ExpSyn": (weight * tau, weight**2 * tau / 2),
        "AlphaSyn": (weight * tau * math.e, weight**2 * tau * math.e**2 / 4),
    }
    # Euler and Maclaurin: sums exceed integrals by z/2 + z**2/12 of them at most for exp(-z t/dt), which jumps at 0,
    # with z = dt/tau for f and 2 dt/tau for f**2; where f starts from 0 they differ by less than (dt/tau)**2/12
    z = dt / tau
    apart = {"ExpSyn": (z / 2 + z**2 / 12, z + z**2 / 3), "AlphaSyn": (z**2 / 12, z**2 / 12)}[name]
    for found, integral, bound in zip((mean, variance), integrals[name], apart, strict=True):
        assert abs(found / (rate * integral) - 1.0) < bound + 1e-5  # which 15 tau leave out


@pytest.mark.parametrize("dt", STEPS)
def test_a_rate_decoder_of_a_poisson_process_shows_its_rate(dt):
    """y = sum of a k**i n_i, a = (1 - k)/dt: mean r at any dt; variance r (1 - k) / ((1 + k) dt), near r / (2 tau)."""
    rate, width = 60.0, 0.05
    layer, encoder = RateDecoder(UNITS, width=width, dt=dt), PoissonEncoder(UNITS, rate=rate, dt=dt)
    steps = round(15 * width / dt)
    _, events = encoder.advance({}, np.ones((steps, UNITS)), Span(0, steps, key=9))
    state, _ = layer.advance(layer.initial(), events, Span(0, steps))
    variance = rate * math.tanh(dt / (2 * width)) / dt
    assert_near_mean(state["rate"], rate, variance)
    fourth = rate * dt * (-math.expm1(-dt / width) / dt) ** 4 / -math.expm1(-4 * dt / width)
    assert abs(state["rate"].var(ddof=1) - variance) < 5 * math.sqrt((fourth + 2 * variance**2) / UNITS)
    assert abs(variance / (rate / (2 * width)) - 1.0) < dt / width


@pytest.mark.parametrize("dt", STEPS)
def test_the_power_of_poisson_events_is_flat(dt):
    """Counts of steps are white: their mean power at any frequency above 0 is their variance, rate dt per step.

    The power at one frequency is exponential, so its mean over n frequencies has a standard error of power/sqrt(n).
    """
    rate, steps = 500.0, 4096
    _, events = PoissonEncoder(8, rate=rate, dt=dt).advance({}, np.ones((steps, 8)), Span(0, steps, key=10))
    table = counts(events, 0, steps, 8)
    _, y = Linear(np.eye(8)).advance({}, table.astype(float), Span(0, steps))
    power = np.abs(np.fft.rfft(y, axis=0)[1:-1]) ** 2 / steps
    for half in np.array_split(power, 2):
        assert abs(half.mean() - rate * dt) < 5 * rate * dt / math.sqrt(half.size)
