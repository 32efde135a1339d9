"""Arrays in files: each kind gives back the numbers that were saved, by key and by hash."""

import gzip
import json
import shutil
import subprocess
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_array, random_array, save_npz

from graphnet.arrays import resolve
from graphnet.arrays.chunks import blosc_size, unpacked, zstd_size
from graphnet.arrays.files import folder_digest
from graphnet.errors import ParameterError, UnknownName

from .hostile import of2, of3, zarr

again = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
dtypes = st.sampled_from(
    [f"{order}{kind}" for order in "<>" for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")]
)


@st.composite
def real_arrays(draw):
    dtype = np.dtype(draw(dtypes))
    finite = {"allow_nan": False, "allow_infinity": False} if dtype.kind == "f" else {}
    elements = hnp.from_dtype(dtype, **finite)
    return draw(hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, max_side=4, min_side=0), elements=elements))


def same(found, array):
    native = array.astype(array.dtype.newbyteorder("="))
    return found.dtype == native.dtype and found.shape == array.shape and found.tobytes() == native.tobytes()


# ---------------------------------------------------------------- NumPy's files


@again
@given(array=real_arrays(), fortran=st.booleans())
def test_whatever_numpy_saves_of_real_numbers_comes_back_to_the_bit(array, fortran, tmp_path):
    np.save(tmp_path / "w.npy", np.asarray(array, order="F" if fortran else "C"))
    found = resolve({"file": "w.npy"}, tmp_path)
    assert same(found, array)
    assert found.flags.c_contiguous


@again
@given(arrays=st.dictionaries(st.sampled_from(["w", "w_in", "layer/w", "0", "a b"]), real_arrays(), min_size=1))
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_each_array_of_an_archive_is_found_by_its_key(arrays, save, tmp_path):
    save(tmp_path / "w.npz", **arrays)
    for key, array in arrays.items():
        assert same(resolve({"file": f"w.npz#{key}"}, tmp_path), array)
        assert same(resolve({"file": "w.npz", "key": key}, tmp_path), array)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_format_is_read(version, tmp_path):
    with (tmp_path / "w.npy").open("wb") as file:
        np.lib.format.write_array(file, np.arange(3), version=version)
    assert resolve({"file": "w.npy"}, tmp_path).tolist() == [0, 1, 2]


def test_a_header_in_another_order_and_without_its_last_comma_is_read(tmp_path):
    """As other writers of the format lay it out."""
    said = b"{'shape':(2,),'fortran_order':False,'descr':'<f8'}\n"
    content = b"\x93NUMPY\x01\0" + len(said).to_bytes(2, "little") + said + np.ones(2).tobytes()
    (tmp_path / "w.npy").write_bytes(content)
    assert resolve({"file": "w.npy"}, tmp_path).tolist() == [1.0, 1.0]


@given(seed=st.integers(0, 99), density=st.floats(0, 1), compressed=st.booleans())
@again
def test_a_sparse_matrix_that_scipy_saved_needs_no_key(seed, density, compressed, tmp_path):
    matrix = csr_array(random_array((5, 7), density=density, rng=np.random.default_rng(seed)))
    save_npz(tmp_path / "w.npz", matrix, compressed=compressed)
    found = resolve({"file": "w.npz"}, tmp_path)
    assert found.shape == (5, 7)
    assert all(getattr(found, one).tolist() == getattr(matrix, one).tolist() for one in ("data", "indices", "indptr"))


def test_a_file_with_a_hash_sign_in_its_name_is_named_with_a_key(tmp_path):
    np.savez(tmp_path / "w#1.npz", w=np.ones(2))
    assert resolve({"file": "w#1.npz", "key": "w"}, tmp_path).tolist() == [1, 1]
    np.save(tmp_path / "#.npy", np.ones(2))
    with pytest.raises(ParameterError, match="must be the name of a file"):
        resolve({"file": "#.npy"}, tmp_path)


# ---------------------------------------------------------------- tables


