"""Activations that users register: named in documents, composed with the scans of layers, compiled once."""

import json
import os
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

from graphnet import Layer, NameTaken, Network, ParameterError, Span, TSContinuous
from graphnet.testing import advance_in_blocks, check_layer, drive, instance
from layers import Rate, activation
from layers.activations import CODES, REGISTERED, activate, scan_with, tanh
from layers.rate import run as scan

SLOPE = 0.25


@activation("leaky relu")
def leaky_relu(x):
    return x if x > 0 else SLOPE * x


@activation("twice tanh")
def twice_tanh(x):
    return 2.0 * tanh(x)


def run(layer, block, steps):
    return layer.advance(layer.initial(), block, Span(0, steps, key=1))[1]


def recurrent(n=30, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(4, n)), 0.2 * rng.normal(size=(n, n)), rng.normal(size=(200, 4))


def test_a_registered_activation_is_what_the_recursion_written_out_applies():
    w, w_rec, u = recurrent()
    a, x, expected = 1e-3 / 0.02, np.zeros(30), np.empty((200, 30))
    for k in range(200):
        x = x + a * (-x + u[k] @ w + np.where(x > 0, x, SLOPE * x) @ w_rec)
        expected[k] = np.where(x > 0, x, SLOPE * x)
    found = run(Rate(w, w_rec, activation="leaky relu"), u, 200)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


def test_two_registered_activations_do_not_get_into_each_others_way():
    """A registered activation may call other kernels; the layers of the house keep theirs."""
    w, w_rec, u = recurrent()
    one, other, house = (run(Rate(w, w_rec, activation=name), u, 200) for name in ("leaky relu", "twice tanh", "tanh"))
    doubled = run(Rate(w, 2.0 * w_rec, activation="tanh"), u, 200)
    np.testing.assert_allclose(other, 2.0 * doubled, rtol=0, atol=1e-11)
    assert not np.allclose(one, other)
    assert np.max(np.abs(house)) <= 1.0 < np.max(np.abs(other))


@pytest.mark.parametrize("given", [{}, {"dtype": "float32"}, {"weights_rec": 0.3 * np.eye(4)}, {"noise_std": 0.3}])
def test_a_layer_with_a_registered_activation_obeys_the_laws(given):
    check_layer(Rate, activation="leaky relu", **given)


@pytest.mark.parametrize("name", ["leaky relu", "twice tanh"])
def test_what_is_composed_and_compiled_agrees_with_the_python_function(name, monkeypatch):
    layer = instance(Rate, activation=name, weights_rec=0.3 * np.eye(4))
    compiled = advance_in_blocks(layer, drive(layer), [40])[1]
    composed = scan_with(scan, layer._named)
    calls = []
    function = composed.python
    monkeypatch.setattr(composed, "python", lambda *given: calls.append(1) or function(*given))
    composed.run_as_python(True)
    try:
        python = advance_in_blocks(layer, drive(layer), [40])[1]
    finally:
        composed.run_as_python(False)
    assert calls
    np.testing.assert_allclose(python, compiled, rtol=1e-12, atol=1e-12)


def test_a_row_is_changed_in_place_in_its_own_dtype():
    row = np.array([-1.0, 2.0], dtype=np.float32)
    scan_with(activate, leaky_relu)(row, REGISTERED)
    assert row.tolist() == [-0.25, 2.0]


def test_an_unknown_name_is_refused_with_the_nearest_one():
    with pytest.raises(ParameterError) as caught:
        Rate([[1.0]], activation="leaky_relu")
    assert str(caught.value) == (
        "Rate: activation should be 'relu', 'tanh', 'sigmoid', 'identity' or one that is registered, "
        "got 'leaky_relu'; did you mean 'leaky relu'?"
    )
    assert caught.value.parameter == "activation"
    with pytest.raises(ParameterError, match="did you mean 'sigmoid'"):
        Rate([[1.0]], activation="sigmoids")
    with pytest.raises(ParameterError, match=r"registered, got 'zzz'$"):
        Rate([[1.0]], activation="zzz")
    with pytest.raises(ParameterError, match="Rate: activation should be text, got 5"):
        Rate([[1.0]], activation=5)


