"""STDP against its closed form, a plain loop over pairs of spikes, and what it is known to do.

The rule: Song, Miller and Abbott 2000, Nature Neuroscience 3:919-926; dependence on the weight and nearest neighbours:
Morrison, Diesmann and Gerstner 2008, Biological Cybernetics 98:459-478.
"""

import math

import numpy as np
import pytest
from scipy.sparse import csr_array

from graphnet import Events, Span, TSEvent
from graphnet.blocks import sort_events
from layers import IF, LIF, CubaLIF
from layers.spiking import STDP
from layers.spiking.cuba import passed_on

DT = 1e-3


def events(steps, channels):
    return sort_events(np.asarray(steps, dtype=np.int64), np.asarray(channels, dtype=np.int32))


def advance(layer, block, steps, length=None):
    """Last state and raster."""
    state, raster = layer.initial(), np.zeros((steps, layer.size), dtype=bool)
    for start in range(0, steps, length or steps):
        stop = min(start + (length or steps), steps)
        span, cut = Span(start, stop - start), {}
        for name, one in (block if isinstance(block, dict) else {"": block}).items():
            inside = (one.step >= start) & (one.step < stop)
            cut[name] = Events(one.step[inside], one.channel[inside])
        state, out = layer.advance(state, cut if isinstance(block, dict) else cut[""], span)
        raster[out.step, out.channel] = True
    return state, raster


# ---------------------------------------------------------------------- the window


def change_by_a_pair(s, **rule):
    """What one pair s steps apart does to a plastic weight of 0.4; a strong one on the second channel lets it fire."""
    at = 200
    layer = LIF(
        {"learns": [[0.4]], "fires": [[5.0]]}, plasticity={"learns": STDP(**rule)}, input_type=TSEvent, dt=DT,
        tau_mem=0.001,
    )  # fmt: skip
    state, raster = advance(layer, {"learns": events([at - s], [0]), "fires": events([at], [0])}, 2 * at)
    assert list(np.flatnonzero(raster)) == [at]
    assert state["weights"][1, 0] == 5.0
    return state["weights"][0, 0] - 0.4


@pytest.mark.parametrize("pairs", ["all", "nearest"])
@pytest.mark.parametrize("mu", [0.0, 0.3, 1.0])
def test_an_isolated_pair_changes_the_weight_by_the_closed_form(mu, pairs):
    """dw = A_plus (1 - p)^mu exp(-s/tau_plus) for s >= 0, else -A_minus p^mu exp(s/tau_minus)."""
    rule = {"tau_plus": 0.013, "tau_minus": 0.031, "A_plus": 0.02, "A_minus": 0.03, "w_min": -0.5, "w_max": 2.0}
    p = 0.9 / 2.5
    for s in [-150, -40, -7, -2, -1, 0, 1, 2, 9, 33, 120]:
        if s >= 0:
            expected = 0.02 * (1 - p) ** mu * math.exp(-s * DT / 0.013)
        else:
            expected = -0.03 * p**mu * math.exp(s * DT / 0.031)
        assert abs(change_by_a_pair(s, mu=mu, pairs=pairs, **rule) - expected) < 1e-12


def test_triplets_repeated_at_a_frequency_change_the_weight_by_the_sum_over_pairs():
    """n pairs, each (pre, post) 5 steps apart, at periods of T steps: a sum over all pairs of geometric series."""
    n, lag, rule = 12, 5, STDP(A_plus=1e-3, A_minus=1.3e-3, tau_plus=0.017, tau_minus=0.034)
    for period in (100, 50, 20):
        pre = 10 + period * np.arange(n)
        layer = LIF(
            {"learns": [[0.4]], "fires": [[5.0]]}, plasticity={"learns": rule}, input_type=TSEvent, tau_mem=1e-3
        )
        block = {"learns": events(pre, 0 * pre), "fires": events(pre + lag, 0 * pre)}
        state, raster = advance(layer, block, int(pre[-1]) + 50)
        assert np.array_equal(np.flatnonzero(raster), pre + lag)
        s = (pre + lag)[:, None] - pre
        later = np.exp(-np.abs(s) * DT / np.where(s >= 0, 0.017, 0.034))
        expected = np.sum(np.where(s >= 0, 1e-3, -1.3e-3) * later)
        assert abs(state["weights"][0, 0] - 0.4 - expected) < 1e-12


