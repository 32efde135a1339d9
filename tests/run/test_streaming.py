"""A stream is the run in blocks: the same bits from every kind of source, and it stops where it was stopped."""

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet import (
    InputError,
    Network,
    NetworkError,
    ParameterError,
    ParameterTypeError,
    RunError,
    StateError,
    TSContinuous,
    TSEvent,
    UnknownName,
)
from graphnet.testing import same_bits
from layers import LIF, ExpSyn, Linear, PassThrough, Rate
from tests.laws.walls import Smooth

T = 203
RECORD = ["fast", "spikes", "slow", "plain", "spikes.v", {"signal": "loop", "every": 0.006}]


class Safe(Smooth):
    """A plain layer that may evolve in pieces."""

    block_safe = True


class Fragile(PassThrough):
    """Raises at one step, if told to."""

    broken = -1

    def advance(self, state, block, span):
        if span.start <= type(self).broken < span.start + span.steps:
            raise ZeroDivisionError("broken on purpose")
        return super().advance(state, block, span)


def build():
    """Two inputs, two rates, a loop, delays, noise, events, and a plain layer."""
    draw = np.random.default_rng(5).normal
    net = Network(name="streamed", seed=3)
    net.input("x", 3)
    net.input("go", 2, TSEvent)
    net.add_layer(Rate(draw(size=(3, 6)), dt=1e-3, noise_std=0.3, activation="tanh"), name="fast")
    net.add_layer(LIF(2 * draw(size=(6, 5)), dt=1e-3, noise_std=0.1), name="spikes")
    net.add_layer(ExpSyn(draw(size=(5, 6)), dt=1e-3), name="loop")
    net.add_layer(Rate(draw(size=(3, 4)), dt=2e-3), name="slow")
    net.add_layer(ExpSyn(draw(size=(2, 3)), dt=1e-3), name="kicks")
    net.add_layer(Fragile(3, dt=1e-3), name="fragile")
    net.add_layer(Safe(draw(size=(3, 2)), dt=1e-3), name="plain")
    net.connect("x -> fast")
    net.connect("fast", "spikes", merge="sum")
    net.connect("spikes -> loop")
    net.connect("loop -> spikes @ 2 ms")
    net.connect("x -> slow @ 4 ms")
    net.connect("go -> kicks")
    net.connect("kicks -> fragile @ 5 ms")
    net.connect("fragile -> plain")
    return net


def rows(steps=T):
    return np.random.default_rng(8).normal(size=(steps, 3))


def series(steps=T):
    return TSContinuous.from_clocked(rows(steps), 1e-3)


def events(seconds=T / 1000):
    rng = np.random.default_rng(9)
    times = np.sort(np.concatenate([rng.uniform(0, seconds, 40), np.array([0.05, 0.1, 0.1])]))
    return TSEvent(times, rng.integers(0, 2, len(times)), t_start=0, t_stop=seconds, num_channels=2)


def content(signals):
    """The arrays of each signal, of a run or of the blocks of a stream."""
    found = {}
    for name in signals[0]:
        parts = [one[name] for one in signals]
        if isinstance(parts[0], TSEvent):
            found[name] = tuple(np.concatenate([getattr(one, key) for one in parts]) for key in ("times", "channels"))
        else:
            found[name] = (
                np.concatenate([one.times for one in parts]),
                np.concatenate([one.samples for one in parts]),
            )
    return found


def everything(net):
    """All that a run may change."""
    plain = [np.array(net["plain"].state), np.float64(net["plain"].t)] if "plain" in net else []
    lines = {str(key): line for key, line in sorted(net.lines.items())}
    return {"states": dict(net.states), "lines": lines, "t": np.float64(net.t), "plain": plain}


@pytest.fixture(scope="module")
def whole():
    net = build()
    result = net.evolve({"x": series(), "go": events()}, record=RECORD)
    return content([result]), everything(net)


def cut(size, seed):
    """An array in chunks of random sizes, some of them empty."""
    table, rng = rows(size), np.random.default_rng(seed)
    while len(table):
        n = int(rng.integers(0, 40))
        yield table[:n]
        table = table[n:]


