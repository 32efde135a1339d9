"""Initialisers: the same numbers everywhere from a seed, the statistics they state, and arguments checked by name."""

import json
import math
import os
import subprocess
import sys
import textwrap
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from graphnet import registry
from graphnet.arrays import Limits, array_definitions, initialiser, initialiser_arguments, limited, literal, resolve
from graphnet.arrays.initialising import DISTRIBUTIONS
from graphnet.errors import GraphnetError, ParameterError, ParameterTypeError, UnknownName
from layers import Linear

HOUSE = (
    "constant",
    "diagonal",
    "glorot",
    "he",
    "identity",
    "lognormal",
    "normal",
    "orthogonal",
    "reservoir",
    "sparse",
    "spectral_radius",
    "uniform",
)
seeds = st.integers(-(2**63), 2**64 - 1)
sides = st.integers(1, 7)
small = st.floats(-10, 10)
DISTRIBUTED = st.one_of(
    small,
    st.fixed_dictionaries({"init": st.just("normal")}, optional={"mean": small, "scale": st.floats(0, 3)}),
    st.fixed_dictionaries({"init": st.just("uniform")}, optional={"low": st.floats(-3, -1), "high": st.floats(-1, 3)}),
    st.fixed_dictionaries({"init": st.just("lognormal")}, optional={"median": st.floats(0.1, 2)}),
    st.fixed_dictionaries({"init": st.just("constant"), "value": small}),
)
FORMS = {
    "shape": st.one_of(sides, st.lists(sides, min_size=1, max_size=2)),
    "sides": st.lists(sides, min_size=2, max_size=2),
    "slice": st.sampled_from(["0:1", ":", ":1"]),
    "values": DISTRIBUTED,
    "array": st.just([[0.0, 2.0], [1.0, 0.5]]),
    "flag": st.booleans(),
}


@st.composite
def specs(draw):
    """A description by any initialiser of the house, each argument from what is declared of it."""
    name = draw(st.sampled_from(HOUSE))
    spec = {"init": name}
    for key, one in initialiser_arguments(name).items():
        if not (one.required or key == "seed" or draw(st.booleans())):
            continue
        if one.form in FORMS:
            spec[key] = draw(FORMS[one.form])
        elif key == "seed":
            spec[key] = draw(seeds)
        elif one.form == "whole":
            spec[key] = draw(sides) if key == "size" else 0
        else:
            spec[key] = draw(st.floats(0.3, 1.0))
    assume(spec.get("low", -1.0) <= spec.get("high", 1.0))
    return spec


def bits(array):
    dense = array if isinstance(array, np.ndarray) else array.toarray()
    return dense.dtype.str, dense.shape, dense.tobytes()


# ---------------------------------------------------------------- laws of all


@settings(deadline=None)
@given(spec=specs())
def test_what_is_declared_of_an_initialiser_is_what_it_takes_and_json_changes_nothing(spec):
    try:
        found = resolve(spec)
    except ParameterError as error:
        assert "has no loop to scale" in str(error)
        return
    assert found.dtype == np.float64
    assert np.isfinite(bits(found)[0] and (found if isinstance(found, np.ndarray) else found.data)).all()
    assert bits(resolve(json.loads(json.dumps(spec)))) == bits(found)


@settings(deadline=None, max_examples=30)
@given(spec=specs().filter(lambda one: one["init"] in ("normal", "uniform", "sparse", "glorot", "orthogonal")))
def test_a_layer_is_written_as_what_its_weights_were_drawn_from_and_read_again(spec):
    layer = Linear(spec)
    written = json.loads(json.dumps(layer.to_dict()))
    assert written["weights"] == spec
    assert bits(type(layer).load_from_dict(written).value("weights")) == bits(layer.value("weights"))


