"""Short-term plasticity against the recurrences of its papers, worked out event by event and in closed form."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from graphnet import Events, ParameterError, Span
from layers import ExpSyn, TsodyksMarkram

DT = 1e-3
DEPRESSING = {"U": 0.5, "tau_rec": 0.8, "tau_facil": 0.0}
FACILITATING = {"U": 0.05, "tau_rec": 0.1, "tau_facil": 1.0}


def events(step, channel=None):
    step = np.asarray(step, dtype=np.int64)
    return Events(step, np.zeros(len(step), dtype=np.int32) if channel is None else np.asarray(channel, dtype=np.int32))


def releases(step, **given):
    """What each event of one channel releases: y just after it, with a current that is gone by the next step."""
    layer = TsodyksMarkram([[1.0]], tau_syn=1e-6, dt=DT, **given)
    y = layer.advance(layer.initial(), events(step), Span(0, int(step[-1]) + 1))[1]
    return y[np.asarray(step), 0]


def steady(period, U, tau_rec, tau_facil):
    """(u, x) at each event of a train of that period in the long run: the fixed points of the two recurrences."""
    forgotten = math.exp(-period / tau_facil) if tau_facil else 0.0
    left = math.exp(-period / tau_rec) if tau_rec else 0.0
    u = U / (1.0 - (1.0 - U) * forgotten)
    return u, (1.0 - left) / (1.0 - (1.0 - u) * left)


@given(
    U=st.floats(0.01, 1.0),
    tau_rec=st.just(0.0) | st.floats(1e-6, 2.0),
    tau_facil=st.just(0.0) | st.floats(1e-6, 2.0),
    gaps=st.lists(st.integers(1, 500), min_size=1, max_size=30),
)
def test_each_event_releases_what_the_recurrences_say(U, tau_rec, tau_facil, gaps):
    """Markram, Wang and Tsodyks 1998: R and u from one event to the next, here from U and 1."""
    step = np.concatenate([[0], np.cumsum(gaps)])
    u, r, expected = U, 1.0, [U]
    for gap in np.asarray(gaps) * DT:
        left = math.exp(-gap / tau_rec) if tau_rec > 0 else 0.0
        r = 1.0 - (1.0 - r * (1.0 - u)) * left
        u *= math.exp(-gap / tau_facil) if tau_facil > 0 else 0.0
        u += U * (1.0 - u)
        expected.append(u * r)
    found = releases(step, U=U, tau_rec=tau_rec, tau_facil=tau_facil)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("rate", [5, 10, 20, 50, 100])
@pytest.mark.parametrize("synapse", [DEPRESSING, FACILITATING, {"U": 0.2, "tau_rec": 0.3, "tau_facil": 0.3}])
def test_a_regular_train_settles_at_the_fixed_point_of_the_recurrences(rate, synapse):
    gap = round(1 / (rate * DT))
    u, x = steady(gap * DT, **synapse)
    found = releases(gap * np.arange(round(20 * rate)), **synapse)
    assert found[0] == pytest.approx(synapse["U"], rel=1e-12)
    assert found[-1] == pytest.approx(u * x, rel=1e-7)


def test_depression_makes_the_current_independent_of_the_rate_when_it_is_high():
    """The release per event falls as 1 / rate (Tsodyks and Markram 1997): rate times release nears 1 / tau_rec."""
    for rate in (100, 500):
        gap = round(1 / (rate * DT))
        per_second = releases(gap * np.arange(10 * rate), **DEPRESSING)[-1] * rate
        assert per_second == pytest.approx(1 / 0.8, rel=0.02)


def test_a_depressing_synapse_falls_and_a_facilitating_one_rises_first():
    train = 50 * np.arange(20)
    assert np.all(np.diff(releases(train, **DEPRESSING)) < 0)
    rising = releases(train, **FACILITATING)
    assert np.all(np.diff(rising[:4]) > 0)
    assert rising.max() > 3 * rising[0]


def test_a_rest_of_many_time_constants_gives_the_first_response_again():
    found = releases(np.array([0, 10, 20, 30, 60_030]), U=0.3, tau_rec=0.5, tau_facil=0.7)
    assert found[3] != pytest.approx(found[0], rel=0.01)
    assert found[4] == pytest.approx(found[0], rel=1e-9)


def test_the_current_decays_exactly_between_events():
    tau = 0.004
    layer = TsodyksMarkram([[2.0, -1.0]], U=0.5, tau_syn=[tau, 3 * tau], dt=DT)
    y = layer.advance(layer.initial(), events([5]), Span(0, 60))[1]
    t = DT * np.arange(55)
    np.testing.assert_allclose(y[5:, 0], np.exp(-t / tau), rtol=1e-12)
    np.testing.assert_allclose(y[5:, 1], -0.5 * np.exp(-t / (3 * tau)), rtol=1e-12)
    assert not y[:5].any()


@pytest.mark.parametrize("form", ["dense", "csr"])
def test_without_depression_and_facilitation_it_is_an_exponential_synapse(form):
    """U = 1 and both time constants 0: each event releases all, and all is there again for the next."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(20, 30)) * (rng.random((20, 30)) < 0.3)
    held = csr_array(weights) if form == "csr" else weights
    step, channel = np.sort(rng.integers(0, 200, 500)), rng.integers(0, 20, 500)
    order = np.lexsort((channel, step))
    given = events(step[order], channel[order])
    one = TsodyksMarkram(held, U=1.0, tau_rec=0.0, tau_facil=0.0, tau_syn=0.007)
    other = ExpSyn(weights, tau=0.007)
    found, expected = (layer.advance(layer.initial(), given, Span(0, 200))[1] for layer in (one, other))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("weights", [np.ones(2), np.eye(2), csr_array(np.eye(2))], ids=["diagonal", "dense", "csr"])
