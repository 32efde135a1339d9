"""Products: the same bits however the rows are cut, whatever lies in memory before them, and the right numbers."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from graphnet.blas import OneThread, one_blas_thread
from graphnet.blocks import Events, between, sort_events
from graphnet.products import SMALL, TILE, columns, multiply

STEPS = 150
SHAPES = {
    "small": (20, 30),
    "at the limit": (64, SMALL // 64),
    "above the limit": (64, SMALL // 64 + 1),
    "large": (300, 200),
    "one column": (3000, 1),
    "one row": (1, 3000),
    "odd": (129, 67),
    "two columns": (1500, 2),
}
DTYPES = ["float64", "float32"]
CUTS = [1, 7, 63, TILE, 100]


@pytest.fixture(autouse=True)
def one_thread():
    with one_blas_thread():
        yield


def dense(shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def sparse(shape, dtype="float64", seed=0):
    matrix = csr_array(random_array(shape, density=0.2, rng=np.random.default_rng(seed)))
    matrix.sum_duplicates()
    return matrix.astype(dtype)


def events(channels, seed=0, start=500):
    rng = np.random.default_rng(seed)
    step = start + rng.integers(0, STEPS, 2000)
    return sort_events(step.astype(np.int64), rng.integers(0, channels, 2000).astype(np.int32))


def product(x, matrix, start=0, steps=None, tiled=True):
    steps = len(x) if steps is None else steps
    out = np.full((steps, columns(matrix)), np.nan, dtype=matrix.dtype)  # what a buffer held before does not matter
    assert multiply(x, matrix, out, start, tiled) is out
    return out


def in_pieces(x, matrix, cut, tiled=True):
    return np.concatenate([product(x[low : low + cut], matrix, tiled=tiled) for low in range(0, len(x), cut)])


def matrices(dtype):
    found = {name: dense(shape, dtype) for name, shape in SHAPES.items()}
    found["diagonal"] = dense((90,), dtype)
    found["sparse"] = sparse((200, 150), dtype)
    return found


FORMS = list(matrices("float64"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("tiled", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_any_cut_of_the_rows_gives_the_same_bits(form, tiled, dtype):
    matrix = matrices(dtype)[form]
    x = dense((STEPS, matrix.shape[0]), dtype, seed=1)
    whole = product(x, matrix, tiled=tiled)
    for cut in CUTS:
        assert in_pieces(x, matrix, cut, tiled).tobytes() == whole.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=25)
@given(cuts=st.sets(st.integers(1, STEPS - 1), max_size=6), seed=st.integers(0, 3))
def test_uneven_cuts_give_the_same_bits(form, dtype, cuts, seed):
    matrix = matrices(dtype)[form]
    x = dense((STEPS, matrix.shape[0]), dtype, seed)
    edges = [0, *sorted(cuts), STEPS]
    parts = [product(x[low:high], matrix) for low, high in pairwise(edges)]
    assert np.concatenate(parts).tobytes() == product(x, matrix).tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS)
def test_where_the_rows_lie_in_memory_changes_no_bit(form, dtype):
    matrix = matrices(dtype)[form]
    x = dense((STEPS, matrix.shape[0]), dtype, seed=2)
    whole = product(x, matrix)
    for shift in (1, 3, 4, 8):
        room = np.empty(x.size + shift, dtype=dtype)
        moved = room[shift:].reshape(x.shape)
        moved[:] = x
        assert product(moved, matrix).tobytes() == whole.tobytes()
    moved.flags.writeable = False
    assert product(moved, matrix).tobytes() == whole.tobytes()
    assert product(np.asfortranarray(x), matrix).tobytes() == whole.tobytes()
    assert product(np.repeat(x, 2, axis=0)[::2], matrix).tobytes() == whole.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS)
def test_products_are_right(form, dtype):
    """A sum of M terms errs by at most M eps times the sum of their moduli (Higham 2002, section 3.1)."""
    matrix = matrices(dtype)[form]
    x = dense((STEPS, matrix.shape[0]), dtype, seed=3)
    full = np.diag(matrix) if matrix.ndim == 1 else (matrix if isinstance(matrix, np.ndarray) else matrix.toarray())
    exact = x.astype(np.longdouble) @ full.astype(np.longdouble)
    bound = len(full) * np.finfo(dtype).eps * (np.abs(x) @ np.abs(full))
    for tiled in (True, False):
        found = product(x, matrix, tiled=tiled)
        assert found.dtype == dtype
        assert np.all(np.abs(found - exact) <= bound)


@pytest.mark.parametrize("kind", ["int64", "int8", "bool", "float32", "float64"])
@pytest.mark.parametrize("form", FORMS)
def test_a_block_is_cast_once_to_the_type_of_the_matrix(form, kind):
    x = np.random.default_rng(0).integers(0, 2, size=(10, matrices("float64")[form].shape[0])).astype(kind)
    for dtype in DTYPES:
        matrix = matrices(dtype)[form]
        assert product(x, matrix).tobytes() == product(x.astype(dtype), matrix).tobytes()


@pytest.mark.parametrize("form", FORMS)
def test_no_rows_give_no_rows(form):
    matrix = matrices("float64")[form]
    assert product(np.zeros((0, matrix.shape[0])), matrix).shape == (0, columns(matrix))


# ---------------------------------------------------------------- events


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS)
def test_events_are_gathered_to_the_same_bits_at_any_cut(form, dtype):
    matrix = matrices(dtype)[form]
    block = events(matrix.shape[0])
    whole = product(block, matrix, 500, STEPS)
    for cut in CUTS:
        parts = [
            product(between(block, low, min(low + cut, 500 + STEPS)), matrix, low, min(cut, 500 + STEPS - low))
            for low in range(500, 500 + STEPS, cut)
        ]
        assert np.concatenate(parts).tobytes() == whole.tobytes()


@pytest.mark.parametrize("form", FORMS)
def test_events_add_the_row_of_their_channel_as_often_as_they_come(form):
    matrix = matrices("float64")[form]
    whole_numbers = matrix.copy()
    if isinstance(matrix, np.ndarray):
        whole_numbers = np.rint(10 * matrix)
    else:
        whole_numbers.data = np.rint(10 * matrix.data)
    block = events(matrix.shape[0], seed=1)
    table = np.zeros((STEPS, matrix.shape[0]))
    np.add.at(table, (block.step - 500, block.channel), 1)
    assert np.array_equal(product(block, whole_numbers, 500, STEPS), product(table, whole_numbers))


def test_no_events_give_zeros():
    none = Events(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))
    for matrix in matrices("float32").values():
        assert not product(none, matrix, 3, 4).any()


def test_the_way_depends_on_structure_alone():
    """Zeros, ones or huge numbers in the first rows change no bit of the others."""
    for matrix in matrices("float64").values():
        x = dense((STEPS, matrix.shape[0]), seed=5)
        whole = product(x, matrix)
        for value in (0.0, 1.0, 1e300):
            y = x.copy()
            y[:70] = value
            with np.errstate(over="ignore", invalid="ignore"):
                assert product(y, matrix)[70:].tobytes() == whole[70:].tobytes()


def test_blas_runs_on_one_thread_while_the_door_is_open():
    from threadpoolctl import threadpool_info

    with one_blas_thread():
        assert {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"} == {1}


def test_the_limit_on_blas_stays_until_the_last_of_several_threads_has_left_it():
    from threadpoolctl import threadpool_info, threadpool_limits

    def now():
        return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}

    shared = OneThread()
    with threadpool_limits(limits=2, user_api="blas"):
        with shared:
            shared.__enter__()  # another thread
        assert now() == {1}
        shared.__exit__(None, None, None)
        assert now() == {2}