def pieces_of(whole, lengths=(30, 1, 77, 50, 60)):
    """A series in pieces that meet."""
    k = 0
    for length in lengths:
        last = min(k + length, T)
        if isinstance(whole, TSEvent):
            yield whole.clip(k / 1000, last / 1000)
        else:
            yield TSContinuous.from_clocked(rows()[k:last], 1e-3, k / 1000)
        k = last


def sources(kind, folder):
    """The same 203 rows in another form."""
    if kind == "series":
        return series()
    if kind == "array":
        return rows()
    if kind == "npy":
        np.save(folder / "x.npy", rows())
        return folder / "x.npy"
    if kind == "npz":
        series().save(folder / "x.npz")
        return str(folder / "x.npz")
    if kind == "chunks":
        return cut(T, 4)
    if kind == "pieces":
        return pieces_of(series())
    table = iter(rows())

    def ask(count):
        return [row for _, row in zip(range(min(count, 5)), table, strict=False)]

    return ask


KINDS = ["series", "array", "npy", "npz", "chunks", "pieces", "callable"]


@pytest.mark.parametrize("block", [1, 8, 4096])
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_gives_the_bits_of_the_run_from_every_source(whole, kind, block, tmp_path):
    net = build()
    go = events() if kind in ("series", "array") else pieces_of(events())
    if kind == "callable":
        pieces, wanted = pieces_of(events()), []

        def go(needed):
            wanted.append(needed)
            return next(pieces, None)

    given = {"x": sources(kind, tmp_path), "go": go}
    blocks = list(net.stream(given, block=block, dt={"x": 1e-3}, record=RECORD))
    assert len(blocks) == -(-(T // 2) // block)
    found, reference = content(blocks), {**whole[0]}
    if block == 1 and kind == "series":
        assert same_bits(found, reference)
    for key in ("x", "go"):
        found.pop(key), reference.pop(key)
    assert same_bits(found, reference)
    assert same_bits(everything(net), whole[1])


@given(block=st.integers(1, 120), seed=st.integers(0, 99), stop=st.integers(1, 6))
@settings(max_examples=8)
def test_broken_off_and_gone_on_is_the_whole(whole, block, seed, stop):
    net = build()
    first = []
    for out in net.stream({"x": cut(T, seed), "go": events()}, block=block, dt={"x": 1e-3}, record=RECORD):
        first.append(out)
        if len(first) == stop:
            break
    assert net.t == min(block * stop, T // 2) / 500
    done = round(net.t * 1000)
    rest = list(net.stream({"x": rows()[done:], "go": events()}, block=7, dt={"x": 1e-3}, record=RECORD))
    found, reference = content([*first, *rest]), {**whole[0]}
    for key in ("x", "go"):
        found.pop(key), reference.pop(key)
    assert same_bits(found, reference)
    assert same_bits(everything(net), whole[1])


@pytest.mark.parametrize("way", ["layer", "source", "sink", "interrupt"])
def test_what_raises_leaves_the_network_after_the_last_block_that_was_yielded(way, monkeypatch):
    net, twin = build(), build()
    twin.evolve({"x": series(), "go": events()}, duration=0.04)
    seen = []

    def source():
        yield rows()[:45]
        if way in ("source", "interrupt"):
            raise OSError("unplugged") if way == "source" else KeyboardInterrupt
        yield rows()[45:]

    def sink(one):
        seen.append(one)
        if way == "sink" and len(seen) == 3:
            raise OSError("disk full")

    monkeypatch.setattr(Fragile, "broken", 55 if way == "layer" else -1)
    expected = {"layer": RunError, "source": OSError, "sink": OSError, "interrupt": KeyboardInterrupt}[way]
    taken = []
    with pytest.raises(expected) as caught:
        for out in net.stream({"x": source(), "go": events()}, block=10, dt={"x": 1e-3}, sinks={"plain": sink}):
            taken.append(out)
    assert len(taken) == 2
    assert same_bits(everything(net), everything(twin))
    if way == "layer":
        assert caught.value.layer == "fragile" and caught.value.block == 2 and caught.value.time == 0.04
    if way == "source":
        assert caught.value.__notes__ == ["while input 'x' of a stream was read"]
    monkeypatch.setattr(Fragile, "broken", -1)
    rest = {"x": series(), "go": events()}
    assert same_bits(content([net.evolve(rest)]), content([twin.evolve(rest)]))


def test_the_reader_may_raise_or_close_and_the_network_stands_after_what_it_took():
    net = build()
    going = net.stream({"x": series(), "go": events()}, block=5)
    next(going), next(going)
    going.close()
    assert net.t == 0.02
    with pytest.raises(StopIteration):
        next(going)


def single(size=3, **options):
    net = Network(name="one", seed=1)
    net.input("x", size)
    net.add_layer(Rate(np.eye(size), dt=1e-3, **options), name="r")
    net.connect("x -> r")
    return net


def test_no_row_is_asked_for_before_a_block_needs_it():
    asked = []

    def ask(count):
        asked.append(count)
        return np.ones((count, 3))

    going = single().stream(ask, block=8)
    assert asked == []
    for k in range(1, 4):
        next(going)
        assert asked == [8] * k


def test_a_generator_is_not_read_ahead():
    read = []

    def chunks():
        for k in range(100):
            read.append(k)
            yield np.ones((4, 3))

    going = single().stream(chunks(), block=8)
    next(going)
    assert len(read) == 2


def test_a_callable_is_asked_for_the_seconds_of_events_that_are_lacking_and_ends_the_stream_with_none():
    net = Network([PassThrough(1, input_type=TSEvent, dt=1e-3)])
    wanted = []

    def ask(needed):
        wanted.append(round(needed, 9))
        begin = 0.004 * (len(wanted) - 1)
        none = len(wanted) > 3
        return TSEvent([] if none else [begin + 0.001], [] if none else [0], t_start=begin,
                       t_stop=begin if none else begin + 0.004, num_channels=1)  # fmt: skip

    blocks = list(net.stream(ask, block=5))
    assert wanted == [0.005, 0.001, 0.002, 0.003]
    assert [len(one["pass_through"]) for one in blocks] == [1, 2, 0]
    assert net.t == 0.012


def test_pieces_of_events_are_not_read_ahead():
    read, net = [], Network()
    net.input("go", 2, TSEvent)
    net.add_layer(ExpSyn(np.ones((2, 1)), dt=1e-3), name="e")
    net.connect("go -> e")

    def pieces():
        for k in range(100):
            read.append(k)
            # ends that are not exact in binary mean the step that they are nearest to
            yield TSEvent([], [], t_start=k * 0.007, t_stop=(k + 1) * 0.007, num_channels=2)

    for n, _ in enumerate(net.stream(pieces(), block=7), start=1):
        assert len(read) == n
    assert net.t == pytest.approx(0.7)


def test_an_event_at_the_very_end_of_a_piece_is_neither_lost_nor_doubled():
    net = Network()
    net.input("go", 1, TSEvent)
    net.add_layer(ExpSyn([[1.0]], dt=1e-3), name="p")
    net.connect("go -> p")
    late = 0.003 - 1e-12  # the rounding rule puts it into step 3
    pieces = [
        TSEvent([late], [0], t_start=0.0, t_stop=0.003, num_channels=1),
        TSEvent([], [], t_start=0.003, t_stop=0.006, num_channels=1),
    ]
    streamed = content(list(net.stream(iter(pieces), block=3, record=["p"])))["p"]
    net.reset_all()
    joined = TSEvent([late], [0], t_start=0.0, t_stop=0.006, num_channels=1)
    assert same_bits(streamed, content([net.evolve(joined, record=["p"])])["p"])
    assert streamed[1][2] == 0 and streamed[1][3] > 0


@pytest.mark.parametrize(("kind", "scale"), [(np.int16, 2**15), (np.uint8, 2**7), (np.float32, 1)])
def test_a_wav_file_streams_as_the_series_in_it(kind, scale, tmp_path):
    from scipy.io import wavfile

    rng = np.random.default_rng(2)
    samples = (rng.uniform(-0.9, 0.9, (9000, 2)) * scale + (128 if kind is np.uint8 else 0)).astype(kind)
    wavfile.write(tmp_path / "x.wav", 8000, samples)
    net = Network()
    net.input("x", 2)
    net.add_layer(Linear(np.eye(2), dt=1 / 8000), name="y")
    net.connect("x -> y")
    streamed = content(list(net.stream(tmp_path / "x.wav", block=100)))
    net.reset_all()
    assert same_bits(streamed, content([net.evolve(TSContinuous.from_wav(tmp_path / "x.wav"))]))


def test_rows_keep_their_dtype():
    net = Network()
    net.input("x", 2)
    net.add_layer(PassThrough(2, dt=1e-3, dtype="float32"), name="p")
    net.connect("x -> p")
    table = np.random.default_rng(1).normal(size=(10, 2)).astype(np.float32)
    (out,) = net.stream([table[:3], table[3:]])
    assert out["x"].samples.dtype == np.float32
    net.reset_all()
    assert same_bits(out["p"].samples, net.evolve(TSContinuous.from_clocked(table, 1e-3))["p"].samples)


def test_rows_coarser_and_finer_than_their_reader_are_held_and_sampled():
    for dt in (0.003, 0.0005, 0.0007):
        table = np.random.default_rng(1).normal(size=(60, 3))
        net = single()
        streamed = content(list(net.stream(cut_rows(table, 7), block=4, dt=dt, record=["r"])))
        net.reset_all()
        whole_table = TSContinuous.from_clocked(table, dt)
        assert same_bits(streamed["r"], content([net.evolve(whole_table, record=["r"])])["r"])


def cut_rows(table, n):
    for k in range(0, len(table), n):
        yield table[k : k + n]


def test_a_rate_that_no_decimal_writes_loses_no_step():
    net = Network()
    net.input("x", 1)
    net.add_layer(PassThrough(1, dt=1 / 44100), name="p")
    net.connect("x -> p")
    for steps in (1, 7, 1001, 4410):
        net.reset_all()
        given = TSContinuous.from_clocked(np.arange(steps, dtype=float), 1 / 44100)
        assert sum(len(out["p"]) for out in net.stream(given, block=64)) == steps


# ---------------------------------------------------------------------- ends and refusals


@pytest.mark.parametrize("empty", [np.zeros((0, 3)), [], iter(()), lambda count: None, lambda count: np.zeros((0, 3))])
def test_an_empty_source_gives_no_block(empty):
    net = single()
    assert list(net.stream(empty, block=4)) == []
    assert net.t == 0


def test_a_source_shorter_than_a_block_gives_one_short_block():
    net = single()
    (out,) = net.stream(rows(3), block=100)
    assert len(out["r"]) == 3 and net.t == 0.003 and out.info.simulated == 0.003


def test_the_shorter_of_two_sources_ends_the_stream_and_costs_the_other_no_row():
    net = build()
    asked = []

    def ask(count):
        asked.append(count)
        return np.ones((count, 3))

    short = TSEvent([], [], t_start=0, t_stop=0.05, num_channels=2)
    list(net.stream({"go": short, "x": ask}, block=10, dt=1e-3))
    assert net.t == 0.05 and sum(asked) == 50


def test_a_stream_without_source_lasts_as_long_as_it_is_told():
    net = single()
    assert [len(out["r"]) for out in net.stream(duration=0.01, block=4)] == [4, 4, 2]
    with pytest.raises(ParameterTypeError, match="how long"):
        net.stream()


BAD = [
    (np.ones((5, 2)), InputError, r"input 'x' takes rows \(n, 3\), got shape \(5, 2\)"),
    (np.array([["a", "b", "c"]]), InputError, "rows of real numbers"),
    (7, InputError, "cannot stream from a int"),
    ("missing.npy", InputError, "cannot read missing.npy"),
    ("x.txt", InputError, "cannot stream from x.txt"),
    (TSContinuous.from_clocked(np.ones((5, 2)), 1e-3), InputError, "has 3 channels, the series has 2"),
    (TSEvent([], [], t_start=0, t_stop=1, num_channels=3), InputError, "takes TSContinuous, got TSEvent"),
    (TSContinuous.from_clocked(np.ones((5, 3)), 1e-3, 0.5), InputError, "start_at"),
    ({"y": np.ones((5, 3))}, UnknownName, "no input named 'y'"),
]


@pytest.mark.parametrize(("source", "error", "words"), BAD)
def test_a_source_that_does_not_fit_is_refused_at_once(source, error, words):
    with pytest.raises(error, match=words):
        single().stream(source)


LATE = [
    ([np.ones((2, 3)), np.ones((2, 4))], "takes rows"),
    ([np.ones((2, 3)), "text"], "takes rows"),
    ([[[1.0, 2.0, 3.0], [1.0]]], "takes rows"),
    ([TSContinuous.from_clocked(np.ones((2, 3)), 1e-3, 0.1)], "the stream has come to 0.0 s"),
    ([TSContinuous.from_clocked(np.ones((2, 1)), 1e-3)], "has 3 channels"),
]


@pytest.mark.parametrize(("chunks", "words"), LATE)
def test_a_chunk_that_does_not_fit_is_refused_when_it_comes(chunks, words):
    net = single()
    with pytest.raises(InputError, match=words):
        list(net.stream(chunks, block=2))
    assert net.t in (0, 0.002)


def test_two_readers_of_different_steps_need_the_interval_said():
    net = single()
    net.add_layer(Rate(np.eye(3), dt=2e-3), name="slow")
    net.connect("x -> slow")
    with pytest.raises(InputError, match="at what interval") as caught:
        net.stream(np.ones((5, 3)))
    assert "dt=" in caught.value.hint
    assert len(list(net.stream(np.ones((6, 3)), dt=1e-3, block=1))) == 3
    with pytest.raises(UnknownName, match="'y'"):
        net.stream(np.ones((5, 3)), dt={"y": 1e-3})


def test_rows_that_do_not_meet_the_present_time_are_refused():
    net = single()
    net.evolve(num_timesteps=1)
    with pytest.raises(InputError, match=r"do not meet 0\.001 s"):
        net.stream(np.ones((5, 3)), dt=3e-3)


def test_a_series_that_ended_before_the_stream_begins_is_refused():
    net = single()
    net.evolve(num_timesteps=9)
    with pytest.raises(InputError, match="the stream begins at"):
        net.stream(series(5))


def test_not_a_number_is_found_where_it_comes_in():
    table = np.ones((10, 3))
    table[6, 1] = np.nan
    net = Network()
    net.input("x", 3)
    net.add_layer(PassThrough(3, dt=1e-3), name="r")
    net.connect("x -> r")
    with pytest.raises(RunError, match=r"r gives nan at step 6, 0\.006 s, channel 1"):
        list(net.stream(table, block=5, check_finite="block"))
    assert net.t == 0.005
    with pytest.raises(ParameterError, match="check_finite"):
        net.stream(table, check_finite="sometimes")


def test_a_plain_layer_that_takes_the_whole_run_cannot_be_streamed():
    net = single()
    net.add_layer(Smooth(np.eye(3)), name="plain")
    net.connect("r -> plain")
    with pytest.raises(NetworkError, match="plain is a plain Layer"):
        net.stream(np.ones((5, 3)))


def connect(net):
    net.add_layer(PassThrough(3, dt=1e-3), name="new")


CHANGES = {
    "evolve": lambda net: net.evolve(num_timesteps=1),
    "reset_time": lambda net: net.reset_time(),
    "reset_state": lambda net: net.reset_state(),
    "randomize": lambda net: net.randomize_state(),
    "state": lambda net: setattr(net["r"], "state", np.ones(3)),
    "connect": connect,
    "restore": lambda net: net.restore(net.checkpoint()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_network_that_is_changed_between_blocks_is_refused(change):
    net = single()
    going = net.stream(np.ones((50, 3)), block=5)
    next(going)
    CHANGES[change](net)
    t = net.t
    with pytest.raises(StateError, match="was changed while it is being streamed"):
        next(going)
    assert net.t == t


def test_a_network_that_was_evolved_before_the_first_block_is_refused():
    net = single()
    going = net.stream(np.ones((50, 3)), block=5)
    net.evolve(num_timesteps=1)
    with pytest.raises(StateError, match="was changed"):
        next(going)


def test_a_block_while_another_thread_evolves_is_refused():
    net, inside, done = single(), threading.Event(), threading.Event()
    going = net.stream(np.ones((50, 3)), block=5)

    def wait(*_):
        inside.set()
        done.wait(10)

    other = threading.Thread(target=lambda: net.evolve(num_timesteps=1, callbacks=[wait]))
    other.start()
    inside.wait(10)
    with pytest.raises(StateError, match="being evolved already"):
        next(going)
    done.set()
    other.join()
    assert net.t == 0.001


# ---------------------------------------------------------------------- sinks


def test_sinks_take_each_block_before_it_is_yielded(tmp_path):
    net = single()
    called, sent, closed = [], [], []

    def collect():
        try:
            while True:
                sent.append((yield))
        finally:
            closed.append(True)

    np.save(tmp_path / "older.npy", np.ones(3))
    targets = {"r": tmp_path / "older.npy", "r.x": called.append}
    shown = []
    net.add_layer(LIF(np.eye(3), dt=1e-3), name="spikes")
    net.connect("r -> spikes")
    for out in net.stream(rows(10), block=4, record=["r", "r.x", "spikes"], sinks={**targets, "spikes": collect()}):
        shown.append(out)
        grown = np.load(tmp_path / "older.npy")
        assert same_bits(grown, np.concatenate([one["r"].samples for one in shown]))
        assert same_bits(np.load(tmp_path / "older.npy", mmap_mode="r"), grown)
        assert called == [one["r.x"] for one in shown] and sent == [one["spikes"] for one in shown]
    assert len(shown) == 3 and closed == [True]


def test_a_signal_sampled_more_rarely_than_blocks_come_still_reaches_its_file(tmp_path):
    net = single()
    record = {"signal": "r", "every": 0.005}
    blocks = list(net.stream(rows(23), block=2, record=record, sinks={"r": tmp_path / "r.npy"}))
    assert [len(one["r"]) for one in blocks].count(0) > 3
    net.reset_all()
    assert same_bits(np.load(tmp_path / "r.npy"), net.evolve(series(23), record=record)["r"].samples)


def test_sinks_that_cannot_be_are_refused_at_once(tmp_path):
    net = single()
    net.add_layer(LIF(np.eye(3), dt=1e-3), name="spikes")
    net.connect("r -> spikes")
    for sinks, error, words in [
        ({"q": print}, UnknownName, "no recorded signal named 'q'"),
        ({"r": 7}, ParameterTypeError, "sink of 'r' is a callable"),
        ({"r": "r.csv"}, ParameterError, r"cannot be written to r\.csv"),
        ({"spikes": tmp_path / "s.npy"}, ParameterError, "events cannot be written"),
    ]:
        with pytest.raises(error, match=words):
            net.stream(rows(5), sinks=sinks)


def test_a_sink_that_ended_is_said_to_have():
    def once():
        yield
        yield

    net = single()
    going = net.stream(rows(9), block=2, sinks={"r": once()})
    next(going)
    with pytest.raises(StateError, match="the sink of 'r' has ended"):
        next(going)
    assert net.t == 0.002


# ---------------------------------------------------------------------- memory, latency


def test_latency_counts_from_when_the_input_is_there():
    from time import sleep

    def slow():
        for _ in range(2):
            sleep(0.05)
            yield np.ones((4, 3))

    net = single()
    list(net.stream(np.ones((4, 3)), block=4))
    assert all(0 < out.info.elapsed < 0.05 for out in net.stream(slow(), block=4))


def test_memory_does_not_grow_with_the_length_of_a_stream():
    net = build()
    quiet = TSEvent([0.0], [0], t_start=0, t_stop=0.1, num_channels=2, periodic=True)

    def peak(blocks):
        net.reset_all()
        chunks = (np.ones((200, 3)) for _ in range(blocks))
        tracemalloc.start()
        for _ in net.stream({"x": chunks, "go": quiet}, block=100, dt={"x": 1e-3}, record=RECORD):
            pass
        _, top = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return top

    peak(2)
    kept = 100 * 200 * 25 * 8  # bytes of all blocks of its input and of what it records
    assert peak(100) - peak(5) < kept / 8
