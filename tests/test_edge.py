"""Edges as text and as rules: what is written reads back, what cannot be is refused by name."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graphnet import EdgeError, ParameterError, TSContinuous, TSEvent
from graphnet.edge import Edge, End, channels, joined, parse, placed, written_delay

NAMES = st.from_regex(r"[a-z][a-z0-9_.\-]{0,8}", fullmatch=True).filter(lambda name: not name.endswith("-"))
DELAYS = st.one_of(
    st.integers(0, 10**7).map(lambda n: Fraction(n, 1000)),
    st.fractions(min_value=0, max_value=10**4, max_denominator=10**9),
)
PICKS = st.none() | st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True).map(tuple)


def end(name, size, kind=TSContinuous, dt=Fraction(1, 1000)):
    return End(name, size, kind, dt)


@given(NAMES, NAMES, DELAYS, PICKS, PICKS)
@example("a", "b", Fraction(1, 3000), None, None)
@example("a", "b", Fraction("0.1234567891"), None, None)
@example("a", "b", Fraction(1, 44100), (0,), (2, 1))
def test_a_printed_edge_reads_back_exactly(pre, post, delay, pre_channels, post_channels):
    pre, post, late, *picked = parse(str(Edge(pre, post, delay, pre_channels, post_channels)))
    assert late == delay
    wide = [None if one is None else channels(one, 40, "x") for one in picked]
    assert wide == [pre_channels, post_channels]


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("a -> b", 0), ("a->b", 0), ("a -> b @ 3 ms", Fraction(3, 1000)), ("a -> b @3ms", Fraction(3, 1000)),
        ("a -> b @ 2.5 us", Fraction(25, 10**7)), ("a -> b @ 2.5 µs", Fraction(25, 10**7)),
        ("a -> b @ 2.5 μs", Fraction(25, 10**7)), ("a -> b @ 7 ns", Fraction(7, 10**9)),
        ("a -> b @ 1e-3 s", Fraction(1, 1000)),
        ("a -> b @ 2", 2), ("a -> b @ 1/3 ms", Fraction(1, 3000)), ("a -> b @ .5 s", Fraction(1, 2)),
    ],
)  # fmt: skip
def test_a_delay_is_read_in_its_unit(text, delay):
    assert parse(text)[2] == delay


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a > b", "cannot read the edge"), ("a ->", "cannot read the edge"), ("-> b", "cannot read the edge"),
        ("a b -> c", "cannot read the edge"), ("a -> b -> c", "cannot read the edge"), ("", "cannot read the edge"),
        ("a -> b @ soon", "cannot read the edge"), ("a -> b @ 3 ks", "no unit of time 'ks'"),
        ("a -> b @ 3 MS", "no unit of time 'MS'"), ("a -> b @ 1/0 s", "no delay '1/0'"),
        ("a -> b @ 1.2.3 s", "no delay"),
        ("a -> b @ 1e999999999 s", "no delay '1e999999999'"), ("a -> b @ --1 s", "no delay"),
    ],
)  # fmt: skip
def test_what_is_no_edge_is_refused_with_its_text(text, said):
    with pytest.raises(EdgeError, match=said):
        parse(text)


def test_a_delay_is_printed_in_the_unit_a_person_would_take():
    shown = [written_delay(Fraction(text)) for text in ("1", "0.003", "1/44100", "0.0000025", "100000", "0.0333")]
    assert shown == ["1 s", "3 ms", "1/44100 s", "2.5 us", "100000 s", "33.3 ms"]


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        (None, None), ("0:3", (0, 1, 2)), ("0:6:2", (0, 2, 4)), ("5", (5,)), ("4, 1", (4, 1)), (slice(2), (0, 1)),
        (3, (3,)), ([2, 0], (2, 0)), (range(2), (0, 1)), (":", None), ("0:6", None), ("-2:", (4, 5)),
    ],
)  # fmt: skip
def test_channels_are_numbers_of_the_port(given_, wanted):
    assert channels(given_, 6, "a") == wanted


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ("0:7", "reach beyond"), ([6], "reach beyond"), ([-1], "reach beyond"), ("3:3", "are none"), ([], "are none"),
        ([1, 1], "one twice"), ("a", "cannot read the channels"), ("0:6:0", "no channels 0:6:0"),
        ("1:2:3:4", "cannot read"),
        (1.5, "whole numbers"), ([True, False], "whole numbers"), ([[0, 1]], "whole numbers"), ({0}, "whole numbers"),
        ([0, [1, 2]], "whole numbers"), (slice("a"), "no channels"),
    ],
)  # fmt: skip
def test_channels_that_are_not_there_are_refused(given_, said):
    with pytest.raises(ParameterError, match=said):
        channels(given_, 6, "a")


def test_the_text_of_the_house_for_kinds_that_do_not_fit():
    with pytest.raises(EdgeError) as caught:
        joined(end("cortex", 64, TSEvent), end("readout", 64), 0.0, None, None)
    assert str(caught.value) == (
        "cortex -> readout: cortex emits TSEvent (64), readout accepts TSContinuous (64)\n"
        "  hint: put a layer that turns events into a signal between them, e.g. cortex -> ExpSyn -> readout"
    )
    assert (caught.value.pre, caught.value.post) == ("cortex", "readout")


@given(st.integers(1, 50), st.integers(1, 50), st.integers(0, 200))
def test_a_delay_is_whole_steps_of_the_common_divisor(pre, post, count):
    import math

    step = Fraction(math.gcd(pre, post), 1000)
    begin, to = end("a", 2, dt=Fraction(pre, 1000)), end("b", 2, dt=Fraction(post, 1000))
    assert joined(begin, to, float(count * step), None, None).delay == count * step
    with pytest.raises(EdgeError, match=r"the nearest are .* s \(\d+ steps\) and"):
        joined(begin, to, float((count + Fraction(1, 2)) * step), None, None)


@pytest.mark.parametrize("delay", [-1e-3, float("nan"), float("inf"), "3 ms", True, None, [1]])
def test_a_delay_is_a_finite_time_that_is_not_negative(delay):
    with pytest.raises(EdgeError, match="a -> b: the delay must be"):
        joined(end("a", 2), end("b", 2), delay, None, None)


def test_clocks_without_a_sensible_common_step_are_refused_with_both():
    with pytest.raises(EdgeError, match=r"a has dt 0.001 s, b 0.0010000001 s: their first common step is"):
        joined(end("a", 2), end("b", 2, dt=Fraction("0.0010000001")), 0.0, None, None)


def test_nothing_leads_into_an_external_input_whatever_its_kind():
    for kind in (TSContinuous, TSEvent):
        with pytest.raises(EdgeError, match="x is an external input"):
            joined(end("a", 2), End("x", 2, kind, None, external=True), 0.0, None, None)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_concatenated_edges_lie_side_by_side_in_their_order(sizes):
    edges = [Edge(f"e{i}", "post") for i in range(len(sizes))]
    places = placed(edges, sizes, "concat", end("post", sum(sizes)))
    assert [channel for place in places for channel in place] == list(range(sum(sizes)))
    with pytest.raises(EdgeError, match=f"its edges bring {sum(sizes)} channels"):
        placed(edges, sizes, "concat", end("post", sum(sizes) - 1)) if sum(sizes) > 1 else placed(
            [*edges, Edge("more", "post")], [1, sum(sizes) - 1], "concat", end("post", 0)
        )


@given(st.sets(st.integers(0, 9), min_size=1), st.sets(st.integers(0, 9), min_size=1))
def test_without_a_merge_edges_may_not_overlap_and_with_a_sum_they_may(one, two):
    edges = [Edge("a", "p", post_channels=tuple(sorted(one))), Edge("b", "p", post_channels=tuple(sorted(two)))]
    sizes = [len(one), len(two)]
    assert placed(edges, sizes, "sum", end("p", 10)) == [tuple(sorted(one)), tuple(sorted(two))]
    if one & two:
        with pytest.raises(EdgeError, match="is reached by 'a") as caught:
            placed(edges, sizes, None, end("p", 10))
        assert "merge='sum'" in str(caught.value)
    else:
        assert placed(edges, sizes, None, end("p", 10)) == [tuple(sorted(one)), tuple(sorted(two))]


def test_a_concatenation_takes_no_channels_of_its_input():
    with pytest.raises(EdgeError, match="an edge into it takes no channels of p"):
        placed([Edge("a", "p", post_channels=(0,))], [1], "concat", end("p", 2))
