"""Small layers that run together give the bits that they give one by one, in whatever network they stand."""

import numpy as np
import pytest

import graphnet.run.again
from graphnet import ArrayLayer, Network, RunError, Size, TSContinuous, kernel, positional
from graphnet.addresses import Stepping
from graphnet.plan import compile_plan
from graphnet.plan.stretch import LEAST, Stretch
from graphnet.testing import same_bits
from layers import Linear, LowPass, Rate, Scale

DTYPES = ["float64", "float32"]


def make(rng, dtype, name):
    """One of the layers of the house that say how they step, small enough for a loop over its weights."""
    kind = rng.integers(5)
    common = {"dt": 1e-3, "dtype": dtype, "name": name}
    if kind == 0:
        return Rate(rng.normal(size=(8, 8)), tau=0.01, activation="tanh", **common)
    if kind == 1:
        return Rate(rng.normal(size=(8, 8)), rng.normal(size=(8, 8)) / 4, tau=0.02, bias=0.1, **common)
    if kind == 2:
        return Linear(rng.normal(size=(8, 8)) / 3, **common)
    if kind == 3:
        return Scale(rng.normal(size=8), **common)
    return LowPass(8, tau=0.005, **common)


def build(seed, dtype, count=24, noisy=False):
    """A random network without loops: most layers read one or two others, some are recorded, one may be noisy."""
    rng = np.random.default_rng(seed)
    net = Network(seed=3)
    net.input("x", 8)
    for i in range(count):
        if noisy and i == count // 2:
            net.add_layer(Rate(np.eye(8), noise_std=0.3, dt=1e-3, dtype=dtype), name=f"l{i}")
        else:
            net.add_layer(make(rng, dtype, f"l{i}"))
        before = ["x", *(f"l{j}" for j in range(max(0, i - 6), i))]
        for pre in rng.choice(before, size=min(len(before), 1 + int(rng.integers(2))), replace=False):
            net.connect(str(pre), f"l{i}", merge="sum")
    return net


def series(dtype, steps=100):
    return TSContinuous.from_clocked(np.random.default_rng(9).normal(size=(steps, 8)).astype(dtype), 1e-3)


def run(net, x, record, **options):
    """What two runs give, the second with the plan of the first, and where they leave the network."""
    found = []
    for _ in range(2):
        result = net.evolve(x, record=record, **options)
        found.append({name: one.samples for name, one in result.items() if name != "x"})
        found.append({name: {k: v.copy() for k, v in state.items()} for name, state in net.states.items()})
        net.reset_time()
    return found


def apart(monkeypatch):
    """Have every task run by itself from here on."""
    monkeypatch.setattr(
        graphnet.run.again,
        "compile_plan",
        lambda *given, **options: compile_plan(*given, **{**options, "stretches": False}),
    )


