"""Files of arrays that are not to be trusted: how each is made, how it is named, and what must be said of it."""

import json
import os
import socket
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

GOOD = np.arange(6.0).reshape(2, 3)


@dataclass(frozen=True)
class Case:
    """``make`` writes into a folder; ``file`` is what the description names, ``says`` part of the error."""

    name: str
    make: Callable[[Path], object]
    file: str
    says: str
    key: object = None


def npy(shape: str, descr: str = "'<f8'", content: bytes = b"", version: int = 1, header: str | None = None) -> bytes:
    """A file in NumPy's format of any header."""
    said = header if header is not None else f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    text = said.encode("latin1") + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + content


def put(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def saved(name: str, array: np.ndarray) -> Callable[[Path], object]:
    return lambda folder: np.save(folder / name, array, allow_pickle=True)


def archived(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        with zipfile.ZipFile(folder / "w.npz", "w", method) as archive:
            for name, content in members:
                archive.writestr(zipfile.ZipInfo(name) if name in archive.namelist() else name, content, method)

    return make


def patched(make: Callable[[Path], object], change: Callable[[bytearray], None]) -> Callable[[Path], object]:
    """The archive that another makes, some of its bytes changed."""

    def again(folder: Path) -> None:
        make(folder)
        content = bytearray((folder / "w.npz").read_bytes())
        change(content)
        (folder / "w.npz").write_bytes(content)

    return again


def entry(at: int, form: str, value: int) -> Callable[[bytearray], None]:
    """Change a field of the first entry in the list of members."""
    return lambda raw: struct.pack_into(form, raw, raw.find(b"PK\x01\x02") + at, value)


def end(at: int, form: str, value: int) -> Callable[[bytearray], None]:
    """Change a field of the end of an archive."""
    return lambda raw: struct.pack_into(form, raw, raw.rfind(b"PK\x05\x06") + at, value)


def bomb(folder: Path) -> None:
    """300 MiB of zeros, honestly told, in 300 kB."""
    count = 300 * 2**20
    with (
        zipfile.ZipFile(folder / "w.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("w.npy", "w", force_zip64=True) as member,
    ):
        member.write(npy(f"({count // 8},)"))
        for _ in range(count // 2**20):
            member.write(bytes(2**20))


def late(folder: Path) -> None:
    """The largest member that is read, its last number no number."""
    with (
        zipfile.ZipFile(folder / "w.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("w.npy", "w", force_zip64=True) as member,
    ):
        member.write(npy(f"({2**25},)"))
        for _ in range(255):
            member.write(bytes(2**20))
        member.write(bytes(2**20 - 8) + np.array([np.nan]).tobytes())


def fields(folder: Path) -> None:
    """A terabyte that is there, as far as the file system is concerned."""
    begin = npy(f"({2**37},)")
    (folder / "w.npy").write_bytes(begin)
    os.truncate(folder / "w.npy", len(begin) + 2**40)


def link(name: str, to: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).symlink_to(to)


def outside(folder: Path) -> None:
    (folder.parent / "secret").mkdir()
    np.save(folder.parent / "secret" / "w.npy", GOOD)
    (folder / "link.npy").symlink_to("../secret/w.npy")
    (folder / "door").symlink_to("../secret")


def sock(folder: Path) -> None:
    before = Path.cwd()
    os.chdir(folder)  # the name of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("w.npy")
    finally:
        os.chdir(before)


def sparse(**parts: np.ndarray) -> Callable[[Path], object]:
    csr = {"data": np.ones(1), "indices": np.array([0]), "indptr": np.array([0, 1, 1]), "shape": np.array([2, 2])}
    return lambda folder: np.savez(folder / "w.npz", **{**csr, **parts})


def zarr(description: object, *chunks: tuple[str, bytes], name: str = "zarr.json") -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        inside = folder / "w.zarr"
        inside.mkdir()
        raw = description if isinstance(description, bytes) else json.dumps(description).encode()
        (inside / name).write_bytes(raw)
        for path, content in chunks:
            (inside / path).parent.mkdir(parents=True, exist_ok=True)
            (inside / path).write_bytes(content)

    return make


def of3(shape: object = (2, 3), chunk: object = (2, 3), codec: str = "", **changes: object) -> dict[str, object]:
    """The description of an array in Zarr's third version."""
    codecs: list[object] = [{"name": "bytes", "configuration": {"endian": "little"}}]
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": "float64",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0.0,
        "codecs": [*codecs, {"name": codec}] if codec else codecs,
    } | changes


def of2(**changes: object) -> dict[str, object]:
    """The description of an array in Zarr's second version."""
    return {
        "zarr_format": 2,
        "shape": [2, 3],
        "chunks": [2, 3],
        "dtype": "<f8",
        "compressor": None,
        "fill_value": 0.0,
        "order": "C",
        "filters": None,
    } | changes


def linked_chunk(folder: Path) -> None:
    zarr(of3())(folder)
    (folder.parent / "chunks" / "0").mkdir(parents=True)
    (folder.parent / "chunks" / "0" / "0").write_bytes(RAW)
    (folder / "w.zarr" / "c").symlink_to("../../chunks")


def fifo(path: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        (folder / path).parent.mkdir(exist_ok=True)
        os.mkfifo(folder / path)

    return make


RAW = GOOD.tobytes()
GZIP_BOMB = zlib.compressobj(1, zlib.DEFLATED, 31)
PACKED = GZIP_BOMB.compress(bytes(64 * 2**20)) + GZIP_BOMB.flush()
NAN = np.array([[1.0, np.nan]])
ESCAPE = "\x1b[2Jw"

NPY = [
    Case(
        "a header that promises terabytes", put("w.npy", npy("(1000000000000,)")), "w.npy", "promises (1000000000000,)"
    ),
    Case("a shape beyond any integer", put("w.npy", npy(f"({10**17}, {10**17})")), "w.npy", "bytes are there"),
    Case("a shape of many digits", put("w.npy", npy(f"({9 * '9' * 99},)")), "w.npy", "no shape that an array can have"),
    Case("a file of holes", fields, "w.npy", "at most"),
    Case("a header of gigabytes", put("w.npy", b"\x93NUMPY\x02\0" + b"\xff" * 4), "w.npy", "promises 4294967295 bytes"),
    Case("a header that is code", put("w.npy", npy("", header="__import__('os').abort()")), "w.npy", "no plain array"),
    Case("a header of brackets", put("w.npy", npy("", header="(" * 9000)), "w.npy", "no plain array"),
    Case("a header said twice", put("w.npy", npy("(1,), 'shape': (2,)")), "w.npy", "no plain array"),
    Case("a header of escapes", put("w.npy", npy("", header="\x1b[2J\x07" * 50)), "w.npy", r"\x1b[2J"),
    Case("a negative shape", put("w.npy", npy("(-1,)")), "w.npy", "no plain array"),
    Case("fields", saved("w.npy", np.zeros(2, dtype=[("a", "f8")])), "w.npy", "no plain array"),
    Case("pickled objects", saved("w.npy", np.array([{}], dtype=object)), "w.npy", "pickled objects, which are never"),
    Case("complex numbers", saved("w.npy", GOOD + 1j), "w.npy", "should be real"),
    Case("words", saved("w.npy", np.array(["a"])), "w.npy", "should be real"),
    Case("truth values", saved("w.npy", GOOD > 1), "w.npy", "should be real"),
    Case("long doubles", saved("w.npy", GOOD.astype(np.longdouble)), "w.npy", "should be real"),
    Case("not a number", saved("w.npy", NAN), "w.npy", "should be finite, got nan at [0, 1]"),
    Case("infinity", saved("w.npy", np.array([-np.inf])), "w.npy", "should be finite, got -inf at [0]"),
    Case("a cut array", put("w.npy", npy("(2, 3)", content=RAW[:-1])), "w.npy", "47 bytes are there"),
    Case("more than an array", put("w.npy", npy("(2, 3)", content=RAW + b"x")), "w.npy", "49 bytes are there"),
    Case("a cut header", put("w.npy", npy("(2, 3)")[:30]), "w.npy", "ends within its header"),
    Case("nothing", put("w.npy", b""), "w.npy", "ends within its header, after 0 of 8"),
    Case("noise", put("w.npy", bytes(range(256))), "w.npy", "does not begin as a .npy file does"),
    Case("a pickle", put("w.npy", b"\x80\x04cos\nsystem\n"), "w.npy", "does not begin"),
    Case("a key that is none", saved("w.npy", GOOD), "w.npy#w", "holds one array, it has no key 'w'"),
]
PLACES = [
    Case("a pipe", fifo("w.npy"), "w.npy", "no regular file"),
    Case("a folder", lambda folder: (folder / "w.npy").mkdir(), "w.npy", "it is a folder"),
    Case("a socket", sock, "w.npy", "no regular file"),
    Case("a link to a device", link("w.npy", "/dev/zero"), "w.npy", "outside of the document's folder"),
    Case("a link to itself", link("w.npy", "w.npy"), "w.npy", "cannot read w.npy"),
    Case("a link to nothing", link("w.npy", "no.npy"), "w.npy", "No such file"),
    Case("a link out", outside, "link.npy", "outside of the document's folder"),
    Case("a folder that is a link out", outside, "door/w.npy", "outside of the document's folder"),
    Case("dots", outside, "../secret/w.npy", "outside of the document's folder"),
    Case("dots by a detour", outside, "door/../secret/w.npy", "outside of the document's folder"),
    Case("an absolute path", outside, "/etc/passwd.npy", "outside of the document's folder"),
    Case("a name with a NUL", put("w.npy", b""), "w\0.npy", r"cannot read w\x00.npy"),
    Case("half a character", put("w.npy", b""), "\ud800.npy", r"cannot read \ud800.npy"),
    Case("an endless name", put("w.npy", b""), "w" * 10**6 + ".npy", "cannot read wwww"),
    Case("a name of escapes", put("w.npy", b""), ESCAPE + ".npy", r"cannot read \x1b[2Jw.npy: No such file"),
    Case("a suffix of another kind", put("w.pkl", b""), "w.pkl", "ends in one of .npy, .npz, .csv, .zarr"),
    Case("an empty name", put("w.npy", b""), "", "must be the name of a file"),
    Case("only a key", put("w.npy", b""), "#w", "must be the name of a file"),
    Case("a key that is no name", put("w.npz", b""), "w.npz", "key must be the name", key=[1]),
]
MEMBER = ("w.npy", npy("(2, 3)", content=RAW))
ONE = archived(MEMBER)
NPZ = [
    Case("a bomb", bomb, "w.npz#w", "at most 268435456 are read"),
    Case("the largest member, wrong at its end", late, "w.npz#w", "got nan at [33554431] of 'w'"),
    Case("a member that promises terabytes", archived(("w.npy", npy(f"({2**40},)"))), "w.npz#w", "0 bytes are there"),
    Case(
        "a list that promises as the header does",
        patched(archived(("w.npy", npy(f"({2**28},)"))), entry(24, "<I", 2**31 + 70)),
        "w.npz#w",
        "w.npz holds no array",
    ),
    Case("a member longer than listed", patched(ONE, entry(24, "<I", 80)), "w.npz#w", "w.npz holds no array"),
    Case("a member of another hash", patched(ONE, entry(16, "<I", 1)), "w.npz#w", "CRC"),
    Case("an encrypted member", patched(ONE, entry(8, "<H", 1)), "w.npz#w", "encrypted"),
    Case("a member packed by LZMA", archived(MEMBER, method=zipfile.ZIP_LZMA), "w.npz#w", "another method"),
    Case("a member elsewhere", patched(ONE, entry(42, "<I", 5)), "w.npz#w", "w.npz holds no array"),
    Case("members that escape", archived(MEMBER, ("../x.npy", b"")), "w.npz#w", "'../x.npy' has a name that leads out"),
    Case("an absolute member", archived(MEMBER, ("/x.npy", b"")), "w.npz#w", "leads out of it"),
    Case("a member of a drive", archived(MEMBER, ("C:\\x.npy", b"")), "w.npz#w", "leads out of it"),
    Case("members that repeat", archived(MEMBER, ("w", b"")), "w.npz#w", "is there twice"),
    Case("many members", patched(ONE, end(10, "<H", 65535)), "w.npz#w", "lists 65535 members"),
    Case("a list of gigabytes", patched(ONE, end(12, "<I", 2**32 - 1)), "w.npz#w", "in 4294967295 bytes"),
    Case("a list elsewhere", patched(ONE, end(16, "<I", 2**31)), "w.npz#w", "w.npz holds no array"),
    Case(
        "a list in the form of large archives",
        patched(ONE, lambda raw: raw.__setitem__(slice(-22, -22), b"PK\x06\x07" + bytes(16))),
        "w.npz#w",
        "not where it should be",
    ),
    Case("a cut archive", patched(ONE, lambda raw: raw.__delitem__(slice(60, None))), "w.npz#w", "cut off"),
    Case("noise for members", put("w.npz", bytes(range(256)) * 9), "w.npz#w", "cut off"),
    Case("an array for an archive", put("w.npz", MEMBER[1]), "w.npz#w", "cut off"),
    Case("a key that is not there", ONE, "w.npz#v", "no array named 'v' in w.npz"),
    Case("no key", ONE, "w.npz", "there are: w"),
    Case("a key of escapes", archived(("\x1b[2Jw.npy", b"")), "w.npz#v", r"there are: \x1b[2Jw"),
    Case("objects in an archive", archived(("w.npy", npy("(1,)", "'|O'"))), "w.npz#w", "pickled objects"),
    Case(
        "a member that is not finite", lambda at: np.savez(at / "w.npz", w=NAN), "w.npz#w", "got nan at [0, 1] of 'w'"
    ),
    Case("sparse indices outside", sparse(indices=np.array([2])), "w.npz", "w.npz: not a sparse matrix"),
    Case("sparse indices beyond 32 bits", sparse(indices=np.array([2**32])), "w.npz", "indices must be from 0 to"),
    Case("a sparse shape of terabytes", sparse(shape=np.array([2**60, 2])), "w.npz", "shape must be [M, N]"),
    Case("a sparse matrix by columns", sparse(format=np.array(b"csc")), "w.npz", "form csr, got b'csc'"),
    Case("sparse numbers not finite", sparse(data=NAN[0, 1:]), "w.npz", "should be finite, got nan at [0] of 'data'"),
]
CSV = [
    Case("a table of words", put("w.csv", b"1,2\n3,x\n"), "w.csv", "line 2: should be a number, got 'x'"),
    Case("a table that is not UTF-8", put("w.csv", b"1\n2\xff\n"), "w.csv", "line 2: not text in UTF-8: byte 0xff"),
    Case("rows of several lengths", put("w.csv", b"1,2\n\n3\n"), "w.csv", "line 3: its numbers are 1"),
    Case("an empty cell", put("w.csv", b"1,\n"), "w.csv", "line 1: should be a number, got ''"),
    Case("an empty table", put("w.csv", b"\n\n"), "w.csv", "holds no numbers"),
    Case("a table that is not finite", put("w.csv", b"1,nan\n"), "w.csv", "should be finite, got nan at [0, 1]"),
    Case("a number beyond all", put("w.csv", b"1e999\n"), "w.csv", "should be finite, got inf at [0, 0]"),
    Case("digits of other scripts", put("w.csv", "١,٢\n".encode()), "w.csv", "line 1: should be a number"),
    Case("digits with underscores", put("w.csv", b"1_0\n"), "w.csv", "should be a number, got '1_0'"),
    Case("escapes in a table", put("w.csv", b"1\n\x1b[2J\n"), "w.csv", r"got '\x1b[2J'"),
    Case("NULs in a table", put("w.csv", b"1\0\n"), "w.csv", r"got '1\x00'"),
    Case("a cell without end", put("w.csv", b"1," + b"9" * 9 * 10**5 + b"x"), "w.csv", "got '99999"),
    Case("a line without end", put("w.csv", b"1," * 10**6), "w.csv", "line 1: 2000000 bytes"),
    Case("lines without end", put("w.csv", b"1\n" * 500_001), "w.csv", "more than 500000 lines"),
    Case(
        "the longest table, wrong at its end",
        put("w.csv", b"12345,1234567\n" * 499_999 + b"x"),
        "w.csv",
        "numbers are 1",
    ),
    Case(
        "a table of holes",
        lambda folder: (put("w.csv", b"1")(folder), os.truncate(folder / "w.csv", 2**36)),
        "w.csv",
        "tables up to",
    ),
    Case("a column that is not there", put("w.csv", b"a,b\n1,2\n"), "w.csv#c", "no column named 'c' in w.csv"),
    Case("a column past the last", put("w.csv", b"1,2\n"), "w.csv#2", "no column named '2' in w.csv"),
    Case("a column there twice", put("w.csv", b"a,a\n1,2\n"), "w.csv#a", "no column named 'a' in w.csv"),
]
HUGE = [10**6, 10**6]
ZARR = [
    Case("a Zarr array of terabytes", zarr(of3(HUGE)), "w.zarr", "pass the limit"),
    Case("chunks of terabytes", zarr(of3(chunk=HUGE)), "w.zarr", "pass the limit"),
    Case("a shape of endless digits", zarr(b'{"shape": [' + b"9" * 9000 + b"]}"), "w.zarr", "is no JSON"),
    Case("a shape of many digits in Zarr", zarr(of3([10**400, 1])), "w.zarr", "a whole number of 1332 bits"),
    Case("chunks without number", zarr(of3([10**6, 8], [1, 1])), "w.zarr", "more than 10000 chunks"),
    Case("a chunk that is a bomb", zarr(of3(codec="gzip"), ("c/0/0", PACKED)), "w.zarr", "more than 48 bytes"),
    Case("a chunk that was cut", zarr(of3(), ("c/0/0", RAW[:-1])), "w.zarr", "chunk 0: it holds 47 bytes of 48"),
    Case("a packed chunk that was cut", zarr(of3(codec="gzip"), ("c/0/0", PACKED[:9])), "w.zarr", "cut off"),
    Case("a chunk of noise", zarr(of3(codec="gzip"), ("c/0/0", RAW)), "w.zarr", "incorrect header"),
    Case(
        "a Zstandard chunk that promises gigabytes",
        zarr(of3(codec="zstd"), ("c/0/0", b"\x28\xb5\x2f\xfd\xa0" + b"\xff" * 40)),
        "w.zarr",
        "promises 4294967295 bytes instead of 48",
    ),
    Case("a Zstandard chunk of noise", zarr(of3(codec="zstd"), ("c/0/0", RAW)), "w.zarr", "no frame of Zstandard"),
    Case(
        "a Blosc chunk that promises gigabytes",
        zarr(of3(codec="blosc"), ("c/0/0", b"\x02\1\1\x08" + struct.pack("<III", 2**31, 2**20, 40) + bytes(24))),
        "w.zarr",
        "promises 2147483648 bytes instead of 48",
    ),
    Case("a Blosc chunk of noise", zarr(of3(codec="blosc"), ("c/0/0", RAW)), "w.zarr", "no chunk of Blosc"),
    Case("a Zarr array of objects", zarr(of2(dtype="|O"), name=".zarray"), "w.zarr", "should be real, got dtype '|O'"),
    Case("filters", zarr(of2(filters=[{"id": "pickle"}]), name=".zarray"), "w.zarr", "filters of Zarr are not read"),
    Case("another packer", zarr(of2(compressor={"id": "pickle"}), name=".zarray"), "w.zarr", "got 'pickle'"),
    Case("another codec", zarr(of3(codec="lzma")), "w.zarr", "are read, got 'lzma'"),
    Case("shards", zarr(of3(codecs=[{"name": "sharding_indexed"}])), "w.zarr", "are not read"),
    Case("a fill value that is none", zarr(of3(fill_value="NaN")), "w.zarr", "fill value should be a finite number"),
    Case("a fill value too large", zarr(of3(fill_value=300, data_type="uint8")), "w.zarr", "w.zarr holds no array"),
    Case("a description without a shape", zarr({"node_type": "array"}), "w.zarr", "zarr.json does not describe"),
    Case("a shape of words", zarr(of3(["a", 3])), "w.zarr", "should be as many whole numbers"),
    Case("chunks of nothing", zarr(of3(chunk=[0, 3])), "w.zarr", "should be above 0"),
    Case(
        "names of chunks that escape",
        zarr(of2(dimension_separator="/../"), name=".zarray"),
        "w.zarr",
        "are separated by",
    ),
    Case("a description that is a list", zarr([]), "w.zarr", "should be a mapping"),
    Case("a description without end", zarr(b"[" * 10**6), "w.zarr", "is no JSON"),
    Case("a description of megabytes", zarr(b" " * 2**21), "w.zarr", "has more than"),
    Case("a description that is no text", zarr(b"\xff\xfe{"), "w.zarr", "is no JSON"),
    Case("a group", zarr({"node_type": "group"}), "w.zarr", "write FILE.zarr#NAME"),
    Case("an empty folder", lambda folder: (folder / "w.zarr").mkdir(), "w.zarr", "no Zarr array lies in w.zarr"),
    Case("a file for a folder", put("w.zarr", b""), "w.zarr", "it is no folder"),
    Case("no folder", put("x", b""), "w.zarr", "No such file"),
    Case("a pipe for a description", fifo("w.zarr/zarr.json"), "w.zarr", "no regular file"),
    Case("chunks behind a link", linked_chunk, "w.zarr", "c/0/0 is a link, or lies behind one"),
    Case("a key that escapes", zarr(of3()), "w.zarr#../w.zarr", "name of an array inside"),
    Case("a key that is not there in Zarr", zarr(of3()), "w.zarr#v", "no Zarr array lies in v"),
]
CASES = [*NPY, *PLACES, *NPZ, *CSV, *ZARR]
