"""A document and its network say the same, for random networks that hold every layer, nested or not."""

import math
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet import ArrayLayer, Network, registry
from graphnet.files import parse, to_json, to_yaml
from graphnet.testing import instance
from tests.laws.networks import array_recipes, flat, nested, recipes


def as_text(data, form):
    """A document as a file of a format holds it."""
    return parse(to_yaml(data) if form == "yaml" else to_json(data), format=form).data


@settings(max_examples=40)
@given(recipes, st.sampled_from([flat, nested]), st.sampled_from(["yaml", "json"]))
def test_a_written_network_is_a_document_that_is_written_the_same(recipe, build, form):
    net = build(recipe)
    data = net.to_document()
    back = Network.from_document(as_text(data, form))
    assert back.to_document() == data
    assert (back.edges, back.merges, back.evol_order) == (net.edges, net.merges, net.evol_order)
    assert (back.inputs, back.ports, back.outputs) == (net.inputs, net.ports, net.outputs)


@settings(max_examples=40)
@given(recipes, st.integers(0, 2**32))
def test_a_document_means_the_same_in_every_order_of_its_keys(recipe, seed):
    """Of mappings; the order of edges counts, and that of layers decides among equals."""
    data = flat(recipe).to_document()
    shuffled = {name: data[name] for name in random.Random(seed).sample(list(data), len(data))}
    shuffled["layers"] = {name: dict(reversed(entry.items())) for name, entry in data.get("layers", {}).items()}
    assert Network.from_document(shuffled).to_document() == data


@settings(max_examples=40)
@given(array_recipes)
def test_times_written_with_units_and_edges_as_mappings_mean_the_same(recipe):
    data = flat(recipe).to_document()
    other = {**data, "layers": {}, "edges": [], "merge": {}}
    for name, entry in data["layers"].items():
        known = registry.layers.get(entry["type"]).parameters()
        other["layers"][name] = {
            key: f"{value!r} s" if key in known and known[key].unit == "s" and isinstance(value, float) else value
            for key, value in entry.items()
        }
    for text in data.get("edges", ()):
        ends, _, delay = text.partition(" @ ")
        pre, post = ends.split(" -> ")
        merge = data.get("merge", {}).get(post.partition("[")[0])
        other["edges"].append(
            {"from": [pre], "to": post, **({"delay": delay} if delay else {}), **({"merge": merge} if merge else {})}
        )
    assert Network.from_document(other).to_document() == data


def test_every_registered_layer_is_written_and_read_with_every_parameter_stated():
    registry.layers.load()
    for name, cls in registry.layers:
        if not (issubclass(cls, ArrayLayer) and cls.__module__.startswith("layers.")):
            continue
        layer = instance(cls)
        stated = {key: value for key, value in layer.to_dict().items() if key not in ("name", "class_name")}
        net = Network.from_document({"layers": {"a": {"type": name, **stated}}})
        again = net["a"].to_dict()
        assert {**again, "name": ""} == {**layer.to_dict(), "name": ""}, name
        data = net.to_document()
        assert Network.from_document(data).to_document() == data
        assert all(math.isfinite(one) for one in stated.values() if isinstance(one, float))
