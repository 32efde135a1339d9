"""The walls hold over threads: the network that has everything which could break them gives the same bits."""

import inspect
import signal
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

import graphnet.plan.builder
from graphnet import ArrayLayer, Network, TSContinuous, TSEvent, one_blas_thread, registry
from graphnet.backends import serial, threads
from graphnet.layer import declared_ports
from graphnet.plan import Schedule, Wanted, compile_plan
from graphnet.testing import STEPS, PoisonedArena, drive, instance, same_bits
from tests.laws.walls import NAMES, RECORD, build, content, everything, inputs

BLOCKS = [1, 7, 64, 100]
WORKERS = [1, 2, 3, 8]
registry.layers.load()
CLASSES = [
    cls
    for _, cls in registry.layers
    if issubclass(cls, ArrayLayer) and not inspect.isabstract(cls) and cls.__module__.startswith("layers.")
]
VARIABLES = [(name, *name.split("."), 1) for name in RECORD if "." in name]


def run_plan(net, given, total, block, wanted, run, depth):
    """As ``Network.evolve`` does it, every template run by ``run``, which has ``depth`` blocks under way."""
    schedule = Schedule(net.now, net.exact_dt, total, block)
    with one_blas_thread():
        plan = compile_plan(net, schedule, given, wanted, depth=depth)
        for stage in plan.stages:
            run(stage.feed, stage.feed_states, schedule.blocks)
            for task, store, outs in stage.plain:
                made = task.run(None if store is None else store.block(), task.grid.first, task.grid.total)
                for out in outs:
                    out.add(task.grid.first, made)
            run(stage.template, stage.states, schedule.blocks)
    net.commit(net.now + total * net.exact_dt, *plan.collect())
    return {name: store.series(name) for name, store in plan.stores.items()}


def evolve(net, block, run, depth=1):
    """All that a run of the network of the walls gives and leaves."""
    wanted = Wanted([(name, 1) for name in NAMES], VARIABLES)
    signals = run_plan(net, inputs(), round(0.4 / net.dt), block, wanted, run, depth)
    return content(signals), everything(net)


def on_threads(net, block, workers, grain):
    """The same on threads."""

    def run(*given):
        threads.run(*given, workers=workers, grain=grain)

    return evolve(net, block, run, threads.depth(workers))


@pytest.fixture(scope="module")
def reference():
    return evolve(build(), 100, serial.run)


def test_the_harness_does_what_a_network_does(reference):
    net = build()
    assert same_bits(content(net.evolve(inputs(), record=RECORD, block=100)), reference[0])
    assert same_bits(everything(net), reference[1])


@pytest.mark.parametrize("grain", [None, 0, 4])
@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("block", BLOCKS)
def test_any_block_and_any_number_of_workers_give_the_same_bits(reference, block, workers, grain):
    before = set(threading.enumerate())
    assert same_bits(on_threads(build(), block, workers, grain), reference)
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("block", [1, 20])
def test_no_buffer_is_read_after_it_was_given_back(reference, block, workers, monkeypatch):
    monkeypatch.setattr(graphnet.plan.builder, "Arena", PoisonedArena)
    assert same_bits(on_threads(build(), block, workers, 0), reference)


@pytest.mark.parametrize("workers", [None, 2])
def test_a_network_evolves_over_threads(reference, workers):
    net = build()
    found = content(net.evolve(inputs(), record=RECORD, block=7, backend="threads", workers=workers))
    assert same_bits((found, everything(net)), reference)


def side_by_side(cls, run, depth):
    """Outputs and states of three layers of a class, each with its own noise, that read one input."""
    net = Network(seed=3)
    one = instance(cls)
    x = drive(one)
    names = ["a", "b", "c"]
    for name in names:
        net.add_layer(instance(cls), name=name)
    given = {}
    ports = declared_ports(one) or {"": (one.size_in, one.input_type)}
    for port, (size, kind) in ports.items() if x is not None else ():
        into, block = f"x{port}", x[port] if port else x
        net.input(into, size, kind)
        net.connect_many([(into, f"{name}.{port}" if port else name) for name in names])
        if isinstance(block, np.ndarray):
            given[into] = TSContinuous.from_clocked(block, one.dt)
        else:
            given[into] = TSEvent.from_steps(block.step, block.channel, one.dt, size, 0, STEPS)
    signals = run_plan(net, given, STEPS, 13, Wanted([(name, 1) for name in names]), run, depth)
    rows = [(one.times, one.channels) if isinstance(one, TSEvent) else (one.samples,) for one in signals.values()]
    return rows, [net.states[name] for name in names]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_layer_gives_the_same_bits_on_threads(cls):
    def run(*given):
        threads.run(*given, workers=2, grain=0)

    assert same_bits(side_by_side(cls, run, threads.depth(2)), side_by_side(cls, serial.run, 1))


PROGRAM = """
    import signal, sys, threading, time
    from graphnet.backends import threads
    from graphnet.tasks import Task

    {tasks}

    def after(k):
        if k == 5:
            print("running", flush=True)

    def interrupt(number, frame):
        # as Python does it, but only within the run: what comes late is not its matter
        while frame is not None:
            if frame.f_code is threads.run.__code__:
                raise KeyboardInterrupt
            frame = frame.f_back

    signal.signal(signal.SIGINT, interrupt)
    template = [Task("a", task, last_reader=1), Task("b", task, (0,), last_reader=2), Task("c", task, last_reader=2)]
    try:
        threads.run(template, [0, 0, 0], 10**7, after, workers=2, {options})
    except KeyboardInterrupt:
        known = len(calls)
        print("interrupted", threading.active_count(), flush=True)
        time.sleep(0.3)
        print("nothing ran since:", len(calls) == known, flush=True)
"""
SLEEPS = """
    calls = []

    def task(k, state, *inputs):
        calls.append(k)
        time.sleep(0.02)
        return k, None
"""
SPINS = """
    calls = []

    def task(k, state, *inputs):
        calls.append(k)
        for _ in range(3000):
            pass
        return k, None
"""


@pytest.mark.parametrize("signals", [1, 3])
@pytest.mark.parametrize("options", ["grain=0", ""])
@pytest.mark.parametrize("tasks", [SLEEPS, SPINS], ids=["tasks that sleep", "tasks that spin"])
def test_an_interrupt_ends_the_run_and_every_thread(tasks, options, signals):
    program = textwrap.dedent(PROGRAM).format(tasks=textwrap.dedent(tasks), options=options)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "running\n"
            for _ in range(signals):
                process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert said == "interrupted 1\nnothing ran since: True\n"
