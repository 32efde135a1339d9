"""Files in which any bytes were changed, and documents that name files not to be trusted."""

import json
import shutil
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, save_npz

from graphnet import DocumentError, Network
from graphnet.arrays import resolve
from graphnet.errors import GraphnetError

from .hostile import CASES, GOOD, of2, of3, zarr

again = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
PLAIN = GOOD.tobytes()


def npy(folder):
    np.save(folder / "w.npy", GOOD)
    return "w.npy", "w.npy"


def stored(folder):
    np.savez(folder / "w.npz", w=GOOD, v=GOOD)
    return "w.npz", "w.npz#w"


def packed(folder):
    np.savez_compressed(folder / "w.npz", w=GOOD)
    return "w.npz", "w.npz#w"


def sparse(folder):
    save_npz(folder / "w.npz", csr_array(GOOD))
    return "w.npz", "w.npz"


def table(folder):
    (folder / "w.csv").write_text("a,b\n1.5,2\n3,-4e5\n")
    return "w.csv", "w.csv#a"


def described(folder):
    zarr(of3(), ("c/0/0", PLAIN))(folder)
    return "w.zarr/zarr.json", "w.zarr"


def older(folder):
    zarr(of2(compressor={"id": "zlib"}), ("0.0", zlib.compress(PLAIN)), name=".zarray")(folder)
    return "w.zarr/.zarray", "w.zarr"


def chunk(folder):
    zarr(of2(compressor={"id": "zlib"}), ("0.0", zlib.compress(PLAIN)), name=".zarray")(folder)
    return "w.zarr/0.0", "w.zarr"


@again
@given(data=st.data())
@pytest.mark.parametrize("make", [npy, stored, packed, sparse, table, described, older, chunk])
def test_any_change_of_bytes_gives_an_array_or_an_error_of_ours(make, data, tmp_path):
    shutil.rmtree(tmp_path / "w.zarr", ignore_errors=True)
    changed, named = make(tmp_path)
    content = bytearray((tmp_path / changed).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        kind = data.draw(st.sampled_from(["byte", "cut", "insert", "number"]))
        if kind == "byte":
            content[at] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del content[at : at + data.draw(st.integers(1, 50))]
        elif kind == "insert":
            content[at:at] = data.draw(st.binary(min_size=1, max_size=20))
        else:
            content[at : at + 4] = data.draw(st.sampled_from([b"\xff" * 4, bytes(4), b"9999", b"\x80\0\0\0"]))
        if not content:
            break
    (tmp_path / changed).write_bytes(content)
    try:
        found = resolve({"file": named}, tmp_path)
    except GraphnetError as error:
        said = str(error).replace("\n  hint: ", "")
        assert named.partition("#")[0] in said
        assert said.isprintable()
        assert len(said) < 1000
    else:
        values = found if isinstance(found, np.ndarray) else found.data
        assert values.dtype.kind in "iuf"
        assert np.isfinite(values).all()


NAMED = [
    one
    for one in CASES
    if one.file.isprintable() and "\ud800" not in one.file and not one.name.startswith("an endless")
]


@pytest.mark.parametrize("case", NAMED, ids=[one.name for one in NAMED])
def test_a_document_that_names_a_hostile_file_is_refused_at_the_line_that_does(case, tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    case.make(folder)
    spec = {"file": case.file} | ({} if case.key is None else {"key": case.key})
    document = {"inputs": {"x": {"size": 2}}, "layers": {"a": {"type": "Linear", "weights": spec}}, "edges": ["x -> a"]}
    (folder / "net.json").write_text(json.dumps(document, indent=1))
    with pytest.raises(DocumentError) as caught:
        Network.load(folder / "net.json")
    (problem,) = caught.value.problems
    assert case.says.replace("\\", "") in problem.message.replace("\\", "")
    assert problem.line in range(6, 14)
