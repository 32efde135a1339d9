"""A series played back: the same at any block, at its own times, and what follows its end."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from graphnet import InputError, Layer, Network, ParameterError, RunError, Span, TimeSeries, TSContinuous, TSEvent
from graphnet.blocks import counts
from graphnet.testing import check_layer
from layers import PassThrough, Recorded

TABLE = (np.random.default_rng(0).random((23, 2)) * 2.2).astype(np.int64)
AFTER = [("zeros", TSContinuous), ("hold", TSContinuous), ("periodic", TSContinuous)]
AFTER += [("zeros", TSEvent), ("periodic", TSEvent)]


def played(layer, start, steps):
    _, out = layer.advance({}, None, Span(start, steps))
    return counts(out, start, steps, layer.size_out) if layer.output_type is TSEvent else out


def expected(k, after):
    """Row k of a recording, counted from its first."""
    if k < 0 or (k >= len(TABLE) and after == "zeros"):
        return np.zeros(2)
    return TABLE[k % len(TABLE)] if after == "periodic" else TABLE[min(k, len(TABLE) - 1)]


@pytest.mark.parametrize(("after", "kind"), AFTER)
@given(first=st.integers(-30, 30), start=st.integers(0, 90), steps=st.integers(1, 60), sparse=st.booleans())
def test_every_step_plays_the_row_that_its_number_says(after, kind, first, start, steps, sparse):
    samples = csr_array(TABLE.astype(float)) if sparse else TABLE
    layer = Recorded(samples, kind, start=first * 1e-3, after=after)
    rows = [expected(k - first, after) for k in range(start, start + steps)]
    assert np.array_equal(played(layer, start, steps), rows)


@pytest.mark.parametrize("kind", [TSContinuous, TSEvent])
def test_a_run_past_the_end_is_refused_at_the_step_and_leaves_no_trace(kind):
    net = Network([Recorded(TABLE, kind, start=0.002)])
    net.evolve(num_timesteps=25)
    with pytest.raises(RunError) as caught:
        net.evolve(num_timesteps=1)
    assert isinstance(caught.value.__cause__, InputError)
    assert "the recording ends with step 24 of 0.001 s, the run needs step 25" in str(caught.value.__cause__)
    assert net.t == 0.025
    net.reset_time()
    net.evolve(num_timesteps=25)


REFUSED = {
    "half an event": (
        lambda: Recorded([[0.5]], TSEvent),
        "Recorded: samples must be numbers of events for output_type=TSEvent: whole, from 0 to 1000000",
    ),
    "a negative number of events": (
        lambda: Recorded([[-1.0]], TSEvent),
        "Recorded: samples must be numbers of events for output_type=TSEvent: whole, from 0 to 1000000",
    ),
    "events that last": (
        lambda: Recorded([[1.0]], TSEvent, after="hold"),
        "Recorded: after must not be 'hold' for events, which last no time",
    ),
    "a gap": (lambda: Recorded([[np.nan]]), "Recorded: samples should be finite, got NaN or infinity"),
    "nothing": (lambda: Recorded.of(TSContinuous()), "Recorded: samples should be a matrix"),
    "a period between steps": (
        lambda: Recorded.of(TSContinuous.from_clocked([1.0, 2.0, 3.0], dt=5e-4, periodic=True)),
        "Recorded: a period of 0.0015 s is no whole number of steps of 0.001 s",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_wrong_recording_is_refused_in_words(what):
    make, text = REFUSED[what]
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value).startswith(text)


def test_a_series_of_no_kind_is_refused():
    with pytest.raises(InputError, match="TSContinuous or a TSEvent, got a TimeSeries"):
        Recorded.of(TimeSeries([0.0, 1.0]))


@pytest.mark.parametrize("after", ["zeros", "periodic"])
def test_recordings_of_events_obey_the_laws_of_every_layer(after):
    check_layer(Recorded, samples=TABLE, output_type=TSEvent, after=after, start=0.007)
    check_layer(Recorded, samples=csr_array(TABLE.astype(float)), output_type=TSEvent, after=after)


def test_one_channel_may_be_a_plain_row_of_numbers():
    assert Recorded([1.0, 2.0, 3.0]).evolve(num_timesteps=3).samples.tolist() == [[1.0], [2.0], [3.0]]
    assert Recorded([0, 2, 1], TSEvent).evolve(num_timesteps=3).times.tolist() == [0.001, 0.001, 0.002]


@given(
    start=st.integers(0, 20), tenths=st.sampled_from([10, 20, 5]), skipped=st.integers(0, 5), steps=st.integers(1, 12)
)
def test_a_clocked_series_is_played_as_an_input_would_be_read(start, tenths, skipped, steps):
    """On any step (in tenths of a millisecond) that lies within it, sampled at the starts of steps."""
    series = TSContinuous.from_clocked(np.arange(40.0), dt=1e-3, t_start=start * 1e-3)
    layer = Recorded.of(series, dt=tenths * 1e-4)
    first = -(-start * 10 // tenths) + skipped
    wanted = series.sample_steps(first, steps, tenths * 1e-4)
    assert np.array_equal(played(layer, first, steps), wanted)


@given(seed=st.integers(0, 50), dt=st.sampled_from([1e-3, 3e-3, 1e-4]))
def test_every_event_of_a_series_is_played_once_in_the_step_that_holds_it(seed, dt):
    rng = np.random.default_rng(seed)
    begin = 0.0123
    series = TSEvent(begin + np.sort(rng.random(40)) * 0.05, rng.integers(0, 3, 40), t_start=begin, t_stop=0.0637)
    layer = Recorded.of(series, dt=dt, after="zeros")
    steps = round(0.09 / dt)
    found, wanted = layer.advance({}, None, Span(0, steps))[1], series.event_steps(0, steps, dt)
    assert np.array_equal(found.step, wanted.step)
    assert np.array_equal(found.channel, wanted.channel)
    assert found.count == 40


def test_a_periodic_series_is_played_for_ever():
    series = TSContinuous.from_clocked([1.0, 2.0, 3.0], dt=1e-3, periodic=True)
    assert Recorded.of(series).evolve(num_timesteps=7).samples[:, 0].tolist() == [1, 2, 3, 1, 2, 3, 1]
    assert Recorded.of(series, after="hold").evolve(num_timesteps=5).samples[:, 0].tolist() == [1, 2, 3, 3, 3]


def test_a_recording_of_no_events_is_one():
    layer = Recorded.of(TSEvent(t_start=0.0, t_stop=0.005, num_channels=2))
    assert layer.size_out == 2
    assert len(layer.evolve(num_timesteps=5).times) == 0
    again = Layer.load_from_dict(json.loads(json.dumps(layer.to_dict())))
    assert again.to_dict() == layer.to_dict()


def test_in_a_network_a_recording_is_the_input_it_was_made_of(tmp_path):
    """Also from a document whose samples stand in a file of their own."""
    import hashlib

    x = np.random.default_rng(0).normal(size=(50, 2))
    np.save(tmp_path / "x.npy", x)
    digest = hashlib.sha256((tmp_path / "x.npy").read_bytes()).hexdigest()
    text = f"""
version: 1
layers:
  tape: {{type: Recorded, samples: {{file: x.npy, sha256: {digest}}}}}
  out: {{type: PassThrough, size: 2}}
edges: [tape -> out @ 3 ms]
"""
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    played = Network.load(tmp_path / "net.yaml").evolve(duration=0.05, block=7, record=["out"])["out"]
    net = Network()
    net.input("x", 2)
    net.add_layer(PassThrough(2), name="out")
    net.connect("x", "out", delay=0.003)
    given = net.evolve(TSContinuous.from_clocked(x, dt=1e-3), record=["out"])["out"]
    assert np.array_equal(played.samples, given.samples)


def test_samples_may_be_replaced_by_others_of_their_shape():
    layer = Recorded(np.zeros((3, 2)))
    layer.samples = TABLE[:3]
    assert np.array_equal(played(layer, 0, 3), TABLE[:3])
