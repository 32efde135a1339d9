"""Every limit of documents is named by its refusal, and set in one way from the command line and one in Python."""

import numpy as np
import pytest

from graphnet import GraphnetError, Network
from graphnet.cli import status
from graphnet.errors import ParameterError, UnknownName
from graphnet.limits import NAMES, Limits, changed, current, limited

NET = """\
params: {p: [1, 2, 3], text: "${p.0} and ${p.1}"}
inputs: {x: {size: 1}}
layers:
  a: {type: LowPass, size: 1, tau: 20 ms, dt: &dt 1 ms}
  b: {type: LowPass, size: 1, tau: 20 ms, dt: *dt}
  c: {use: inner.yaml}
  d: {use: inner.yaml}
  e: {type: LowPass, size: 2, tau: {init: constant, shape: 2, value: 5 ms}}
  f: {type: LowPass, size: 2, tau: {file: tau.csv#0}}
edges: [x -> a -> b]
"""
LOWER = {
    "document": 100, "depth": 2, "nodes": 20, "references": 1, "uses": 1, "nesting": 1, "drawn": 10, "total": 20,
    "text": 2, "units": 7,
}  # fmt: skip


MANY = {
    "aliases": (  # 11,000 nodes more
        f"params: {{a: &a [{', '.join(1000 * '1')}], b: [{', '.join(11 * ['*a'])}]}}\n"
        "layers: {a: {type: PassThrough, size: 1}}",
        {"aliases": 0},
    ),
    "members": ("layers: {a: {type: LowPass, size: 2, tau: {file: 'two.npz#tau'}}}", {"members": 1}),
}


@pytest.fixture
def net(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET)
    (tmp_path / "inner.yaml").write_text("layers: {z: {type: LowPass, size: 1, tau: 20 ms}}\n")
    (tmp_path / "tau.csv").write_text("0.02\n0.03\n")
    return tmp_path / "net.yaml"


@pytest.mark.parametrize("name", LOWER)
def test_a_refusal_names_the_limit_and_the_way_to_raise_it_raises_it(name, net, capfd):
    with limited(Limits(**{name: LOWER[name]})), pytest.raises(GraphnetError) as caught:
        Network.load(net)
    assert f"raise the limit: --limit {name}=NUMBER, in Python limited(Limits({name}=NUMBER))" in str(caught.value)
    assert status(["check", "net.yaml", "--limit", f"{name}={LOWER[name]}"]) == 2
    assert f"--limit {name}=NUMBER" in capfd.readouterr().err
    assert status(["check", "net.yaml", "--limit", f"{name}={LOWER[name]}", "--limit", f"{name}=200"]) == 2 * (
        name == "document"  # of 200 bytes it is still too large
    )
    assert current() == Limits()


@pytest.mark.parametrize("name", MANY)
def test_what_is_repeated_or_archived_passes_a_limit_of_its_own(name, net):
    text, lower = MANY[name]
    np.savez("two.npz", tau=[0.02, 0.03], other=[1.0])
    net.write_text(text)
    Network.load(net)
    with limited(Limits(**lower)), pytest.raises(GraphnetError, match=f"raise the limit: --limit {name}=NUMBER"):
        Network.load(net)


def test_states_count_among_all_arrays(net):
    net.write_text("layers: {a: {type: Delay, size: 10, delay: 100 ms}, b: {type: Delay, size: 10, delay: 100 ms}}")
    with limited(Limits(total=12_000)), pytest.raises(GraphnetError, match=r"layers\.b: with the state of 'b'"):
        Network.load(net)


def test_what_edges_with_a_delay_hold_counts_among_all_arrays_at_their_lines(net, capfd):
    """An edge of 2 channels holds 16 bytes for each of its 1,000 steps; along a port its delays add up; events that are
    under way take no room before there are any."""
    net.write_text(
        "inputs: {x: {size: 2}, e: {size: 2, type: TSEvent}}\nports: {p: {size: 2}}\nlayers:\n"
        "  a: {type: LowPass, size: 2, tau: 1}\n  b: {type: LowPass, size: 2, tau: 1}\n"
        "  s: {type: ExpSyn, weights: [[1], [1]]}\n"
        "edges:\n  - e -> s @ 1000 s\n  - a -> b @ 1 s\n  - x -> p @ 1 s\n  - p -> a @ 1 s\n"
    )
    assert status(["check", "net.yaml", "--limit", "total=48200"]) == 0
    assert status(["check", "net.yaml", "--limit", "total=47900"]) == 2
    told = capfd.readouterr().err
    assert "net.yaml:9:5: edges.1: with what a -> b @ 1 s holds all arrays have 48" in told
    assert "give a shorter delay, or raise the limit: --limit total=NUMBER" in told
    assert status(["check", "net.yaml", "--limit", "total=20000"]) == 2
    assert "net.yaml:10:5: edges.2: with what x -> p @ 1 s | p -> a @ 1 s holds" in capfd.readouterr().err


def test_one_layer_that_is_too_large_does_not_refuse_the_others(net, capfd):
    net.write_text("layers: {a: {type: LowPass, size: 3000000, tau: 1}, b: {type: LowPass, size: 3, tau: 1}}")
    assert status(["check", "net.yaml"]) == 2
    told = capfd.readouterr().err
    assert "layers.a.size: LowPass: size 3000000 asks for too much" in told
    assert "layers.b" not in told


def test_what_is_no_limit_is_refused_and_the_names_are_told(net, capfd):
    for wrong, says in (
        ("dept=3", "no limit named 'dept'; did you mean 'depth'?"),
        ("depth", "depth=1000 or depth=2GiB, got ''"),
        ("depth=-1", "got '-1'"),
        ("depth=1e3", "got '1e3'"),
        ("depth=201", "the limit depth should be at most 200, got 201"),
    ):
        assert status(["check", "net.yaml", "--limit", wrong]) == 2
        assert says in capfd.readouterr().err
    for wrong in (-1, 1.5, True, None):
        with (
            pytest.raises(ParameterError, match="the limit nodes should be a whole number"),
            limited(Limits(nodes=wrong)),
        ):
            pass
    with pytest.raises(UnknownName):
        changed(Limits(), ["allow=/"])


def test_help_lists_every_limit(capfd):
    assert status(["check", "--help"]) == 0
    told = " ".join(capfd.readouterr().out.split())
    assert [name for name in NAMES if name not in told] == []


def test_sizes_are_written_with_their_units():
    found = changed(Limits(), ["document=2MiB", "stored = 3 kB", "text=5", "total=1GB"])
    assert (found.document, found.stored, found.text, found.total) == (2**21, 3000, 5, 10**9)
