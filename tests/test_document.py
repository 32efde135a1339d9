"""Documents: every problem at its line, all at once; and what is written reads back as the same network."""

import hashlib
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphnet import ArrayLayer, DocumentError, Layer, Network, ParameterTypeError, TSContinuous, TSEvent, registry
from graphnet.arrays import Limits, limited
from graphnet.files import to_yaml
from graphnet.layer import declared_ports
from graphnet.starting import schema_text
from graphnet.testing import instance
from layers import LIF, ExpSyn, Linear, PassThrough, Rate, Ridge

WRONG = """\
version: 1
name: wrong
inputs:
  imu: {size: 6}
layers:
  res:
    type: Rate
    weights: {init: uniform, shape: [6, 20], low: -0.5, high: 0.5, seed: 1}
    activation: tahn
    tau: -0.3
  enc: {type: DeltaEncodr, size: 6, threshold: 0.3}
  lif: {type: LIF, weights: [[1, 2]], taumem: 3}
  non: {}
  num: {type: 3}
  abstract: {type: ArrayLayer}
  file: {type: Linear, weights: {file: no.npy, sha256: a}}
  drawn: {type: Linear, weights: {init: normal, shape: [3, 2], sed: 2}}
  a: {type: PassThrough, size: 6}
  b: {type: PassThrough, size: 6}
  c: {type: PassThrough, size: 3}
  "sp ace": {type: PassThrough, size: 3}
edges:
  - imu -> res
  - imu -> a
  - imu -> z
  - a -> b
  - b -> a
  - a => b
  - a -> c
merge:
  a: sum
  bb: sum
outputs: [readout, b]
data: {source: pyt}
fit:
  layer: a
  washout: 0.0005
evaluate:
  signal: aa
run:
  duration: 0.00125
  inputs: {imus: x.npz}
record: [bb, b.v]
"""

SAID = [
    (9, "Rate: activation should be 'relu', 'tanh'"),
    (10, "Rate: tau should be greater than 0, got -0.3"),
    (11, "no layer class named 'DeltaEncodr'; did you mean 'DeltaEncoder'?"),
    (12, "LIF has no parameter 'taumem'; did you mean 'tau_mem'?"),
    (13, "layer 'non' needs a type, such as 'type: LIF'"),
    (14, "layer 'num' needs a type"),
    (15, "no layer class named 'ArrayLayer'"),
    (16, "Linear: weights: cannot read no.npy"),
    (17, "initialiser 'normal': missing a required argument: 'seed'"),
    (21, "'sp ace' cannot be a name in a network"),
    (25, "no layer named 'z' in edge 'imu -> z'"),
    (27, "these wait for each other: a -> b -> a"),
    (28, "cannot read the edge 'a => b'"),
    (29, "a -> c: a emits TSContinuous (6), c accepts TSContinuous (3)"),
    (32, "no layer named 'bb' in merge; did you mean 'b'?"),
    (33, "no layer named 'readout' in network 'wrong'"),
    (34, "no dataset source named 'pyt'; did you mean 'pyts'?"),
    (36, "PassThrough 'a' cannot be trained"),
    (37, "washout 0.0005 s is not a whole number of steps of 0.001 s"),
    (39, "no layer named 'aa' in evaluate; did you mean 'a'?"),
    (40, "run is for a network without trials"),
    (41, "duration 0.00125 s is not a whole number of steps of 0.001 s"),
    (42, "no input named 'imus' in run; did you mean 'imu'?"),
    (43, "record is for a network without trials"),
    (43, "no layer named 'bb' in record; did you mean 'b'?"),
    (43, "no state variable named 'v' in record 'b.v'"),
]


def refused(text, folder, name="net.yaml"):
    path = folder / name
    path.write_text(text)
    with pytest.raises(DocumentError) as caught:
        Network.load(path)
    return path, caught.value