# ---------------------------------------------------------------------- a plain loop over pairs

M, N, STEPS = 7, 11, 260
R, REFRACTORY = 8.0, 3  # the resistance of neurons with currents, steps
rng = np.random.default_rng(8)
ONE = STDP(tau_plus=0.011, tau_minus=0.023, A_plus=0.02, A_minus=0.013, w_min=-0.1, w_max=0.9, mu=0.4)
OTHER = STDP(tau_plus=0.02, tau_minus=0.007, A_plus=0.03, A_minus=0.04, w_min=0.0, w_max=0.6)
NEAR = STDP(tau_plus=0.02, tau_minus=0.016, A_plus=0.03, A_minus=0.02, w_max=0.9, mu=1.0, pairs="nearest")
INH = STDP(A_plus=0.03, A_minus=0.02, w_min=-0.6, w_max=0.0)


GIVEN = {"input_type": TSEvent, "refractory": REFRACTORY * DT, "dt": DT}


class Synapses:
    """Weights of one matrix and the steps at which each had events; no traces: every change is a sum over spikes."""

    def __init__(self, weights, there, late, rule):
        self.w, self.there, self.late, self.rule = weights.copy(), there, np.broadcast_to(late, weights.shape), rule
        self.came = {}

    def arrive(self, i, j, k, posts):
        """What an event passes on; then depression by the spikes of j before it."""
        passed = self.w[i, j]
        if self.rule is not None:
            r, mine = self.rule, posts[j][-1:] if self.rule.pairs == "nearest" else posts[j]
            p = (passed - r.w_min) / (r.w_max - r.w_min)
            change = r.A_minus * p**r.mu * sum(math.exp(-(k - b) * DT / r.tau_minus) for b in mine)
            self.w[i, j] = min(max(passed - change, r.w_min), r.w_max)
            self.came.setdefault((i, j), []).append(k)
        return passed

    def fired(self, j, k):
        """Potentiation of all that leads to j by the events before."""
        r = self.rule
        for i in np.flatnonzero(self.there[:, j]) if r is not None else ():
            came = self.came.get((i, j), [])
            mine = came[-1:] if r.pairs == "nearest" else came
            p = (self.w[i, j] - r.w_min) / (r.w_max - r.w_min)
            change = r.A_plus * (1 - p) ** r.mu * sum(math.exp(-(k - a) * DT / r.tau_plus) for a in mine)
            self.w[i, j] = min(max(self.w[i, j] + change, r.w_min), r.w_max)


