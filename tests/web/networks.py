"""Networks whose pages are tested."""

import numpy as np

from graphnet import Network, TSContinuous, TSEvent
from layers import LIF, ExpSyn, LowPass, PassThrough, Rate


def small():
    """An input, rate units with recurrence, spikes and a synapse, at two rates, with a delayed loop."""
    rng = np.random.default_rng(1)
    net = Network(name="small", seed=7)
    net.input("x", 4)
    net.add_layer(Rate(rng.normal(size=(4, 20)), 0.1 * rng.normal(size=(20, 20)), tau=0.02, dt=0.001), name="res")
    net.add_layer(LIF(0.8 * np.eye(20), dt=0.001, bias=1.2, tau_mem=0.015), name="lif")
    net.add_layer(ExpSyn(np.ones((20, 4)) / 20, tau=0.05, dt=0.002), name="out")
    net.connect("x", "res", merge="sum")
    net.connect_many(["res -> lif", "lif -> out", "out -> res @ 10 ms"])
    net.output("out")
    return net


def recorded(net=None):
    """The small network and half a second of all its signals."""
    net = net or small()
    t = np.arange(500) * 0.001
    x = TSContinuous.from_clocked(np.sin(2 * np.pi * t[:, None] * np.array([3.0, 5.0, 7.0, 11.0])), dt=0.001, units="g")
    return net, net.copy().evolve({"x": x}, record=["res", "lif", "out"])


def nested(depth=2):
    """Sub-networks front and back, each with one inside: front.inner, back.inner."""
    inner = Network(name="inner")
    inner.input("x", 2)
    for name in ("a", "b"):
        inner.add_layer(LowPass(2, tau=0.1), name=name)
    inner.connect_many(["x -> a", "a -> b"])
    inner.output("b")
    outer = Network(name="outer")
    outer.input("x", 2)
    outer.add_network(inner, name="inner")
    outer.add_layer(PassThrough(2), name="last")
    outer.connect_many(["x -> inner.x", "inner.b -> last"])
    outer.output("last")
    net = Network(name="nested")
    net.input("x", 2)
    net.add_network(outer, name="front")
    net.add_network(outer, name="back")
    net.connect_many(["x -> front.x", "front.last -> back.x"])
    net.output("back.last")
    return net


HOSTILE = ("<img/src=x", "a\"b'c", "{{7*7}}", "`${alarm()}`", "&lt;b&gt;", "שלום", "\u202eright", "__proto__",
           "<!--", "x" * 300)  # fmt: skip
TITLE = "<img src=x onerror=alarm()>"
UNITS = "</script><script>alarm()</script>"


def hostile():
    """A chain of layers whose names, and the network's, would do something if they were taken for markup."""
    net = Network(name=TITLE)
    before = net.input("in<b", 1)
    for name in HOSTILE:
        net.add_layer(PassThrough(1), name=name)
        net.connect(before, name)
        before = name
    series = TSContinuous.from_clocked([[0.0], [1.0]], dt=0.001, units=UNITS)
    events = TSEvent([0.0005], [0], t_start=0.0, t_stop=0.002, num_channels=1)
    return net, {"in<b": series, HOSTILE[0]: series, HOSTILE[1]: events}


def crowd(layers=2100):
    """A chain of more layers than a picture can show."""
    net = Network(name="crowd")
    net.input("x", 1)
    for k in range(layers):
        net.add_layer(PassThrough(1), name=f"n{k}")
    net.connect_many(["x -> n0", *(f"n{k} -> n{k + 1}" for k in range(layers - 1))])
    return net
