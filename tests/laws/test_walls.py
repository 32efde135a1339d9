"""The walls of the design, proved on one network that has everything which could break them."""

import numpy as np
import pytest

import graphnet.plan.builder
import graphnet.run.again
from graphnet import RunError, TSContinuous
from graphnet.testing import PoisonedArena, same_bits
from tests.laws.walls import NAMES, RECORD, Smooth, build, content, everything, inputs

BLOCKS = [1, 7, 64, 100]


@pytest.fixture(scope="module")
def reference():
    net = build()
    return content(net.evolve(inputs(), record=RECORD, block=100)), everything(net)


def test_the_network_has_what_the_walls_are_about(reference):
    signals, _ = reference
    net = build()
    loop = next(part for part in net.structure().parts if part.block)
    assert set(loop.order) == {"a", "b", "back"} and float(loop.block) == 1e-3
    assert isinstance(net["plain"], Smooth)
    assert net.dt == 4e-3
    for name, columns in signals.items():
        assert columns[0].size and np.ptp(columns[-1]) > 0, f"{name} is silent: it would prove nothing"


@pytest.mark.parametrize("block", BLOCKS)
def test_any_block_gives_the_same_bits(reference, block):
    net = build()
    assert same_bits(content(net.evolve(inputs(), record=RECORD, block=block)), reference[0])
    assert same_bits(everything(net), reference[1])


def test_the_default_block_gives_the_same_bits(reference):
    assert same_bits(content(build().evolve(inputs(), record=RECORD)), reference[0])


@pytest.mark.parametrize("cut", [4, 60, 200, 396])
def test_two_halves_make_the_whole(reference, cut):
    net, seconds = build(), cut / 1000
    first = content(net.evolve(inputs(), duration=seconds, record=RECORD, block=9))
    second = content(net.evolve(inputs(), record=RECORD, block=64))
    joined = {
        name: tuple(np.concatenate(column) for column in zip(first[name], second[name], strict=True)) for name in first
    }
    assert same_bits(joined, reference[0])
    assert same_bits(everything(net), reference[1])


def test_recording_less_changes_no_bit(reference):
    net = build()
    net.evolve(inputs(), record=[])
    assert same_bits(everything(net), reference[1])


@pytest.mark.parametrize("block", [1, 20])
def test_no_buffer_is_read_after_it_was_given_back(reference, block, monkeypatch):
    monkeypatch.setattr(graphnet.plan.builder, "Arena", PoisonedArena)
    net, quiet = build(), build()
    assert same_bits(content(net.evolve(inputs(), record=RECORD, block=block)), reference[0])
    assert same_bits(everything(net), reference[1])
    quiet.evolve(inputs(), record=[], block=block)  # layers of one form share buffers where nobody records them
    assert same_bits(everything(quiet), reference[1])


def test_adding_an_unrelated_noisy_layer_changes_nobody(reference):
    assert same_bits(content(build(extra=True).evolve(inputs(), record=RECORD)), reference[0])


def sabotage(monkeypatch, stage, kind, number, block, error):
    """Have one task of the plan raise in one block; gives the list in which its name will stand."""
    hit = []
    compiled = graphnet.plan.compile_plan

    def compile_plan(*args, **kwargs):
        plan = compiled(*args, **kwargs)
        tasks = getattr(plan.stages[stage], kind)
        task = tasks[number]

        def function(k, state, *inputs):
            if k == block:
                hit.append(task.name)
                raise error
            return task.function(k, state, *inputs)

        tasks[number] = task._replace(function=function)
        return plan

    monkeypatch.setattr(graphnet.run.again, "compile_plan", compile_plan)
    return hit


def all_tasks():
    net = build()
    schedule = graphnet.plan.Schedule(net.now, net.exact_dt, 100, 7)
    wanted = graphnet.plan.Wanted([(name, 1) for name in NAMES], [("hidden.hidden", "hidden", "hidden", 1)])
    plan = graphnet.plan.compile_plan(net, schedule, inputs(), wanted)
    return [
        (number, kind, i)
        for number, stage in enumerate(plan.stages)
        for kind in ("feed", "template")
        for i in range(len(getattr(stage, kind)))
    ]