def test_everything_wrong_is_said_at_once_in_order_each_with_file_and_line(tmp_path):
    path, error = refused(WRONG, tmp_path)
    found = [(one.line, one.message) for one in error.problems]
    assert [line for line, _ in found] == [line for line, _ in SAID]
    for (_, message), (line, wanted) in zip(found, SAID, strict=True):
        assert wanted in message, f"line {line}: {message}"
    assert str(error).splitlines()[0].startswith(f"{path}:9:17: layers.res.activation: Rate: activation should")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("name: n\nsede: 3\n", 2, "no key 'sede' here; did you mean 'seed'?"),
        ("inputs:\n  x: {siz: 3}\n", 2, "no key 'siz' here; did you mean 'size'?"),
        ("inputs:\n  x: {}\n", 2, "inputs.x.size is missing"),
        ("inputs:\n  x: {size: 0}\n", 2, "inputs.x.size should be greater than or equal to 1, got 0"),
        ("inputs:\n  x: {size: 1, type: TSSpike}\n", 2, "inputs.x.type should be 'TSContinuous' or 'TSEvent'"),
        ("inputs:\n  x: {size: true}\n", 2, "inputs.x.size should be a whole number, got True"),
        ("version: 2\n", 1, "version 2 of documents is newer than this graphnet, which reads up to 1; install a newer"),
        ("version: 0\n", 1, "version should be greater than or equal to 1, got 0"),
        ("version: true\n", 1, "version should be a whole number, got True"),
        ("graphnet: 1\n", 1, "no key 'graphnet' here; there are: version, params, name"),
        ("layers:\n  a: {class: LIF}\n", 2, "layer 'a' needs a type, such as 'type: LIF'"),
        ("name: a/b\n", 1, "'a/b' cannot be the name of a network"),
        ("seed: 1.5\n", 1, "seed should be a whole number"),
        ("dt: -1\n", 1, "dt should be greater than 0"),
        ("dt: .inf\n", 1, "dt should be a finite number"),
        ("edges: a -> b\n", 1, "edges should be a sequence"),
        ("edges: [3]\n", 1, "edges.0 should be text such as 'a -> b', or a mapping with 'from' and 'to', got 3"),
        ("layers: []\n", 1, "layers should be a mapping"),
        ("layers:\n  a: 3\n", 2, "layers.a should be a mapping"),
        ("layers:\n  3: {type: LIF}\n", 2, "the key 3 is a number; keys are text"),
        ("merge: {a: mean}\n", 1, "merge.a should be 'sum' or 'concat'"),
        (
            "fit: {reset: every, layer: a}\ndata: {source: pyts}\n",
            1,
            "fit.reset should be 'each', 'state', 'time' or 'none'",
        ),
        ("evaluate: {signal: a, decide: max}\n", 1, "evaluate.decide should be 'mean' or 'last'"),
        ("fit: {layr: a}\n", 1, "no key 'layr' here; did you mean 'layer'?"),
        ("fit: {layer: a}\nlayers: {a: {type: Ridge, size_in: 1, size_out: 1}}\n", 1, "fit needs trials"),
        ("run: {duration: 0}\n", 1, "run.duration should be greater than 0"),
        ("data: {source: pyts, dataset: X, dt: 0.1, imput: x}\n", 1, "no option 'imput'; did you mean 'input'?"),
        ("layers:\n  a: {type: Linear}\n", 2, "Linear needs 'weights'"),
        ("layers:\n  a: {type: Linear, weights: [[1, a]]}\n", 2, "weights"),
        ("layers:\n  a: {type: Linear, weights: {inti: normal}}\n", 2, "'init', 'file' or 'csr'"),
        (
            "layers:\n  a: {type: Linear, weights: {init: norml, shape: [1, 1], seed: 1}}\n",
            2,
            "did you mean 'normal'?",
        ),
        ("layers:\n  a: {type: 'nowhere:LIF', weights: [[1]]}\n", 2, "no layer class named 'nowhere:LIF'"),
        ("inputs: {x: {size: 1}}\nlayers:\n  x: {type: PassThrough, size: 1}\n", 3, "has a 'x' already"),
        ("merge: {x: sum}\ninputs: {x: {size: 1}}\n", 1, "no layer named 'x' in merge"),
        ("outputs: [x]\ninputs: {x: {size: 1}}\n", 1, "x is an external input; an output is a layer"),
    ],
)
def test_what_is_mistyped_ends_in_one_line(text, line, said, tmp_path):
    _, error = refused(text, tmp_path)
    first = error.problems[0]
    assert said in f"{first.path} {first.message}"
    assert first.line == line


