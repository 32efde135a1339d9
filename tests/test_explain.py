"""``explain`` tells the plan, ``profile`` measures it and leaves everything as it was."""

import json

import numpy as np
import pytest

from graphnet import Network, ParameterError, RunError, TSContinuous
from graphnet.testing import same_bits
from layers import Linear, PassThrough, Rate
from tests.laws.walls import build, everything, inputs


def test_every_layer_and_edge_is_told_with_its_order_and_its_loop():
    net = build()
    told = net.explain(block=10)
    rows = {row.name: row for row in told.rows}
    assert list(rows) == net.evol_order and len(told.ways) == len(net.edges)
    assert told.dt == 4e-3 and told.block == 10
    assert rows["noisy"].steps == 40 and rows["slow"].steps == 20 and rows["fine"].steps == 80
    assert {name for name, row in rows.items() if row.loop == "every 0.001 s"} == {"a", "b", "back"}
    assert rows["a"].steps == 1
    does = {one.edge: one.does for one in told.ways}
    assert does["back -> a @ 1 ms"] == "delays 0.001 s, sum"
    assert (
        does["plain -> slow"] == "samples"
        and does["spikes -> fine"] == "bins"
        and does["go -> spikes"] == "bins, concat"
    )
    assert does["noisy -> mix"] == "passes"


def test_generations_are_how_many_layers_lie_before():
    net = Network()
    net.input("x", 1)
    for name in ("a", "b", "c", "d"):
        net.add_layer(PassThrough(1), name=name, )  # fmt: skip
    net.connect_many(["x -> a", "x -> b", "b -> c"])
    net.connect("a", "d", merge="sum")
    net.connect("c", "d", merge="sum")
    assert {row.name: row.generation for row in net.explain().rows} == {"a": 0, "b": 0, "c": 1, "d": 2}


def test_paths_through_the_ports_of_nested_networks_are_told():
    inner = Network()
    inner.input("in", 2)
    inner.add_layer(Linear(np.eye(2)), name="l")
    inner.connect("in -> l")
    inner.output("l")
    net = Network()
    net.input("x", 2)
    net.add_network(inner, name="box")
    net.connect("x -> box.in")
    assert [one.edge for one in net.explain().ways] == ["x -> box.in | box.in -> box.l"]
    assert not [one for one in net.check() if one.severity != "note"]


def test_the_plan_is_data_and_text():
    told = build().explain(block=10)
    data = json.loads(json.dumps(told.as_data()))
    assert data["rows"][0]["name"] == told.rows[0].name
    head, _, titles, *_ = str(told).splitlines()
    assert head == "walls: blocks of 10 steps of 0.004 s (0.04 s)"
    assert titles.split()[:2] == ["generation", "layer"]


def test_a_block_of_no_steps_is_refused():
    with pytest.raises(ParameterError, match="block must be at least one"):
        build().explain(block=0)


def test_a_profile_leaves_states_noise_plain_layers_and_clock_as_they_were():
    net, twin = build(), build()
    for one in (net, twin):
        one.evolve(inputs(), duration=0.1)
    before = vars(net["plain"]).keys()
    told = net.profile(inputs(), block=7)
    assert same_bits(everything(net), everything(twin)) and vars(net["plain"]).keys() == before
    assert all(row.seconds is not None and row.seconds >= 0 for row in told.rows)
    assert 0 < sum(row.seconds for row in told.rows) <= told.elapsed
    assert "share" in str(told) and str(told).splitlines()[-1].startswith("total ")
    one, other = (each.evolve(inputs())["fine"].samples for each in (net, twin))
    assert same_bits(one, other)


def test_a_profile_that_fails_changes_nothing():
    class Broken(PassThrough, register=False):
        def advance(self, state, block, span):
            raise ZeroDivisionError

    net = Network([Rate(np.eye(1)), Broken(1)])
    with pytest.raises(RunError, match="ZeroDivisionError"):
        net.profile(TSContinuous.from_clocked(np.ones((5, 1)), 1e-3))
    assert net.t == 0 and not net.layers["rate"].state.any()


def test_the_command_prints_the_plan_of_a_document(tmp_path, capsys):
    from graphnet.cli import status

    net = Network([Linear(np.eye(2))], name="small")
    net.save(tmp_path / "small.yaml")
    assert status(["explain", str(tmp_path / "small.yaml"), "--block", "5"]) == 0
    assert capsys.readouterr().out == f"{net.explain(5)}\n"
