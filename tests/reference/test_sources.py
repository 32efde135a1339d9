"""Sources against their formulas."""

import math

import numpy as np
import pytest

from graphnet import Span
from layers import Noise, Sine, Step


def run(layer, start, steps):
    return layer.advance(layer.initial(), None, Span(start, steps, key=3))[1]


def test_a_sine_keeps_its_phase_after_a_day():
    """At 86,400 s and 50 Hz, k f dt is a whole number of turns plus that of the steps since."""
    layer = Sine(1, frequency=50.0, amplitude=2.0, dt=1e-3)
    day = 86_400_000
    assert np.max(np.abs(run(layer, day, 1000) - run(layer, 0, 1000))) < 1e-8


def test_a_sine_is_its_formula():
    layer = Sine(2, frequency=[3.0, 7.5], amplitude=[1.0, 0.5], phase=[0.0, 1.0], offset=0.25, dt=1e-3)
    t = 1e-3 * np.arange(500)[:, None]
    exact = 0.25 + np.array([1.0, 0.5]) * np.sin(2 * math.pi * np.array([3.0, 7.5]) * t + np.array([0.0, 1.0]))
    assert np.max(np.abs(run(layer, 0, 500) - exact)) < 1e-12


@pytest.mark.parametrize("onset", [0.3, 0.1 + 0.2, 0.3 - 1e-12])
def test_a_step_starts_in_the_step_that_the_rounding_rule_gives(onset):
    y = run(Step(1, onset=onset, duration=0.2, dt=0.1), 0, 7)[:, 0]
    assert y.tolist() == [0, 0, 0, 1, 1, 0, 0]


def test_noise_has_its_mean_and_spread_and_no_memory():
    """Sample mean, variance and correlation of neighbours, each within 5 standard errors."""
    y = run(Noise(50, std=2.0, mean=1.0), 0, 4000)
    count = y.size
    assert abs(y.mean() - 1.0) < 5 * 2.0 / math.sqrt(count)
    assert abs(y.var() - 4.0) < 5 * 4.0 * math.sqrt(2.0 / count)
    z = (y - 1.0) / 2.0
    assert abs((z[1:] * z[:-1]).mean()) < 5 / math.sqrt(count)
    assert abs((z[:, 1:] * z[:, :-1]).mean()) < 5 / math.sqrt(count)
