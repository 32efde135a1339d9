"""Sizes that follow from the edges, and the documents that a document uses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import DocumentError, Network
from graphnet.arrays import Limits, limited
from graphnet.document import build_source
from graphnet.files import apply_settings, parse


def net_of(text, *settings):
    return build_source(apply_settings(parse(text, file="net.yaml"), settings))


def problems(text):
    with pytest.raises(DocumentError) as caught:
        net_of(text)
    return caught.value.problems


# ---------------------------------------------------------------------- sizes

IN = "inputs: {x: {size: 3}, y: {size: 2}, e: {size: 4, type: TSEvent}}\n"


def test_sizes_follow_from_the_edges_whatever_the_order_of_the_document():
    net = net_of(
        IN
        + """\
layers:
  out: {type: Ridge, size_out: 2}
  low: {type: LowPass, tau: 20 ms}
  res:
    type: Rate
    weights: {init: normal, size: 10, seed: 1}
    weights_rec: {init: reservoir, seed: 2}
    bias: {init: uniform, seed: 3}
  all: {type: Concat}
  cell:
    type: CubaLIF
    weights: {exc: {init: constant, size: 5, value: 1}, inh: {init: glorot, size: 5, seed: 1}}
    tau_mem: 20 ms
    tau_syn: {exc: 5 ms, inh: 10 ms}
  rls: {type: RLS}
  spikes: {type: ExpSyn, weights: {init: diagonal, value: 2}}
edges:
  - x -> low -> res
  - {from: [res, low, y], to: all}
  - all -> out
  - e -> cell.exc
  - cell -> cell.inh @ 5 ms
  - all -> rls.x
  - y -> rls.target
  - cell -> spikes