def test_one_mistake_hides_no_other_of_its_layer_or_section(tmp_path):
    (tmp_path / "net.yaml").write_text("""\
layers:
  a: {type: LowPass, size: 1, tau: -1 ms, tua: 3, dt: fast, noise_std: x}
  b: {use: nowhere.yaml}
run: {duration: 1 s, block: 0, inputs: {z: q.npz}}
""")
    with pytest.raises(DocumentError) as caught:
        Network.load(tmp_path / "net.yaml")
    assert [(one.path, one.line) for one in caught.value.problems] == [
        ("layers.a.tau", 2), ("layers.a.tua", 2), ("layers.a.dt", 2), ("layers.a.noise_std", 2), ("layers.b.use", 3),
        ("run.block", 4), ("run.inputs.z", 4),
    ]  # fmt: skip
    assert "nowhere.yaml: there is no such file" in caught.value.problems[4].message


def test_errors_of_plain_data_say_by_keys_where_they_stand():
    with pytest.raises(DocumentError) as caught:
        Network.from_document(
            {"layers": {"a": {"type": "Rate", "weights": [[1.0]], "tau": -1, "gain": "x"}}, "edges": ["a"]}
        )
    assert [one.path for one in caught.value.problems] == [
        "layers.a.tau",
        "layers.a.gain",
        "edges.0",
    ]
    for wrong in (None, 3, [], "net.yaml"):
        with pytest.raises(ParameterTypeError, match="a document is a mapping"):
            Network.from_document(wrong)


def test_a_loop_is_told_at_the_edge_that_closes_it_even_beside_other_errors(tmp_path):
    text = "layers:\n  a: {type: PassThrough, size: 1}\n  b: {type: PassThrough, size: 1}\nedges:\n"
    _, error = refused(f"{text}  - b -> a\n  - q -> a\n  - a -> b\n", tmp_path)
    assert [(one.line, one.message.partition(":")[0]) for one in error.problems] == [
        (6, "no layer named 'q' in edge 'q -> a'; there are"),
        (7, "these wait for each other"),
    ]


def test_layers_without_a_common_step_are_named_in_the_document(tmp_path):
    text = "layers:\n  a: {type: PassThrough, size: 1}\n  b: {type: PassThrough, size: 1, dt: 0.0010000001}\n"
    _, error = refused(text, tmp_path)
    assert "no sensible common step: a has dt 0.001 s, b has dt 0.0010000001 s" in str(error)


def test_a_wrong_section_does_not_hide_what_is_wrong_elsewhere(tmp_path):
    text = "sede: 1\ninputs:\n  x: {}\nlayers:\n  a: {type: Rate, weights: [[1]], tau: -1}\n  b: 3\n"
    more = "edges: [x -> a, q -> b]\nmerge: {b: sum}\noutputs: [a, b]\ndata: {}\nfit: {layer: b}\n"
    _, error = refused(text + more, tmp_path)
    assert [(one.line, f"{one.path} {one.message}".partition(",")[0]) for one in error.problems] == [
        (1, "sede no key 'sede' here; did you mean 'seed'?"),
        (3, "inputs.x.size is missing"),
        (5, "layers.a.tau Rate: tau should be greater than 0"),
        (6, "layers.b should be a mapping"),
        (7, "edges.1 no layer named 'q' in edge 'q -> b'; there are: x"),
        (10, "data.source is missing"),
    ]


# ---------------------------------------------------------------------- round trips


def concrete():
    registry.layers.load()
    return [cls for _, cls in registry.layers if cls.__module__.startswith("layers.") and issubclass(cls, ArrayLayer)]


