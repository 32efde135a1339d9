"""How long large networks take to build, check, plan and copy, beside what networkx takes for the same graph.

    python -m benchmarks.scale 100000
    python -m benchmarks.scale 100000 --chain

networkx adds the same nodes and edges one by one to a MultiDiGraph and sorts it. Times are of the processor, so that
other programs disturb little; constructing the layers is timed apart.
"""

import argparse
import copy
import sys
import time

import networkx as nx
import numpy as np

from graphnet import Network
from graphnet.plan import Wanted, compile_plan
from graphnet.run.inputs import schedule
from layers import PassThrough


def edges_of(count, chain):
    """Pairs of node numbers: a chain, and unless it is one alone, two more edges from each node to a later one."""
    rng = np.random.default_rng(0)
    pairs = [(i - 1, i) for i in range(1, count)]
    if not chain:
        begin = rng.integers(0, count - 1, 2 * count)
        reach = (rng.random(2 * count) * np.minimum(count - 1 - begin, 1000)).astype(int)
        end = np.minimum(begin + 1 + reach, count - 1)
        pairs += [(int(a), int(b)) for a, b in zip(begin, end, strict=True)]
    return pairs


def timed(times, what, action):
    """Call the action, note its seconds of processor time, and give what it gives."""
    began = time.process_time()
    result = action()
    times[what] = time.process_time() - began
    return result


def with_networkx(names, pairs):
    """The same graph in networkx, sorted."""
    graph = nx.MultiDiGraph()
    for name in names:
        graph.add_node(name)
    for a, b in pairs:
        graph.add_edge(names[a], names[b])
    return list(nx.topological_sort(graph))


def built(layers, names, pairs):
    """The network through ``connect_many``."""
    net = Network(seed=1)
    net.input("x", 4)
    for name, layer in zip(names, layers, strict=True):
        net.add_layer(layer, name=name)
    net.connect_many([("x", names[0]), *((names[a], names[b]) for a, b in pairs)], merge="sum")
    return net


def planned(net):
    """The plan of a run of ten steps."""
    given = dict.fromkeys(net.inputs)
    return compile_plan(net, schedule(net, given, None, 10, None), given, Wanted())


def measure(count, chain):
    """Seconds by act."""
    times = {}
    names = [f"l{i}" for i in range(count)]
    pairs = edges_of(count, chain)
    timed(times, "networkx", lambda: with_networkx(names, pairs))
    layers = timed(times, "layers", lambda: [PassThrough(4, dt=1e-3) for _ in names])
    net = timed(times, "build", lambda: built(layers, names, pairs))
    timed(times, "plan", lambda: planned(net))
    timed(times, "check", net.check)
    timed(times, "copy", lambda: copy.deepcopy(net))
    return times, len(pairs)


def main():
    """Print a table, and how many times as long as networkx the whole takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    parser.add_argument("--chain", action="store_true", help="one edge per layer, no more")
    given = parser.parse_args()
    times, edges = measure(given.count, given.chain)
    out = sys.stdout.write
    out(f"{given.count} layers, {edges} edges\n")
    for what, seconds in times.items():
        ratio = seconds / times["networkx"]
        out(f"{what:>10} {seconds:8.2f} s {1e6 * seconds / given.count:8.1f} us per layer {ratio:6.2f} x networkx\n")
    total = sum(times[one] for one in ("build", "check", "plan", "copy"))
    ratio = total / times["networkx"]
    out(f"{'together':>10} {total:8.2f} s without constructing layers: {ratio:.2f} x networkx\n")


if __name__ == "__main__":
    main()