"""
    )
    assert (net["low"].size_in, net["res"].weights.shape, net["res"].weights_rec.shape) == (3, (3, 10), (10, 10))
    assert (net["res"].bias.shape, net["all"].size, net["out"].size_in) == ((10,), 15, 15)
    assert [one.shape for one in net["cell"].value("weights").values()] == [(4, 5), (5, 5)]
    assert (net["rls"].features, net["rls"].size_out, net["spikes"].size) == (15, 2, 5)
    data = net.to_document()
    assert data["layers"]["res"]["weights"] == {"init": "normal", "shape": [3, 10], "seed": 1}
    assert Network.from_document(data).to_document() == data
    assert list(net.layers) == ["out", "low", "res", "all", "cell", "rls", "spikes"]


@given(st.permutations(range(6)), st.integers(1, 4))
def test_a_chain_infers_the_same_in_any_order(order, size):
    text = f"inputs: {{x: {{size: {size}}}}}\nlayers:\n" + "".join(
        f"  l{i}: {{type: DeltaEncoder, threshold: 1}}\n" if i == 5 else f"  l{i}: {{type: LowPass, tau: 1}}\n"
        for i in order
    )
    net = net_of(text + "edges: [x -> l0 -> l1 -> l2 -> l3 -> l4 -> l5]\n")
    assert {one.size_in for one in net.layers.values()} == {size}
    assert net["l5"].size_out == 2 * size
    assert list(net.layers) == [f"l{i}" for i in order]


def test_in_a_loop_the_size_comes_from_what_is_known():
    loop = "layers: {a: {type: LowPass, tau: 1}, b: {type: LowPass, tau: 1}}\n"
    net = net_of(IN + loop + "edges: [x -> a -> b, b -> a @ 5 ms]\nmerge: {a: sum}\n")
    assert (net["a"].size, net["b"].size) == (3, 3)
    first, second = problems(loop + "edges: [a -> b, b -> a @ 5 ms]\n")
    assert "the size of 'a' does not follow: that of 'b', which leads to it, does not either" in first.message
    assert "the size of 'b' does not follow: that of 'a'" in second.message


@pytest.mark.parametrize(
    ("layers", "edges", "path", "words"),
    [
        ("a: {type: LowPass, tau: 1}", "[x -> a, y -> a]", "layers.a", "'x -> a' brings 3 channels, 'y -> a' 2"),
        ("a: {type: LowPass, tau: 1}", "['x[0:2] -> a[0:2]']", "layers.a", "leads to some of its channels"),
        ("a: {type: LowPass, tau: 1}", "['x[0:9] -> a']", "layers.a", "x has channels 0 to 2"),
        ("a: {type: LowPass, tau: 1}", "[]", "layers.a", "LowPass needs 'size'"),
        ("a: {type: LowPass, tau: 1}", "[q -> a]", "layers.a", "nothing of known size leads to it"),
        ("a: {type: Noise}", "[]", "layers.a", "Noise needs 'size'"),
        ("a: {type: Concat}, b: {type: PassThrough}", "[x -> a, b -> a, a -> b @ 5 ms]", "layers.a",
         "the size of 'b', one of those that it concatenates, does not follow"),
        ("a: {type: Linear, weights: {init: normal, seed: 1}}", "[x -> a]", "layers.a.weights", "shape"),
    ],
)  # fmt: skip
def test_a_size_that_does_not_follow_is_told_with_the_reason(layers, edges, path, words):
    first = problems(f"{IN}layers: {{{layers}}}\nedges: {edges}\n")[0]
    assert first.path == path
    assert words in first.message


def test_a_layer_to_which_nothing_leads_is_told_that_an_edge_would_say_its_size():
    for entry in ("{type: LowPass, tau: 1}", "{type: Linear, weights: {init: normal, size: 3, seed: 1}}"):
        (one,) = problems(f"layers: {{a: {entry}}}\n")
        assert one.message.endswith("hint: a size may follow from an edge that leads to the layer, and none does")


def test_what_follows_from_a_wrong_layer_is_not_told_as_well():
    (one,) = problems(IN + "layers: {a: {type: LowPas}, b: {type: LowPass, tau: 1}}\nedges: [x -> a -> b]\n")
    assert one.path == "layers.a.type"


def test_a_mismatch_says_both_sizes_and_where_each_comes_from():
    (one,) = problems(
        IN + "layers:\n  a: {type: LowPass, tau: 1}\n  b: {type: PassThrough, size: 2}\nedges: [x -> a, a -> b]\n"
    )
    assert one.message.split("; say")[0] == (
        "a -> b: a emits TSContinuous (3), b accepts TSContinuous (2)\n"
        "  hint: the sizes come from a: as 'x -> a' says and layers.b.size, line 4"
    )


# ---------------------------------------------------------------------- documents in documents

FRONT = """\
params: {n: 2}
inputs: {x: {size: "${n}"}}
layers:
  filter: {type: LowPass, tau: 20 ms}
  gain: {type: Linear, weights: {init: identity, shape: "${n}"}}
edges: [x -> filter -> gain]
outputs: [gain]
"""
OUTER = """\
inputs: {x: {size: 3}}
layers:
  front: {use: parts/front.yaml, set: {n: 3, layers.filter.tau: 5 ms}}
  again: {use: parts/front.yaml, set: {params.n: 3}}
  out: {type: Ridge, size_out: 1}
edges: [x -> front.x, front.gain -> again.x, again.gain -> out]
outputs: [out]
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "front.yaml").write_text(FRONT)
    return tmp_path


def refused(text):
    with pytest.raises(DocumentError) as caught:
        net_of(text)
    return str(caught.value)


def test_a_document_uses_another_with_its_values_changed(files):
    net = net_of(OUTER)
    assert list(net.layers) == ["front.filter", "front.gain", "again.filter", "again.gain", "out"]
    assert (net["front.filter"].tau, net["again.filter"].tau, net["out"].size_in) == (0.005, 0.02, 3)
    assert list(net.ports) == ["front.x", "again.x"]
    data = net.to_document()
    assert Network.from_document(data).to_document() == data
    python = Network(name="python")
    python.input("x", 3)
    python.add_network(net_of(FRONT, "n=3", "layers.filter.tau=5 ms"), name="front")
    assert python["front.filter"].to_dict() == net["front.filter"].to_dict()


