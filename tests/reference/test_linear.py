"""The integrator against sums and against the Wiener process."""

import math

import numpy as np
import pytest

from graphnet import Span
from layers import I


def run(layer, x, steps):
    return layer.advance(layer.initial(), x, Span(0, steps, key=3))[1]


@pytest.mark.parametrize("dt", [1e-2, 1e-3])
def test_the_integral_of_a_sine_is_its_closed_sum(dt):
    """sum_{i=0}^{k} sin(i a) = sin(k a / 2) sin((k + 1) a / 2) / sin(a / 2), the kernel of Dirichlet's sum."""
    a, k = 0.3, np.arange(500)
    y = run(I(1, r=2.0, v0=0.25, dt=dt), np.sin(a * k)[:, None], 500)[:, 0]
    exact = 0.25 + 2.0 * dt * np.sin(k * a / 2) * np.sin((k + 1) * a / 2) / math.sin(a / 2)
    assert np.max(np.abs(y - exact)) < 1e-12


@pytest.mark.parametrize("dt", [1e-2, 1e-3, 1e-4])
def test_noise_has_the_std_it_names_after_one_second_without_leak(dt):
    """Var W(t) = s**2 t (Gardiner 2009, section 3.8.1), here at t = 1 s, within 5 standard errors."""
    units, strength = 2000, 1.5
    last = run(I(units, noise_std=strength, dt=dt), None, round(1.0 / dt))[-1]
    assert abs(last.mean()) < 5 * strength / math.sqrt(units)
    assert abs(last.var() - strength**2) < 5 * strength**2 * math.sqrt(2.0 / units)