NUMBERS = st.floats(0.001, 1e6, allow_nan=False)
DELAYS = st.floats(0.001, 10.0)
"""Longer ones would be refused: what they hold passes the limit."""


@st.composite
def networks(draw):
    """Layers of every class of the library, side by side, driven by inputs of their kind, some chained by a delay."""
    net = Network(name=draw(st.sampled_from(["n", "my net", "ü-1"])), seed=draw(st.integers(-5, 2**40)))
    for i, cls in enumerate(draw(st.lists(st.sampled_from(concrete()), min_size=1, max_size=4))):
        changed = {"dt": draw(st.sampled_from([1e-3, 2e-3, 0.1, 1 / 44100, 1 / 3]))}
        for name, one in cls.parameters().items():
            if one.unit == "s" and name not in ("dt", "refractory", "substep") and draw(st.booleans()):
                changed[name] = draw(DELAYS if name == "delay" else NUMBERS)
        try:
            layer = net.add_layer(instance(cls, **changed), name=f"l{i}")
        except ValueError:
            continue
        ports = declared_ports(layer) or {"": (layer.size_in, layer.input_type)}
        for port, (size, kind) in ports.items() if layer.size_in else ():
            given = net.input(f"x{i}{port}", size, kind)
            delay = draw(st.integers(0, 3)) * layer.dt
            end = f"l{i}.{port}" if port else layer
            net.connect(given, end, delay=delay, merge=draw(st.sampled_from([None, "sum"])))
        if draw(st.booleans()):
            net.output(layer)
    return net


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(net=networks(), suffix=st.sampled_from([".yaml", ".json"]))
def test_a_saved_network_reads_back_as_the_same(net, suffix, tmp_path):
    net.save(tmp_path / f"n{suffix}")
    back = Network.load(tmp_path / f"n{suffix}")
    assert back.to_document() == net.to_document() == Network.from_document(net.to_document()).to_document()
    assert [one.to_dict() | {"name": ""} for one in back.layers.values()] == [
        one.to_dict() | {"name": ""} for one in net.layers.values()
    ]
    assert (back.edges, back.merges, back.inputs, back.outputs) == (net.edges, net.merges, net.inputs, net.outputs)
    assert (back.name, back.seed, back.evol_order) == (net.name, net.seed, net.evol_order)


def test_learned_weights_are_saved_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(1)
    net = Network([Rate(rng.normal(size=(2, 5)), tau=0.01), Ridge(5, 2)])
    x = TSContinuous.from_clocked(rng.normal(size=(300, 2)), 1e-3)
    net.fit(x, rng.normal(size=(300, 2)), layer="ridge", reset="none")
    net.reset_all()
    wanted = net.evolve(x)["ridge"].samples
    for name in ("n.yaml", "n.json"):
        net.save(tmp_path / name)
        assert np.array_equal(Network.load(tmp_path / name).evolve(x)["ridge"].samples, wanted)


