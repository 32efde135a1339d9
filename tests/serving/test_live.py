"""A run in a thread of its own: it obeys between blocks, tells how it stands, and ends when it is asked to."""

import threading
import time

import numpy as np
import pytest

from graphnet import Network, TSContinuous
from graphnet.errors import ParameterError, StateError
from graphnet.limits import Limits, limited
from graphnet.serving import Live
from layers import Rate

from .networks import small

PATIENCE = 20.0


def spikes(blocks):
    return np.concatenate([np.stack([one["lif"].times, one["lif"].channels], axis=1) for one in blocks])


def test_a_run_paused_resumed_and_looked_at_has_the_bits_of_evolve():
    net = small(run={"duration": 1.0})
    taken = []
    with Live(net, speed="max", watch=taken.append) as live:
        for _ in range(5):
            live.pause().result(PATIENCE)
            still = live.status()
            if still.state == "ended":
                break
            assert live.picture()[0].time == still.time
            live.go_on().result(PATIENCE)
            live.wait(lambda now, before=still.updates: now.updates > before + 2, PATIENCE)
        assert live.wait(lambda now: now.state == "ended", PATIENCE).state == "ended"
        once = list(taken)
        taken.clear()
        live.restart().result(PATIENCE)
        assert live.wait(lambda now: now.state == "ended", PATIENCE).state == "ended"
    whole = net.copy().evolve(duration=1.0, record="lif")["lif"]
    assert isinstance(whole.times, np.ndarray) and len(whole) > 100
    expected = np.stack([whole.times, whole.channels], axis=1)
    np.testing.assert_array_equal(spikes(once), expected)
    np.testing.assert_array_equal(spikes(taken), expected)


def test_nothing_moves_while_it_is_paused():
    with Live(small(), speed="max") as live:
        live.pause().result(PATIENCE)
        before = live.status()
        time.sleep(0.1)
        after = live.status()
    assert before.state == "paused" and (after.time, after.updates) == (before.time, before.updates)


def test_it_runs_at_the_speed_that_is_asked_for():
    with Live(small(run={"duration": 100.0}), speed=0.5) as live:
        first = live.wait(lambda now: now.time > 0.05, PATIENCE)
        began = time.perf_counter()
        second = live.wait(lambda now: now.time >= first.time + 0.25, PATIENCE)
        elapsed = time.perf_counter() - began
    assert (second.time - first.time) / elapsed == pytest.approx(0.5, rel=0.25)


def test_a_run_that_falls_behind_says_by_how_much():
    def slow(_):
        time.sleep(0.02)

    with Live(small(run={"duration": 1000.0}), speed=50.0, watch=slow) as live:
        now = live.wait(lambda now: now.behind > 20.0, PATIENCE)
        assert now.behind > 20.0 and now.reached is not None and now.reached < 45.0
        live.set_speed(0.1).result(PATIENCE)
        assert live.status().behind == 0.0


def test_a_wrong_wish_is_told_to_whoever_has_it_and_the_run_goes_on():
    with Live(small(run={"duration": 1000.0}), speed="max") as live:
        before = live.wait(lambda now: now.time > 0.0, PATIENCE)
        for wish in (
            live.change("lif", "tau_mem", "-1 ms"), live.set_speed(0.0), live.set_window(-1.0), live.choose(["x"]),
        ):  # fmt: skip
            assert wish.exception(PATIENCE) is not None
        after = live.wait(lambda now: now.time > before.time, PATIENCE)
        assert after.state == "running" and after.changes == () and after.error == ""
        made = live.change("lif", "tau_mem", "10 ms").result(PATIENCE)
        assert (made.value, made.before) == (0.01, "0.02 s")
        assert [one.text for one in live.status().changes] == ["10 ms"]