def test_every_initialiser_gives_the_same_bits_in_another_process_with_another_hash_seed():
    size = {"shape": [6, 4], "size": 30}
    chosen = [
        {"init": name, "seed": 3}
        | {key: size[key] for key in ("shape", "size") if key in initialiser_arguments(name)}
        | ({"density": 0.4} if "density" in initialiser_arguments(name) else {})
        for name in HOUSE
        if "seed" in initialiser_arguments(name)
    ]
    chosen.append({"init": "sparse", "shape": [9, 9], "seed": 1, "density": 0.5, "value": {"init": "lognormal"}})
    code = (
        "import json, sys; from graphnet.arrays import resolve, literal\n"
        "for spec in json.load(sys.stdin): sys.stdout.write(json.dumps(literal(resolve(spec))) + '\\n')"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(chosen),
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7"},
    )
    assert said.stdout.splitlines() == [json.dumps(literal(resolve(spec))) for spec in chosen]


@pytest.mark.parametrize(
    ("spec", "first"),
    [
        ({"init": "uniform", "shape": 1, "seed": 1}, 0.40308102037648696),
        ({"init": "normal", "shape": 1, "seed": 1}, -0.48914146449927354),
        ({"init": "sparse", "shape": [1, 99], "density": 0.1, "seed": 1}, [6, 63]),
    ],
)
def test_the_first_draws_of_seed_one_are_pinned(spec, first):
    """A change of them changes what every document means."""
    found = resolve(spec)
    assert (found.indices[:2].tolist() if spec["init"] == "sparse" else found[0]) == first


@given(seed=st.integers(0, 999), other=st.integers(0, 999))
def test_another_seed_draws_other_numbers(seed, other):
    assume(seed != other)
    for name in ("normal", "uniform", "lognormal"):
        spec = {"init": name, "shape": 3, "seed": seed}
        assert not np.any(resolve(spec) == resolve({**spec, "seed": other}))


# ---------------------------------------------------------------- statistics

N = 100_000


def close(found, wanted, deviation, count=N):
    """Within five standard errors."""
    return abs(found - wanted) < 5 * deviation / math.sqrt(count)


def test_normal_entries_have_their_mean_and_lognormal_ones_their_median_and_spread():
    x = resolve({"init": "normal", "shape": N, "seed": 5, "mean": 3.0, "scale": 0.5})
    assert close(x.mean(), 3.0, 0.5)
    assert close(x.std(), 0.5, 0.5 / math.sqrt(2))
    logs = np.log(resolve({"init": "lognormal", "shape": N, "seed": 5, "median": 2.0, "sigma": 0.7}))
    assert close(logs.mean(), math.log(2.0), 0.7)
    assert close(logs.std(), 0.7, 0.7 / math.sqrt(2))


def test_glorot_and_he_have_the_variances_of_their_papers():
    """Glorot and Bengio 2010: 2 / (M + N). He et al. 2015: 2 / M. Variances of N draws within five standard errors."""
    m, n = 200, 500
    even = resolve({"init": "glorot", "shape": [m, n], "seed": 2})
    assert close(even.var() * (m + n) / 2, 1.0, math.sqrt(4 / 5))  # the fourth moment of even numbers is 9/5
    assert np.abs(even).max() <= math.sqrt(6 / (m + n))
    assert close(resolve({"init": "he", "shape": [m, n], "seed": 2}).var() * m / 2, 1.0, math.sqrt(2))
    doubled = resolve({"init": "glorot", "shape": [m, n], "seed": 2, "gain": 2.0})
    assert np.allclose(doubled, 2 * even, rtol=1e-15, atol=1e-17)


@given(rows=st.integers(1, 12), columns=st.integers(1, 12), seed=seeds, gain=st.floats(0.1, 10))
def test_the_shorter_side_of_an_orthogonal_matrix_is_orthonormal(rows, columns, seed, gain):
    w = resolve({"init": "orthogonal", "shape": [rows, columns], "seed": seed, "gain": gain}) / gain
    square = w @ w.T if rows < columns else w.T @ w
    assert np.allclose(square, np.eye(min(rows, columns)), atol=1e-13)


def test_orthogonal_matrices_are_drawn_evenly():
    """The trace of an even draw from O(n) has mean 0 and variance 1 (Diaconis and Shahshahani 1994)."""
    traces = [np.trace(resolve({"init": "orthogonal", "shape": [5, 5], "seed": seed})) for seed in range(2000)]
    assert close(np.mean(traces), 0.0, 1.0, 2000)
    assert close(np.var(traces), 1.0, math.sqrt(2), 2000)


