"""How a document may be written: references, quantities, chains of edges; and where each error points."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from graphnet import DocumentError, Network, TSContinuous
from graphnet.arrays import Limits, limited
from graphnet.cli import status
from graphnet.document import build_source
from graphnet.document.describing import json_schema
from graphnet.experiment import perform
from graphnet.files import apply_settings, parse
from graphnet.quantities import amount


def net_of(text, *settings):
    return build_source(apply_settings(parse(text, file="net.yaml"), settings))


def problems(text, *settings):
    with pytest.raises(DocumentError) as caught:
        net_of(text, *settings)
    return caught.value.problems


def said(text, *settings):
    return [(one.line, one.column, one.path, one.message.partition("\n")[0]) for one in problems(text, *settings)]


# ---------------------------------------------------------------------- where an error points


def test_an_error_shows_the_line_and_points_at_the_column():
    (one,) = problems("layers:\n  a: {type: LowPass, size: 1, tau: -1}\n")
    assert str(one) == (
        "net.yaml:2:36: layers.a.tau: LowPass: tau should be greater than 0, got -1.0 (in s)\n"
        "  2 |   a: {type: LowPass, size: 1, tau: -1}\n"
        "    |                                    ^"
    )


@pytest.mark.parametrize(
    "text",
    ['{"layers": {"é": {}}}', '{\n "layers":\n  {"é": {}}}', "layers: {é: {}}", "layers:\n - &x\n  é: {}\nq: *x"],
)
def test_columns_count_characters_and_the_caret_stands_below_the_key(text):
    source = parse(text, file="net.json", format="json" if text[0] == "{" else "yaml")
    place = ("layers", "é") if "- &x" not in text else ("layers", 0, "é")
    one = source.problem("here", place, key=True)
    line = text.split("\n")[one.line - 1]
    assert line[one.column - 1 :].lstrip('"').startswith("é")
    shown, caret = one.excerpt.split("\n")
    assert shown[caret.index("^")] == line[one.column - 1]


PLACES = """\
layers:
  a: {type: LowPass, size: 1, tau: {init: normal, shape: 1}}
  b: {type: LowPass, siz: 1, tau: "fast"}
  c:
    type: LowPass
    size: 2
    tau:
      -3
  "d!": {type: LowPass, tau: 1, size: 1}
edges: [a -> q]
merge: {q: sum}
run: {duration: &t soon, inputs: {y: y.npz}, blocks: 2}
data:
  source: nitime
  recording: 3
  split: {s: 1}
"""


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_the_caret_stands_below_the_value_or_below_the_key_where_that_is_what_is_wrong(form):
    text = PLACES if form == "yaml" else json.dumps(parse(PLACES).data, indent=1)
    with pytest.raises(DocumentError) as caught:
        build_source(parse(text, file="net.json", format=form))
    lines = text.split("\n")
    pointed = {one.path: lines[one.line - 1][one.column - 1 :] for one in caught.value.problems}
    values = {
        "layers.a.tau": "{", "layers.b.tau": "fast", "layers.c.tau": "-3", "edges.0": "a -> q",
        "run.duration": "&t soon" if form == "yaml" else "soon", "data.recording": "3", "data.split": "{",
    }  # fmt: skip
    keys = {"layers.b.siz": "siz", "merge.q": "q", "run.blocks": "blocks"}
    for path, begins in (values | keys).items():
        assert pointed[path].lstrip('"').startswith(begins), (path, pointed[path])
    for one in caught.value.problems:
        shown, caret = one.excerpt.split("\n")
        assert shown[caret.index("^") :].strip() == lines[one.line - 1][one.column - 1 :].strip()


def test_a_long_line_is_cut_around_the_caret_and_shows_no_control_characters():
    text = "layers: {a: {type: LowPass, tau: 1, size: 1, note: '" + "x" * 500 + "\u200b', siz: 1}}"
    for one in problems(text):
        shown, caret = one.excerpt.split("\n")
        assert len(shown) < 120
        assert shown.isprintable()
        assert shown[caret.index("^") :].startswith(one.path.rpartition(".")[2])


@pytest.mark.parametrize(
    "text",
    [
        "layers:\n  a: {type: LowPass, size: 1, tau: 1, " + "k" * 10**5 + ": 1}\n",
        "layers:\n  a: {type: " + "L" * 10**5 + "}\n",
        "layers:\n  a: {type: LowPass, size: 1, tau: " + "9" * 3000 + "}\n",
        "layers:\n  a: {type: LowPass, size: " + "'" + "x" * 10**6 + "', tau: 1}\n",
        'layers:\n  "\\e[31m\\r\\n": {type: LowPass}\n',
        "outputs: ['" + "n " * 10**5 + "']\n",
        "edges: ['" + "a -> " * 10**5 + "']\n",
        "name: ${" + "a" * 10**5 + "}\n",
    ],
)
def test_what_is_told_of_any_text_is_short_and_obeyed_by_no_terminal(text):
    for one in problems(text):
        assert len(str(one)) < 2000
        assert all(line.isprintable() for line in str(one).split("\n"))


def test_problems_of_one_line_come_in_the_order_of_its_columns():
    found = said("layers: {a: {type: LowPas}, b: {type: LowPass, tau: 1, size: 0}, c: {}}\nedges: [x -> y, q]\n")
    assert [one[:3] for one in found] == [
        (1, 20, "layers.a.type"),
        (1, 62, "layers.b.size"),
        (1, 69, "layers.c"),
        (2, 9, "edges.0"),
        (2, 17, "edges.1"),
    ]


# ---------------------------------------------------------------------- references

PARAMS = """\
params: {rho: 0.9, n: 3, unit: ms, list: [1, 2], half: "${rho}", deep: {tau: 20 ms}}
seed: ${n}
layers:
  a: {type: LowPass, size: "${n}", tau: "${deep.tau}"}
  b: {type: LowPass, size: "${ list.1 }", tau: "${n} ${unit}"}
