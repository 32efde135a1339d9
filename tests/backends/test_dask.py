"""Processes of a cluster give the bits of a serial run, its errors, or a clean failure; none hangs or stays behind."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from graphnet import RunError
from graphnet.backends import TaskFailed, dask, serial
from graphnet.backends.dask.cluster import check_alike
from graphnet.backends.dask.segments import cut
from graphnet.backends.dask.travel import Sealed, packed, unpack
from graphnet.errors import ClusterError, ParameterError
from graphnet.tasks import Task
from graphnet.testing import same_bits
from tests.laws.walls import RECORD, build, content, everything, inputs

psutil = pytest.importorskip("psutil")
pytest.importorskip("distributed")

ROOT = Path(__file__).parents[2]


class Mix:
    """Changes its state in place and reads its inputs; ``fails`` is a block, ``pause`` seconds."""

    def __init__(self, number, fails=None, pause=0.0, error: Callable[[str], Exception] = ZeroDivisionError):
        self.number, self.fails, self.pause, self.error = number, fails, pause, error

    def __call__(self, k, state, *blocks):
        if k == self.fails:
            raise self.error(f"task {self.number}, block {k}")
        time.sleep(self.pause)
        state["x"] *= 0.9
        for block in blocks:
            assert block.flags.aligned and not block.flags.writeable
            state["x"] += 0.1 * np.sin(block.sum(axis=0))
        state["n"] += 1
        out = state["x"] + np.arange(2)[:, np.newaxis] + self.number
        out.flags.writeable = False
        return state, out


class Sees:
    """A local task that remembers what it has seen, and passes it on."""

    def __init__(self, fails=None):
        self.seen, self.fails = [], fails

    def __call__(self, k, state, *blocks):
        if k == self.fails:
            raise KeyError(f"local, block {k}")
        self.seen.append((k, os.getpid(), [block.copy() for block in blocks]))
        out = np.full((2, 3), float(k))
        for block in blocks:
            out += block
        out.flags.writeable = False
        return state + 1, out


def with_readers(tasks):
    last = list(range(len(tasks)))
    for i, task in enumerate(tasks):
        for j in task.inputs:
            last[j] = i
    return [task._replace(last_reader=last[i]) for i, task in enumerate(tasks)]


def random_template(seed, size=12, fails=()):
    """A random template with some local tasks in its midst; ``fails`` lists (task, block)."""
    rng = np.random.default_rng(seed)
    fails = dict(fails)
    tasks = []
    for i in range(size):
        chosen = tuple(int(j) for j in rng.choice(i, size=min(i, int(rng.integers(0, 4))), replace=False))
        local = bool(rng.random() < 0.25)
        function = Sees(fails.get(i)) if local else Mix(i, fails.get(i))
        tasks.append(Task(f"task{i}", function, chosen, local=local, cost=float(rng.integers(1, 9))))
    return with_readers(tasks)


def fresh(template):
    return [0 if task.local else {"x": np.zeros(3), "n": np.zeros(1, dtype=int)} for task in template]


def outcome(run, template, blocks, **options):
    """States, what local tasks saw, blocks that were announced, and the failure of a run."""
    states, announced, failure = fresh(template), [], None
    try:
        run(template, states, blocks, announced.append, **options)
    except TaskFailed as error:
        failure = (error.name, error.block, type(error.__cause__), str(error.__cause__))
        states = None
    seen = {i: task.function.seen for i, task in enumerate(template) if task.local}
    return states, seen, announced, failure


@pytest.fixture(scope="module")
def client():
    with dask.connected(None, 2) as opened:
        yield opened


@pytest.fixture(scope="module")
def reference():
    net = build()
    return content(net.evolve(inputs(), record=RECORD, block=100)), everything(net)


# ---------------------------------------------------------------------- the same bits


@pytest.mark.parametrize("block", [7, 64])
def test_two_workers_give_the_bits_of_a_serial_run(client, reference, block):
    net = build()
    result = net.evolve(inputs(), record=RECORD, block=block, backend=client)
    assert same_bits(content(result), reference[0])
    assert same_bits(everything(net), reference[1])


@pytest.mark.parametrize("seed", range(5))
def test_a_random_template_gives_what_serial_gives(client, seed):
    expected = outcome(serial.run, random_template(seed), 9)
    found = outcome(dask.run, random_template(seed), 9, client=client)
    assert found[3] is None and found[2] == expected[2] == list(range(9))
    assert same_bits(found[0], expected[0])
    assert {pid for seen in found[1].values() for _, pid, _ in seen} <= {os.getpid()}
    assert same_bits(found[1], expected[1])


@pytest.mark.parametrize("seed", range(5))
def test_the_failure_is_the_one_that_a_serial_run_meets_first(client, seed):
    rng = np.random.default_rng(100 + seed)
    fails = [(int(i), int(rng.integers(2, 6))) for i in rng.choice(12, size=5, replace=False)]
    expected = outcome(serial.run, random_template(seed, fails=fails), 9)
    found = outcome(dask.run, random_template(seed, fails=fails), 9, client=client)
    assert expected[3] is not None
    assert found[2:] == expected[2:]


def test_many_blocks_go_in_longer_batches_over_several_windows(client):
    template = random_template(3)
    expected = outcome(serial.run, random_template(3), 600)
    found = outcome(dask.run, template, 600, client=client)
    assert same_bits(found[:3], expected[:3])


def test_segments_cover_every_task_once_and_wait_for_no_later_one():
    for seed in range(20):
        template = random_template(seed, size=40)
        segments = cut(template, 4)
        assert sorted(i for one in segments for i in one.numbers) == list(range(40))
        done = set()
        for one in segments:
            assert one.reads <= done
            done.update(one.numbers)


def test_branches_go_to_different_segments():
    """Two chains of equal cost and two pieces: each piece is one chain."""
    tasks = [Task("source", Mix(0), cost=0.1)]
    for i in range(1, 9):
        tasks.append(Task(str(i), Mix(i), (max(0, i - 2),)))
    first, second = (set(one.numbers) - {0} for one in cut(with_readers(tasks), 2))
    assert {frozenset(first), frozenset(second)} == {frozenset({1, 3, 5, 7}), frozenset({2, 4, 6, 8})}


# ---------------------------------------------------------------------- errors


def test_a_layer_that_raises_on_a_worker_leaves_the_network_untouched(client):
    net = build()
    before = everything(net)
    vars(net["slow"])["advance"] = _broken
    with pytest.raises(RunError, match=r"slow failed in block 2, at 0.056 s: ValueError: broken on purpose"):
        net.evolve(inputs(), block=7, backend=client)
    assert same_bits(everything(net), before)


def _broken(state, block, span):
    if span.start >= 28:
        raise ValueError("broken on purpose")
    return state, np.zeros((span.steps, 6))


class Stubborn(Exception):
    """An exception that no pickle can build again."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def _stubborn(text):
    return Stubborn(text, "more")


