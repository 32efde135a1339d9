"""ConstantLeakIAF against plain Python integers, which know no width and round nothing.

Cassidy et al. 2013 (IJCNN): synapses, then leak, then threshold and reset, all in whole numbers.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from graphnet import Events, ParameterError, Span, TSContinuous, TSEvent
from layers import ConstantLeakIAF

STEPS = 80


def plain_loop(counts, weights, rec, late, given):
    """Rows of v and who fired, one Python integer at a time. ``counts``: events by step and channel."""
    size = len(weights[0])
    top = 2 ** (given["bits"] - 1) - 1
    low = given["v_min"] if given["v_min"] is not None else -top - 1
    v, wait = [given["v0"]] * size, [0] * size
    coming = [[0] * size for _ in range(len(counts) + 20)]
    voltages, fired = [], []
    for k, row in enumerate(counts):
        spikes = [False] * size
        for j in range(size):
            if wait[j] > 0:
                wait[j] -= 1
                continue
            total = v[j] + coming[k][j] + sum(int(n) * int(w[j]) for n, w in zip(row, weights, strict=True))
            total = min(max(total, low), top)
            leak = given["leak"]
            if given["leaks"] == "down":
                total -= leak
            elif total > 0:
                total = max(total - leak, 0)
            else:
                total = min(total + leak, 0)
            v[j] = min(max(total, low), top)
            if v[j] >= given["threshold"]:
                spikes[j] = True
                v[j] = given["v_reset"] if given["reset"] == "to" else v[j] - (given["threshold"] - given["v_reset"])
                wait[j] = given["steps"]
        for i in range(size):
            for j in range(size) if spikes[i] and rec is not None else ():
                coming[k + late[i][j]][j] += int(rec[i][j])
        voltages.append(list(v))
        fired.append(spikes)
    return np.array(voltages), np.array(fired)


def run(layer, block, cuts=(STEPS,)):
    watch = np.empty((cuts[-1], layer.size), dtype=np.int32)
    fired = np.zeros((cuts[-1], layer.size), dtype=bool)
    state, start = layer.initial(), 0
    for stop in cuts:
        if isinstance(block, Events):
            inside = (block.step >= start) & (block.step < stop)
            part = Events(block.step[inside], block.channel[inside])
        else:
            part = block[start:stop]
        state, out = layer.advance(state, part, Span(start, stop - start, watch={"v": watch[start:stop]}))
        fired[out.step, out.channel] = True
        start = stop
    return watch, fired, state


def events_of(counts):
    step, channel = np.nonzero(counts)
    times = counts[step, channel]
    return Events(np.repeat(step, times), np.repeat(channel, times).astype(np.int32))


parameters = st.fixed_dictionaries(
    {
        "threshold": st.integers(1, 120),
        "v_reset": st.integers(-60, 0),
        "leak": st.integers(0, 20),
        "leaks": st.sampled_from(["down", "to_zero"]),
        "bits": st.sampled_from([8, 9, 16, 32]),
        "v_min": st.sampled_from([None, -60, -128]),
        "v0": st.integers(-50, 120),
        "reset": st.sampled_from(["to", "subtract"]),
        "steps": st.integers(0, 4),
    }
)


@given(given=parameters, seed=st.integers(0, 999), form=st.sampled_from(["none", "dense", "csr", "late"]))
@settings(max_examples=80, deadline=None)
def test_it_is_the_plain_integers(given, seed, form):
    rng = np.random.default_rng(seed)
    size, channels = 5, 4
    weights = rng.integers(-128, 128, (channels, size))
    rec = None if form == "none" else rng.integers(-128, 128, (size, size))
    late = rng.integers(1, 7, (size, size)) if form == "late" else np.ones((size, size), dtype=int)
    counts = (rng.random((STEPS, channels)) < 0.15).astype(int) * rng.integers(1, 4, (STEPS, channels))
    held = {name: value for name, value in given.items() if name != "steps"}
    recurrent = csr_array(rec) if form == "csr" else rec
    delay = late * 1e-3 if form == "late" else None
    layer = ConstantLeakIAF(weights, recurrent, delay_rec=delay, refractory=given["steps"] * 1e-3, **held)
    voltages, spikes = plain_loop(counts, weights, rec, late, given)
    for cuts in ((STEPS,), (*range(7, STEPS, 7), STEPS)):
        v, fired, state = run(layer, events_of(counts), cuts)
        assert np.array_equal(v, voltages)
        assert np.array_equal(fired, spikes)
        assert state["v"].dtype == np.int32
    graded = ConstantLeakIAF(
        weights, recurrent, delay_rec=delay, refractory=given["steps"] * 1e-3, input_type=TSContinuous, **held
    )
    v, fired, _ = run(graded, counts + rng.uniform(-0.49, 0.49, counts.shape))
    assert np.array_equal(v, voltages)
    assert np.array_equal(fired, spikes)


@pytest.mark.parametrize("bits", [4, 8, 16, 32])
def test_v_is_held_at_the_ends_of_its_bits(bits):
    """More input than it can hold, from both sides: the ends of two's complement, exactly, and back from there."""
    top = 2 ** (bits - 1) - 1
    block = events_of(np.array([[0, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1], [1, 0]]))
    weight = 2**30
    layer = ConstantLeakIAF(
        [[weight], [-weight]], bits=bits, weight_bits=32, leak=0, threshold=top, v_reset=0, refractory=0.0
    )
    v, fired, _ = run(layer, block, (7,))
    low = -top - 1
    expected, now, spikes = [], 0, []
    for kick in (0, weight, weight, -weight, -weight, -weight, weight):
        now = min(max(now + kick, low), top)
        spikes.append(now == top)
        now = 0 if now == top else now
        expected.append(now)
    assert v[:, 0].tolist() == expected
    assert fired[:, 0].tolist() == spikes
    assert low in expected


