"""A peak detector obeys the laws of every layer, and does what only it should do."""

import math

import numpy as np
import pytest
from graphnet import Network, ParameterError, TSContinuous
from graphnet.testing import check_layer

from peak_layers import PeakHold


@pytest.mark.parametrize("given", [{}, {"dtype": "float32"}, {"size": 3, "tau": [0.01, 0.02, 0.5], "floor": -1.0}])
def test_a_peak_detector_obeys_the_laws(given):
    check_layer(PeakHold, **given)


def test_a_peak_is_forgotten_exponentially():
    """y(t) = exp(-t / tau) after a pulse of height 1."""
    pulse = TSContinuous.from_clocked(np.eye(1, 100).T, dt=1e-3)
    out = PeakHold(1, tau=0.02).evolve(pulse).samples[:, 0]
    assert np.allclose(out, np.exp(-np.arange(100) * 1e-3 / 0.02), rtol=1e-13)


def test_the_output_is_never_below_the_input_nor_the_floor():
    signal = np.random.default_rng(0).normal(size=(500, 2))
    out = PeakHold(2, tau=0.005, floor=0.1).evolve(TSContinuous.from_clocked(signal, dt=1e-3)).samples
    assert (out >= np.maximum(signal, 0.1)).all()
    assert math.isclose(out.min(), 0.1)


def test_a_time_constant_must_be_positive():
    with pytest.raises(ParameterError, match="tau should be greater than 0"):
        PeakHold(1, tau=0.0)


def test_it_stands_in_a_document(tmp_path):
    net = Network()
    net.add_layer(PeakHold(1, tau=0.1), name="peak")
    net.save(tmp_path / "net.yaml")
    assert Network.load(tmp_path / "net.yaml")["peak"].tau == 0.1