def test_an_exception_that_cannot_travel_keeps_its_text_and_trace(client):
    template = [Task("odd", Mix(0, fails=1, error=_stubborn))]
    with pytest.raises(TaskFailed, match="odd failed in block 1") as caught:
        dask.run(template, fresh(template), 4, client=client)
    cause = caught.value.__cause__
    assert cause is not None
    assert str(cause) == "Stubborn: task 0, block 1 and more"
    assert "on worker process" in cause.__notes__[0] and "raise self.error" in cause.__notes__[0]


def test_a_function_that_cannot_be_sent_is_named(client):
    template = [Task("fine", Mix(0)), Task("held", Mix(1, fails=threading.Lock()), (0,))]
    with pytest.raises(ClusterError, match="held cannot be sent to a worker: TypeError") as caught:
        dask.run(with_readers(template), fresh(template), 4, client=client)
    assert caught.value.layers == ("held",)


def test_what_after_raises_reaches_the_caller_and_the_client_goes_on(client):
    template = random_template(1)

    def after(k):
        if k == 3:
            raise StopIteration

    with pytest.raises(StopIteration):
        dask.run(template, fresh(template), 50, after, client=client)
    assert client.submit(abs, -3, pure=False).result(timeout=20) == 3


def test_a_wrong_number_of_workers_or_no_client_is_refused():
    template = [Task("one", Mix(0))]
    with pytest.raises(ParameterError, match="workers must be a whole number of at least 1, got 0"):
        dask.run(template, fresh(template), 1, workers=0)
    with pytest.raises(ParameterError, match=r"got a int"):
        dask.run(template, fresh(template), 1, client=7)
    with pytest.raises(ClusterError, match=r"no scheduler answers at 'tcp://127.0.0.1:9'"):
        dask.run(template, fresh(template), 1, client="tcp://127.0.0.1:9", patience=0.5)