class PlainLoop:
    """Neurons and their synapses step by step, in the words of the docstrings; weights are left in the synapses."""

    def __init__(self, model, inputs, loops, tau_syn, bias):
        self.cuba, self.inputs, self.loops, self.tau_syn = model is CubaLIF, inputs, loops, tau_syn
        self.v, self.wait, self.current = np.zeros(N), np.zeros(N, dtype=int), np.zeros((len(tau_syn), N))
        self.raster, self.posts = np.zeros((STEPS + 1, N), dtype=bool), [[] for _ in range(N)]
        self.keep = 1.0 if model is IF else math.exp(-DT / 0.02)
        self.base = DT * bias if model is IF else (1 - self.keep) * bias

    def arrived(self, k):
        """What arrives through the recurrence for step k, by receptor."""
        found = np.zeros((len(self.loops), N))
        for n, one in enumerate(self.loops):
            for i, j in np.argwhere(one.there):
                if k >= one.late[i, j] and self.raster[k - one.late[i, j], i]:
                    found[n, j] += one.arrive(i, j, k, self.posts)
        return found

    def push(self, k, blocks):
        """What is added to v in step k."""
        push = np.zeros(N) if self.cuba else self.arrived(k).sum(axis=0)
        for n, (one, block) in enumerate(zip(self.inputs, blocks, strict=True)):
            for i in block.channel[block.step == k]:
                for j in np.flatnonzero(one.there[i]):
                    (self.current[n] if self.cuba else push)[j] += one.arrive(i, j, k, self.posts)
        for n, tau in enumerate(self.tau_syn) if self.cuba else ():
            push += R * passed_on(np.full(N, 0.02), np.full(N, tau), DT) * self.current[n]
            self.current[n] *= math.exp(-DT / tau)
        return push

    def run(self, blocks):
        for k in range(STEPS):
            moved = self.keep * self.v + self.base + self.push(k, blocks)
            self.v = np.where(self.wait == 0, moved, self.v)
            fired = self.raster[k] = (self.wait == 0) & (self.v >= 1.0)
            self.wait = np.where(fired, REFRACTORY, np.maximum(self.wait - 1, 0))
            self.v[fired] = 0.0
            for j in np.flatnonzero(fired):
                for one in (*self.inputs, *self.loops):
                    one.fired(j, k)
                self.posts[j].append(k)
            if self.cuba:  # what arrives for the next step does so at the end of this one
                came = self.arrived(k + 1)
                self.current[: len(came)] += came
        return self.raster[:STEPS]


def matrix(rows, low, high, density=1.0):
    return rng.uniform(low, high, size=(rows, N)) * (rng.random((rows, N)) < density)


IN, REC, SOME, RARE = matrix(M, 0.0, 0.6), matrix(N, 0, 0.4), matrix(M, 0.1, 0.6, 0.5), matrix(N, 0.1, 0.5, 0.3)
MINUS = -matrix(N, 0.1, 0.5, 0.3)
DIAGONAL = np.append(0.0, np.linspace(0.1, 0.5, N - 1))
LATE = rng.integers(1, 7, size=(N, N))
TIMES = rng.integers(0, STEPS, 300), rng.integers(0, M, 300)  # some twice in a step
WHERE = csr_array(RARE)
LATE_CSR = csr_array((LATE[WHERE.nonzero()] * DT, WHERE.indices, WHERE.indptr), shape=WHERE.shape)

# weights, dense weights, which there are, rule; and of the recurrence delay_rec, and the delays in steps
INPUTS = {
    "dense": (IN, IN, True, ONE),
    "dense, nearest": (IN, IN, True, NEAR),
    "sparse": (csr_array(SOME), SOME, SOME != 0, OTHER),
    "sparse, nearest": (csr_array(SOME), SOME, SOME != 0, NEAR),
    "not plastic": (IN, IN, True, None),
}
LOOPS = {
    "none": None,
    "dense": (REC, REC, True, OTHER, None, 1),
    "dense, 4 steps": (REC, REC, True, ONE, 4 * DT, 4),
    "dense, each its own": (REC, REC, True, NEAR, LATE * DT, LATE),
    "sparse": (csr_array(RARE), RARE, RARE != 0, ONE, None, 1),
    "sparse, each its own": (WHERE, RARE, RARE != 0, OTHER, LATE_CSR, LATE),
    "diagonal, 2 steps": (DIAGONAL, np.diag(DIAGONAL), np.eye(N, dtype=bool), ONE, 2 * DT, 2),
    "not plastic, 3 steps": (REC, REC, True, None, 3 * DT, 3),
}
CASES = [(a, b) for a in INPUTS for b in LOOPS if "not" not in a or ("not" not in b and b != "none")]