@pytest.mark.parametrize(("stage", "kind", "number"), all_tasks())
def test_an_exception_in_any_task_leaves_no_trace(reference, stage, kind, number, monkeypatch):
    net = build()
    net.evolve(inputs(), duration=0.1)
    before = everything(net)
    with monkeypatch.context() as patch:
        hit = sabotage(patch, stage, kind, number, 3, ZeroDivisionError("broken on purpose"))
        with pytest.raises(RunError, match="broken on purpose") as caught:
            net.evolve(inputs(), block=7, record=RECORD)
    assert hit and caught.value.layer == hit[0]
    assert caught.value.block == 3
    assert caught.value.time == pytest.approx(0.1 + 3 * 7 * 0.004)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert same_bits(everything(net), before)
    net.evolve(inputs(), block=7)
    assert same_bits(everything(net), reference[1])


def test_a_failing_plain_layer_leaves_no_trace(reference, monkeypatch):
    net = build()
    net.evolve(inputs(), duration=0.1)
    before = everything(net)

    def evolve(self, ts_input=None, duration=None, num_timesteps=None):
        self.state = self.state + 1.0
        raise ValueError("broken on purpose")

    with monkeypatch.context() as patch:
        patch.setattr(Smooth, "evolve", evolve)
        with pytest.raises(RunError, match=r"plain failed in block 0, at 0\.1 s: ValueError: broken on purpose"):
            net.evolve(inputs())
    assert same_bits(everything(net), before)
    net.evolve(inputs())
    assert same_bits(everything(net), reference[1])


def test_an_interrupt_leaves_no_trace(reference, monkeypatch):
    net = build()
    before = everything(net)
    with monkeypatch.context() as patch:
        sabotage(patch, 1, "template", 2, 4, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            net.evolve(inputs(), block=7)
    assert same_bits(everything(net), before)
    net.evolve(inputs())
    assert same_bits(everything(net), reference[1])


def test_reset_time_replays_the_noise_and_a_new_trial_does_not(reference):
    net = build()
    net.evolve(inputs())
    net.reset_all()
    assert same_bits(content(net.evolve(inputs(), record=RECORD)), reference[0])
    net.reset_all()
    other = content(net.evolve(inputs(), record=RECORD, trial=1))
    assert not np.array_equal(other["noisy"][0], reference[0]["noisy"][0])


def test_reset_time_keeps_what_is_in_flight():
    net = build()
    net.evolve(inputs(), duration=0.2)
    before = everything(net)
    net.reset_time()
    after = everything(net)
    assert after["t"] == 0.0 and after["plain t"] == 0.0
    assert same_bits(after["lines"], before["lines"]) and same_bits(after["states"], before["states"])
    assert any(np.any(array) for line in before["lines"].values() for array in line.values())


def test_an_input_that_does_not_cover_the_run_is_refused_with_the_cure():
    net = build()
    net.evolve(inputs(), duration=0.2)
    with pytest.raises(graphnet.InputError, match=r"start_at\(0.2\)"):
        net.evolve(inputs(), duration=0.4)
    late = {name: series.start_at(0.2) for name, series in inputs().items()}
    assert net.evolve(late, duration=0.4)["noisy"].t_start == 0.2


def test_a_held_signal_and_a_sampled_one_follow_the_meaning_of_time():
    """Output k reflects input k; a slower signal is held, a faster one sampled at the reader's step starts."""
    from graphnet import Network
    from layers import PassThrough

    net = Network()
    net.input("x", 1)
    for name, dt in [("fast", 1e-3), ("slow", 3e-3), ("again", 1e-3)]:
        net.add_layer(PassThrough(1, dt=dt), name=name)
    net.connect_many(["x -> fast", "fast -> slow", "slow -> again"])
    ramp = TSContinuous.from_clocked(np.arange(12.0), 1e-3)
    result = net.evolve(ramp)
    assert result["slow"].samples.ravel().tolist() == [0, 3, 6, 9]
    assert result["again"].samples.ravel().tolist() == [0, 0, 0, 3, 3, 3, 6, 6, 6, 9, 9, 9]