"""


def test_a_whole_value_keeps_its_type_and_inside_a_text_it_is_written_out():
    net = net_of(PARAMS)
    assert (net["a"].size, net["a"].tau, net["b"].size, net["b"].tau, net.seed) == (3, 0.02, 2, 0.003, 3)
    text = 'params: {t: true, x: 1.5, w: on}\nname: "a${t}-${x}-${w}-$${x}"\n'
    assert net_of(text).name == "atrue-1.5-on-${x}"


def test_a_setting_reaches_a_parameter_by_its_name_alone():
    assert net_of(PARAMS, "params.n=4")["a"].size == net_of(PARAMS, "n=4")["a"].size == 4
    assert net_of(PARAMS, "deep.tau=5 ms")["a"].tau == 0.005
    assert net_of(PARAMS, "seed=9").seed == 9
    (one,) = problems(PARAMS, "rh=1")
    assert str(one) == "--set rh: no key 'rh' here; did you mean 'rho'?"
    (one,) = problems("params: {seed: 1}\n")
    assert one.path == "params.seed"


def test_a_written_network_has_values_and_no_references():
    data = net_of(PARAMS).to_document()
    assert "params" not in data
    assert "${" not in json.dumps(data)
    assert Network.from_document(data).to_document() == data


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("params: {rho: 1}\nname: ${rh}\n", "name",
         "no parameter named 'rh' in params, as ${rh} wants; did you mean 'rho'?"),
        ("params: {a: '${b}', b: '${c}', c: 'x${a}'}\n", "params.c", "${a} refers to itself: a -> b -> c -> a"),
        ("params: {a: '${a}'}\n", "params.a", "${a} refers to itself: a -> a"),
        ("params: {a: [1]}\nname: x${a}\n", "name", "${a} is a list, which cannot stand inside a text"),
        ("params: {a: {b: 1}}\nname: ${a.c}\n", "name", "no key named 'c' in ${a.c}; there are: b"),
        ("params: {a: 1}\nname: ${a.c}\n", "name", "${a.c}: nothing 'c' is inside a single value"),
        ("params: [1]\n", "params", "should be a mapping, got [1]"),
        ("name: ${a}\n", "name", "no parameter named 'a' in params, as ${a} wants; there are none yet"),
        ("name: ${__import__('os')}\n", "name", "no parameter named \"__import__('os')\" in params"),
    ],
)  # fmt: skip
def test_a_reference_to_nothing_or_to_itself_is_told_where_it_stands(text, path, words):
    first = problems(text)[0]
    assert first.path == path
    assert words in first.message


@pytest.mark.parametrize("inside", ["[{0}, {0}]", "'{0}{0}'"])
def test_references_cannot_unfold_a_short_document_into_a_large_one(inside):
    lines = ["params:", "  p0: some text that is of some length", *(
        f"  p{i}: " + inside.format(f"${{p{i - 1}}}").replace("[$", "['$").replace(", $", "', '$").replace("}]", "}']")
        for i in range(1, 40)
    )]  # fmt: skip
    found = problems("\n".join(lines))
    assert any("references add more than 250,000" in one.message or "nests" in one.message for one in found)
    chain = "\n".join(["params:", *(f"  p{i}: ${{p{i + 1}}}" for i in range(2000)), "  p2000: 1"])
    assert "leads through more than 48 references" in problems(chain)[0].message


# ---------------------------------------------------------------------- quantities


@given(st.integers(0, 10**6), st.integers(0, 3))
def test_a_quantity_is_the_float_nearest_to_what_is_written(whole, place):
    text = f"{whole / 10**place:.{place}f}"
    for unit, power in (("s", 0), ("ms", -3), ("us", -6), ("µs", -6), ("ns", -9), ("ks", 3)):
        assert amount(f"{text} {unit}", "s") == float(Fraction(text) * Fraction(10) ** power)
        assert amount(f"{text}{unit}", "s") == amount(f"{text} {unit}", "s")


def test_quantities_stand_wherever_a_parameter_or_a_section_has_a_unit():
    net = net_of("""\