# ---------------------------------------------------------------------- whose cluster


def test_a_given_client_and_a_cluster_reached_by_address_stay_open(client):
    template = random_template(2)
    expected = outcome(serial.run, random_template(2), 5)
    found = outcome(dask.run, template, 5, client=client.scheduler.address)
    assert same_bits(found, expected)
    assert client.status == "running" and len(client.nthreads()) == 2
    until = time.monotonic() + 10
    while client.run_on_scheduler(_tasks) and time.monotonic() < until:
        time.sleep(0.1)
    assert client.run_on_scheduler(_tasks) == 0, "results of a run stay on the cluster"


def _tasks(dask_scheduler):
    return len(dask_scheduler.tasks)


def test_a_local_cluster_listens_on_loopback_and_leaves_no_process():
    me = psutil.Process()
    before = {one.pid for one in me.children(recursive=True)}
    found = []

    def after(k):
        if k == 0:
            ours = [one for one in me.children(recursive=True) if one.pid not in before]
            found.extend(one.pid for one in ours)
            for one in [me, *ours]:
                for net in one.net_connections("inet"):
                    assert net.status != "LISTEN" or net.laddr.ip in ("127.0.0.1", "::1"), net

    template = [Task("one", Mix(0))]
    dask.run(template, fresh(template), 3, after, workers=1)
    assert found
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in found)


def test_local_tasks_alone_start_no_cluster():
    seen = Sees()
    dask.run([Task("sees", seen, local=True)], [0], 3, client="tcp://127.0.0.1:9")
    assert [k for k, _, _ in seen.seen] == [0, 1, 2]


# ---------------------------------------------------------------------- what may happen to a cluster


def test_a_killed_worker_changes_no_bit():
    """kill -9 of one of two workers in the middle of a run: the other one, and the nanny's new one, go on."""
    template = [Task("a", Mix(0, pause=0.01)), Task("b", Mix(1, pause=0.01), (0,)), Task("s", Sees(), (1,), local=True)]
    template = with_readers(template)
    states, expected = fresh(template), fresh(template)
    serial.run([task._replace(function=Mix(i)) if i < 2 else task for i, task in enumerate(template)],
               expected, 150)  # fmt: skip
    killed = []
    with dask.connected(None, 2) as opened:
        pids = list(opened.run(os.getpid).values())

        def after(k):
            if k == 30:
                os.kill(pids[0], signal.SIGKILL)
                killed.append(k)

        dask.run(template, states, 150, after, client=opened)
    assert killed and same_bits(states, expected)


def test_workers_that_vanish_end_the_run_with_a_clear_error():
    template = [Task("a", Mix(0, pause=0.01))]
    with dask.connected(None, 1) as opened:

        def after(k):
            if k == 5:
                opened.cluster.scale(0)

        with pytest.raises(ClusterError, match=r"all workers of the cluster are gone|the cluster lost what a"):
            dask.run(template, fresh(template), 100_000, after, client=opened, patience=3.0)
        with pytest.raises(ClusterError, match=r"the cluster has no workers after 0.5 s"):
            dask.run(template, fresh(template), 3, client=opened, patience=0.5)


def test_a_lost_scheduler_ends_the_run_with_a_clear_error():
    template = [Task("a", Mix(0, pause=0.01))]
    with dask.connected(None, 1) as opened:

        def after(k):
            if k == 5:
                opened.cluster.close(timeout=10)

        with pytest.raises(ClusterError, match=r"the scheduler is lost|the cluster lost what a|gone"):
            dask.run(template, fresh(template), 100_000, after, client=opened, patience=3.0)


@pytest.mark.parametrize("shift", [0, 1, 4, 8])
def test_arrays_arrive_aligned_and_as_writable_as_they_left(shift):
    """A message may lie anywhere in memory; NumPy adds an unaligned array in another order, to other bits."""
    from distributed.protocol import deserialize, serialize

    fixed = np.arange(1000.0)
    fixed.flags.writeable = False
    left = {"x": np.random.default_rng(1).normal(size=100_001), "fixed": fixed, "none": np.zeros((0, 3))}
    header, frames = serialize(Sealed(left))
    moved = [memoryview(b"." * shift + bytes(frame))[shift:] for frame in frames]
    for arrived in (deserialize(header, moved).value, unpack(packed(left)).value):
        assert same_bits(arrived, left)
        for name, array in arrived.items():
            assert array.flags.aligned and array.flags.writeable == left[name].flags.writeable
            assert array.sum() == left[name].sum()


