"""Paths over ports: which channel reaches which, how late, over which edges."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graphnet import Network, TSContinuous
from layers import PassThrough


def net_of(size):
    net = Network()
    net.input("x", size)
    net.port("p", size)
    net.add_layer(PassThrough(size, dt=1e-3), name="end")
    return net


def test_without_ports_there_is_a_path_for_each_edge():
    net = net_of(3)
    net.connect("x", "end", merge="sum")
    net.connect("x[2] -> end[0] @ 1 ms")
    paths = net.paths_into("end")
    assert [(one.key, one.edges) for one in paths] == [((one.number,), (one,)) for one in net.edges]
    assert [(list(one.picked), list(one.place), one.delay) for one in paths] == [
        ([0, 1, 2], [0, 1, 2], 0),
        ([2], [0], Fraction(1, 1000)),
    ]


def test_a_path_reads_as_its_edges_do():
    net = net_of(2)
    net.connect("x -> p @ 1 ms")
    net.connect("p[0] -> end[1]")
    (path,) = net.paths_into("end")
    assert str(path) == "x -> p @ 1 ms | p[0] -> end[1]"
    assert (path.pre, path.post, path.delay) == ("x", "end", Fraction(1, 1000))
    assert (list(path.picked), list(path.place), path.key) == ([0], [1], (0, 1))


def test_an_edge_whose_channels_lead_nowhere_makes_no_path():
    net = net_of(2)
    net.connect("x[0] -> p[0]")
    net.connect("p[1] -> end[1]")
    assert net.paths_into("end") == []


def test_every_way_over_ports_is_a_path_of_its_own():
    """Two edges into a port, two out of it: four paths, whose signals are added."""
    net = net_of(1)
    net.connect("x", "p", merge="sum")
    net.connect("x -> p @ 1 ms")
    net.connect("p", "end", merge="sum")
    net.connect("p -> end @ 2 ms")
    assert sorted(float(one.delay) for one in net.paths_into("end")) == [0.0, 1e-3, 2e-3, 3e-3]
    impulse = TSContinuous.from_clocked(np.eye(1, 6).T, 1e-3)
    assert net.evolve(impulse)["end"].samples.ravel().tolist() == [1, 1, 1, 1, 0, 0]


def test_a_thousand_ports_in_a_row_need_no_recursion():
    net = Network()
    net.input("x", 1)
    net.add_layer(PassThrough(1, dt=1e-3), name="end")
    names = ["x", *(f"p{i}" for i in range(1000)), "end"]
    for name in names[1:-1]:
        net.port(name, 1)
    for pre, post in zip(names[-2::-1], names[:0:-1], strict=True):
        net.connect_unchecked(pre, post)
    (path,) = net.paths_into("end")
    assert len(path.key) == 1001
    assert net.evol_order == ["end"]


@given(st.permutations(range(5)), st.permutations(range(5)), st.integers(1, 5))
def test_two_permutations_in_a_row_are_their_product(first, second, count):
    net = net_of(5)
    net.connect("x", "p", pre_channels=first, post_channels=list(range(5)))
    net.connect("p", "end", pre_channels=second[:count], post_channels=list(range(count)))
    (path,) = net.paths_into("end")
    assert dict(zip(path.place, path.picked, strict=True)) == {i: first[second[i]] for i in range(count)}
