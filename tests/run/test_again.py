"""A plan that serves another run changes no bit, and serves only a network that has not changed."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import graphnet.run.again
from graphnet import ArrayLayer, Network, RunError, Size, TSContinuous, TSEvent, positional
from graphnet.plan import Schedule
from graphnet.plan.compile import RESTING
from graphnet.run.again import PLAN, divides
from graphnet.testing import same_bits
from layers import Delay, Linear, Rate
from tests.laws import walls

RECORD = [name for name in walls.RECORD if not name.startswith("plain")]


def build():
    """The network of the walls without its plain layer, of which no plan is kept."""
    net = walls.build()
    net.remove_layer("plain")
    return net


def content(signals):
    """Every signal as arrays."""
    return {
        name: (one.times, one.channels) if isinstance(one, TSEvent) else (one.samples,) for name, one in signals.items()
    }


def left(net):
    """All that a run may change."""
    states = {name: {key: array.copy() for key, array in state.items()} for name, state in net.states.items()}
    return states, {str(key): dict(line) for key, line in net.lines.items()}, np.float64(net.t)


def run(net, steps=25, record=RECORD, **options):
    """What a run of so many steps of 4 ms gives and leaves."""
    return content(net.evolve(walls.inputs(), num_timesteps=steps, record=record, **options)), left(net)


def kept(net):
    """The plan that a network keeps, or None."""
    filed = net.known(PLAN, lambda: None)
    return None if filed is None else filed.plan


@pytest.fixture
def planned(monkeypatch):
    """Counts the plans that are made."""
    made = []
    compiled = graphnet.run.again.compile_plan

    def compile_plan(*args, **options):
        made.append(1)
        return compiled(*args, **options)

    monkeypatch.setattr(graphnet.run.again, "compile_plan", compile_plan)
    return made


OPTIONS = [{}, {"block": 7}, {"backend": "threads", "workers": 2, "block": 5}, {"check_finite": "block"}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_runs_of_one_plan_give_the_bits_of_plans_of_their_own(options, planned):
    one, expected = build(), []
    apart = build()
    for _ in range(3):
        expected.append(run(apart, **options))
        apart = pickle.loads(pickle.dumps(apart))  # keeps no plan
    assert len(planned) == 3
    found = [run(one, **options) for _ in range(3)]
    assert len(planned) == 4
    assert all(same_bits(mine, other) for mine, other in zip(found, expected, strict=True))


def test_another_run_starts_where_a_reset_says(planned):
    net = build()
    first = run(net)
    net.reset_all()
    assert same_bits(run(net), first)
    assert len(planned) == 1


def test_a_result_stays_as_it_is_when_the_plan_runs_again():
    net = build()
    result = net.evolve(walls.inputs(), num_timesteps=25, record=RECORD)
    before = copy.deepcopy(content(result))
    run(net)
    assert same_bits(content(result), before)


CHANGES = {
    "another weight": lambda net: setattr(net["mix"], "weights", np.array(net["mix"].weights) * 2.0),
    "a parameter": lambda net: net.set_params(noisy__noise_std=0.25),
    "an edge less": lambda net: net.disconnect("back", "a"),
    "an edge more": lambda net: net.connect("mix -> a @ 2 ms"),
    "a layer more": lambda net: net.add_layer(Linear(np.eye(70), dt=1e-3), name="more", input_layer="noisy"),
    "another name": lambda net: net.rename("noisy", "loud"),
    "another seed": lambda net: setattr(net, "seed", 12),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_network_that_changed_is_planned_anew(change):
    ran, fresh = build(), build()
    before = run(ran, record=["mix", "a", "spikes"])
    ran.reset_all()
    change(ran)
    change(fresh)
    after = run(ran, record=["mix", "a", "spikes"])
    assert same_bits(after, run(fresh, record=["mix", "a", "spikes"]))
    assert len(fresh) > len(before[1][0]) or not same_bits(after, before)


@pytest.mark.parametrize(
    "other", [{"steps": 20}, {"block": 9}, {"trial": 1}, {"backend": "threads"}, {"check_finite": True}], ids=str
)
def test_another_kind_of_run_has_a_plan_of_its_own(other, planned):
    net = build()
    run(net, 25, block=10)
    run(net, **({"steps": 25, "block": 10} | other))
    assert len(planned) == 2


def test_a_lag_that_changes_between_runs_is_seen():
    def looped(delay):
        net = Network()
        net.input("x", 1)
        net.add_layer(Delay(1, delay=delay, dt=1e-3), name="late")
        net.connect("x -> late")
        return net

    x = TSContinuous.from_clocked(np.arange(20.0)[:, np.newaxis], dt=1e-3)
    net = looped(3e-3)
    net.evolve(x)
    net.reset_all()
    net.replace("late", Delay(1, delay=5e-3, dt=1e-3))
    assert np.array_equal(net.evolve(x)["late"].samples, looped(5e-3).evolve(x)["late"].samples)


class Touchy(ArrayLayer):
    """Passes its input on until a sample is negative."""

    size: Size = positional()

    def initial(self):
        return {"seen": np.zeros(1)}

    def advance(self, state, block, span):
        state["seen"] += span.steps
        if (block < 0).any():
            raise ValueError("negative")
        return state, block.copy()


def test_a_run_that_fails_leaves_no_plan_and_no_trace(planned):
    net = Network([Touchy(1, dt=1e-3)])
    good = TSContinuous.from_clocked(np.ones((30, 1)), dt=1e-3)
    bad = TSContinuous.from_clocked(np.where(np.arange(60) == 50, -1.0, 1.0)[:, np.newaxis], dt=1e-3)
    net.evolve(good, block=10)
    with pytest.raises(RunError):
        net.evolve(bad, num_timesteps=30, block=10)
    assert net.t == 0.03
    assert net.states["touchy"]["seen"] == 30
    net.reset_all()
    assert np.array_equal(net.evolve(good, block=10)["touchy"].samples, good.samples)
    assert len(planned) == 2


def test_a_run_that_a_callback_stops_does_not_shorten_the_next(planned):
    net = build()
    net.evolve(walls.inputs(), num_timesteps=25, record=RECORD, block=4, callbacks=[lambda net, k, signals: k == 2])
    assert net.t == 12 * net.dt
    net.reset_all()
    assert same_bits(run(net, block=4), run(build(), block=4))
    assert len(planned) == 2


def test_a_callback_that_changes_the_network_leaves_no_stale_plan():
    def louder(net, k, signals):
        net["mix"].weights = np.array(net["mix"].weights) * 1.5

    net, fresh = build(), build()
    net.evolve(walls.inputs(), num_timesteps=20, block=10, record=RECORD, callbacks=[louder])
    fresh["mix"].weights = net["mix"].weights
    net.reset_all()
    assert same_bits(run(net, 20), run(fresh, 20))


def test_a_kept_plan_holds_no_input_no_record_and_no_large_buffer():
    net = Network([Rate(np.ones((1, 512)), dt=1e-3)])
    x = TSContinuous.from_clocked(np.ones((20_000, 1)), dt=1e-3)
    result = net.evolve(x, block=20_000)
    gone = [weakref.ref(x), weakref.ref(result)]
    plan = kept(net)
    assert all(source.series is None for source in plan.sources.values())
    held = sum(one.nbytes for one in plan.buffers)
    assert held <= RESTING < 20_000 * 512 * 8
    del x, result
    gc.collect()
    assert [one() for one in gone] == [None, None]


@pytest.mark.parametrize("count", [1, 6])
def test_a_kept_plan_does_not_hold_the_records_of_its_run(count):
    net = Network([Rate(np.eye(8), dt=1e-3) for _ in range(count)])
    x = TSContinuous.from_clocked(np.ones((400, 8)), dt=1e-3)
    for _ in range(2):
        rows = [weakref.ref(_owner(one.samples)) for name, one in net.evolve(x, block=50).items() if name in net.layers]
        net.reset_all()
        gc.collect()
        assert [one() is None for one in rows] == [True] * count


def _owner(array):
    """The array whose memory another one shows."""
    return array if array.base is None else _owner(array.base)


def test_copies_and_pickles_take_no_plan_along():
    net = build()
    run(net)
    size = len(pickle.dumps(net))
    net.forget()
    assert len(pickle.dumps(net)) == size
    run(net)
    assert kept(net) is not None
    assert kept(net.copy()) is None


def test_a_short_run_does_not_decide_for_long_ones():
    """Whether threads could share a block follows from how long it is, and not from the run that asked first."""
    net = Network([Rate(np.eye(8), dt=1e-3)])
    short, long = (Schedule(net.now, net.exact_dt, total, 4096) for total in (10, 4096))
    assert [divides(net, one) for one in (short, long, short)] == [False, True, False]