def test_channels_have_their_own_parameters_and_keep_to_themselves(weights):
    layer = TsodyksMarkram(weights, U=[0.5, 0.05], tau_rec=[0.8, 0.1], tau_facil=[0.0, 1.0], tau_syn=1e-6, dt=DT)
    train = 20 * np.arange(30)
    both = events(np.repeat(train, 2), np.tile([0, 1], 30))
    y = layer.advance(layer.initial(), both, Span(0, 600))[1][train]
    np.testing.assert_allclose(y[:, 0], releases(train, **DEPRESSING), rtol=1e-12)
    np.testing.assert_allclose(y[:, 1], releases(train, **FACILITATING), rtol=1e-12)


def test_events_of_one_step_follow_each_other_without_time_between_them():
    """Two at once release U and then u_2 (1 - U) with u_2 = U + U (1 - U)."""
    layer = TsodyksMarkram([[1.0]], U=0.3, tau_rec=0.5, tau_facil=0.5)
    y = layer.advance(layer.initial(), events([0, 0]), Span(0, 1))[1]
    assert y[0, 0] == pytest.approx(0.3 + (0.3 + 0.3 * 0.7) * 0.7, rel=1e-14)


@pytest.mark.parametrize("dt", [1e-2, 1e-3, 1e-4])
def test_noise_has_the_stationary_spread_of_its_process_at_any_dt(dt):
    """Variance s**2 tau/2 of an Ornstein-Uhlenbeck process (Gardiner 2009, section 3.8.4)."""
    tau, strength, units = 0.01, 2.0, 4000
    layer = TsodyksMarkram(np.zeros((1, units)), tau_syn=tau, noise_std=strength, dt=dt)
    last = layer.advance(layer.initial(), None, Span(0, round(10 * tau / dt), key=3))[1][-1]
    variance = strength**2 * tau / 2.0
    assert abs(last.mean()) < 5 * math.sqrt(variance / units)
    assert abs(last.var() - variance) < 5 * variance * math.sqrt(2.0 / units)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"U": 0.0}, "TsodyksMarkram: U must be above 0 and at most 1, got 0.0"),
        ({"U": [0.5, 1.5]}, r"TsodyksMarkram: U must be above 0 and at most 1, got \(0.5, 1.5\)"),
        ({"tau_rec": -0.1}, r"TsodyksMarkram: tau_rec must be at least 0, got -0.1 \(in s\)"),
        ({"tau_facil": [1.0]}, "tau_facil must be one number or 2, one for each channel, got 1"),
        ({"tau_syn": 0.0}, "TsodyksMarkram: tau_syn should be greater than 0, got 0.0"),
    ],
)
def test_parameters_that_mean_nothing_are_refused(given, says):
    with pytest.raises(ParameterError, match=says):
        TsodyksMarkram(np.ones((2, 3)), **given)
