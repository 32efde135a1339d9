"""Blocks of events: sorted, counted, cut and united without losing or doubling one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graphnet.blocks import NO_EVENTS, Events, between, counts, events_of, merge_events, sort_events

START, STEPS, CHANNELS = 1000, 12, 5
pairs = st.lists(st.tuples(st.integers(START, START + STEPS - 1), st.integers(0, CHANNELS - 1)), max_size=40)


def block(found):
    step = np.array([k for k, _ in found], dtype=np.int64)
    channel = np.array([c for _, c in found], dtype=np.int32)
    return sort_events(step, channel)


def listed(events):
    return list(zip(events.step.tolist(), events.channel.tolist(), strict=True))


@given(pairs)
def test_sorting_orders_by_step_then_channel_and_keeps_every_event(found):
    events = block(found)
    assert listed(events) == sorted(found)
    assert events.count == len(found)
    assert (events.step.dtype, events.channel.dtype) == (np.int64, np.int32)


@given(pairs)
def test_a_table_of_counts_and_its_events_are_the_same(found):
    events = block(found)
    table = counts(events, START, STEPS, CHANNELS)
    assert table.sum() == len(found)
    again = events_of(table, START)
    assert listed(again) == listed(events)
    assert (again.step.dtype, again.channel.dtype) == (np.int64, np.int32)
    for k, c in found:
        assert table[k - START, c] == found.count((k, c))


@given(pairs, st.integers(START, START + STEPS))
def test_two_pieces_hold_what_the_whole_did_and_are_views(found, cut):
    events = block(found)
    low, high = between(events, START, cut), between(events, cut, START + STEPS)
    assert listed(low) + listed(high) == listed(events)
    assert all(k < cut for k, _ in listed(low))
    assert all(np.shares_memory(part, whole) or not len(part) for part, whole in zip(low, events, strict=True))


@given(st.lists(pairs, min_size=1, max_size=4))
def test_merging_keeps_every_event_of_every_block(several):
    merged = merge_events([block(one) for one in several])
    assert listed(merged) == sorted(pair for one in several for pair in one)


def test_one_block_is_merged_into_itself():
    events = block([(START, 0)])
    assert merge_events([events]) is events


def test_no_events_cannot_be_written_to():
    assert NO_EVENTS.count == 0
    for column in NO_EVENTS:
        assert not column.flags.writeable
    assert counts(NO_EVENTS, 0, 2, 3).tolist() == [[0] * 3] * 2
    assert isinstance(events_of(np.zeros((0, 3), dtype=np.int64), 5), Events)
