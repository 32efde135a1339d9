"""The threads backend does what serial does: same bits, same errors, no block too early, no thread left."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.backends import TaskFailed, serial, threads
from graphnet.backends.stripes import cut
from graphnet.errors import ParameterError
from graphnet.tasks import Task
from tests.backends.templates import Ledger, template_of, templates

WORKERS = st.sampled_from([1, 2, 3, 8])
BLOCKS = st.integers(0, 7)
GRAINS = st.sampled_from([0.0, 1.5, 3.0, 6.0, 1e9])


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before  # others, of tests before it, may end meanwhile


def outcome(run, shape, blocks, failures=(), **options):
    """What a run leaves: its states, the blocks that ``after`` was told of, how it failed, the ledger of its tasks."""
    ledger = Ledger(len(shape), threads.depth(options.get("workers", 1)), failures)
    template = template_of(shape, ledger)
    states, told = [(i, -1, 0) for i in range(len(shape))], []
    failed = None
    try:
        run(template, states, blocks, told.append, **options)
    except TaskFailed as error:
        failed = (error.name, error.block, str(error.__cause__))
    assert ledger.broken == []
    return states, told, failed, ledger


@given(shape=templates(), blocks=BLOCKS, workers=WORKERS, grain=GRAINS)
@settings(max_examples=150, deadline=None)
def test_any_template_ends_as_in_serial_each_task_after_what_it_waits_for(shape, blocks, workers, grain):
    states, told, _, _ = outcome(serial.run, shape, blocks)
    found, seen, failed, _ = outcome(threads.run, shape, blocks, workers=workers, grain=grain)
    assert failed is None
    assert found == states
    assert seen == told == list(range(blocks))


@given(shape=templates(), workers=WORKERS, grain=GRAINS, data=st.data())
@settings(max_examples=200, deadline=None)
def test_the_error_is_the_one_that_serial_reports(shape, workers, grain, data):
    blocks = 5
    unit = st.tuples(st.integers(0, blocks - 1), st.integers(0, len(shape) - 1))
    failures = frozenset(data.draw(st.lists(unit, min_size=1, max_size=4)))
    _, told, expected, _ = outcome(serial.run, shape, blocks, failures)
    _, seen, failed, ledger = outcome(threads.run, shape, blocks, failures, workers=workers, grain=grain)
    assert failed == expected == (f"task {min(failures)[1]}", min(failures)[0], f"broken {min(failures)}")
    assert seen == told
    done = set(ledger.done)
    last, first = min(failures)
    assert {(k, i) for k in range(last + 1) for i in range(len(shape)) if (k, i) < (last, first)} <= done


@given(shape=templates(), grain=GRAINS)
@settings(deadline=None)
def test_stripes_hold_every_task_once_and_wait_for_each_other_without_a_circle(shape, grain):
    template = template_of(shape, Ledger(len(shape), 1))
    stripes = cut(template, [task.cost for task in template], grain)
    assert sorted(step[0] for stripe in stripes for step in stripe.walk) == list(range(len(shape)))
    home = {step[0]: s for s, stripe in enumerate(stripes) for step in stripe.walk}
    for i, task in enumerate(template):
        for j in task.inputs:
            assert home[j] == home[i] or (home[j] < home[i] and home[j] in stripes[home[i]].pre)
    for s, stripe in enumerate(stripes):
        assert all(s in stripes[one].post for one in stripe.pre)
        assert len(stripes) == 1 or sum(template[step[0]].cost for step in stripe.walk) >= grain


def work(name, seconds, log, fail=None, cause=None):
    """A task that sleeps, which lets other threads run, and logs its blocks and its thread."""

    def function(k, state, *inputs):
        log.append((name, k, threading.get_ident()))
        time.sleep(seconds)
        if k == fail:
            raise cause
        return (state or 0) + k, (k, *inputs)

    return Task(name, function)


def blocks_of(log, name):
    return [k for one, k, _ in log if one == name]


def test_after_a_failure_nothing_starts_that_serial_would_not_have_run():
    log = []
    template = [work("fails", 0.0, log, 0, ValueError("broken")), work("slow", 0.2, log)]
    with pytest.raises(TaskFailed, match="fails failed in block 0"):
        threads.run(template, [None, None], 5, workers=2, grain=0)
    assert blocks_of(log, "slow") in ([], [0])


def test_after_a_failure_all_that_serial_would_have_run_is_run():
    log, told = [], []
    template = [work("slow", 0.05, log), work("fails", 0.0, log, 2, ValueError("broken"))]
    with pytest.raises(TaskFailed, match="fails failed in block 2"):
        threads.run(template, [None, None], 9, told.append, workers=2, grain=0)
    assert blocks_of(log, "slow") == [0, 1, 2]
    assert told == [0, 1]


@pytest.mark.parametrize("cause", [KeyboardInterrupt(), SystemExit(3)])
def test_an_interrupt_inside_a_task_comes_out_as_it_is(cause):
    log = []
    template = [work("a", 0.001, log), work("b", 0.001, log, 1, cause)]
    with pytest.raises(type(cause)) as caught:
        threads.run(template, [None, None], 50, workers=2, grain=0)
    assert caught.value is cause
    assert max(blocks_of(log, "a")) <= 4


@pytest.mark.parametrize("kind", [KeyboardInterrupt, ValueError])
def test_what_after_raises_comes_out_and_stops_the_run(kind):
    log = []

    def after(k):
        if k == 2:
            raise kind("enough")

    template = [work("a", 0.001, log), work("b", 0.01, log)._replace(inputs=(0,), last_reader=1)]
    with pytest.raises(kind, match="enough"):
        threads.run(template, [None, None], 100, after, workers=2, grain=0)
    assert max(blocks_of(log, "b")) < 20


def test_after_is_called_in_the_calling_thread():
    seen = []
    template = [work("a", 0.0, []), work("b", 0.0, [])]
    threads.run(template, [None, None], 4, lambda k: seen.append(threading.current_thread()), workers=2, grain=0)
    assert seen == [threading.current_thread()] * 4


def test_threads_see_the_context_of_the_caller():
    """NumPy's error state, for one, belongs to the context."""
    from contextvars import ContextVar

    place = ContextVar("place", default="elsewhere")
    place.set("here")
    found = []

    def function(k, state):
        found.append(place.get())
        return state, None

    threads.run([Task("a", function), Task("b", function, last_reader=1)], [None, None], 3, workers=2, grain=0)
    assert found == ["here"] * 6


