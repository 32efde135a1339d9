"""What is shown live has the bits of a plain run, whatever is done to it in between."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet import Network, TSContinuous, TSEvent
from graphnet.errors import InputError, ParameterError, ParameterTypeError, StateError, UnknownName
from graphnet.serving.programme import Leg, programme
from graphnet.serving.show import MOST, Show
from layers import PassThrough, Rate

from .networks import small


def run(show, blocks=(64,), until=1000):
    """All that is left of a programme: samples, or steps and channels, by name."""
    parts = {}
    for number in range(until):
        result = show.advance(blocks[number % len(blocks)])
        if result is None:
            break
        show.take(result)
        for name in show.net.layers:
            one = result[name]
            rows = one.samples if isinstance(one, TSContinuous) else np.stack([one.times, one.channels], axis=1)
            parts.setdefault(name, []).append(rows)
    return {name: np.concatenate(rows) for name, rows in parts.items()}


def plain(result):
    return {
        name: one.samples if isinstance(one, TSContinuous) else np.stack([one.times, one.channels], axis=1)
        for name, one in result.items()
    }


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def made(net, **options):
    return Show(net, programme(net), **options)


@settings(max_examples=15, deadline=None)
@given(blocks=st.lists(st.integers(1, 300), min_size=1, max_size=5))
def test_blocks_of_any_lengths_give_the_bits_of_evolve(blocks):
    net = small(run={"duration": 0.5})
    whole = plain(net.copy().evolve(duration=0.5, record=tuple(net.layers)))
    assert_same(run(made(net), blocks), whole)


def test_a_restart_gives_the_same_bits_again():
    show = made(small(run={"duration": 0.3}))
    once = run(show)
    show.restart()
    assert_same(run(show, (7, 100)), once)


def test_the_network_that_was_given_stays_as_it_is():
    net = small()
    before = net.copy()
    run(made(net), until=5)
    assert net == before and net.t == 0.0


def test_other_signals_and_windows_change_no_bit():
    show = made(small(run={"duration": 0.5}))
    once = run(show)
    show.restart()
    first = run(show, until=3)
    show.set_window(0.25)
    show.choose(["lif", "res", "out"])
    second = run(show)
    assert_same({name: np.concatenate([first[name], second[name]]) for name in once}, once)
    assert list(show.shown()) == ["lif", "res", "out"]


def test_a_changed_parameter_acts_from_the_next_block_on_and_states_stay():
    net = small(run={"duration": 0.5})
    show = made(net)
    first = run(show, (50,), until=2)  # of 2 ms
    show.change("lif", "bias", "1.9")
    second = run(show)
    other = net.copy()
    before = plain(other.evolve(duration=0.2, record=tuple(net.layers)))
    other.set_params(lif__bias=1.9)
    after = plain(other.evolve(duration=0.3, record=tuple(net.layers)))
    assert_same(first, before)
    assert_same(second, after)
    assert len(second["lif"]) / 0.3 > 1.3 * len(first["lif"]) / 0.2


def test_a_restart_keeps_what_was_changed_unless_the_document_is_wanted():
    net = small(run={"duration": 0.2})
    show = made(net)
    written = run(show)
    show.change("lif", "tau_mem", "10 ms")
    show.restart()
    assert show.net["lif"].tau_mem == 0.01
    changed = run(show)
    assert len(changed["lif"]) != len(written["lif"])
    show.restart(written=True)
    assert_same(run(show), written)
    assert show.changes == {}


@pytest.mark.parametrize(
    ("layer", "parameter", "text", "error", "said"),
    [
        ("lif", "tau_mem", "-1 ms", ParameterError, "greater than 0"),
        ("lif", "tau_mem", "10 mV", ParameterTypeError, "a time such as 20 ms"),
        ("lif", "tau_men", "10 ms", ParameterTypeError, "did you mean 'tau_mem'"),
        ("lfi", "tau_mem", "10 ms", UnknownName, "did you mean 'lif'"),
        ("lif", "dt", "5 ms", ParameterError, "its dt would change"),
        ("lif", "weights", "[[1.0]]", ParameterError, "would change"),
        ("lif", "weights", "{file: /etc/passwd}", ParameterError, "no file can be named"),
        ("lif", "tau_mem", "[1, 2", ParameterError, "tau_mem"),
        ("lif", "tau_mem", "1" * 20_000, ParameterError, "at most 10,000 characters"),
        ("lif", "tau_mem", "", ParameterError, "tau_mem"),
    ],
)
def test_a_wrong_value_is_refused_and_the_run_goes_on_as_if_nothing_had_been_asked(layer, parameter, text, error, said):
    net = small(run={"duration": 0.3})
    once = run(made(net))
    show = made(net)
    first = run(show, until=2)
    with pytest.raises(error, match=said):
        show.change(layer, parameter, text)
    second = run(show)
    assert_same({name: np.concatenate([first[name], second[name]]) for name in once}, once)
    assert show.changes == {}


def test_behind_its_end_a_run_without_inputs_goes_on_as_a_longer_one():
    net = small(run={"duration": 0.2})
    show = made(net)
    first = run(show)
    assert show.ended and show.until == 0.2
    show.go_beyond()
    second = run(show, (50,), until=2)
    whole = plain(net.copy().evolve(duration=0.4, record=tuple(net.layers)))
    assert_same({name: np.concatenate([first[name], second[name]]) for name in whole}, whole)
    assert show.until is None


def driven(rows=500):
    net = Network(name="driven", seed=3)
    net.input("x", 2)
    net.input("unused", 1)
    net.add_layer(Rate(np.ones((2, 3)), dt=0.001, noise_std=0.1), name="res")
    net.add_layer(PassThrough(1, dt=0.001), name="other")
    net.connect_many(["x -> res", "unused -> other"])
    samples = np.random.default_rng(2).normal(size=(rows, 2))
    return net, TSContinuous.from_clocked(samples, dt=0.001)


def test_at_the_end_of_its_inputs_a_run_cannot_go_on():
    net, x = driven()
    show = Show(net, [Leg({"x": x})], window=0.25)
    out = run(show)
    np.testing.assert_array_equal(out["res"], net.copy().evolve({"x": x})["res"].samples)
    with pytest.raises(StateError, match="end of its inputs"):
        show.go_beyond()
    assert "unused" not in show.shown()
    shown = show.shown()["x"]
    assert shown.high is not None
    np.testing.assert_array_equal(shown.high[:, 0], x.samples[-len(shown.high) :, 0])


def test_trials_follow_each_other_with_the_bits_of_trials():
    net, x = driven()
    legs = [Leg({"x": x}, None, "each", trial, f"trial {trial} of 3") for trial in range(3)]
    show = Show(net, legs)
    out = run(show, (33,))
    one = net.copy()
    whole = []
    for trial in range(3):
        one.reset_all()
        whole.append(one.evolve({"x": x}, trial=trial)["res"].samples)
    np.testing.assert_array_equal(out["res"], np.concatenate(whole))
    assert show.leg.called == "trial 2 of 3" and show.simulated == 3 * 0.5


def test_any_trial_can_be_gone_to_and_has_its_own_bits():
    net, x = driven()
    show = Show(net, [Leg({"x": x}, None, "each", trial, f"trial {trial} of 3") for trial in range(3)])
    run(show, until=3)
    show.go_to(2)
    out = run(show, (33,))
    one = net.copy()
    np.testing.assert_array_equal(out["res"], one.evolve({"x": x}, trial=2)["res"].samples)
    assert show.ended
    show.go_to(1)
    assert not show.ended and show.leg.called == "trial 1 of 3" and np.size(show.shown()["res"].low) == 0
    with pytest.raises(ParameterError, match="trials 0 to 2"):
        show.go_to(3)


def test_a_trial_that_cannot_begin_here_is_refused_and_this_one_goes_on():
    net, x = driven()
    late = x.start_at(0.5)
    show = Show(net, [Leg({"x": x}, None, "none"), Leg({"x": late}, None, "none", 1)])
    first = run(show, (50,), until=2)
    with pytest.raises(InputError, match="covers"):
        show.go_to(1)
    second = run(show, (50,))
    both = np.concatenate([first["res"], second["res"]])
    one = net.copy()
    whole = [one.evolve({"x": series}, trial=trial)["res"].samples for trial, series in enumerate((x, late))]
    np.testing.assert_array_equal(both, np.concatenate(whole))


def test_events_from_outside_are_shown_too():
    net = Network(name="spikes", seed=3)
    net.input("x", 2, TSEvent)
    net.add_layer(PassThrough(2, dt=0.001, input_type=TSEvent), name="res")
    net.connect("x", "res")
    x = TSEvent([0.0, 0.0105, 0.05], [0, 1, 1], t_start=0.0, t_stop=0.1)
    show = Show(net, [Leg({"x": x})])
    run(show, (16,))
    cells = show.shown()["x"].cells
    assert cells is not None
    np.testing.assert_array_equal(np.argwhere(cells > 0), [[0, 0], [1, 10], [1, 50]])


def test_of_many_layers_the_outputs_are_shown_rather_than_others():
    net = Network([Rate(np.eye(1), dt=0.001) for _ in range(30)])
    net.document = {"run": {"duration": 0.1}}
    last = list(net.layers)[-1]
    net.output(last)
    show = Show(net, [Leg({}, 0.1)])
    assert len(show.names) == MOST and show.names[-1] == last
    with pytest.raises(ParameterError, match="at most 12"):
        show.choose(list(net.layers))
    with pytest.raises(UnknownName, match="signal"):
        show.choose(["nothing"])


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf"), True, "1"])
def test_a_window_is_some_seconds_wide(seconds):
    with pytest.raises(ParameterError, match="window"):
        made(small()).set_window(seconds)


def test_a_document_that_does_not_say_what_to_do_is_refused():
    with pytest.raises(ParameterError, match="does not say what to do"):
        programme(small(run={}))