def test_weights_larger_than_a_message_arrive_whole(client):
    weights = np.random.default_rng(0).normal(size=1_500_000)
    template = [Task("big", Adds(weights))]
    states = [0.0]
    dask.run(template, states, 2, client=client)
    assert states == [2 * weights.sum()]


class Adds:
    """Adds up an array of 12 MB."""

    def __init__(self, weights):
        self.weights = weights

    def __call__(self, k, state):
        return state + self.weights.sum(), None


class Dies:
    """Ends its process."""

    def __call__(self, k, state):
        os._exit(1)


def test_a_worker_with_other_settings_is_refused_and_one_that_dies_names_the_layer():
    import dask as dask_package
    from distributed import Client, LocalCluster

    settings = {"distributed.scheduler.allowed-failures": 0}
    with (
        dask_package.config.set(settings),
        LocalCluster(
            n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50,
            env={"GRAPHNET_JIT": "0"},
        ) as cluster,
        Client(cluster, set_as_default=False) as opened,
    ):  # fmt: skip
        template = [Task("dying", Dies())]
        with pytest.raises(ClusterError, match=r"differs from this process: GRAPHNET_JIT 0 there, 1 here"):
            dask.run(template, fresh(template), 1, client=opened)
        assert check_alike(opened, mixed=True, patience=1.0) is None
        with pytest.raises(ClusterError, match="1 worker processes died while they ran dying") as caught:
            dask.run(template, fresh(template), 1, client=opened, mixed=True)
        assert caught.value.layers == ("dying",)


# ---------------------------------------------------------------------- scripts

SCRIPT = """
    import numpy as np
    from graphnet import ArrayLayer, Network, Size, TSContinuous, positional
    from graphnet.jit import kernel

    @kernel
    def double(x, y):
        for k in range(x.shape[0]):
            y[k] = 2 * x[k]

    class Mine(ArrayLayer):
        size: Size = positional()
        def initial(self):
            return {"x": np.zeros(self.size)}
        def advance(self, state, x, span):
            y = span.empty((span.steps, self.size))
            double(x, y)
            return state, y

    def made():
        net = Network(name="script")
        net.input("x", 2)
        net.add_layer(Mine(2, dt=1e-3), name="mine")
        net.connect("x -> mine")
        return net

    ts = TSContinuous.from_clocked(np.arange(40.0).reshape(20, 2), 1e-3)
"""


def script(tmp_path, body):
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(SCRIPT) + textwrap.dedent(body))
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_layers_and_kernels_of_a_script_travel_with_it(tmp_path):
    process = script(
        tmp_path,
        """
        if __name__ == "__main__":
            result = made().evolve(ts, block=4, backend="dask", workers=1)
            assert np.array_equal(result["mine"].samples, 2 * ts.samples)
            print("same")
        """,
    )
    out, err = process.communicate(timeout=120)
    assert (out.strip(), process.returncode) == ("same", 0), err
    assert not err.strip()


def test_a_script_without_a_guard_is_told_so(tmp_path):
    """Every new process would run the script again: an error says what to write."""
    process = script(tmp_path, 'made().evolve(ts, block=4, backend="dask", workers=1)')
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert err.rstrip().endswith("hint: in a script, evolve under: if __name__ == '__main__'"), err


def test_ctrl_c_ends_the_run_at_once_and_leaves_no_process(tmp_path):
    """SIGINT for the whole group, as a terminal sends it."""
    process = script(
        tmp_path,
        """
        import sys, time
        from graphnet.backends import dask
        from graphnet.tasks import Task

        def slow(k, state):
            time.sleep(0.05)
            return state, None

        if __name__ == "__main__":
            dask.run([Task("slow", slow)], [None], 100_000, lambda k: print(k, flush=True), workers=2)
        """,
    )
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline().strip() == "0", process.stderr.read()
    group = psutil.Process(process.pid).children(recursive=True)
    assert len(group) >= 2
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 30
    assert process.returncode == -signal.SIGINT or re.search("KeyboardInterrupt\\s*$", err), err
    assert psutil.wait_procs(group, timeout=10)[1] == []