def test_files_of_arrays_and_series_are_found_beside_the_document_from_anywhere(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    np.save(folder / "w.npy", np.array([[1.0, 2.0]]))
    TSContinuous.from_clocked(np.ones(5), 1e-3).save(folder / "x.npz")
    digest = hashlib.sha256((folder / "w.npy").read_bytes()).hexdigest()
    (folder / "n.yaml").write_text(
        "inputs: {x: {size: 1}}\n"
        f"layers: {{a: {{type: Linear, weights: {{file: w.npy, sha256: {digest}}}}}}}\n"
        "edges: [x -> a]\nrun: {inputs: {x: x.npz}}\n"
    )
    monkeypatch.chdir(tmp_path)
    net = Network.load("here/n.yaml")
    assert np.array_equal(net["a"].weights, [[1.0, 2.0]])
    (tmp_path / "there").mkdir()
    net.save("there/m.yaml")
    text = Path("there/m.yaml").read_text()
    assert "../here/w.npy" in text
    assert "../here/x.npz" in text
    monkeypatch.chdir(folder)
    with pytest.raises(DocumentError, match="lies outside of the document's folder"):
        Network.load("../there/m.yaml")
    with limited(Limits(allow=(folder,))):
        assert Network.load("../there/m.yaml").to_document() == net.to_document()


def test_a_file_of_one_of_several_arrays_by_name_is_found_beside_the_document_too(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    np.savez(folder / "we.npz", w=np.array([[1.0, 2.0]]))
    digest = hashlib.sha256((folder / "we.npz").read_bytes()).hexdigest()
    text = (
        "inputs: {e: {size: 1, type: TSEvent}}\nlayers:\n  a:\n    type: CubaLIF\n    tau_mem: 0.02\n"
        "    tau_syn: 0.005\n    weights:\n"
        f"      exc: {{file: we.npz, key: w, sha256: {digest}}}\n"
        "      inh: {init: constant, shape: [3, 2], value: -1.0}\n"
        "edges: [e -> a.exc]\n"
    )
    (folder / "n.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    net = Network.load("here/n.yaml")
    assert np.array_equal(net["a"].value("weights")["exc"], [[1.0, 2.0]])
    (tmp_path / "there").mkdir()
    net.save("there/m.yaml")
    saved = Path("there/m.yaml").read_text()
    assert "../here/we.npz" in saved
    assert "value: -1.0" in saved
    monkeypatch.chdir(folder)
    with pytest.raises(DocumentError, match="lies outside of the document's folder"):
        Network.load("../there/m.yaml")
    with pytest.raises(DocumentError, match=r"here/we\.npz: it lies outside of the document's folder"):
        Network.load("../there/m.yaml")
    with limited(Limits(allow=[folder])):
        assert Network.load("../there/m.yaml").to_document() == net.to_document()
    (folder / "n.yaml").write_text(text.replace("we.npz", "no.npz"))
    with pytest.raises(
        DocumentError, match=r"n\.yaml:7:5: layers\.a\.weights: CubaLIF: weights: of 'exc' cannot read no\.npz"
    ):
        Network.load("n.yaml")


class Gain(Layer):
    """A plain layer that a document names."""

    def __init__(self, weights, dt=1e-3, noise_std=0.0, name="unnamed", factor=1.0):
        super().__init__(weights, dt=dt, noise_std=noise_std, name=name)
        if factor < 0:
            raise ArithmeticError("a gain below zero")
        self.factor = factor

    def evolve(self, ts_input=None, duration=None, num_timesteps=None):
        _, rows, steps = self._prepare_input(ts_input, duration, num_timesteps)
        start, self._timestep = self._timestep, self._timestep + steps
        return TSContinuous.from_clocked(self.factor * rows @ self.weights, self.dt, start * self.dt)

    def to_dict(self):
        return {**super().to_dict(), "factor": self.factor}


def test_a_plain_layer_stands_in_a_document_and_its_own_errors_have_its_line(tmp_path):
    net = Network([Gain([[1.0, 2.0]], factor=3.0, name="g")])
    net.save(tmp_path / "n.yaml")
    back = Network.load(tmp_path / "n.yaml")
    assert back.to_document() == net.to_document()
    assert back["g"].factor == 3.0
    for entry, said in (
        ("{type: Gain, weights: [[1]], factor: -1}", "Gain: ArithmeticError: a gain below zero"),
        ("{type: Gain, weights: [[1]], facto: 1}", "facto"),
        ("{type: Gain}", "weights"),
    ):
        _, error = refused(f"layers:\n  g: {entry}\n", tmp_path)
        assert said in error.problems[0].message
        assert error.problems[0].line == 2


def test_a_class_that_two_modules_have_is_named_with_its_module(tmp_path):
    def twin(module):
        return type("Twin", (PassThrough,), {"__module__": module, "__doc__": "x"})

    twin("one"), twin("two")
    _, error = refused("layers:\n  a: {type: Twin, size: 1}\n", tmp_path)
    assert "write one of: one:Twin, two:Twin" in str(error)
    net = Network.from_document({"layers": {"a": {"type": "two:Twin", "size": 1}}})
    assert type(net["a"]).__module__ == "two"
    assert net.to_document()["layers"]["a"]["type"] == "two:Twin"
    registry.layers._found.pop("Twin")


def test_documents_share_nothing_with_the_network_made_of_them():
    data = {
        "layers": {"a": {"type": "PassThrough", "size": 2}},
        "run": {"inputs": {}, "duration": 0.1},
        "record": ["a"],
    }
    net = Network.from_document(data)
    data["record"].append("b")
    net.to_document()["record"].append("c")
    assert net.to_document()["record"] == ["a"]


def test_the_kinds_of_inputs_are_written_and_read():
    net = Network(name="n")
    net.input("x", 2, TSEvent)
    net.add_layer(LIF(np.ones((2, 1)), input_type=TSEvent), name="lif", input_layer="x")
    net.add_layer(ExpSyn(np.ones(1)), name="syn", input_layer="lif")
    net.add_layer(Linear(np.ones((1, 1))), name="out", input_layer="syn")
    back = Network.from_document(net.to_document())
    assert back.inputs == net.inputs
    assert back["lif"].input_type is TSEvent


def test_a_document_states_its_version_and_one_without_is_of_the_first():
    assert next(iter(Network(name="n").to_document().items())) == ("version", 1)
    bare = Network.from_document({"name": "n"}).to_document()
    assert bare == Network.from_document({"version": 1, "name": "n"}).to_document()


def test_a_thousand_layers_load_in_seconds(tmp_path):
    lines = [f"  l{i}: {{type: PassThrough, size: 1}}" for i in range(1000)]
    edges = [f"  - l{i} -> l{i + 1}" for i in range(999)]
    (tmp_path / "n.yaml").write_text("\n".join(["layers:", *lines, "edges:", *edges, ""]))
    began = time.perf_counter()
    net = Network.load(tmp_path / "n.yaml")
    assert time.perf_counter() - began < 5
    assert len(net) == 1000


def test_what_drives_a_run_lies_in_the_folder_of_the_document_unless_another_is_allowed(tmp_path):
    here = tmp_path / "here"
    here.mkdir()
    text = "inputs: {x: {size: 1}}\nlayers: {l: {type: Linear, weights: [[1.0]]}}\nedges: [x -> l]\noutputs: [l]\n"
    (here / "net.yaml").write_text(text + "run: {duration: 0.01, inputs: {x: ../x.npz}}\n")
    with pytest.raises(DocumentError, match=r"run.inputs.x: cannot read ../x.npz: it lies outside of the document's"):
        Network.load(here / "net.yaml")
    with limited(Limits(allow=[tmp_path])):
        assert Network.load(here / "net.yaml").document["run"]["inputs"] == {"x": str(tmp_path / "x.npz")}


def test_a_saved_document_points_editors_to_the_nearest_schema_of_graphnet(tmp_path):
    net = Network([Linear([[1.0]])])
    place = tmp_path / "project" / "out" / "one"
    place.mkdir(parents=True)

    def pointed():
        net.save(place / "net.yaml")
        first, _, rest = (place / "net.yaml").read_text().partition("\n")
        assert rest == to_yaml(net.to_document())
        assert Network.load(place / "net.yaml") == net
        return first.removeprefix("# yaml-language-server: $schema=")

    assert pointed() == "schema.json"  # where graphnet schema would write one
    (tmp_path / "project" / "schema.json").write_text(schema_text())
    assert pointed() == "../../schema.json"
    (place / "schema.json").write_text("{}")  # somebody else's
    assert pointed() == "../../schema.json"
    (place / "schema.json").write_text(schema_text())
    assert pointed() == "schema.json"


def test_of_very_many_problems_the_first_are_told(tmp_path):
    edges = "".join(f"  - a -> b{k}\n" for k in range(3000))
    (tmp_path / "net.yaml").write_text(f"layers: {{a: {{type: Linear, weights: [[1.0]]}}}}\nedges:\n{edges}")
    with pytest.raises(DocumentError) as caught:
        Network.load(tmp_path / "net.yaml")
    assert len(caught.value.problems) == 1001
    assert "there are more than these 1,000 problems" in str(caught.value.problems[-1])
