"""Laws that every one of the first layers keeps, on blocks that are handed over as a run hands them over."""

import importlib
import json
import pkgutil

import numpy as np
import pytest
from scipy.sparse import csr_array

import layers
from graphnet import Events, Layer, Span, TSContinuous, TSEvent
from graphnet.blocks import between, sort_events
from graphnet.jit import Kernel
from graphnet.testing import PoisonedArena, pure_python
from layers import LIF, CubaLIF, DeltaEncoder, ExpSyn, Linear, Noise, PassThrough, Rate, Ridge, Sine, Step

STEPS = 150
M, N = 60, 40  # large enough for the tiled product
START = 1000


def weights(rows, cols, scale=0.3, density=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return scale * rng.normal(size=(rows, cols)) * (rng.random((rows, cols)) < density)


IN, REC = weights(M, N), weights(N, N, 0.2, seed=1)
SPARSE = csr_array(weights(N, N, 0.5, 0.2, seed=2))
DIAGONAL = weights(1, N, seed=3)[0]
SPREAD = np.linspace(0.5, 2.0, N)

CASES = {
    "linear": lambda **more: Linear(IN, **more),
    "linear, few weights": lambda **more: Linear(IN[:, :5], **more),
    "linear, diagonal": lambda **more: Linear(np.linspace(-1, 1, M), **more),
    "linear, sparse": lambda **more: Linear(csr_array(weights(M, N, density=0.2)), **more),
    "linear, events": lambda **more: Linear(IN, input_type=TSEvent, **more),
    "pass through": lambda **more: PassThrough(M, **more),
    "pass through, events": lambda **more: PassThrough(M, TSEvent, **more),
    "rate": lambda **more: Rate(IN, bias=0.1 * SPREAD, tau=0.01 * SPREAD, gain=SPREAD, x0=SPREAD, **more),
    "rate, tanh": lambda **more: Rate(IN, activation="tanh", method="exact", **more),
    "rate, sigmoid": lambda **more: Rate(IN, REC, activation="sigmoid", **more),
    "rate, recurrent": lambda **more: Rate(IN, REC, noise_std=0.5, **more),
    "rate, recurrent tanh": lambda **more: Rate(IN, 5 * REC, activation="tanh", method="exact", **more),
    "rate, sparse": lambda **more: Rate(IN, SPARSE, activation="tanh", noise_std=0.1, method="exact", **more),
    "rate, diagonal": lambda **more: Rate(IN, DIAGONAL, activation="identity", **more),
    "lif": lambda **more: LIF(3 * IN, tau_mem=0.02 * SPREAD, bias=1.0, r=SPREAD, v0=0.5, v_rest=0.1, **more),
    "lif, noise": lambda **more: LIF(4 * IN, noise_std=5.0, reset="subtract", **more),
    "lif, refractory": lambda **more: LIF(5 * IN, refractory=0.001 * np.arange(N), reset="subtract", **more),
    "lif, recurrent": lambda **more: LIF(3 * IN, REC, refractory=0.0025, bias=1.2, **more),
    "lif, events": lambda **more: LIF(IN, REC, input_type=TSEvent, bias=0.5, **more),
    "lif, events, sparse": lambda **more: LIF(
        csr_array(weights(M, N, density=0.2)), SPARSE, input_type=TSEvent, noise_std=1.0, refractory=0.002, **more
    ),
    "lif, events, diagonal": lambda **more: LIF(
        np.linspace(0.2, 1.5, M), np.linspace(-1, 1, M), input_type=TSEvent, **more
    ),
    "current-based lif, receptors": lambda **more: CubaLIF(
        {"exc": np.abs(IN), "inh": -np.abs(IN)[:20]},
        {"exc": SPARSE, "inh": csr_array(-2 * abs(SPARSE))},
        tau_mem=0.02,
        tau_syn={"exc": 0.005, "inh": 0.01},
        refractory=0.002,
        bias=1.3,
        input_type=TSEvent,
        **more,
    ),
    "current-based lif, signal": lambda **more: CubaLIF(
        10 * IN, REC, tau_mem=0.02 * SPREAD, tau_syn=0.005, delay_rec=0.003, input_type=TSContinuous, **more
    ),
    "synapse": lambda **more: ExpSyn(IN, tau=0.004 * SPREAD, **more),
    "synapse, noise": lambda **more: ExpSyn(IN, noise_std=1.0, **more),
    "encoder": lambda **more: DeltaEncoder(M, threshold=np.linspace(0.1, 2.0, M), **more),
    "noise": lambda **more: Noise(5, std=2.0, mean=[1.0, 2.0, 3.0, 4.0, 5.0], **more),
    "sine": lambda **more: Sine(3, frequency=[1.0, 10.0, 123.4], phase=0.3, offset=1.0, **more),
    "step": lambda **more: Step(2, onset=1.05, duration=0.013, after=[1.0, 2.0], before=-1.0, **more),
    "readout": lambda **more: Ridge(M, N, weights=IN, bias=SPREAD, **more),
}


def block_for(layer):
    rng = np.random.default_rng(7)
    if layer.input_type is TSEvent:
        total = 2000  # repeats among them: 150 steps x 60 channels leave one pair in five drawn twice
        step = START + rng.integers(0, STEPS, total)
        return sort_events(step.astype(np.int64), rng.integers(0, layer.size_in, total).astype(np.int32))
    return rng.normal(size=(STEPS, layer.size_in))


def piece(block, low, high):
    if isinstance(block, Events):
        cut = between(block, START + low, START + high)
        return Events(cut.step.copy(), cut.channel.copy())
    part = block[low:high].copy()
    part.flags.writeable = False
    return part


def arrays_of(block):
    return list(block) if isinstance(block, Events) else [] if block is None else [block]


def drive(layer, block, length, steps=STEPS):
    """Output, record of every recordable variable and last state, advanced in blocks of ``length`` steps.

    Every buffer handed out is spoilt once its block is read, as a run uses buffers again.
    """
    state, arena = layer.initial(), PoisonedArena()
    outputs, records = [], []
    for low in range(0, steps, length):
        high = min(low + length, steps)
        watch = {
            name: np.full((high - low, *state[name].shape), 77, dtype=state[name].dtype) for name in layer.recordable
        }
        span = Span(START + low, high - low, key=5, arena=arena, watch=watch)
        arena.begin()
        part = None if block is None else piece(block, low, high)
        state, out = layer.advance(state, part, span)
        outputs.append(Events(*(one.copy() for one in out)) if isinstance(out, Events) else out.copy())
        records.append(watch)
        for buffer in arrays_of(part):
            buffer.flags.writeable = True
            buffer.fill(np.nan if buffer.dtype.kind == "f" else -9)
    if isinstance(outputs[0], Events):
        whole = Events(*(np.concatenate(parts) for parts in zip(*outputs, strict=True)))
    else:
        whole = np.concatenate(outputs)
    return whole, {name: np.concatenate([one[name] for one in records]) for name in layer.recordable}, state


def bits(result):
    output, records, state = result
    return [(a.dtype, a.shape, a.tobytes()) for a in [*arrays_of(output), *records.values(), *state.values()]]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_every_length_of_block_gives_the_same_bits(name, dtype):
    layer = CASES[name](dtype=dtype)
    block = block_for(layer)
    whole = drive(layer, block, STEPS)
    for length in (1, 7, 64):
        assert bits(drive(layer, block, length)) == bits(whole)


@pytest.mark.parametrize("name", CASES)
def test_the_last_row_recorded_is_the_state_that_is_left(name):
    layer = CASES[name]()
    _, records, state = drive(layer, block_for(layer), 64)
    for variable, record in records.items():
        assert np.array_equal(record[-1], state[variable])


def test_every_kernel_of_the_layers_and_what_they_share_runs_as_python_where_that_is_asked():
    names = [one.name for one in pkgutil.walk_packages(layers.__path__, "layers.")]
    kernels = {
        (name, key): one
        for name in names
        for key, one in vars(importlib.import_module(name)).items()
        if isinstance(one, Kernel)
    }
    homes = {name for name, _ in kernels}
    assert {"layers.rate", "layers.spiking.cuba", "layers.spiking.kernels", "layers.spiking.lif"} <= homes
    with pure_python():
        assert [key for key, one in kernels.items() if type(one).__call__ is not one.python] == []
    assert all(type(one).__call__ is not one.python for one in kernels.values())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_compiled_kernels_agree_with_python(name, dtype):
    layer = CASES[name](dtype=dtype)
    block = block_for(layer)
    steps = 12
    if isinstance(block, Events):
        block = between(block, START, START + steps)
    compiled = drive(layer, block, steps, steps)
    with pure_python():
        python = drive(layer, block, steps, steps)
    tolerance = {"rtol": 1e-12, "atol": 1e-13} if dtype == "float64" else {"rtol": 1e-4, "atol": 1e-5}
    if isinstance(compiled[0], Events):
        assert np.array_equal(compiled[0].step, python[0].step)
        assert np.array_equal(compiled[0].channel, python[0].channel)
    else:
        np.testing.assert_allclose(compiled[0], python[0], **tolerance)
    for variable, record in compiled[1].items():
        np.testing.assert_allclose(record, python[1][variable], **tolerance)


@pytest.mark.parametrize("name", CASES)
def test_float32_is_kept_and_is_near_float64(name):
    narrow, wide = CASES[name](dtype="float32"), CASES[name](dtype="float64")
    block = block_for(wide)
    steps = 5
    if isinstance(block, Events):
        block = between(block, START, START + steps)
    out, records, state = drive(narrow, block, steps, steps)
    reference, wide_records, _ = drive(wide, block, steps, steps)
    assert all(array.dtype == np.float32 for array in state.values() if array.dtype.kind == "f")
    if not isinstance(out, Events):
        assert out.dtype == np.float32 or isinstance(narrow, PassThrough)
        np.testing.assert_allclose(out, reference, rtol=1e-4, atol=1e-4)
    for variable, record in records.items():
        np.testing.assert_allclose(record, wide_records[variable], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_a_layer_read_back_from_json_gives_the_same_bits(name, dtype):
    layer = CASES[name](dtype=dtype)
    again = Layer.load_from_dict(json.loads(json.dumps(layer.to_dict())))
    block = block_for(layer)
    assert bits(drive(again, block, 64)) == bits(drive(layer, block, 64))


@pytest.mark.parametrize("name", CASES)
def test_an_absent_input_is_zeros_or_no_events(name):
    layer = CASES[name]()
    if layer.input_type is TSEvent:
        silence = Events(np.zeros(0, np.int64), np.zeros(0, np.int32))
    else:
        silence = np.zeros((STEPS, layer.size_in))
    absent, given = (arrays_of(drive(layer, block, 64)[0]) for block in (None, silence))
    assert all(np.array_equal(a, b) for a, b in zip(absent, given, strict=True))  # as numbers: -0 is 0


@pytest.mark.parametrize("name", [name for name, make in CASES.items() if make().output_type is TSEvent])
def test_events_come_sorted_by_step_then_channel(name):
    layer = CASES[name]()
    events, _, _ = drive(layer, block_for(layer), 64)
    assert events.count > 100
    assert events.step.dtype == np.int64
    assert events.channel.dtype == np.int32
    again = sort_events(events.step, events.channel)
    assert np.array_equal(again.step, events.step)
    assert np.array_equal(again.channel, events.channel)


@pytest.mark.parametrize("name", ["rate, recurrent", "lif, noise", "synapse, noise"])
def test_the_reference_face_gives_the_same_in_two_halves(name):
    layer, other = CASES[name](), CASES[name]()
    rng = np.random.default_rng(3)
    if layer.input_type is TSEvent:
        series = TSEvent(
            np.sort(rng.random(500)) * 0.1, rng.integers(0, M, 500), t_start=0.0, t_stop=0.1, num_channels=M
        )
    else:
        series = TSContinuous.from_clocked(rng.normal(size=(100, M)), dt=1e-3)
    layer.evolve(series, duration=0.1)
    other.evolve(series, duration=0.043)
    other.evolve(series, duration=0.057)
    assert layer.t == other.t == 0.1
    assert np.array_equal(layer.state, other.state)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_units_with_the_same_constants_give_the_same_bits_among_others(dtype):
    """Equal constants take a shorter way through the kernels, which one unit of another kind closes to all."""
    other = np.full(N, 0.02)
    other[-1] = 0.03
    steps = 100
    u = np.random.default_rng(1).normal(size=(steps, M)) + 0.1
    for one, mixed in [
        (Rate(IN, tau=0.02, bias=0.1, dtype=dtype), Rate(IN, tau=other, bias=0.1, dtype=dtype)),
        (LIF(3 * IN, tau_mem=0.02, bias=0.1, dtype=dtype), LIF(3 * IN, tau_mem=other, bias=0.1, dtype=dtype)),
    ]:
        variable = one.recordable[0]
        alike, others = (drive(layer, u, 50, steps)[1][variable] for layer in (one, mixed))
        assert np.array_equal(alike[:, :-1], others[:, :-1])
        assert not np.array_equal(alike[:, -1], others[:, -1])