@pytest.mark.parametrize("model", [LIF, CubaLIF])
@pytest.mark.parametrize(("given", "looped"), CASES)
def test_weights_learn_as_in_a_plain_loop_over_pairs(model, given, looped):
    weights, dense, there, rule = INPUTS[given]
    bias = 0.6 / R if model is CubaLIF else 0.6
    loops, more = [], {"tau_syn": 0.002, "r": R} if model is CubaLIF else {}
    if LOOPS[looped] is not None:
        rec, dense_rec, there_rec, rule_rec, delay, late = LOOPS[looped]
        loops = [Synapses(dense_rec, np.broadcast_to(there_rec, (N, N)), late, rule_rec)]
        more |= {"weights_rec": rec, "plasticity_rec": rule_rec, "delay_rec": delay}
    inputs, block = [Synapses(dense, np.broadcast_to(there, (M, N)), 0, rule)], events(*TIMES)
    layer = model(weights, plasticity=rule, tau_mem=0.02, bias=bias, **GIVEN, **more)
    raster = PlainLoop(model, inputs, loops, (0.002,), 0.6).run([block])
    assert 100 < raster.sum() < 0.5 * raster.size
    for length in (None, 7):
        state, found = advance(layer, block, STEPS, length)
        assert np.array_equal(found, raster)
        layer.set_state_now(state)
        learned = layer.learned()
        assert set(learned) == ({"weights"} if rule else set()) | (
            {"weights_rec"} if loops and loops[0].rule else set()
        )
        for name, one in learned.items():
            expected = (inputs if name == "weights" else loops)[0].w
            form = np.diag(one) if np.ndim(one) == 1 else one if isinstance(one, np.ndarray) else one.toarray()
            assert np.max(np.abs(form - expected)) < 1e-12
            assert np.max(np.abs(expected - (dense if name == "weights" else dense_rec))) > 0.01


@pytest.mark.parametrize("model", [LIF, IF, CubaLIF])
@pytest.mark.parametrize("form", ["dense", "mixed"])
def test_each_receptor_has_its_rule_or_none(model, form):
    other = csr_array if form == "mixed" else np.array
    more = {"tau_syn": {"exc": 0.002, "inh": 0.004}, "r": R} if model is CubaLIF else {}
    more |= {} if model is IF else {"tau_mem": 0.02}
    bias = {IF: 20.0, LIF: 0.7, CubaLIF: 0.7}[model]
    layer = model(
        {"exc": IN, "inh": other(-0.5 * SOME)}, {"exc": other(RARE), "inh": MINUS},
        delay_rec={"exc": 3 * DT, "inh": 1 * DT}, plasticity={"exc": ONE},
        plasticity_rec={"inh": INH, "exc": NEAR} if form == "mixed" else {"inh": INH},
        bias=bias / R if model is CubaLIF else bias, **GIVEN, **more,
    )  # fmt: skip
    everywhere = np.ones((N, N), dtype=bool)
    inputs = [Synapses(IN, np.ones((M, N), dtype=bool), 0, ONE), Synapses(-0.5 * SOME, SOME != 0, 0, None)]
    loops = [
        Synapses(RARE, RARE != 0, 3, NEAR if form == "mixed" else None),
        Synapses(MINUS, everywhere, 1, INH),
    ]
    half = TIMES[0].size // 2
    blocks = [events(*(one[:half] for one in TIMES)), events(*(one[half:] for one in TIMES))]
    raster = PlainLoop(model, inputs, loops, (0.002, 0.004), bias).run(blocks)
    assert raster.sum() > 50
    state, found = advance(layer, dict(zip(("exc", "inh"), blocks, strict=True)), STEPS)
    assert np.array_equal(found, raster)
    layer.set_state_now(state)
    for name, of_plain in (("weights", inputs), ("weights_rec", loops)):
        for (key, one), expected in zip(layer.learned()[name].items(), of_plain, strict=True):
            form_of = one if isinstance(one, np.ndarray) else one.toarray()
            assert np.max(np.abs(form_of - expected.w)) < 1e-12, (name, key)


