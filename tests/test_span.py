"""Spans: what a layer asks for while it advances depends on the absolute step alone."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from graphnet import Events
from graphnet.errors import ParameterError
from graphnet.noise import RESERVED_STREAM
from graphnet.span import Arena, Span


@given(start=st.integers(0, 2**40), cut=st.integers(0, 20), stream=st.integers(0, 5), size=st.integers(1, 7))
def test_noise_of_two_spans_is_the_noise_of_one(start, cut, stream, size):
    for draw in ("normal", "uniform"):
        whole = getattr(Span(start, 20, key=3), draw)(stream, size)
        parts = [
            getattr(Span(low, steps, key=3), draw)(stream, size)
            for low, steps in ((start, cut), (start + cut, 20 - cut))
        ]
        assert np.array_equal(np.concatenate(parts), whole)


def test_keys_and_streams_give_other_noise():
    found = [Span(0, 5, key).normal(stream, 3).tobytes() for key in (1, 2) for stream in (0, 1)]
    assert len(set(found)) == 4


@pytest.mark.parametrize("stream", [-1, RESERVED_STREAM, 2**40])
def test_a_stream_out_of_range_or_reserved_is_refused(stream):
    with pytest.raises(ParameterError, match="a noise stream is a number from 0"):
        Span(0, 5).normal(stream, 3)


def test_an_absent_input_gives_zeros_of_the_matrix_dtype():
    for matrix in (np.ones((2, 3), "float32"), np.ones(3), csr_array(np.ones((2, 3)))):
        found = Span(0, 4).product(None, matrix)
        assert found.tolist() == [[0] * 3] * 4
        assert found.dtype == matrix.dtype


def test_events_count_from_the_start_of_the_span():
    events = Events(np.array([7, 9, 9]), np.array([0, 1, 1], dtype=np.int32))
    assert Span(7, 3).product(events, np.array([[1.0], [10.0]])).tolist() == [[1], [0], [20]]


def test_an_arena_hands_out_its_buffers_in_the_same_order_again():
    arena = Arena()
    asked = [((4, 2), np.float64), ((4, 2), np.float64), ((3,), np.int64)]
    first = [Span(0, 4, arena=arena).empty(*one) for one in asked]
    assert len({id(one) for one in first}) == 3  # none is lent twice at a time
    arena.begin()
    again = [Span(4, 4, arena=arena).empty(*one) for one in asked]
    assert [id(one) for one in again] == [id(one) for one in first]
    arena.begin()
    shorter = arena.take((2, 2), np.dtype(np.float64))
    assert shorter.shape == (2, 2)
    assert shorter.flags.c_contiguous


def test_without_an_arena_every_array_is_fresh():
    span = Span(0, 4)
    assert not np.shares_memory(span.empty((4, 2)), span.empty((4, 2)))


def test_a_span_travels_without_its_buffers():
    span = Span(5, 6, key=7, arena=Arena(), tiled=False)
    span.empty((1000, 1000))
    sent = pickle.dumps(span)
    other = pickle.loads(sent)
    assert len(sent) < 1000
    assert (other.start, other.steps, other.arena) == (5, 6, None)
    assert np.array_equal(other.normal(0, 3), Span(5, 6, key=7).normal(0, 3))