def test_a_name_of_two_modules_is_said_with_its_module(monkeypatch):
    for name, factor in (("elsewhere", 2.0), ("somewhere", 3.0)):
        module = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(f"def ours(x):\n    return {factor} * x\n", vars(module))
        module.ours = activation("ours")(module.ours)
    with pytest.raises(ParameterError, match=r"several modules\n  hint: write one of: elsewhere:ours"):
        Rate([[1.0]], activation="ours")
    layer = Rate([[1.0]], activation="elsewhere:ours", tau=0.001)
    assert run(layer, np.ones((1, 1)), 1).tolist() == [[2.0]]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CODES)
def test_a_layer_with_an_activation_of_the_house_obeys_the_laws(name, dtype):
    check_layer(Rate, activation=name, dtype=dtype, weights_rec=0.3 * np.eye(4))


def test_the_names_of_the_house_cannot_be_taken():
    with pytest.raises(NameTaken, match="'tanh' is one of the house"):
        activation("tanh")


def test_documents_name_it(tmp_path):
    layer = Rate([[1.0]], activation="leaky relu")
    again = Layer.load_from_dict(json.loads(json.dumps(layer.to_dict())))
    u = np.random.default_rng(0).normal(size=(20, 1))
    assert np.array_equal(run(again, u, 20), run(layer, u, 20))
    text = "version: 1\ninputs: {x: {size: 1}}\nlayers:\n  r: {type: Rate, weights: [[1]], activation: leaky relu}\n"
    path = tmp_path / "net.yaml"
    path.write_text(text + "edges: [x -> r]\noutputs: [r]\n")
    net = Network.load(path)
    x = TSContinuous.from_clocked(u, 1e-3)
    assert np.array_equal(net.evolve(x)["r"].samples, run(layer, u, 20))
    net.save(tmp_path / "again.yaml")
    assert "activation: leaky relu" in (tmp_path / "again.yaml").read_text()


MODULE = """
from layers import activation
from .numbers import factor

@activation("scaled")
def scaled(x):
    return FACTOR * factor(x)
"""

SCRIPT = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, format="%(message)s", stream=sys.stdout)
logging.getLogger("numba").setLevel(logging.WARNING)
import numpy as np
import mine
from layers.activations import REGISTERED, activate, scan_with
row = np.ones(1)
scan_with(activate, mine.scaled)(row, REGISTERED)
print("gives", row[0])
"""


def test_it_is_compiled_once_and_again_after_a_change_of_its_file(tmp_path):
    """A second process loads what the first compiled; a changed source, also of a kernel it calls, compiles anew."""
    package = tmp_path / "mine"
    package.mkdir()
    (package / "__init__.py").write_text(MODULE.replace("FACTOR", "2.0"))
    factor = "from graphnet import kernel\n\n@kernel\ndef factor(x):\n    return {} * x\n"
    (package / "numbers.py").write_text(factor.format("0.5"))
    settings = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)}
    settings.pop("GRAPHNET_JIT", None)

    def said():
        command = [sys.executable, "-c", SCRIPT]
        return subprocess.run(command, env=settings, capture_output=True, text=True, check=True).stdout

    first, second = said(), said()
    assert "compiled activate_mine_scaled" in first
    assert "compiled activate_mine_scaled" not in second
    assert "gives 1.0" in first
    assert "gives 1.0" in second
    (package / "__init__.py").write_text(MODULE.replace("FACTOR", "4.0"))
    assert "gives 2.0" in said()
    (package / "numbers.py").write_text(factor.format("0.25"))
    assert "gives 1.0" in said()