def test_tasks_that_promise_a_gain_are_spread_over_threads():
    log, told = [], []
    template = [work("a", 2e-3, log), work("b", 2e-3, log)]
    states = [None, None]
    threads.run(template, states, 40, told.append, workers=2)
    assert len({ident for _, _, ident in log}) > 1
    assert states == [sum(range(40))] * 2
    assert blocks_of(log, "a") == blocks_of(log, "b") == told == list(range(40))


def test_tiny_tasks_stay_in_the_calling_thread():
    log = []
    template = [Task(str(i), lambda k, state: (k, log.append(threading.get_ident())), last_reader=i) for i in range(3)]
    threads.run(template, [None] * 3, 50, workers=2)
    assert set(log) == {threading.get_ident()}


@pytest.mark.parametrize("seconds", [0.0, 1e-3])
@pytest.mark.parametrize("block", [0, 1, 12, 39])
def test_measured_runs_report_the_same_error(seconds, block):
    told = []
    template = [work("a", seconds, []), work("b", seconds, [], block, ValueError("broken"))]
    with pytest.raises(TaskFailed, match=f"b failed in block {block}") as caught:
        threads.run(template, [None, None], 40, told.append, workers=2)
    assert str(caught.value.__cause__) == "broken"
    assert told == list(range(block))


def test_threads_that_do_not_pay_are_left_again(monkeypatch):
    """Tasks that never let another thread run gain nothing: most blocks run in the calling thread.

    The clock is one that only tasks move, each by as long as it takes, so that no other program can change its verdict.
    """
    log, clock, one = [], [0.0], threading.Lock()
    monkeypatch.setattr(threads, "perf_counter", lambda: clock[0])

    def function(k, state):
        log.append(threading.get_ident())
        with one:
            clock[0] += 4e-4
        return k, None

    def slow(k, state):
        return (
            function(k, state)
            if threading.current_thread() is threading.main_thread()
            else (function(k, 0), function(k, 0))
        )

    template = [Task("a", slow), Task("b", slow, last_reader=1)]
    threads.run(template, [None, None], 250, workers=2)
    assert log.count(threading.get_ident()) > len(log) / 2
    assert len(set(log)) > 1


@pytest.mark.parametrize(
    ("costs", "blocks", "expected"),
    [
        ([1000.0] * 8, 100, True),
        ([300.0, 300.0], 100, True),
        ([1000.0] * 8, 0, False),  # nothing left to run
        ([5.0] * 2000, 100, False),  # Python between short kernels
        ([20.0] * 10, 1000, False),  # over before a hand-over is worth it
        ([9000.0, 300.0, 300.0], 100, False),  # one task takes nearly all
    ],
)
def test_threads_are_tried_where_costs_promise_a_gain(costs, blocks, expected):
    template = [Task(str(i), abs, (i - 1,) if i else (), min(i + 1, len(costs) - 1)) for i in range(len(costs))]
    assert threads.promising(costs, cut(template, costs, threads.GRAIN), blocks) is expected


def test_branches_stay_apart_though_their_tasks_alternate_in_the_template():
    branches = [Task("ba"[i % 2], abs, (max(i - 2, 0),), i + 2) for i in range(1, 21)]
    template = [Task("x", abs, (), 2), *branches, Task("join", abs, (19, 20), 21)]
    stripes = cut(template, [0.0, *[1.0] * 20, 0.0], 5.0)
    branch = [{template[step[0]].name for step in one.walk} - {"x", "join"} for one in stripes]
    assert branch == [{"a"}, {"a"}, {"b"}, {"b"}]
    assert [set(one.pre) for one in stripes] == [set(), {0}, {0}, {1, 2}]


def test_a_single_block_of_costly_branches_runs_in_parallel():
    log = []
    template = [work("a", 0.05, log)._replace(cost=5e4), work("b", 0.05, log)._replace(cost=5e4, last_reader=1)]
    threads.run(template, [None, None], 1, workers=2)
    assert len({ident for _, _, ident in log}) == 2


def test_a_thread_that_cannot_be_started_ends_the_others(monkeypatch):
    start = threading.Thread.start

    def refuse(self):
        if self.name == "graphnet-1":
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="can't start"):
        threads.run([work("a", 0.001, []), work("b", 0.001, [])], [None, None], 10**6, workers=2, grain=0)


def test_fewer_than_one_worker_is_refused():
    with pytest.raises(ParameterError, match="workers must be at least 1, got 0"):
        threads.run([], [], 1, workers=0)
