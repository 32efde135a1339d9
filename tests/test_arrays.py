"""Arrays in documents: each form is read to the same array everywhere, and a bad one is refused in words."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from graphnet.arrays import Draws, is_spec, literal, read_only, resolve
from graphnet.arrays.drawing import places_in
from graphnet.errors import GraphnetError, ParameterError, UnknownName

floats = st.floats(allow_nan=False, allow_infinity=False)


# ---------------------------------------------------------------- literals


@given(st.lists(st.lists(floats, min_size=3, max_size=3), min_size=1, max_size=4))
def test_a_literal_keeps_every_bit(rows):
    array = np.array(rows)
    assert np.array(json.loads(json.dumps(literal(array)))).tobytes() == array.tobytes()
    assert literal(array[0, 0].item()) == array[0, 0]


@given(seed=st.integers(0, 99), density=st.floats(0, 1), rows=st.integers(1, 8), columns=st.integers(1, 8))
def test_a_sparse_literal_comes_back(seed, density, rows, columns):
    matrix = csr_array(random_array((rows, columns), density=density, rng=np.random.default_rng(seed)))
    spec = json.loads(json.dumps(literal(matrix)))
    again = resolve(spec)
    assert is_spec(spec)
    assert again.shape == matrix.shape
    for part in ("data", "indices", "indptr"):
        assert getattr(again, part).tolist() == getattr(matrix, part).tolist()


GOOD = {"shape": [2, 2], "data": [1.0], "indices": [0], "indptr": [0, 1, 1]}


@pytest.mark.parametrize(
    "parts",
    [
        {**GOOD, "indices": [2]},
        {**GOOD, "indices": [-1]},
        {**GOOD, "indices": [0.5]},
        {**GOOD, "indptr": [0, 1]},
        {**GOOD, "indptr": [0, 2, 1]},
        {**GOOD, "data": ["a"]},
        {**GOOD, "shape": [2]},
        {**GOOD, "shape": 3},
        {**GOOD, "more": 1},
        {"data": [1.0]},
        [1, 2],
        5,
    ],
)
def test_a_sparse_literal_that_is_no_csr_is_refused(parts):
    with pytest.raises(ParameterError, match="sparse matrix"):
        resolve({"csr": parts})


def test_another_mapping_is_refused_with_what_it_has():
    with pytest.raises(ParameterError, match=r"'init', 'file' or 'csr', got keys \['intit'\]"):
        resolve({"intit": "normal"})
    with pytest.raises(ParameterError, match="sparse matrix"):
        resolve({"csr": GOOD, "scale": 2})


def test_read_only_leaves_the_original_alone():
    array = np.zeros(2)
    view = read_only(array)
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    array[0] = 1
    assert view[0] == 1


# ---------------------------------------------------------------- files


def stored(folder, name="w.npz", **arrays):
    np.savez(folder / name, **arrays)
    return {"file": name, "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}


def test_a_file_is_read_by_hash_and_key(tmp_path):
    w = np.arange(6.0).reshape(2, 3)
    spec = stored(tmp_path, w=w, v=np.ones(2))
    assert np.array_equal(resolve({**spec, "key": "w"}, tmp_path), w)
    np.save(tmp_path / "one.npy", w)
    one = {"file": "one.npy", "sha256": hashlib.sha256((tmp_path / "one.npy").read_bytes()).hexdigest()}
    assert np.array_equal(resolve(one, tmp_path), w)


def test_another_hash_gives_the_way_out_and_none_is_needed(tmp_path):
    spec = stored(tmp_path, w=np.ones(2))
    assert np.array_equal(resolve({"file": "w.npz", "key": "w"}, tmp_path), np.ones(2))
    for wrong in ("00", None, 5, spec["sha256"][:-1]):
        with pytest.raises(ParameterError, match="states another sha256: the file has changed") as caught:
            resolve({**spec, "key": "w", "sha256": wrong}, tmp_path)
        assert f"sha256: {spec['sha256']}" in caught.value.hint
        assert "w.npz" in str(caught.value)


def test_a_file_that_is_not_there_or_not_readable_is_named(tmp_path):
    with pytest.raises(ParameterError, match=r"cannot read none\.npz: No such file"):
        resolve({"file": "none.npz"}, tmp_path)
    whole = stored(tmp_path, w=np.ones(100))
    content = (tmp_path / whole["file"]).read_bytes()
    objects = tmp_path / "objects.npy"
    np.save(objects, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    for name, bytes_ in [("cut.npz", content[:60]), ("text.npz", b"hello"), ("none.npy", b""), ("o.npy", None)]:
        (tmp_path / name).write_bytes(objects.read_bytes() if bytes_ is None else bytes_)
        digest = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        with pytest.raises(ParameterError, match=f"{name} holds no array that can be read"):
            resolve({"file": name, "sha256": digest}, tmp_path)


def test_an_unknown_key_offers_what_there_is(tmp_path):
    spec = stored(tmp_path, weights=np.ones(2))
    with pytest.raises(UnknownName, match="did you mean 'weights'"):
        resolve({**spec, "key": "weight"}, tmp_path)
    with pytest.raises(UnknownName, match="there are: weights"):
        resolve(spec, tmp_path)
    with pytest.raises(ParameterError, match=r"not \['sha265'\]"):
        resolve({"file": "w.npz", "sha265": "00"}, tmp_path)


# ---------------------------------------------------------------- initialisers


def test_initialisers_give_the_same_numbers_in_every_process():
    specs = [
        {"init": "normal", "shape": [3, 4], "seed": 1, "scale": 0.5, "density": 0.5},
        {"init": "uniform", "shape": 5, "seed": 1, "low": 0, "high": 2},
        {"init": "constant", "shape": [2], "value": 0.1},
        {"init": "sparse", "shape": [50, 80], "seed": 1, "density": 0.1},
    ]
    code = (
        "import sys; from graphnet.arrays import resolve\n"
        f"for spec in {specs}: sys.stdout.write(getattr(resolve(spec), 'indices', resolve(spec)).tobytes().hex())"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "".join(getattr(resolve(spec), "indices", resolve(spec)).tobytes().hex() for spec in specs)


def test_the_first_normal_of_seed_one_is_pinned():
    """A change of it changes what every document means."""
    assert resolve({"init": "normal", "shape": 1, "seed": 1})[0] == -0.48914146449927354


def test_the_shape_is_as_asked():
    for shape, wanted in [(3, (3,)), ([3], (3,)), ([2, 3], (2, 3)), (np.int64(3), (3,)), ([1, 1], (1, 1))]:
        for name in ("normal", "uniform"):
            assert resolve({"init": name, "shape": shape, "seed": 1}).shape == wanted
        assert resolve({"init": "constant", "shape": shape}).shape == wanted


def test_normals_have_their_spread_uniforms_their_bounds_and_both_their_density():
    """100,000 entries; each statistic within 5 standard errors."""
    n = 100_000
    x = resolve({"init": "normal", "shape": n, "seed": 3, "scale": 2.0, "density": 0.3})
    u = resolve({"init": "uniform", "shape": n, "seed": 3, "low": 1.0, "high": 4.0, "density": 0.3})
    for found in (x, u):
        assert abs(np.mean(found != 0) - 0.3) < 5 * np.sqrt(0.3 * 0.7 / n)
    some = x[x != 0]
    assert abs(some.std() / 2.0 - 1) < 5 / np.sqrt(2 * len(some))
    some = u[u != 0]
    assert 1 < some.min() < some.max() < 4
    assert abs(some.mean() - 2.5) < 5 * 3 / np.sqrt(12 * len(some))


@given(rows=st.integers(1, 60), columns=st.integers(1, 60), density=st.floats(1e-300, 1.0), seed=st.integers(0, 99))
def test_a_sparse_matrix_is_csr_in_order_and_a_row_does_not_depend_on_the_others(rows, columns, density, seed):
    spec = {"init": "sparse", "shape": [rows, columns], "density": density, "value": -9.0, "seed": seed}
    whole = resolve(spec)
    assert whole.shape == (rows, columns)
    assert whole.has_canonical_format
    assert np.all(whole.data == -9.0)
    low = rows // 3
    part = resolve({**spec, "rows": f"{low}:{rows}"}).toarray()
    assert not part[:low].any()
    assert np.array_equal(part[low:], whole.toarray()[low:])


@pytest.mark.parametrize("density", [0.002, 0.02, 0.5, 1.0])
def test_a_sparse_matrix_has_independent_entries_of_its_density(density):
    """Counts of rows and of columns are binomial: means within 5 standard errors, and variances too."""
    m, n = 3000, 500
    matrix = resolve({"init": "sparse", "shape": [m, n], "density": density, "seed": 4})
    assert abs(matrix.nnz - m * n * density) <= 5 * np.sqrt(m * n * density * (1 - density))
    for counts, of in ((np.diff(matrix.indptr), n), (np.bincount(matrix.indices, minlength=n), m)):
        wanted = of * density * (1 - density)
        assert abs(counts.var() - wanted) <= 5 * wanted * np.sqrt(2 / len(counts)) + 5 * np.sqrt(wanted / len(counts))
    first = np.bincount(matrix.indices[matrix.indptr[:-1][np.diff(matrix.indptr) > 0]], minlength=2)
    assert abs(first[0] - m * density) <= 5 * np.sqrt(m * density * (1 - density))


def test_rows_with_more_entries_than_were_drawn_at_first_are_drawn_to_their_end():
    long, short = (places_in(Draws(7), 0, 40, 300, 0.5, most) for most in (300, 4))
    assert np.array_equal(long[:, :100], short[:, :100])
    assert np.all(short[:, -1] >= 300)


@pytest.mark.parametrize("rows", ["0:11", "5:5", "6:5", "3", "a:b", "-1:3", ":11", 3, [0, 3], None])
def test_rows_that_are_no_slice_of_the_matrix_are_named(rows):
    spec = {"init": "sparse", "shape": [10, 4], "density": 0.5, "seed": 1, "rows": rows}
    if rows is None:
        assert resolve(spec).nnz > 0
        return
    with pytest.raises(ParameterError, match="rows must be a slice within 0:10"):
        resolve(spec)


def test_a_sparse_matrix_has_two_sides():
    with pytest.raises(ParameterError, match=r"shape must be \[M, N\] with whole numbers above 0, got 5"):
        resolve({"init": "sparse", "shape": 5, "density": 0.5, "seed": 1})


@given(size=st.integers(20, 60), seed=st.integers(0, 99), radius=st.floats(0.1, 2))
def test_a_reservoir_has_the_spectral_radius_asked_for(size, seed, radius):
    w = resolve({"init": "reservoir", "size": size, "seed": seed, "spectral_radius": radius, "density": 0.3})
    assert np.max(np.abs(np.linalg.eigvals(w))) == pytest.approx(radius, rel=1e-9)


def test_a_reservoir_without_a_loop_is_refused():
    with pytest.raises(ParameterError, match="has no loop to scale"):
        resolve({"init": "reservoir", "size": 2, "seed": 0, "density": 1e-9})


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"shape": 3, "seed": 1, "scale": "x"}, "scale must be a finite number, got 'x'"),
        ({"shape": 3, "seed": 1, "scale": np.nan}, "scale must be a finite number"),
        ({"shape": 3, "seed": 1, "scale": True}, "scale must be a finite number"),
        ({"shape": 3, "seed": 1.5}, "seed must be a whole number, got 1.5"),
        ({"shape": 3, "seed": "1"}, "seed must be a whole number"),
        ({"shape": 3, "seed": None}, "seed must be a whole number"),
        ({"shape": 3, "seed": 1, "density": 0.0}, "density must be above 0 and at most 1"),
        ({"shape": 3, "seed": 1, "density": 1.5}, "density must be above 0 and at most 1"),
        ({"shape": [2, 3, 4], "seed": 1}, r"shape must be N, \[N\] or \[M, N\]"),
        ({"shape": 0, "seed": 1}, "shape must be"),
        ({"shape": [2.0, 3], "seed": 1}, "shape must be"),
        ({"shape": "3", "seed": 1}, "shape must be"),
        ({"shape": None, "seed": 1}, "shape must be"),
        ({"shape": [True], "seed": 1}, "shape must be"),
        ({"shape": 3}, "missing a required argument: 'seed'"),
        ({"shape": 3, "seed": 1, "sacle": 2}, "unexpected keyword argument 'sacle'"),
    ],
)
def test_a_bad_argument_of_an_initialiser_is_named(spec, says):
    with pytest.raises(ParameterError, match=says):
        resolve({"init": "normal", **spec})


@pytest.mark.parametrize(
    ("name", "says"), [("nromal", "did you mean 'normal'"), ([1], "no initialiser named"), (None, "named 'None'")]
)
def test_an_unknown_initialiser_is_named(name, says):
    with pytest.raises(UnknownName, match=says):
        resolve({"init": name, "shape": 3})


@given(
    st.dictionaries(st.sampled_from(["init", "file", "csr", "shape", "seed", "key"]), st.none() | floats | st.text())
)
def test_no_mapping_ever_ends_in_an_error_of_another_house(spec):
    try:
        resolve(spec)
    except GraphnetError as error:
        assert str(error)
    else:
        raise AssertionError(f"{spec} was read as an array")