def stretches(net):
    """The stretches of the plan that a network keeps."""
    plan = net.known(graphnet.run.again.PLAN, lambda: None).plan
    return [task.function for task in plan.stages[0].template if isinstance(task.function, Stretch)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("block", [1, 7, None])
@pytest.mark.parametrize("seed", range(6))
def test_layers_that_run_together_give_the_bits_that_they_give_one_by_one(seed, block, dtype, monkeypatch):
    record = ["l3", "l11", "l23"]
    one, other = build(seed, dtype), build(seed, dtype)
    together = run(one, series(dtype), record, block=block)
    assert sum(len(stretch.members) for stretch in stretches(one)) > 12
    apart(monkeypatch)
    assert same_bits(together, run(other, series(dtype), record, block=block))
    assert not stretches(other)


@pytest.mark.parametrize("record", [None, [], "l5"])
def test_a_layer_that_cannot_take_part_divides_the_stretch(record, monkeypatch):
    one, other = build(1, "float64", noisy=True), build(1, "float64", noisy=True)
    together = run(one, series("float64"), record, block=10)
    assert len(stretches(one)) == 2
    apart(monkeypatch)
    assert same_bits(together, run(other, series("float64"), record, block=10))


def test_an_input_of_another_dtype_is_run_one_by_one(monkeypatch):
    one, other = build(2, "float32"), build(2, "float32")
    together = run(one, series("float64"), ["l23"], block=10)
    apart(monkeypatch)
    assert same_bits(together, run(other, series("float64"), ["l23"], block=10))


def test_an_absent_input_is_run_one_by_one(monkeypatch):
    one, other = build(2, "float64"), build(2, "float64")
    options = {"record": ["l23"], "block": 10, "num_timesteps": 50}
    together = [run(one, x, **options) for x in (None, series("float64"), None)]
    apart(monkeypatch)
    assert same_bits(together, [run(other, x, **options) for x in (None, series("float64"), None)])


def test_states_may_be_set_between_runs():
    one, other = build(4, "float64"), build(4, "float64")
    for net in (one, other):
        net.evolve(series("float64"), block=10)
        net.reset_time()
    one.randomize_state()
    for name, state in one.states.items():
        other.states[name] = {variable: array.copy() for variable, array in state.items()}
    other.forget()
    assert same_bits(run(one, series("float64"), None), run(other, series("float64"), None))


def test_states_of_a_run_are_the_networks_own():
    net = build(4, "float64")
    net.evolve(series("float64"))
    kept = {name: {k: v.copy() for k, v in state.items()} for name, state in net.states.items()}
    held = dict(net.states)
    net.reset_all()
    net.evolve(series("float64", 40), num_timesteps=40)
    assert same_bits(held, kept)


@kernel
def step_counted(first, given, made, calls):
    for k in range(given.shape[0]):
        made[k] = given[k]
        calls[0] += 1


class Counted(ArrayLayer):
    """Passes rows on and counts them; refuses a negative one where it advances by itself."""

    size: Size = positional()

    def initial(self):
        return {"calls": np.zeros(1, dtype=np.int64)}

    def advance(self, state, block, span):
        if (block < 0).any():
            raise ValueError("negative")
        state["calls"] = state["calls"] + span.steps
        return state, block.copy()

    def stepping(self, state, span):
        return Stepping(step_counted, (state["calls"],))


def test_an_error_within_a_stretch_names_the_layer():
    net = Network([Counted(2, dt=1e-3, name=f"c{i}") for i in range(LEAST)])
    with pytest.raises(RunError, match=r"^c0 failed in block 0, at 0\.0 s: ValueError: negative"):
        net.evolve(TSContinuous.from_clocked(-np.ones((9, 2)), 1e-3), block=3)
    assert net.t == 0.0
    assert all(state["calls"][0] == 0 for state in net.states.values())


def test_a_state_whose_arrays_are_replaced_is_counted_on():
    net = Network([Counted(2, dt=1e-3, name=f"c{i}") for i in range(LEAST)])
    for _ in range(3):
        net.evolve(TSContinuous.from_clocked(np.ones((10, 2)), 1e-3, net.t), block=3)
    assert [int(state["calls"][0]) for state in net.states.values()] == [30] * LEAST


class Moving(Counted):
    """Says how it steps by where the span lies."""

    def stepping(self, state, span):
        return Stepping(step_counted, (state["calls"] + span.start,))


def test_a_layer_that_asks_where_the_span_lies_takes_no_part():
    net = Network([Moving(2, dt=1e-3, name=f"c{i}") for i in range(LEAST)])
    net.evolve(TSContinuous.from_clocked(np.ones((10, 2)), 1e-3))
    assert not stretches(net)


def test_fewer_layers_than_are_worth_it_run_by_themselves():
    net = Network([Counted(2, dt=1e-3, name=f"c{i}") for i in range(LEAST - 1)])
    net.evolve(TSContinuous.from_clocked(np.ones((10, 2)), 1e-3))
    assert not stretches(net)
