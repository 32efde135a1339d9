"""Spike trains beside each other: coincidences are as many as can be, the factor is 1 for equals and 0 for chance."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.spiketrains import Stretch, agreement, coincidences, correlation, firing, smoothed

MS = 1e-3
trains = st.lists(st.integers(0, 60), max_size=25).map(lambda steps: np.array(sorted(steps)) * MS)


@given(trains, trains, st.integers(0, 5))
def test_as_many_spikes_coincide_as_a_largest_matching_pairs(one, other, steps):
    """Every spike in one pair at most, none farther apart than the window: compared with a matching of the graph."""
    first, second = coincidences(one, other, steps * MS)
    assert len(set(first)) == len(set(second)) == len(first) == len(second)
    assert (np.abs(one[first] - other[second]) <= steps * MS + 1e-9).all()
    graph = nx.Graph()
    left = [("one", i) for i in range(len(one))]
    graph.add_nodes_from(left)
    graph.add_nodes_from(("other", j) for j in range(len(other)))
    near = np.argwhere(np.abs(np.rint(one / MS)[:, None] - np.rint(other / MS)) <= steps)
    graph.add_edges_from((("one", i), ("other", j)) for i, j in near.tolist())
    assert len(first) == len(nx.bipartite.maximum_matching(graph, left)) // 2


@given(trains, trains)
def test_coincidences_do_not_depend_on_who_comes_first(one, other):
    first, second = coincidences(one, other, 2 * MS)
    again, mine = coincidences(other, one, 2 * MS)
    assert np.array_equal(first, mine)
    assert np.array_equal(second, again)


def test_a_distance_of_the_whole_window_coincides_wherever_it_lies():
    at = np.arange(0, 100_000, 97) * 1e-4
    first, _ = coincidences(at, at + 0.002, 0.002)
    assert len(first) == len(at)
    assert len(coincidences(at, at + 0.0021, 0.002)[0]) == 0


@given(trains.filter(len), st.integers(1, 4))
def test_the_factor_of_a_train_and_itself_is_one(train, copies):
    found = agreement([Stretch(train, train, 1.0)] * copies, 2 * MS)
    assert found.factor == pytest.approx(1.0)
    assert (found.matched, found.jitter) == (1.0, 0.0)


def test_the_factor_is_what_its_definition_gives():
    """Kistler, Gerstner and van Hemmen 1997, by hand: 2 of 4 wanted spikes met by 3 in 1 s, window 2 ms.

    <N_coinc> = 2 * 3/s * 0.002 s * 4 = 0.048; Gamma = (2 - 0.048) / 3.5 / (1 - 0.012).
    """
    given_, wanted = np.array([0.1, 0.2, 0.3]), np.array([0.101, 0.198, 0.5, 0.6])
    found = agreement([Stretch(given_, wanted, 1.0)], 0.002)
    assert found.factor == pytest.approx((2 - 0.048) / 3.5 / (1 - 0.012), rel=1e-12)
    assert found.matched == 0.5
    assert found.jitter == pytest.approx(np.sqrt((0.001**2 + 0.002**2) / 2))


def test_unrelated_trains_have_a_factor_near_zero():
    """50 pairs of independent Poisson trains of 20 Hz over 20 s: within 5 standard errors of 0."""
    rng = np.random.default_rng(5)
    made = [np.sort(rng.uniform(0, 20, rng.poisson(400))) for _ in range(100)]
    factors = [agreement([Stretch(a, b, 20.0)], 0.002).factor for a, b in zip(made[::2], made[1::2], strict=True)]
    # a spike that has two near it counts once: the factor lies below 0 by about half of the chance of one
    assert abs(np.mean(factors)) < 0.04 + 5 * np.std(factors) / np.sqrt(50)
    assert np.std(factors) < 0.05


def test_nothing_to_compare_gives_zero_and_no_division():
    none, some = np.zeros(0), np.array([0.5])
    for one, other in ((none, none), (none, some), (some, none)):
        found = agreement([Stretch(one, other, 1.0)], 0.002)
        assert (found.factor, found.matched, found.jitter) == (0.0, 0.0, 0.0)
    assert agreement([Stretch(some, some, 0.001)], 0.002).factor == 0.0  # a window wider than the recording


@settings(max_examples=30)
@given(st.floats(0.5, 20), st.integers(0, 2**32 - 1))
def test_smoothing_keeps_the_sum_and_weighs_by_the_gaussian(spread, seed):
    rows = np.zeros((400, 2))
    rows[150:250] = np.random.default_rng(seed).normal(size=(100, 2))
    made = smoothed(rows, spread)
    assert np.allclose(made.sum(axis=0), rows.sum(axis=0), atol=1e-9)
    one = np.zeros((401, 1))
    one[200] = 1.0
    bell = np.exp(-0.5 * (np.arange(-200, 201) / spread) ** 2)
    assert np.allclose(smoothed(one, spread)[:, 0], bell / bell.sum(), atol=2e-4)


def test_a_correlation_does_not_see_scale_and_is_zero_of_a_constant():
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(50, 2)), rng.normal(size=(50, 2))
    assert correlation(one, other) == pytest.approx(np.corrcoef(one.ravel(), other.ravel())[0, 1], rel=1e-12)
    assert correlation(one, 7.0 - 3.0 * one) == pytest.approx(-1.0)
    assert correlation(one, np.ones_like(one)) == 0.0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), max_size=60))
def test_rates_and_variation_are_what_each_channel_by_itself_says(events):
    times, channels = np.array([step for step, _ in events]) * MS, np.array([one for _, one in events], dtype=int)
    found = firing(times, channels, 5, 0.061)
    intervals = [np.diff(np.sort(times[channels == one])) for one in range(5)]
    judged = [one for one in intervals if len(one) >= 3 and one.mean() > 0]
    assert found.rate == pytest.approx(len(events) / 5 / 0.061)
    assert found.judged == len(judged)
    assert found.silent == sum(one not in channels for one in range(5))
    if judged:
        assert found.cv == pytest.approx(np.mean([one.std() / one.mean() for one in judged]), abs=1e-9)
    else:
        assert found.cv is None
    every = np.concatenate(intervals)
    assert (found.pooled is None) == (len(every) == 0 or every.mean() == 0.0)
    if found.pooled is not None:
        assert found.pooled == pytest.approx(every.std() / every.mean(), abs=1e-9)


def test_a_poisson_process_varies_by_one_and_a_clock_not_at_all():
    """100 trains of 400 intervals: the mean CV is 1 within 5 standard errors, after a bias of the order 1/400."""
    rng = np.random.default_rng(5)
    times = np.cumsum(rng.exponential(0.01, size=(100, 401)), axis=1)
    channels = np.repeat(np.arange(100), 401)
    found = firing(times.ravel(), channels, 100, 4.01)
    assert found.cv == pytest.approx(1.0, abs=5 / np.sqrt(100 * 400) + 1 / 400)
    assert found.pooled == pytest.approx(1.0, abs=5 / np.sqrt(100 * 400))
    assert firing(np.tile(np.arange(401) * 0.01, 100), channels, 100, 4.01).cv == 0.0
