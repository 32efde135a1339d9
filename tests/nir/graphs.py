"""Random graphs of NIR, of every node that it has, and what makes two of them the same."""

import nir
import numpy as np
from hypothesis import strategies as st

DT = 1e-3
TIMES = (0.002, 0.005, 0.02)


def numbers(rng, *shape):
    return rng.uniform(0.25, 2.0, shape)


def neurons(rng, shape):
    """Nodes that take any shape, by name."""
    tau, other = rng.choice(TIMES, shape), rng.choice(TIMES, shape)
    r, leak, low = numbers(rng, *shape), 0.1 * numbers(rng, *shape), -numbers(rng, *shape)
    threshold = numbers(rng, *shape)
    return {
        "LIF": lambda: nir.LIF(tau, r, leak, threshold, low),
        "IF": lambda: nir.IF(100 * r, threshold, low),
        "CubaLIF": lambda: nir.CubaLIF(tau, other, 4 * r, leak, threshold, low, w_in=numbers(rng, *shape)),
        "LI": lambda: nir.LI(tau, r, leak),
        "CubaLI": lambda: nir.CubaLI(tau, other, r, leak, w_in=numbers(rng, *shape)),
        "I": lambda: nir.I(r),
        "Threshold": lambda: nir.Threshold(threshold),
        "Scale": lambda: nir.Scale(numbers(rng, *shape)),
        "Delay": lambda: nir.Delay(np.full(shape, DT * rng.integers(1, 5))),
    }


def products(rng, shape):
    """Nodes that take a shape of their own: of channels, of maps (channels, length) or (channels, rows, columns)."""
    if len(shape) == 1:
        wide = int(rng.integers(1, 5))
        return {
            "Linear": lambda: nir.Linear(rng.normal(size=(wide, *shape))),
            "Affine": lambda: nir.Affine(rng.normal(size=(wide, *shape)), rng.normal(size=wide)),
        }
    flat = {"Flatten": lambda: nir.Flatten(np.array(shape), start_dim=0, end_dim=-1)}
    kernels, size = int(rng.integers(1, 4)), int(rng.integers(1, min(shape[1:]) + 1))
    bias = rng.normal(size=kernels)
    if len(shape) == 2:
        weight = rng.normal(size=(kernels, shape[0], size))
        return flat | {"Conv1d": lambda: nir.Conv1d(shape[1], weight, int(rng.integers(1, 3)), 1, 1, 1, bias)}
    weight = rng.normal(size=(kernels, shape[0], size, size))
    stride, padding = tuple(rng.integers(1, 3, 2)), rng.choice(["valid", "same", "pair"])
    padding = tuple(int(n) for n in rng.integers(0, 3, 2)) if padding == "pair" else str(padding)
    stride = (1, 1) if padding == "same" else tuple(int(n) for n in stride)
    pool = [np.array(one) for one in ((size, size), rng.integers(1, 3, 2), rng.integers(0, size // 2 + 1, 2))]
    return flat | {
        "Conv2d": lambda: nir.Conv2d(shape[1:], weight, stride, padding, 1, 1, bias),
        "SumPool2d": lambda: nir.SumPool2d(*pool),
        "AvgPool2d": lambda: nir.AvgPool2d(*pool),
    }


def emitted(node, shape):
    """The shape that a node gives, as NIR says it."""
    if isinstance(node, nir.SumPool2d | nir.AvgPool2d):
        space = nir.ir.utils.calculate_conv_output(shape[1:], node.padding, 1, node.kernel_size, node.stride)
        return (shape[0], *(int(n) for n in space))
    return tuple(int(n) for n in node.output_type["output"])


@st.composite
def graphs(draw, loops=True):
    """A graph: a trunk of nodes, shortcuts where the shapes allow them, and loops back to earlier nodes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.sampled_from([(3,), (2, 5), (2, 4, 4), (1, 5, 5)]))
    nodes = {"in": nir.Input(np.array(shape))}
    shapes = {"in": shape}
    edges = []
    last = "in"
    for place in range(draw(st.integers(1, 6))):
        here = shapes[last]
        made = {**neurons(rng, here), **products(rng, here)}
        kind = draw(st.sampled_from(sorted(made)))
        name = f"{kind.lower()}{place}"
        nodes[name] = made[kind]()
        edges.append((last, name))
        alike = [one for one in shapes if shapes[one] == here and one != last]
        edges += (
            [(one, name) for one in draw(st.lists(st.sampled_from(alike), max_size=2, unique=True))] if alike else []
        )
        shapes[name] = emitted(nodes[name], here)
        last = name
    if loops:
        for pre in draw(st.lists(st.sampled_from(list(shapes)), max_size=2, unique=True)):
            post = next((post for one, post in edges if shapes[one] == shapes[pre] and pre != "in"), None)
            if post is not None and (pre, post) not in edges:
                edges.append((pre, post))
    if len(shape) > 1 and shapes[last] == shape:  # channels are flat here, where nothing asks for maps
        nodes["flat"], shapes["flat"] = nir.Flatten(np.array(shape), start_dim=0, end_dim=-1), (int(np.prod(shape)),)
        edges.append((last, "flat"))
        last = "flat"
    nodes["out"] = nir.Output(np.array(shapes[last]))
    edges.append((last, "out"))
    leading = {pre for pre, _ in edges}
    assert leading >= set(nodes) - {"out"}
    return nir.NIRGraph(nodes, edges)


def assert_same_nodes(one, other):
    """Refuses, with words, two graphs that differ in a node or an edge."""
    assert set(one.edges) == set(other.edges)
    assert len(one.edges) == len(other.edges)
    assert set(one.nodes) == set(other.nodes)
    for name, node in one.nodes.items():
        twin = other.nodes[name]
        assert type(node) is type(twin), name
        fields, others = node.to_dict(), twin.to_dict()
        assert fields.keys() == others.keys(), name
        for field, value in fields.items():
            assert np.array_equal(value, others[field]), f"{name}.{field}: {value} is not {others[field]}"
