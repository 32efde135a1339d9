"""What a run records does not depend on its blocks, nor on what else it records."""

import numpy as np
import pytest

from graphnet import NetworkError, ParameterError, UnknownName
from graphnet.testing import same_bits
from tests.laws.walls import build, inputs

ASKED = ["noisy.x", "hidden.hidden", "hidden.total", {"signal": "hidden.total", "every": 0.01}, "a", "b.y"]


def of(record, block=None):
    return build().evolve(inputs(), duration=0.2, record=record, block=block)


@pytest.mark.parametrize("one", ASKED, ids=str)
def test_one_record_alone_is_what_it_is_among_others(one):
    name = one if isinstance(one, str) else one["signal"]
    alone = of([one], block=1)[name]
    among = of(["noisy", "hidden", "a.v", one])[name]
    assert same_bits(alone.times, among.times)
    if name != "a":
        assert same_bits(alone.samples, among.samples)


def test_samples_of_a_variable_are_its_rows_at_the_interval():
    every, all_rows = of([{"signal": "hidden.total", "every": 0.01}]), of(["hidden.total"])
    assert same_bits(every["hidden.total"].samples, all_rows["hidden.total"].samples[::5])


@pytest.mark.parametrize(
    ("record", "error", "words"),
    [
        ("plain.state", NetworkError, "plain is a plain Layer: its variables cannot be recorded"),
        ("nosy", UnknownName, "did you mean 'noisy'"),
        ("nosy.x", UnknownName, "did you mean 'noisy'"),
        ("hidden.totl", UnknownName, "did you mean 'total'"),
        ({"signal": "a", "every": 0.01}, ParameterError, "events are kept one by one"),
    ],
)
def test_what_is_not_there_is_refused_with_a_near_name(record, error, words):
    with pytest.raises(error) as caught:
        of(record)
    assert words in str(caught.value)


def test_the_last_sample_of_a_recorded_state_is_the_state():
    net = build()
    found = net.evolve(inputs(), record=["hidden.total"])["hidden.total"]
    assert np.array_equal(found.samples[-1], net["hidden"].state)