def test_a_layer_that_fails_stops_the_run_and_a_restart_begins_it_anew():
    class Failing(Rate, register=False):
        fails = True

        def advance(self, state, block, span):
            if self.fails and span.start + span.steps > 200:
                raise ValueError("no more")
            return super().advance(state, block, span)

    net = Network(name="failing")
    net.add_layer(Failing(np.eye(2), dt=0.001), name="res")
    net.document = {"run": {"duration": 0.5}}
    with Live(net, speed="max") as live:
        failed = live.wait(lambda now: now.state == "failed", PATIENCE)
        assert failed.error.startswith("RunError: res failed in block") and "no more" in failed.error
        Failing.fails = False
        live.restart().result(PATIENCE)
        assert live.wait(lambda now: now.state == "ended", PATIENCE).time == 0.5


def test_a_document_that_cannot_be_run_is_told_and_wishes_are_refused():
    with Live(small(run={})) as live:
        failed = live.wait(lambda now: now.state == "failed", PATIENCE)
        assert "does not say what to do" in failed.error
        assert isinstance(live.restart().exception(PATIENCE), StateError)


def test_it_ends_at_once_and_leaves_no_thread():
    before = set(threading.enumerate())
    live = Live(small(run={"duration": 1e6}), speed="max").start()
    live.wait(lambda now: now.time > 0.0, PATIENCE)
    began = time.perf_counter()
    live.stop()
    assert time.perf_counter() - began < 2.0
    assert set(threading.enumerate()) == before
    assert isinstance(live.pause().exception(PATIENCE), StateError)
    assert live.status().state == "stopped"


def test_limits_that_hold_where_it_is_made_hold_in_its_thread():
    drawn = "{init: normal, shape: [20, 20], seed: 1}"
    with Live(small(run={"duration": 1e6})) as live:
        live.wait(lambda now: now.time > 0.0, PATIENCE)
        assert live.change("lif", "weights", drawn).exception(PATIENCE) is None
    with limited(Limits(drawn=100)), Live(small(run={"duration": 1e6})) as live:
        live.wait(lambda now: now.time > 0.0, PATIENCE)
        assert isinstance(live.change("lif", "weights", drawn).exception(PATIENCE), ParameterError)


def test_many_may_look_on_at_once():
    seen = [[] for _ in range(4)]
    with Live(small(run={"duration": 1000.0}), speed="max") as live:

        def look(mine):
            for _ in range(50):
                status, shown = live.picture()
                mine.append((status.time, shown["res"].start + shown["res"].width * np.shape(shown["res"].cells)[1])
                            if "res" in shown else (0.0, 0.0))  # fmt: skip

        threads = [threading.Thread(target=look, args=(one,)) for one in seen]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    for mine in seen:
        for at, end in mine:
            assert end == 0.0 or at <= end + 1e-9 < at + 0.1  # the picture is of the moment that the status tells


def test_fitted_first_then_trial_by_trial(monkeypatch):
    from graphnet import registry
    from graphnet.datasets import Dataset, Trial
    from layers import Ridge

    rng = np.random.default_rng(0)
    series = [TSContinuous.from_clocked(rng.normal(size=(200, 2)), dt=0.001) for _ in range(3)]
    trials = [Trial({"x": one}, target=TSContinuous.from_clocked(one.samples[:, :1], dt=0.001)) for one in series]
    monkeypatch.setattr(registry.datasets, "get", lambda name: lambda: Dataset(name, {"train": trials}))
    net = Network(name="fitted")
    net.input("x", 2)
    net.add_layer(Ridge(size_in=2, size_out=1, dt=0.001), name="out")
    net.connect("x", "out")
    net.document = {"data": {"source": "made"}, "fit": {"layer": "out", "on": "train"}}
    taken = []
    with Live(net, speed="max", watch=taken.append) as live:
        last = live.wait(lambda now: now.state in ("ended", "failed"), PATIENCE)
    assert (last.state, last.error, last.doing) == ("ended", "", "trial 2 of 3")
    out = np.concatenate([one["out"].samples[:, 0] for one in taken])
    np.testing.assert_allclose(out, np.concatenate([one.samples[:, 0] for one in series]), atol=0.05)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), "fast", True])
def test_a_speed_is_a_number_of_seconds_or_max(speed):
    with pytest.raises(ParameterError, match="speed"):
        Live(small(), speed=speed)