@given(size=st.integers(1, 9), seed=seeds, data=st.data(), wrap=st.booleans(), value=DISTRIBUTED)
def test_a_diagonal_leads_from_each_unit_to_the_one_at_its_offset(size, seed, data, wrap, value):
    offset = data.draw(st.integers(1 - size, size - 1))
    spec = {"init": "diagonal", "size": size, "value": value, "offset": offset, "wrap": wrap, "seed": seed}
    w = resolve(spec).toarray()
    main = resolve({**spec, "offset": 0}).toarray().diagonal()  # a unit's own draw, wherever it leads
    for unit in range(size):
        wanted = np.zeros(size)
        if wrap or 0 <= unit + offset < size:
            wanted[(unit + offset) % size] = main[unit]
        assert np.array_equal(w[unit], wanted)


@given(rows=sides, columns=sides)
def test_the_identity_is_that(rows, columns):
    assert np.array_equal(resolve({"init": "identity", "shape": [rows, columns]}), np.eye(rows, columns))
    assert np.array_equal(resolve({"init": "identity", "shape": rows, "gain": -2}), -2 * np.eye(rows))


# ---------------------------------------------------------------- sparse values and ranges


@given(seed=seeds, density=st.floats(0.05, 1.0), low=st.integers(0, 20), value=DISTRIBUTED)
def test_the_values_of_a_row_depend_on_the_seed_and_its_own_number_alone(seed, density, low, value):
    spec = {"init": "sparse", "shape": [30, 25], "density": density, "seed": seed, "value": value}
    whole, part = resolve(spec), resolve({**spec, "rows": f"{low}:30"})
    assert np.array_equal(part.toarray()[low:], whole.toarray()[low:])
    assert np.array_equal(whole.indices, resolve({**spec, "value": 1}).indices)


@given(seed=seeds, density=st.floats(0.05, 1.0), left=st.integers(0, 10), width=st.integers(1, 15))
def test_columns_are_the_only_ones_that_have_entries(seed, density, left, width):
    spec = {"init": "sparse", "shape": [20, 25], "density": density, "seed": seed}
    found = resolve({**spec, "columns": f"{left}:{left + width}"}).toarray()
    assert not found[:, :left].any()
    assert not found[:, left + width :].any()
    narrow = resolve({**spec, "shape": [20, width]}).toarray()
    assert np.array_equal(found[:, left : left + width], narrow)


def test_the_values_of_a_sparse_matrix_have_their_distribution():
    w = resolve(
        {
            "init": "sparse",
            "shape": [1000, 1000],
            "density": 0.1,
            "seed": 8,
            "value": {"init": "normal", "mean": 1.0, "scale": 0.5},
        }
    )
    assert close(w.data.mean(), 1.0, 0.5, w.nnz)
    assert close(w.data.std(), 0.5, 0.5 / math.sqrt(2), w.nnz)
    assert abs(np.corrcoef(w.data[:-1], w.data[1:])[0, 1]) < 5 / math.sqrt(w.nnz)


# ---------------------------------------------------------------- spectral radius


@given(seed=seeds, radius=st.floats(0.1, 3), size=st.integers(2, 30))
def test_any_square_matrix_can_be_given_its_spectral_radius_and_keeps_its_form(seed, radius, size):
    drawn = {"init": "sparse", "shape": [size, size], "density": 1.0, "seed": seed, "value": {"init": "uniform"}}
    for of in (drawn, {"init": "normal", "shape": [size, size], "seed": seed}, [[1.0, -2.0], [0.5, 3.0]]):
        found = resolve({"init": "spectral_radius", "of": of, "radius": radius})
        before = resolve(of) if isinstance(of, dict) else np.array(of)
        assert type(found) is type(before)
        dense = found if isinstance(found, np.ndarray) else found.toarray()
        assert np.max(np.abs(np.linalg.eigvals(dense))) == pytest.approx(radius, rel=1e-6)


# ---------------------------------------------------------------- what is refused

