"""The pure graph functions: against networkx, against brute force, and at sizes where recursion would show."""

import itertools
import time

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.graph import components, find_cycle, find_path, loop_block


@st.composite
def graphs(draw, most=12):
    size = draw(st.integers(1, most))
    node = st.integers(0, size - 1)
    pairs = draw(st.lists(st.tuples(node, node), max_size=3 * size))
    successors: list[list[int]] = [[] for _ in range(size)]
    for pre, post in pairs:
        successors[pre].append(post)
    return successors


def as_networkx(successors):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(successors)))
    graph.add_edges_from((i, j) for i, nexts in enumerate(successors) for j in nexts)
    return graph


@given(graphs())
def test_components_are_those_of_networkx_in_topological_order(successors):
    found = components(successors)
    assert {frozenset(one) for one in found} == {
        frozenset(one) for one in nx.strongly_connected_components(as_networkx(successors))
    }
    place = {node: i for i, nodes in enumerate(found) for node in nodes}
    assert all(place[i] <= place[j] for i, nexts in enumerate(successors) for j in nexts)


@given(graphs())
def test_ties_go_by_the_order_of_adding(successors):
    """Of all components that could come next, the one with the smallest node comes: networkx's lexicographic order."""
    condensed = nx.condensation(as_networkx(successors))
    first = {i: min(data["members"]) for i, data in condensed.nodes(data=True)}
    wanted = [
        sorted(condensed.nodes[i]["members"])
        for i in nx.lexicographical_topological_sort(condensed, key=lambda i: first[i])
    ]
    assert components(successors) == wanted


@given(graphs(), st.data())
def test_a_path_is_a_shortest_one_and_none_only_where_there_is_none(successors, data):
    start, goal = (data.draw(st.integers(0, len(successors) - 1)) for _ in range(2))
    path = find_path(successors, start, goal)
    graph = as_networkx(successors)
    if not nx.has_path(graph, start, goal):
        assert path is None
        return
    assert path is not None
    assert (path[0], path[-1]) == (start, goal)
    assert all(j in successors[i] for i, j in itertools.pairwise(path))
    assert len(path) - 1 == nx.shortest_path_length(graph, start, goal)


@given(graphs())
def test_a_cycle_closes_and_none_means_there_is_none(successors):
    cycle = find_cycle(successors)
    if cycle is None:
        assert nx.is_directed_acyclic_graph(as_networkx(successors))
        return
    assert len(set(cycle)) == len(cycle)
    assert all(j in successors[i] for i, j in zip(cycle, [*cycle[1:], cycle[0]], strict=True))


@st.composite
def loops(draw):
    """A loop through all nodes and edges beside it, delays in ticks, and a step."""
    size = draw(st.integers(1, 6))
    delay = st.integers(0, 20)
    edges = [(i, (i + 1) % size, draw(delay)) for i in range(size)]
    node = st.integers(0, size - 1)
    edges += draw(st.lists(st.tuples(node, node, delay), max_size=8))
    return size, draw(st.permutations(edges)), draw(st.integers(1, 6))


def without_cycle(size, edges, bound):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from((i, j) for i, j, delay in edges if delay < bound)
    return nx.is_directed_acyclic_graph(graph)


@given(loops())
def test_a_loops_block_is_the_largest_multiple_that_leaves_no_cycle(loop):
    size, edges, step = loop
    block, nodes = loop_block(size, edges, step)
    longest = max(delay for *_, delay in edges)
    sound = [one for one in range(step, longest + step, step) if without_cycle(size, edges, one)]
    assert block == max(sound, default=0)
    if block:
        place = {node: i for i, node in enumerate(nodes)}
        assert sorted(nodes) == list(range(size))
        assert all(place[i] < place[j] for i, j, delay in edges if delay < block)
    else:
        short = {(i, j) for i, j, delay in edges if delay < step}
        assert all(pair in short for pair in zip(nodes, [*nodes[1:], nodes[0]], strict=True))


def test_nodes_without_a_loop_have_no_block():
    with pytest.raises(ValueError, match="form no loop"):
        loop_block(2, [(0, 1, 5)], 1)


LONG = 100_000


def test_a_chain_of_a_hundred_thousand_needs_no_recursion():
    chain = [[i + 1] for i in range(LONG - 1)] + [[]]
    assert components(chain) == [[i] for i in range(LONG)]
    assert find_cycle(chain) is None
    assert find_path(chain, 0, LONG - 1) == list(range(LONG))


def test_a_loop_of_a_hundred_thousand_is_one_block():
    edges = [(i, (i + 1) % LONG, 7 if i == LONG - 1 else 0) for i in range(LONG)]
    assert loop_block(LONG, edges, 2) == (6, list(range(LONG)))


def test_a_hub_of_a_large_loop_costs_no_search_for_each_of_its_edges():
    """One search from a node with 50,000 edges out takes milliseconds; one for each edge would take an hour."""
    size = 50_000
    successors = [list(range(1, size))] + [[(i + 1) % size] for i in range(1, size)]
    began = time.perf_counter()
    assert find_cycle(successors) == [0, size - 1]
    assert time.perf_counter() - began < 10