@again
@given(
    table=hnp.arrays(
        float,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=5),
        elements=st.floats(allow_nan=False, allow_infinity=False),
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_a_table_keeps_every_bit_and_its_columns_are_vectors(table, end, mark, tmp_path):
    names = [f"c{j}" for j in range(table.shape[1])]
    rows = [",".join(repr(float(x)) for x in row) for row in table]
    (tmp_path / "w.csv").write_bytes((mark + end.join(rows) + end).encode())
    (tmp_path / "n.csv").write_bytes((mark + end.join([",".join(f'"{one}"' for one in names), *rows])).encode())
    assert same(resolve({"file": "w.csv"}, tmp_path), table)
    for j, name in enumerate(names):
        assert same(resolve({"file": f"w.csv#{j}"}, tmp_path), table[:, j])
        assert same(resolve({"file": "w.csv", "key": j}, tmp_path), table[:, j])
        assert same(resolve({"file": f"n.csv#{name}"}, tmp_path), table[:, j])


def test_a_table_that_begins_with_names_says_how_to_take_one(tmp_path):
    (tmp_path / "n.csv").write_text("bias,gain\n1,2\n")
    with pytest.raises(ParameterError, match=r"line 1: should be a number, got 'bias'; .* FILE\.csv#NAME"):
        resolve({"file": "n.csv"}, tmp_path)
    with pytest.raises(UnknownName, match="did you mean 'bias'"):
        resolve({"file": "n.csv#bais"}, tmp_path)


# ---------------------------------------------------------------- Zarr


def pieces(table, chunk):
    """The chunks of a table by their index, those at the edge filled up."""
    rows, columns = (-(-side // step) for side, step in zip(table.shape, chunk, strict=True))
    padded = np.zeros((rows * chunk[0], columns * chunk[1]), table.dtype)
    padded[: table.shape[0], : table.shape[1]] = table
    for i in range(rows):
        for j in range(columns):
            yield (i, j), padded[i * chunk[0] : (i + 1) * chunk[0], j * chunk[1] : (j + 1) * chunk[1]]


PACK = {"": bytes, "gzip": gzip.compress, "zlib": zlib.compress}
TABLE = np.arange(35.0).reshape(5, 7)


@again
@given(
    chunk=st.tuples(st.integers(1, 6), st.integers(1, 8)),
    packing=st.sampled_from(["", "gzip"]),
    endian=st.sampled_from(["little", "big"]),
    names=st.sampled_from([("default", "/"), ("default", "."), ("v2", "."), ("v2", "/")]),
)
def test_a_zarr_array_of_version_3_is_read_whatever_its_chunks(chunk, packing, endian, names, tmp_path):
    shutil.rmtree(tmp_path / "w.zarr", ignore_errors=True)
    encoding, separator = names
    codecs = [{"name": "bytes", "configuration": {"endian": endian}}, *([{"name": packing}] if packing else [])]
    key = {"name": encoding, "configuration": {"separator": separator}}
    said = of3(list(TABLE.shape), list(chunk), codecs=codecs, chunk_key_encoding=key)
    stored = TABLE.astype("<f8" if endian == "little" else ">f8")
    chunks = [
        (
            separator.join([*(["c"] if encoding == "default" else []), str(i), str(j)]),
            PACK[packing](np.ascontiguousarray(piece).tobytes()),
        )
        for (i, j), piece in pieces(stored, chunk)
    ]
    zarr(said, *chunks)(tmp_path)
    assert same(resolve({"file": "w.zarr"}, tmp_path), TABLE)


@again
@given(
    chunk=st.tuples(st.integers(1, 6), st.integers(1, 8)),
    packing=st.sampled_from(["", "gzip", "zlib"]),
    order=st.sampled_from("CF"),
    separator=st.sampled_from(["/", "."]),
)
def test_a_zarr_array_of_version_2_is_read_whatever_its_chunks(chunk, packing, order, separator, tmp_path):
    shutil.rmtree(tmp_path / "w.zarr", ignore_errors=True)
    compressor = {"id": packing, "level": 1} if packing else None
    said = of2(shape=[5, 7], chunks=list(chunk), compressor=compressor, order=order, dimension_separator=separator)
    chunks = [
        (separator.join([str(i), str(j)]), PACK[packing](piece.tobytes(order=order)))
        for (i, j), piece in pieces(TABLE, chunk)
    ]
    zarr(said, *chunks, name=".zarray")(tmp_path)
    assert same(resolve({"file": "w.zarr"}, tmp_path), TABLE)


def test_chunks_that_are_not_there_hold_the_fill_value(tmp_path):
    zarr(of3([2, 4], [2, 2], fill_value=7.5), ("c/0/0", np.zeros((2, 2)).tobytes()))(tmp_path)
    assert resolve({"file": "w.zarr"}, tmp_path).tolist() == [[0, 0, 7.5, 7.5]] * 2


def test_an_array_inside_a_group_is_found_by_its_path(tmp_path):
    zarr({"zarr_format": 3, "node_type": "group"})(tmp_path)
    inside = tmp_path / "w.zarr" / "front" / "w"
    inside.mkdir(parents=True)
    (inside / "zarr.json").write_text(json.dumps(of3([1], [1], fill_value=3.0)))
    assert resolve({"file": "w.zarr#front/w"}, tmp_path).tolist() == [3.0]


def test_the_hash_of_a_folder_is_what_three_commands_print(tmp_path):
    zarr(of3(), ("c/0/0", np.ones((2, 3)).tobytes()))(tmp_path)
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum here")
    command = "find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum"
    said = subprocess.run(command, shell=True, cwd=tmp_path / "w.zarr", capture_output=True, text=True, check=True)
    digest = said.stdout.split()[0]
    assert folder_digest(tmp_path / "w.zarr", "w.zarr") == digest
    assert resolve({"file": "w.zarr", "sha256": digest}, tmp_path).tolist() == [[1, 1, 1]] * 2
    (tmp_path / "w.zarr" / "c" / "0" / "0").write_bytes(np.zeros((2, 3)).tobytes())
    with pytest.raises(ParameterError, match="the file has changed"):
        resolve({"file": "w.zarr", "sha256": digest}, tmp_path)
    (tmp_path / "w.zarr" / "door").symlink_to("/etc")
    with pytest.raises(ParameterError, match="door is a link"):
        resolve({"file": "w.zarr", "sha256": digest}, tmp_path)


def test_a_packer_that_is_not_installed_is_named_with_what_brings_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "numcodecs", None)
    frame = b"\x28\xb5\x2f\xfd\x20\x30" + bytes(8)  # of 48 bytes
    zarr(of3(codec="zstd"), ("c/0/0", frame))(tmp_path)
    with pytest.raises(
        ParameterError, match=r"w\.zarr/c/0/0: .* needs the package zarr.*\n.*pip install 'graphnet-dataflow\[dask\]'"
    ):
        resolve({"file": "w.zarr"}, tmp_path)


@pytest.mark.parametrize(
    ("frame", "size"),
    [
        ("2020", 32),  # one segment, one byte
        ("602000", 32 + 256),  # one segment, two bytes, which count from 256
        ("a001000000", 1),
        ("e00100000001000000", 2**32 + 1),
        ("4058ff00", 255 + 256),  # a window first
        ("0058", None),  # a window and no size
        ("4358ffffffffff00", 255 + 256),  # a dictionary's number between
    ],
)
def test_the_size_of_a_zstandard_frame_is_read_as_rfc_8878_lays_it_out(frame, size):
    assert zstd_size(b"\x28\xb5\x2f\xfd" + bytes.fromhex(frame) + bytes(4)) == size


@given(content=st.binary(max_size=200), cut=st.integers(0, 300), size=st.integers(0, 300))
def test_what_is_unpacked_has_the_size_that_was_said_or_is_refused(content, cut, size):
    for packing, pack in PACK.items():
        raw = pack(content)
        assert unpacked(raw, packing, len(content)) == content
        if size != len(content):
            with pytest.raises(ValueError, match=r"bytes of|cut off"):
                unpacked(raw, packing, size)
        if packing and cut < len(raw):
            with pytest.raises((ValueError, zlib.error)):
                unpacked(raw[:cut], packing, len(content))


def test_arrays_that_the_package_itself_wrote_are_read(tmp_path):
    """Its own default, packed by Zstandard, and the older one, by Blosc; both versions, and a group."""
    package = pytest.importorskip("zarr")
    codecs = pytest.importorskip("numcodecs")
    data = np.random.default_rng(1).normal(size=(50, 70))
    for name, version in (("3.zarr", 3), ("2.zarr", 2)):
        stored = package.create_array(
            tmp_path / name, shape=data.shape, chunks=(16, 30), dtype="f8", zarr_format=version
        )
        stored[...] = data
        assert same(resolve({"file": name}, tmp_path), data)
    blosc = package.codecs.BloscCodec()
    for name, packers in (("b.zarr", [blosc]), ("g.zarr", [package.codecs.GzipCodec()]), ("n.zarr", None)):
        stored = package.create_array(
            tmp_path / name, shape=data.shape, chunks=(16, 30), dtype="f8", compressors=packers
        )
        stored[...] = data
        assert same(resolve({"file": name}, tmp_path), data)
    group = package.open_group(tmp_path / "group.zarr", mode="w")
    group.create_array("w_in", data=data[:3])
    assert same(resolve({"file": "group.zarr#w_in"}, tmp_path), data[:3])
    assert blosc_size(codecs.Blosc().encode(data[:4].tobytes())) == data[:4].nbytes
