"""Delta modulation: the level rebuilt from the events stays within one threshold of the signal.

Derivation: the encoder emits while |x - level| >= threshold, each event moves the level by one threshold towards x, so
after every step |x - level| < threshold, and no event is emitted that a smaller number would have made needless.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from graphnet import Events, Span
from graphnet.blocks import counts
from layers import DeltaEncoder

SIGNALS = hnp.arrays(np.float64, st.tuples(st.integers(1, 60), st.integers(1, 4)), elements=st.floats(-100, 100))


def moves(encoder, x):
    _, events = encoder.advance(encoder.initial(), x, Span(0, len(x)))
    table = counts(events, 0, len(x), encoder.size_out)
    assert np.all(table[:, 0::2] * table[:, 1::2] == 0)  # never up and down in one step
    return table[:, 0::2] - table[:, 1::2]


@given(x=SIGNALS, threshold=st.floats(1e-2, 50.0))
def test_the_level_is_within_one_threshold_of_the_signal_after_every_step(x, threshold):
    level = x[0] + np.cumsum(moves(DeltaEncoder(x.shape[1], threshold=threshold), x), axis=0) * threshold
    assert np.all(np.abs(x - level) < threshold)


@given(x=SIGNALS, threshold=st.floats(1e-2, 50.0))
def test_no_step_moves_further_than_it_must(x, threshold):
    """Where the level before a step was near enough, nothing is emitted; else the last event was still needed."""
    moved = moves(DeltaEncoder(x.shape[1], threshold=threshold), x)
    n = np.cumsum(moved, axis=0)
    before = np.vstack([np.zeros_like(n[:1]), n[:-1]])
    near = np.abs(x - (x[0] + before * threshold)) < threshold
    assert np.all(moved[near] == 0)
    short = x[0] + (n - np.sign(moved)) * threshold
    assert np.all(np.abs(x - short)[~near] >= threshold)


def test_a_long_signal_does_not_drift():
    """A sine of 1,000 periods: the level is computed from a whole number, so the last period is as the first."""
    period, threshold = 200, 0.1
    once = np.sin(2 * np.pi * np.arange(period) / period)
    moved = moves(DeltaEncoder(1, threshold=threshold), np.tile(once, 1000)[:, None])[:, 0].reshape(1000, period)
    assert np.all(moved[1:] == moved[1])
    assert moved[1:].sum() == 0


def test_the_first_sample_gives_no_event_and_a_jump_gives_one_for_every_threshold():
    x = np.array([[5.0], [6.0], [4.75], [4.75]])
    _, events = DeltaEncoder(1, threshold=0.5).advance(DeltaEncoder(1, threshold=0.5).initial(), x, Span(10, 4))
    assert isinstance(events, Events)
    assert events.step.tolist() == [11, 11, 12, 12]
    assert events.channel.tolist() == [0, 0, 1, 1]
