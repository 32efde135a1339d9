"""Order, loops and clocks of whole networks, and what is said where they cannot be."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import CycleError, Layer, Network, TimeError, TSContinuous
from layers import PassThrough


class Echo(Layer):
    """A plain layer that gives back what it reads."""

    def __init__(self, size=1, dt=1e-3, name="unnamed"):
        super().__init__(np.eye(size), dt=dt, name=name)

    def evolve(self, ts_input=None, duration=None, num_timesteps=None):
        _, rows, steps = self._prepare_input(ts_input, duration, num_timesteps)
        start = self._timestep
        self._timestep += steps
        return TSContinuous.from_clocked(rows, self.dt, start * self.dt)

    def to_dict(self):
        return {"size": self.size, "dt": self.dt, "name": self.name, "class_name": self.class_name}


def net_of(names, dt=1e-3, size=1):
    net = Network(name="n")
    for name in names:
        net.add_layer(PassThrough(size, dt=dt), name=name)
    return net


@given(st.permutations("abcdef"), st.data())
def test_the_order_is_topological_with_ties_in_the_order_of_adding(names, data):
    net = net_of(names)
    pairs = data.draw(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda p: p[0] < p[1]), unique=True)
    )
    rank = data.draw(st.permutations(range(6)))
    net.connect_many([(names[rank[i]], names[rank[j]]) for i, j in pairs], merge="sum")
    order = net.evol_order
    place = {name: i for i, name in enumerate(order)}
    assert all(place[one.pre] < place[one.post] for one in net.edges)
    done: list[str] = []
    for name in order:
        ready = [n for n in names if n not in done and all(e.pre in done for e in net.edges_into(n))]
        assert name == ready[0]
        done.append(name)


def test_a_loop_without_delay_is_printed_whole_with_the_place_for_a_delay():
    net = net_of("abc")
    net.connect_many(["a -> b", "b -> c"])
    with pytest.raises(CycleError) as caught:
        net.connect("c", "a")
    assert str(caught.value) == (
        "these wait for each other: a -> b -> c -> a\n"
        "  hint: give one edge a delay of at least 1 ms, e.g. 'c -> a @ 1 ms'"
    )
    assert caught.value.cycle == ("a", "b", "c")


def test_a_delay_shorter_than_the_common_step_of_a_loop_is_not_enough():
    net = Network(name="n")
    net.add_layer(PassThrough(1, dt=2e-3), name="a")
    net.add_layer(PassThrough(1, dt=3e-3), name="b")
    net.connect("a", "b")
    with pytest.raises(CycleError, match=r"no delay of the loop a -> b -> a is as long as the common step .*, 6 ms"):
        net.connect("b", "a", delay=5e-3)
    net.connect("b", "a", delay=7e-3)
    part = net.structure().parts[0]
    assert (part.order, part.block, part.step) == (("a", "b"), Fraction(6, 1000), Fraction(6, 1000))


def test_a_layer_that_feeds_itself_needs_a_delay():
    net = net_of("a")
    with pytest.raises(CycleError, match="these wait for each other: a -> a"):
        net.connect("a", "a")
    net.connect("a", "a", delay=3e-3)
    assert net.structure().parts[0].block == Fraction(3, 1000)


def test_a_plain_layer_cannot_be_part_of_a_loop_even_with_a_delay():
    net = net_of("a")
    net.add_layer(Echo(), name="echo")
    net.connect("a", "echo")
    with pytest.raises(
        CycleError, match=r"echo is a Echo, a plain Layer, and cannot be part of a loop: a -> echo -> a"
    ):
        net.connect("echo", "a", delay=0.1)
    assert [str(one) for one in net.edges] == ["a -> echo"]


def test_a_loop_is_iterated_by_its_shortest_necessary_delay_and_the_rest_is_not():
    net = net_of("abcd")
    net.connect_many(["a -> b", "b -> c", "c -> d", "c -> b @ 4 ms", "d -> d @ 9 ms"], merge="sum")
    parts = net.structure().parts
    assert [(part.order, part.block) for part in parts] == [
        (("a",), 0),
        (("b", "c"), Fraction(4, 1000)),
        (("d",), Fraction(9, 1000)),
    ]


def test_layers_without_a_sensible_common_step_are_named():
    net = Network(name="n")
    net.add_layer(PassThrough(1, dt=1e-3), name="a")
    net.add_layer(PassThrough(1, dt=0.0010000001), name="b")
    with pytest.raises(TimeError, match=r"a has dt 0.001 s, b has dt 0.0010000001 s"):
        _ = net.dt


ORDER = """
from graphnet import Network
from layers import PassThrough
net = Network(name="n")
names = [f"{letter}{i}" for i in range(12) for letter in "zqa"]
for name in names:
    net.add_layer(PassThrough(1), name=name)
net.connect_many([(names[i], names[(7 * i) % 36]) for i in range(36) if (7 * i) % 36 > i], merge="sum")
import sys
sys.stdout.write(" ".join(net.evol_order))
"""


def test_the_order_is_the_same_in_every_process():
    found = set()
    for seed in ("0", "1", "12345"):
        run = subprocess.run(
            [sys.executable, "-c", ORDER], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.add(run.stdout)
    assert len(found) == 1
    assert len(found.pop().split()) == 36
