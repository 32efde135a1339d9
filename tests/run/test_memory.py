"""Long runs in bounded memory: two simulated minutes of what the benchmark runs for an hour."""

import pytest

from benchmarks.memory import KINDS, LIMIT, apart


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_run_of_a_hundred_channels_stays_within_its_memory(kind):
    """120 s at 1 kHz: the input alone would be 96 MB, every signal 290 MB."""
    assert apart(kind, 120) < LIMIT / 2