SPARSE = {"init": "sparse", "shape": [5, 5], "seed": 1, "density": 0.5}


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"init": "normal", "shape": 3, "seed": 1, "scale": -1}, "scale must be at least 0, got -1"),
        ({"init": "normal", "shape": 3, "seed": 2**64}, "seed must be at least -9223372036854775808 and below"),
        ({"init": "normal", "shape": 3, "seed": 10**5000}, "got a whole number of 16610 bits"),
        ({"init": "normal", "shape": 10**5000, "seed": 1}, "shape must be of sides up to 2147483647"),
        ({"init": "normal", "shape": 3, "seed": 1, "mean": 10**400}, "mean must be a finite number, got a"),
        ({"init": "normal", "shape": [3] * 10**6, "seed": 1}, "shape must be N, [N] or [M, N]"),
        ({"init": "normal", "shape": "\x1b[2J" * 99, "seed": 1}, r"got '\x1b[2J"),
        ({"init": "normal", "shape": 3, "seed": 1, "den\x07": 1}, r"unexpected keyword argument 'den\x07'"),
        ({"init": "normal", "shape": 3, "seed": 1, 5: 1}, "unexpected keyword argument 5"),
        ({"init": "normal", "sed": 1, "scael": "x"}, "(did you mean 'seed'?); got an unexpected"),
        ({"init": "uniform", "shape": 3, "seed": 1, "low": 2, "high": 1}, "low must be at most high, got 2.0 and 1.0"),
        ({"init": "lognormal", "shape": 3, "seed": 1, "median": 0}, "median must be above 0"),
        ({"init": "orthogonal", "shape": 3, "seed": 1}, "shape must be [M, N]"),
        ({"init": "diagonal", "size": 3, "offset": 3}, "offset must be within the size, 3, got 3"),
        ({"init": "diagonal", "size": 3, "wrap": 1}, "wrap must be true or false, got 1"),
        ({"init": "diagonal", "size": 3, "value": {"init": "normal"}}, "missing a required argument: 'seed'"),
        ({"init": "diagonal", "size": 3, "value": "x"}, "value must be a finite number, got 'x'"),
        ({"init": "spectral_radius", "of": {"file": "w.npy"}}, "not a file"),
        ({"init": "spectral_radius", "of": [[0, 1], [0, 0]]}, "of has no loop to scale"),
        ({"init": "spectral_radius", "of": [[1, 2]]}, "of must be a square matrix, got shape [1, 2]"),
        ({"init": "spectral_radius", "of": [[1], [2, 3]]}, "of must be rows of numbers"),
        ({**SPARSE, "columns": "0:6"}, "columns must be a slice within 0:5"),
        ({**SPARSE, "value": {"init": "he"}}, "no distribution named 'he'"),
        (
            {**SPARSE, "value": {"init": "normal", "shape": 3}},
            "value: distribution 'normal': got an unexpected keyword argument 'shape'",
        ),
    ],
)  # fmt: skip
def test_an_argument_that_cannot_be_is_named_with_what_it_may_be(spec, says):
    with pytest.raises((ParameterError, UnknownName)) as caught:
        resolve(spec)
    assert says in str(caught.value)
    assert len(str(caught.value)) < 700
    assert str(caught.value).replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "spec",
    [
        {"init": "constant", "shape": [2**31 - 1, 2**31 - 1]},
        {"init": "normal", "shape": [10**5, 10**5], "seed": 1},
        {"init": "uniform", "shape": 2**30, "seed": 1},
        {"init": "orthogonal", "shape": [10**5, 10**5], "seed": 1},
        {"init": "identity", "shape": 10**5},
        {"init": "diagonal", "size": 2**31 - 1},
        {"init": "reservoir", "size": 10**6, "seed": 1},
        {"init": "sparse", "shape": [10**6, 10**6], "density": 0.01, "seed": 1},
        {"init": "sparse", "shape": [2**31 - 1, 1], "density": 1e-9, "seed": 1},
    ],
)
def test_no_line_of_a_document_asks_for_more_than_the_limit(spec):
    with pytest.raises(ParameterError, match=r"bytes; at most 1073741824 may be drawn"):
        resolve(spec)
    with limited(Limits(drawn=799)), pytest.raises(ParameterError, match="shape 100 asks for 800 bytes; at most 799"):
        resolve({"init": "constant", "shape": 100})