inputs: {x: {size: 1}, e: {size: 1, type: TSEvent}}
layers:
  low: {type: LowPass, size: 2, tau: [10 ms, 20 ms], dt: 1 ms}
  wide: {type: LowPass, size: 2, tau: {init: uniform, shape: 2, low: 5 ms, high: 5 ms, seed: 1}}
  band: {type: Butterworth, size: 1, cutoff: 0.1 kHz, order: 2, dt: 1 ms}
  cell: {type: CubaLIF, weights: {exc: [[1]]}, tau_mem: 20 ms, tau_syn: {exc: 5 ms}}
run: {duration: 50 ms}
""")
    assert net["low"].tau.tolist() == [0.01, 0.02]
    assert net["wide"].tau.tolist() == [0.005, 0.005]
    assert net["band"].cutoff == 100.0
    assert net["cell"].tau_syn["exc"] == 0.005
    assert net.to_document()["layers"]["low"]["tau"] == [0.01, 0.02]


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("layers: {a: {type: LowPass, size: 1, tau: 20 kg}}", "layers.a.tau",
         "LowPass: tau should be a time such as 20 ms, or a number of seconds, got '20 kg'"),
        ("layers: {a: {type: LowPass, size: 1, tau: 20 Hz}}", "layers.a.tau", "a time such as 20 ms"),
        ("layers: {a: {type: LowPass, size: 1, tau: '0.02'}}", "layers.a.tau", "a time such as 20 ms"),
        ("layers: {a: {type: LowPass, size: 1, tau: -20 ms}}", "layers.a.tau", "greater than 0, got -0.02 (in s)"),
        ("layers: {a: {type: Sine, size: 1, frequency: 5 ms}}", "layers.a.frequency",
         "a frequency such as 8 kHz, or a number of hertz, got '5 ms'"),
        ("layers: {a: {type: HH, weights: [[1]], v0: 3 s}}", "layers.a.v0", "its unit such as 1 mV, got '3 s'"),
        ("run: {duration: 5 min}", "run.duration",
         "should be a time such as 20 ms, or a number of seconds, got '5 min'"),
        ("run: {duration: 0 ms}", "run.duration", "should be greater than 0"),
        ("dt: 1e999 s", "dt", "a time such as 20 ms"),
    ],
)  # fmt: skip
def test_what_is_no_quantity_of_the_unit_is_told_with_the_unit(text, path, words):
    (one,) = problems(text)
    assert one.path == path
    assert words in one.message


# ---------------------------------------------------------------------- edges

ENDS = "layers:\n" + "".join(f"  {name}: {{type: PassThrough, size: 2}}\n" for name in "abcd")
WIDE = ENDS + "  e: {type: PassThrough, size: 4}\n"


def test_a_chain_is_its_edges_and_a_delay_belongs_to_the_edge_that_it_ends():
    net = net_of(ENDS + "edges: ['a[0:1] -> b[1] @ 5 ms', 'a -> c @ 5 ms -> d -> b[0:2] @ 1 ms']\nmerge: {b: sum}\n")
    assert [str(one) for one in net.edges] == [
        "a[0] -> b[1] @ 5 ms",
        "a -> c @ 5 ms",
        "c -> d",
        "d -> b @ 1 ms",
    ]


def test_a_mapping_joins_each_of_its_ends_with_what_they_have_in_common():
    net = net_of(WIDE + "edges: [{from: [a, b], to: e, merge: concat, delay: 5 ms}, {from: a, to: [c, 'd[0:2]']}]\n")
    assert [str(one) for one in net.edges] == ["a -> e @ 5 ms", "b -> e @ 5 ms", "a -> c", "a -> d"]
    assert net.merges == {"e": "concat"}
    data = net.to_document()
    assert data["edges"] == [str(one) for one in net.edges]
    assert data["merge"] == {"e": "concat"}
    assert Network.from_document(data).to_document() == data


@pytest.mark.parametrize(
    ("edges", "path", "words"),
    [
        ("['a -> b[0:1] -> c']", "edges.0", "the channels of 'b' could be those that it is given or those"),
        ("[a -> b -> ]", "edges.0", "cannot read 'b -> ' in 'a -> b ->'"),
        ("[a -> q -> c]", "edges.0", "no layer named 'q' in edge 'a -> q'"),
        ("[{from: a}]", "edges.0.to", "is missing"),
        ("[{form: a, to: b}]", "edges.0.form", "no key 'form' here; did you mean 'from'?"),
        ("[{from: a @ 5 ms, to: b}]", "edges.0", "cannot read the edge"),
        ("[{from: [], to: b}]", "edges.0", "an edge leads from at least one layer to at least one"),
        ("[{from: a, to: b, delay: 5 kg}]", "edges.0.delay", "a time such as 20 ms"),
        ("[{from: a, to: b, delay: -1}]", "edges.0.delay", "greater than or equal to 0"),
        ("[{from: a, to: b, merge: mean}]", "edges.0.merge", "should be 'sum' or 'concat', got 'mean'"),
        ("[{from: [a, c], to: b, merge: sum}, {from: d, to: b, merge: concat}]", "edges.1",
         "declared merge 'sum' already"),
    ],
)  # fmt: skip
def test_an_edge_that_cannot_be_read_is_told_at_its_place(edges, path, words):
    (first, *more) = problems(f"{ENDS}edges: {edges}\n")
    assert (first.path, [one.path for one in more if not one.path.startswith("edges.0")]) == (path, [])
    assert words in first.message


def test_the_command_tells_problems_with_their_places(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.yaml").write_text("params: {rho: 1}\nlayers:\n  a: {type: LowPass, size: 1, tau: '${roh}'}\n")
    assert status(["check", "n.yaml"]) == 2
    assert capfd.readouterr().err.splitlines()[:3] == [
        "n.yaml:3:36: layers.a.tau: no parameter named 'roh' in params, as ${roh} wants; did you mean 'rho'?",
        "  3 |   a: {type: LowPass, size: 1, tau: '${roh}'}",
        "    |                                    ^",
    ]


# ---------------------------------------------------------------------- runs

RUN = """\
inputs: {{x: {{size: 1}}}}
layers: {{a: {{type: LowPass, tau: 20 ms, noise_std: 1.0}}, b: {{type: LowPass, tau: 20 ms}}}}
edges: [x -> a -> b]
record: [x, a, b.v]
run: {{duration: 300 ms, inputs: {{x: {file}}}{how}}}
"""


def test_how_a_run_goes_is_written_in_the_document_and_changes_no_bit(tmp_path):
    TSContinuous.from_clocked(np.ones((300, 1)), 1e-3).save(tmp_path / "x.npz")
    with limited(Limits(allow=[tmp_path])):
        whole, pieces = (
            perform(net_of(RUN.format(file=str(tmp_path / "x.npz"), how=how)))
            for how in ("", ", block: 7, backend: threads, workers: 2")
        )
    first, second = whole.activity, pieces.activity
    assert first is not None and second is not None
    assert sorted(first) == sorted(second) == ["a", "b.v", "x"]
    assert all(np.array_equal(first[name].samples, second[name].samples) for name in first)
    data = net_of(RUN.format(file="x.npz", how=", block: 7, checkpoint: 50 ms")).to_document()
    assert data["run"] == {"duration": "300 ms", "inputs": data["run"]["inputs"], "block": 7, "checkpoint": "50 ms"}
    assert Network.from_document(data).to_document() == data
    (one,) = problems(RUN.format(file="x.npz", how=", backend: thread"))
    assert (one.path, one.message) == (
        "run.backend",
        "should be 'serial', 'threads' or 'dask', got 'thread'",
    )


# ---------------------------------------------------------------------- the schema


def test_a_stock_validator_takes_every_way_of_writing_and_refuses_what_is_none():
    validator = Draft202012Validator(json_schema())
    for text in (PARAMS, WIDE + "edges: [a -> b -> c, {from: [a, b], to: e, merge: concat, delay: 5 ms}]"):
        assert [one.message for one in validator.iter_errors(parse(text).data)] == []
    sound = """