def test_the_gain_of_input_weights_multiplies_what_is_passed_on_and_not_what_learns():
    block, w_in = events(*TIMES), np.linspace(0.5, 3.0, N)
    still = {"A_plus": 0.0, "A_minus": 0.0}
    given = {"tau_mem": 0.02, "tau_syn": 0.003, "w_in": w_in, "dt": DT}
    for weights in (IN, csr_array(SOME)):
        expected = advance(CubaLIF(weights, **given), block, STEPS)[1]
        state, found = advance(CubaLIF(weights, plasticity=still, **given), block, STEPS)
        assert expected.sum() > 50
        assert np.array_equal(found, expected)
        assert np.array_equal(state["weights"], weights if weights is IN else weights.data)


@pytest.mark.parametrize("model", [LIF, IF, CubaLIF])
@pytest.mark.parametrize("looped", [name for name, one in LOOPS.items() if one is not None])
def test_a_rule_that_changes_nothing_gives_the_spikes_of_a_layer_without_plasticity(model, looped):
    rec, _, _, _, delay, _ = LOOPS[looped]
    more = {"tau_syn": 0.002, "tau_mem": 0.02} if model is CubaLIF else {}
    given = {"delay_rec": delay, "input_type": TSEvent, "bias": 20.0 if model is IF else 0.6, "dt": DT, **more}
    still, block = {"A_plus": 0.0, "A_minus": 0.0}, events(*TIMES)
    state, raster = advance(model(IN, rec, **given), block, STEPS)
    learns, found = advance(model(IN, rec, plasticity=still, plasticity_rec=still, **given), block, STEPS)
    assert np.array_equal(found, raster)
    assert np.max(np.abs(learns["v"] - state["v"])) < 1e-12
    assert np.array_equal(learns["weights"], IN)


# ---------------------------------------------------------------------- what it is known to do


def test_correlated_inputs_win_over_uncorrelated_ones():
    """Song, Miller and Abbott 2000: where some inputs fire together, their synapses grow and the others fall."""
    half, steps, p = 30, 100_000, 0.02  # all inputs at 20 Hz
    draw = np.random.default_rng(3)
    common = draw.random((steps, 1)) < p
    together = np.where(draw.random((steps, half)) < 0.5, common, draw.random((steps, half)) < p)
    alone = draw.random((steps, half)) < p
    assert abs(together.mean() - alone.mean()) < 0.02 * p
    step, channel = np.concatenate([together, alone], axis=1).nonzero()
    rule = STDP(A_plus=5e-4, A_minus=5.5e-4, w_max=0.08)
    layer = LIF(np.full((2 * half, 1), 0.03), plasticity=rule, tau_mem=0.02, input_type=TSEvent, dt=DT)
    state, raster = advance(layer, events(step, channel), steps)
    weights = state["weights"][:, 0] / 0.08
    assert raster.sum() > 1000
    assert weights[:half].min() > 0.9
    assert weights[half:].mean() < 0.375  # where all began
    assert weights[half:].max() < weights[:half].min()


def test_the_additive_rule_splits_uncorrelated_weights_and_the_multiplicative_one_does_not():
    """Morrison, Diesmann and Gerstner 2008: without dependence on the weight they gather at the bounds; with it, one
    peak stands where potentiation and depression balance."""
    m, steps = 100, 150_000
    draw = np.random.default_rng(5)
    step, channel = (draw.random((steps, m)) < 0.015).nonzero()
    spread = {}
    for mu in (0.0, 1.0):
        rule = STDP(A_plus=4e-4, A_minus=4.2e-4, w_max=0.08, mu=mu)
        layer = LIF(np.full((m, 1), 0.04), plasticity=rule, tau_mem=0.02, input_type=TSEvent, dt=DT)
        weights = advance(layer, events(step, channel), steps)[0]["weights"][:, 0] / 0.08
        assert weights.min() >= 0.0
        assert weights.max() <= 1.0
        spread[mu] = np.mean((weights < 0.2) | (weights > 0.8))
    assert spread[0.0] > 0.5
    assert spread[1.0] < 0.05