def test_the_sum_of_a_step_is_exact_before_it_is_held():
    """2^31 - 1 times 40 minus as much plus one: no partial sum is cut off, in double precision or single."""
    weights = np.array([[2**31 - 1], [-(2**31 - 1)], [1]])
    block = events_of(np.array([[40, 40, 1]]))
    for dtype in ("float64", "float32"):
        layer = ConstantLeakIAF(weights, weight_bits=32, bits=32, threshold=1000, leak=0, dtype=dtype)
        assert run(layer, block, (1,))[0].tolist() == [[1]]
        signal = ConstantLeakIAF(
            {"a": weights[:2], "b": weights[2:]}, weight_bits=32, bits=32, threshold=1000, leak=0, dtype=dtype,
            input_type=TSContinuous,
        )  # fmt: skip
        state, _ = signal.advance(signal.initial(), {"a": np.full((1, 2), 40.0), "b": np.ones((1, 1))}, Span(0, 1))
        assert state["v"].tolist() == [1]


def test_a_constant_drive_fires_once_in_threshold_over_drive_less_leak_steps():
    layer = ConstantLeakIAF([[10]], leak=3, threshold=127)
    _, fired, _ = run(layer, events_of(np.ones((200, 1), dtype=int)), (200,))
    assert set(np.diff(np.flatnonzero(fired[:, 0]))) == {19}  # 19 times 7 is 133
    subtracting = ConstantLeakIAF([[10]], leak=3, threshold=127, reset="subtract")
    _, fired, _ = run(subtracting, events_of(np.ones((1270, 1), dtype=int)), (1270,))
    assert fired.sum() == 7 * 1270 // 127  # nothing of what lies above the threshold is lost


def test_a_random_state_is_of_whole_numbers_within_its_bits():
    layer = ConstantLeakIAF(np.ones((1, 5000), dtype=int), bits=8, threshold=127, v0=100, v_min=0)
    layer.randomize_state()
    assert layer.state.dtype == np.int32
    assert layer.state.max() == 127
    assert abs(np.median(layer.state) - 100) < 2
    assert len(np.unique(layer.state)) > 40


W = [[1, 2]]
WRONG = [
    (lambda: ConstantLeakIAF([[0.5]]), "weights must be whole numbers from -128 to 127 (8 bits), got 0.5"),
    (lambda: ConstantLeakIAF([[200]]), "weights must be whole numbers from -128 to 127 (8 bits), got 200.0"),
    (lambda: ConstantLeakIAF(W, csr_array([[1.5, 0.0], [0.0, 1.0]])), "weights_rec must be whole numbers"),
    (lambda: ConstantLeakIAF({"a": W, "b": [[1, -129]]}), "weights must be whole numbers"),
    (lambda: ConstantLeakIAF(W, threshold=1.5), "threshold must be whole numbers from -32768 to 32767 (16 bits)"),
    (lambda: ConstantLeakIAF(W, threshold=[5, 40_000]), "threshold must be whole numbers"),
    (lambda: ConstantLeakIAF(W, leak=0.5), "leak must be whole numbers"),
    (lambda: ConstantLeakIAF(W, leak=-1, leaks="to_zero"), "leak must be 0 or more where it goes to_zero"),
    (lambda: ConstantLeakIAF(W, v_min=5), "v_min must be at most v_reset and at most v0 for every neuron"),
    (lambda: ConstantLeakIAF(W, threshold=0), "threshold must be above v_reset for every neuron"),
    (lambda: ConstantLeakIAF(W, bits=33), "bits should be less than or equal to 32"),
    (lambda: ConstantLeakIAF(W, noise_std=1.0), "noise_std must be 0: whole numbers have no noise of any strength"),
]


@pytest.mark.parametrize(("make", "said"), WRONG, ids=[said[:50] for _, said in WRONG])
def test_what_is_not_whole_or_does_not_fit_is_refused(make, said):
    with pytest.raises(ParameterError) as caught:
        make()
    assert said in caught.value.message


def test_events_of_a_series_count_as_often_as_they_come():
    layer = ConstantLeakIAF([[30]], leak=0, threshold=100)
    found = layer.evolve(TSEvent([0.0, 0.0, 0.001, 0.001], [0] * 4, t_stop=0.004))
    assert found.times.tolist() == [0.001]
