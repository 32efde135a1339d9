"""Networks that tests run live."""

import numpy as np

from graphnet import Network
from layers import LIF, ExpSyn, Rate


def small(seed=7, **document):
    """Noise, spikes, a loop, two rates; 2 s of it unless the document says otherwise."""
    rng = np.random.default_rng(1)
    net = Network(name="small", seed=seed)
    net.add_layer(Rate(rng.normal(size=(4, 20)), dt=0.001, noise_std=0.5, bias=0.3), name="res")
    net.add_layer(LIF(0.8 * np.eye(20), dt=0.001, bias=1.2), name="lif")
    net.add_layer(ExpSyn(np.ones((20, 4)) / 20, dt=0.002), name="out")
    net.connect_many(["res -> lif", "lif -> out", "out -> res @ 10 ms"])
    net.output("out")
    net.document = document or {"run": {"duration": 2.0}}
    return net