def test_many_arrays_that_are_small_alone_are_counted_together():
    one = {"init": "constant", "shape": 100}
    ring = {"init": "diagonal", "size": 50}
    with limited(Limits(total=2400)):
        for spec in (one, ring, ring):
            resolve(spec)
        with pytest.raises(ParameterError, match=r"all arrays have 3200 bytes; together at most 2400 may be held"):
            resolve(one)
    with limited(Limits(total=2400)):  # each count is its own
        for _ in range(3):
            resolve(one)
    for _ in range(10):
        resolve(one)


def test_a_very_wide_sparse_matrix_takes_room_for_its_entries_alone():
    w = resolve({"init": "sparse", "shape": [100, 2**31 - 1], "density": 1e-9, "seed": 1})
    assert 100 < w.nnz < 400
    assert w.indices.max() > 2**30


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["init", "shape", "seed", "size", "density", "value", "of", "rows", "offset"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(HOUSE),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["init", "scale"]), inner),
            max_leaves=4,
        ),
    ).map(lambda one: {"init": "sparse", **one})
)
def test_no_description_ends_in_an_error_of_another_house(spec):
    try:
        with limited(Limits(drawn=2**20)):
            found = resolve(spec)
    except GraphnetError as error:
        assert str(error).replace("\n", "").isprintable()
    else:
        assert found.shape


# ---------------------------------------------------------------- by others


def test_another_package_brings_an_initialiser_by_its_entry_point(tmp_path):
    (tmp_path / "stranger.py").write_text(
        textwrap.dedent('''
        from __future__ import annotations

        from typing import Annotated, Literal

        import annotated_types as at
        import numpy as np

        from graphnet.arrays import Draws, Seed, Sides, initialiser


        @initialiser("signs")
        def signs(shape: Sides, seed: Seed, share: Annotated[float, at.Gt(0), at.Lt(1)] = 0.5,
                  kind: Literal["both", "up"] = "both"):
            """Entries 1 and -1."""
            u = Draws(seed).uniform(*shape)
            return np.where(u < share, 1.0, -1.0 if kind == "both" else 0.0)
        ''')
    )
    about = tmp_path / "stranger-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[graphnet.layers]\nstranger = stranger\n")
    code = textwrap.dedent("""
        import json
        from graphnet.arrays import array_definitions, resolve
        from graphnet.errors import GraphnetError

        def said(**spec):
            try:
                return resolve({"init": "signs", "shape": [2, 3], "seed": 1, **spec}).tolist()
            except GraphnetError as error:
                return error.message

        found = [said(), said(share=2), said(kind="down"), said(init="sings")]
        print(json.dumps([found, array_definitions()["initialiser.signs"]]))
    """)
    where = os.pathsep.join(one for one in (str(tmp_path), os.environ.get("PYTHONPATH", "")) if one)
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": where}
    )
    (values, *refused), schema = json.loads(ran.stdout)
    assert {abs(one) for row in values for one in row} == {1.0}
    assert refused == [
        "initialiser 'signs': share must be above 0 and below 1, got 2",
        "initialiser 'signs': kind must be one of both, up, got 'down'",
        "no initialiser named 'sings'; did you mean 'signs'?",
    ]
    assert schema["description"] == "Entries 1 and -1."
    assert schema["properties"]["share"] == {
        "type": "number",
        "exclusiveMinimum": 0,
        "exclusiveMaximum": 1,
        "default": 0.5,
    }
    assert schema["properties"]["kind"] == {"enum": ["both", "up"], "default": "both"}
    assert schema["required"] == ["init", "shape", "seed"]


def test_an_annotation_that_a_document_cannot_write_is_refused_on_its_line():
    with pytest.raises(ParameterTypeError, match=r"weird: at is annotated .*complex"):

        @initialiser("weird")
        def weird(at: complex):
            return np.zeros(1)

    assert "weird" not in dict(registry.initialisers)