params: {n: 3}
seed: ${n}
inputs: {x: {size: "${n}"}}
layers:
  a: {type: LowPass, tau: [10 ms, 20 ms, "${n}"], dt: 1 ms}
  b: {use: front.yaml, set: {n: 3}}
  c: {type: Butterworth, cutoff: 0.1 kHz, order: "${n}"}
  d: {type: CubaLIF, weights: {exc: [[1]]}, tau_mem: 20 ms, tau_syn: {exc: 5 ms}}
run: {duration: 50 ms}
"""
    data = parse(sound).data
    assert [one.message for one in validator.iter_errors(data)] == []
    for wrong in (
        "layers: {a: {type: LowPass, size: 1, tau: fast}}",
        "layers: {a: {type: LowPass, size: 3 ms, tau: 1}}",
        "layers: {a: {use: front.yaml, tau: 1}}",
        "layers: {a: {}}",
        "edges: [{from: a}]",
        "edges: [{from: a, to: b, by: c}]",
        "edges: [3]",
        "run: {duration: soon}",
        "seed: 20 ms",
    ):
        assert not validator.is_valid(parse(wrong).data), wrong


FLAWED = """\
version: 1
name: a
name: b
inputs: {x: {size: 2}}
layers:
  low: {type: LowPas, size: 2}
  fast: {type: LowPass, size: 2, tau: !!python/object 3}
  slow: {type: LowPass, size: 2, tau: -1.0}
  1: {type: Scale, size: 2}