def test_a_problem_inside_has_its_own_place_and_one_of_a_setting_that_of_the_setting(files):
    said = refused("layers:\n  front: {use: parts/front.yaml, set: {layers.filter.tau: -5 ms}}\n  b: {type: LowPas}\n")
    assert said.startswith("net.yaml:2:59: layers.front.set.layers.filter.tau: LowPass: tau should be greater than 0")
    assert "net.yaml:3:13: layers.b.type: no layer class named 'LowPas'" in said
    assert "did you mean 'filter'" in refused("layers: {f: {use: parts/front.yaml, set: {layers.filtr.tau: 1}}}")
    (files / "parts" / "bad.yaml").write_text("layers:\n  a: {type: LowPas}\n")
    said = refused("layers: {front: {use: parts/bad.yaml}}\nedges: [front.x -> front.y]\n")
    assert said.startswith("parts/bad.yaml:2:13: layers.a.type: no layer class named 'LowPas'")
    assert said.count("\n") == 2


def test_documents_do_not_use_each_other_in_a_circle_nor_without_end(files):
    (files / "a.yaml").write_text("layers: {b: {use: b.yaml}}\n")
    (files / "b.yaml").write_text("layers: {a: {use: a.yaml}}\n")
    assert "documents use each other in a circle: a.yaml -> b.yaml -> a.yaml" in refused("layers: {a: {use: a.yaml}}")
    (files / "net.yaml").write_text("layers: {n: {use: net.yaml}}\n")
    with pytest.raises(DocumentError, match=r"in a circle: net\.yaml -> net\.yaml"):
        Network.load("net.yaml")
    for i in range(20):
        (files / f"c{i}.yaml").write_text(f"layers: {{n: {{use: c{i + 1}.yaml}}}}\n")
    assert "more than 16 deep" in refused("layers: {a: {use: c0.yaml}}")
    for i in range(12):
        (files / f"c{i}.yaml").write_text(
            "layers: {" + ", ".join(f"n{k}: {{use: c{i + 1}.yaml}}" for k in "ab") + "}\n"
        )
    (files / "c12.yaml").write_text("name: end\n")
    assert "more than 250 documents are used in all" in refused("layers: {a: {use: c0.yaml}}")


def test_a_document_outside_of_the_folder_is_not_used_unless_allowed(files, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "front.yaml").write_text(FRONT)
    (files / "link.yaml").symlink_to(elsewhere / "front.yaml")
    for name in ("link.yaml", str(elsewhere / "front.yaml"), f"../{elsewhere.name}/front.yaml"):
        text = f"layers: {{f: {{use: {name}}}}}\n"
        assert "outside of the document's folder" in refused(text)
        with limited(Limits(allow=[elsewhere])):
            assert list(net_of(text).layers) == ["f.filter", "f.gain"]


@pytest.mark.parametrize(
    ("entry", "path", "words"),
    [
        ("{use: none.yaml}", "layers.f.use", "there is no such file"),
        ("{use: 3}", "layers.f.use", "use should be the name of a document"),
        ("{use: parts}", "layers.f.use", "names no document format"),
        ("{use: parts/front.yaml, sett: {}}", "layers.f.sett", "no key 'sett' beside 'use'; did you mean 'set'?"),
        ("{use: parts/front.yaml, set: [n]}", "layers.f.set", "should be a mapping"),
    ],
)
def test_a_use_that_cannot_be_is_told_at_its_place(files, entry, path, words):
    (one,) = problems(f"layers: {{f: {entry}}}\nedges: [f.gain -> f.x]\n")
    assert one.path == path
    assert words in one.message


def test_sections_speak_of_layers_inside_a_used_document(files):
    text = OUTER.replace("outputs: [out]", "outputs: [front.gain]\nrecord: [again.filter.v, front.gain]\n")
    net = net_of(text + "run: {duration: 10 ms}\n")
    assert (net.outputs, net.document["record"]) == (("front.gain",), ["again.filter.v", "front.gain"])
    (one,) = problems(text.replace("again.filter.v", "again.filtr.v"))
    assert (one.path, "did you mean 'again.filter'?" in one.message) == ("record.0", True)


def test_what_is_wrong_in_a_document_that_is_used_twice_is_said_once(files):
    (files / "parts" / "front.yaml").write_text(FRONT.replace("tau: 20 ms", "tau: 20 kg"))
    assert [(one.file, one.line) for one in problems(OUTER.replace(", layers.filter.tau: 5 ms", ""))] == [
        ("parts/front.yaml", 4)
    ]
