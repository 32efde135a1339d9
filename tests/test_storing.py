"""One word each for files."""

import numpy as np
import pytest

from graphnet import Network, ParameterTypeError, TSContinuous, TSEvent, load, save
from layers import Linear, Rate


@pytest.mark.parametrize("suffix", [".yaml", ".yml", ".json"])
def test_a_network_comes_back_as_itself(tmp_path, suffix):
    net = Network([Rate(np.arange(6.0).reshape(2, 3)), Linear(np.ones((3, 1)))], seed=3)
    save(net, tmp_path / f"net{suffix}")
    assert load(tmp_path / f"net{suffix}") == net


@pytest.mark.parametrize(
    "series", [TSContinuous.from_clocked(np.arange(6.0), 0.1), TSEvent([0.1, 0.3], [0, 2], t_stop=1.0)]
)
def test_a_series_comes_back_as_itself(tmp_path, series):
    save(series, tmp_path / "series.npz")
    assert load(tmp_path / "series.npz").equals(series)


def test_other_things_are_refused_by_their_type(tmp_path):
    with pytest.raises(ParameterTypeError, match="networks and series can be saved, got a dict"):
        save({}, tmp_path / "x.yaml")
    assert list(tmp_path.iterdir()) == []