def test_what_the_initialiser_of_another_raises_or_returns_is_told_with_its_name():
    def broken(size: int = 1):
        if size < 1:
            return np.array([None]) if size else [1.0]
        return np.ones(1) / (size - size)

    try:
        initialiser("broken_here")(broken)
        with pytest.raises(ParameterError, match="initialiser 'broken_here': RuntimeWarning"):
            resolve({"init": "broken_here"})
        for size, given_back in ((-1, r"array\(\[None\]"), (0, r"\[1\.0\]")):
            with pytest.raises(ParameterError, match=f"'broken_here': it should give an array .*, got {given_back}"):
                resolve({"init": "broken_here", "size": size})
    finally:
        registry.initialisers._found.pop("broken_here")


# ---------------------------------------------------------------- for editors


def test_the_schema_states_every_argument_of_every_initialiser_as_it_is_checked():
    found = array_definitions()
    json.dumps(found)
    assert {f"initialiser.{name}" for name in HOUSE} <= set(found)
    for name in HOUSE:
        schema = found[f"initialiser.{name}"]
        arguments = initialiser_arguments(name)
        assert list(schema["properties"]) == ["init", *arguments]
        assert schema["required"] == ["init", *(key for key, one in arguments.items() if one.required)]
        assert schema["description"].endswith((".", ",")) or schema["description"]
        for key, one in arguments.items():
            for word, wrong in (("exclusiveMinimum", 0.0), ("minimum", -1.0), ("exclusiveMaximum", 0.0)):
                limit = schema["properties"][key].get(word)
                if limit is not None and one.form in ("number", "ratio"):
                    with pytest.raises(ParameterError, match=f"{key} must be"):
                        one.check(limit + wrong)
    assert {one["properties"]["init"]["const"] for one in found["distribution"]["oneOf"]} == set(DISTRIBUTIONS)


@cache
def validator():
    """A stock validator of JSON Schema for arrays."""
    drafted = pytest.importorskip("jsonschema").Draft202012Validator
    schema = {"$ref": "#/$defs/array", "$defs": array_definitions()}
    drafted.check_schema(schema)
    return drafted(schema)


def valid(spec):
    return validator().is_valid(spec)


@settings(deadline=None, max_examples=60)
@given(spec=specs(), data=st.data())
def test_a_stock_validator_takes_what_we_take_and_refuses_with_us(spec, data):
    assert valid(spec)
    bounds = {"exclusiveMinimum": 0, "minimum": -1, "exclusiveMaximum": 0, "maximum": 1}
    schema = array_definitions()[f"initialiser.{spec['init']}"]["properties"]
    wrong = [{**spec, "sede": 1}, {**spec, "init": f"{spec['init']}s"}]
    wrong += [
        {key: value for key, value in spec.items() if key != left} for left in spec if left in ("shape", "size", "of")
    ]
    for key, said in schema.items():
        wrong += [{**spec, key: said[word] + beyond} for word, beyond in bounds.items() if word in said]
        wrong += [{**spec, key: {"not": "any"}}] if key != "init" else []
    one = data.draw(st.sampled_from(wrong))
    with pytest.raises((ParameterError, UnknownName)):
        resolve(one)
    assert not valid(one)


@pytest.mark.parametrize(
    ("spec", "right"),
    [
        (0.5, True),
        ([1, 2.5], True),
        ([[1, 2], [3, 4]], True),
        ({"file": "w.npz#w", "sha256": "00"}, True),
        ({"file": "w.csv", "key": 3}, True),
        ({"csr": {"shape": [2, 2], "data": [1.0], "indices": [0], "indptr": [0, 1, 1]}}, True),
        ({"init": "sparse", "shape": [3, 3], "seed": 1, "density": 0.1, "value": {"init": "normal"}}, True),
        ({"init": "sparse", "shape": [3, 3], "seed": 1, "density": 0.1, "value": {"init": "normal", "seed": 1}}, False),
        ({"file": "w.npy", "sha265": "00"}, False),
        ({"file": 5}, False),
        ({"csr": {"shape": [2, 2]}}, False),
        ({"intit": "normal"}, False),
        ("w.npy", False),
        (True, False),
    ],
)
def test_each_form_of_an_array_stands_in_the_schema(spec, right):
    assert valid(spec) == right