edges: [x -> lo]
"""


def test_a_key_written_twice_is_told_with_everything_else_in_the_order_of_the_document(tmp_path):
    (tmp_path / "net.yaml").write_text(FLAWED)
    with pytest.raises(DocumentError) as caught:
        Network.load(tmp_path / "net.yaml")
    said = [(one.line, one.message) for one in caught.value.problems]
    assert [line for line, _ in said] == [3, 6, 7, 8, 9, 10]
    for (_, message), part in zip(
        said,
        ("'name' stands twice", "did you mean 'LowPass'", "!!python/object means nothing", "greater than 0",
         "keys are text", "no layer named 'lo'"),
        strict=True,
    ):  # fmt: skip
        assert part in message


def test_the_same_of_json(tmp_path):
    text = '{"version": 1, "name": "a",\n "name": "b",\n "layers": {"low": {"type": "LowPas"}},\n "edges": [NaN]}'
    (tmp_path / "net.json").write_text(text)
    with pytest.raises(DocumentError) as caught:
        Network.load(tmp_path / "net.json")
    assert [one.line for one in caught.value.problems] == [2, 3, 4]


def test_a_document_that_is_used_tells_its_key_written_twice_too(tmp_path):
    (tmp_path / "inner.yaml").write_text("inputs: {x: {size: 1}}\nseed: 1\nseed: 2\nlayers: {a: {type: Scal}}\n")
    (tmp_path / "net.yaml").write_text("layers: {in: {use: inner.yaml}, b: {type: Rat}}\n")
    with pytest.raises(DocumentError) as caught:
        Network.load(tmp_path / "net.yaml")
    assert [(Path(one.file).name, one.line) for one in caught.value.problems] == [
        ("inner.yaml", 3), ("inner.yaml", 4), ("net.yaml", 1),
    ]  # fmt: skip
