"""Recurrence with delays against a plain loop over events: who fires at step k acts delay / dt steps later."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from graphnet import Events, Span, TSContinuous, TSEvent
from layers import IF, LIF, CubaLIF
from layers.spiking.cuba import passed_on

N, M, STEPS, DT = 23, 5, 300, 1e-3
rng = np.random.default_rng(4)
IN = rng.uniform(0, 0.8, size=(M, N))
EXC = rng.uniform(0, 0.3, size=(N, N)) * (rng.random((N, N)) < 0.3)
INH = -rng.uniform(0, 0.5, size=(N, N)) * (rng.random((N, N)) < 0.2)
LATE = rng.integers(1, 9, size=(N, N))
STEP = np.sort(rng.integers(0, STEPS, 700))
CHANNEL = rng.integers(0, M, 700).astype(np.int32)
ORDER = np.lexsort((CHANNEL, STEP))
BLOCK = Events(STEP[ORDER], CHANNEL[ORDER])


def sparse(weights, values=None):
    """A CSR array with the values where there are weights."""
    found = csr_array(weights)
    if values is not None:
        rows, columns = found.nonzero()
        found = csr_array((values[rows, columns].astype(float), found.indices, found.indptr), shape=found.shape)
    return found


def plain_loop(model, weights_rec, late, tau_syn=(0.005,), tau_mem=0.02, refractory=2):
    """Raster of spikes and voltages, one array of arrivals for every receptor and step, no ring and no kernel."""
    arrivals = np.zeros((len(weights_rec), STEPS + 40, N))
    v, current, wait = np.zeros(N), np.zeros((len(tau_syn), N)), np.zeros(N, dtype=int)
    fired, voltages = np.zeros((STEPS, N), dtype=bool), np.zeros((STEPS, N))
    keep = 1.0 if model is IF else np.exp(-DT / tau_mem)
    bias = 300 * DT * 0.1 if model is IF else (1 - keep) * 0.9
    for k in range(STEPS):
        jumps = IN[BLOCK.channel[BLOCK.step == k]].sum(axis=0)
        if model is CubaLIF:
            current += arrivals[:, k]
            current[0] += 20 * jumps
            push = sum(
                passed_on(np.full(N, tau_mem), np.full(N, t), DT) * i for t, i in zip(tau_syn, current, strict=True)
            )
            current *= np.exp(-DT / np.array(tau_syn))[:, None]
        else:
            push = jumps + arrivals[:, k].sum(axis=0)
        v = np.where(wait == 0, keep * v + bias + push, v)
        fired[k] = (wait == 0) & (v >= 1.0)
        wait = np.maximum(wait - 1, 0)
        v[fired[k]], wait[fired[k]] = 0.0, refractory
        voltages[k] = v
        for receptor, (weights, steps) in enumerate(zip(weights_rec, late, strict=True)):
            for i in np.flatnonzero(fired[k]):
                for j in np.flatnonzero(weights[i]):
                    arrivals[receptor, k + np.broadcast_to(steps, (N, N))[i, j], j] += weights[i, j]
    return fired, voltages


def found_by(layer, block=BLOCK, cuts=(STEPS,)):
    watch = {"v": np.empty((STEPS, N))}
    state, start, raster = layer.initial(), 0, np.zeros((STEPS, N), dtype=bool)
    for stop in cuts:
        inside = (BLOCK.step >= start) & (BLOCK.step < stop)
        part = Events(BLOCK.step[inside], BLOCK.channel[inside])
        part = part if block is BLOCK else {"exc": part}
        span = Span(start, stop - start, watch={"v": watch["v"][start:stop]})
        state, out = layer.advance(state, part, span)
        raster[out.step, out.channel] = True
        start = stop
    return raster, watch["v"]


def assert_agree(found, expected):
    assert expected[0].sum() > 300
    assert np.array_equal(found[0], expected[0])
    assert np.max(np.abs(found[1] - expected[1])) < 1e-12


FORMS = {
    "dense, one step": (EXC, None, 1),
    "dense, 4 steps": (EXC, 4 * DT, 4),
    "dense, each its own": (EXC, LATE * DT, LATE),
    "sparse, one step": (sparse(EXC), None, 1),
    "sparse, 4 steps": (sparse(EXC), 4 * DT, 4),
    "sparse, each its own": (sparse(EXC), sparse(EXC, LATE * DT), LATE),
    "dense, all the same but given for each": (EXC, np.full((N, N), 3 * DT), 3),
    "diagonal, one step": (np.linspace(-0.5, 0.5, N), None, 1),
    "diagonal, each its own": (np.linspace(-0.5, 0.5, N), np.diag(LATE) * DT, np.diag(np.diag(LATE))),
}


@pytest.mark.parametrize("model", [LIF, IF, CubaLIF])
@pytest.mark.parametrize("form", FORMS)
def test_recurrence_is_the_plain_loop(model, form):
    weights, delay, late = FORMS[form]
    matrix = (
        weights.toarray() if not isinstance(weights, np.ndarray) else np.diag(weights) if weights.ndim == 1 else weights
    )
    more = {"tau_mem": 0.02, "tau_syn": 0.005, "w_in": 20.0} if model is CubaLIF else {}
    bias = 30.0 if model is IF else 0.9
    given = {"delay_rec": delay, "bias": bias, "refractory": 2 * DT, "input_type": TSEvent, "dt": DT, **more}
    layer = model(IN, weights, **given)
    expected = plain_loop(model, [matrix], [late])
    assert_agree(found_by(layer), expected)
    assert_agree(found_by(layer, cuts=[*range(7, STEPS, 7), STEPS]), expected)


RECEPTORS = {
    "dense, one step": ({"exc": 10 * EXC, "inh": 10 * INH}, None, (1, 1)),
    "sparse, one step": ({"exc": sparse(10 * EXC), "inh": sparse(10 * INH)}, None, (1, 1)),
    "mixed, one step": ({"exc": 10 * EXC, "inh": sparse(10 * INH)}, 1 * DT, (1, 1)),
    "dense, 3 and 5 steps": ({"exc": 10 * EXC, "inh": 10 * INH}, {"exc": 3 * DT, "inh": 5 * DT}, (3, 5)),
    "mixed, own and 5 steps": (
        {"exc": sparse(10 * EXC), "inh": 10 * INH},
        {"exc": sparse(EXC, LATE * DT), "inh": 5 * DT},
        (LATE, 5),
    ),
    "the other order": ({"inh": sparse(10 * INH), "exc": 10 * EXC}, {"exc": LATE * DT, "inh": 2 * DT}, (LATE, 2)),
}


@pytest.mark.parametrize("form", RECEPTORS)
def test_receptors_with_delays_are_the_plain_loop(form):
    weights, delay, late = RECEPTORS[form]
    layer = CubaLIF(
        {"exc": IN}, weights, delay_rec=delay, tau_mem=0.02, tau_syn={"exc": 0.005, "inh": 0.01}, w_in={"exc": 20.0},
        bias=0.9, refractory=2 * DT, dt=DT,
    )  # fmt: skip
    expected = plain_loop(CubaLIF, [10 * EXC, 10 * INH], late, tau_syn=(0.005, 0.01))
    assert_agree(found_by(layer, block="by name"), expected)
    assert_agree(found_by(layer, block="by name", cuts=[*range(11, STEPS, 11), STEPS]), expected)


@pytest.mark.parametrize("kind", [LIF, CubaLIF])
def test_a_signal_and_recurrence_meet(kind):
    """A pair that lifts each other after 3 steps: the signal starts the first, which comes back every 6 steps."""
    more = {"tau_mem": 0.02, "tau_syn": 1e-4} if kind is CubaLIF else {}
    lift = 400.0 if kind is CubaLIF else 2.0
    layer = kind(
        np.array([[1.0, 0.0]]),
        [[0.0, lift], [lift, 0.0]],
        delay_rec=3 * DT,
        refractory=2 * DT,
        input_type=TSContinuous,
        dt=DT,
        **more,
    )
    u = np.zeros((20, 1))
    u[1] = 1000.0
    _, events = layer.advance(layer.initial(), u, Span(0, 20))
    assert events.channel[:6].tolist() == [0, 1, 0, 1, 0, 1]
    assert events.step[:6].tolist() == [1, 4, 7, 10, 13, 16]
