"""Checkpoints, series, sounds and files of NIR that are not to be trusted."""

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from graphnet import Network, TSContinuous, TSEvent
from graphnet.checkpoint import _checksum
from layers import LIF, PassThrough

from .cases import Case, Make, no_file, put


def checkpointed() -> Network:
    """The network whose checkpoints are changed: a state, and events and rows under way."""
    net = Network(name="kept")
    net.input("x", 2)
    net.add_layer(LIF(np.eye(2), dt=1e-3, bias=3.0), name="n")
    net.add_layer(PassThrough(2, dt=1e-3), name="p")
    net.connect("x -> p @ 2 ms")
    net.connect("p -> n @ 3 ms")
    return net


def packed(arrays: Mapping[str, Any]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@cache
def kept() -> bytes:
    """A sound checkpoint."""
    import tempfile

    net = checkpointed()
    net.evolve({"x": TSContinuous.from_clocked(np.ones((9, 2)), 1e-3)})
    with tempfile.TemporaryDirectory() as folder:
        net.checkpoint().save(Path(folder) / "c.npz")
        return (Path(folder) / "c.npz").read_bytes()


def changed(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> Make:
    """A checkpoint whose text or arrays were changed by somebody who knows how to make its checksum."""

    def make(folder: Path) -> None:
        with np.load(io.BytesIO(kept())) as archive:
            arrays: dict[str, Any] = dict(archive)
        meta = json.loads(arrays["meta"].tobytes())
        change(meta, arrays)
        text = meta.get("text", json.dumps(meta))
        arrays["meta"] = np.frombuffer(text.encode(), dtype=np.uint8)
        arrays["sha256"] = np.frombuffer(_checksum(arrays), dtype=np.uint8)
        (folder / "c.npz").write_bytes(packed(arrays))

    return make


def meta(name: str, says: str, **entries: Any) -> Case:
    return Case(f"checkpoint: {name}", "checkpoint", "c.npz", changed(lambda text, arrays: text.update(entries)), says)


def array(name: str, says: str, change: Callable[[dict[str, Any]], object]) -> Case:
    return Case(f"checkpoint: {name}", "checkpoint", "c.npz", changed(lambda text, arrays: change(arrays)), says)


def bent(name: str, says: str, change: Callable[[dict[str, Any]], object]) -> Case:
    return Case(f"checkpoint: {name}", "checkpoint", "c.npz", changed(lambda text, arrays: change(text)), says)


def cut(part: float) -> Make:
    return lambda folder: (folder / "c.npz").write_bytes(kept()[: int(len(kept()) * part)])


def header(shape: str, descr: str = "<f8") -> bytes:
    said = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(said)) + said


def zipped(file: str, *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Make:
    def make(folder: Path) -> None:
        with zipfile.ZipFile(folder / file, "w", method) as archive:
            for name, content in members:
                archive.writestr(zipfile.ZipInfo(name), content, method)

    return make


def bomb(file: str) -> Make:
    """A third of a gigabyte of nothing, packed."""

    def make(folder: Path) -> None:
        with zipfile.ZipFile(folder / file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.npy", "w") as member:
            member.write(header(f"({40 * 2**20},)"))
            for _ in range(320):
                member.write(bytes(2**20))

    return make


PICKLED = (
    b"\x93NUMPY\x01\x00" + struct.pack("<H", 60) + b"{'descr': '|O', 'fortran_order': False, 'shape': (), }".ljust(60)
)


class Pwned:
    def __reduce__(self):
        return (Path.touch, (Path("pwned"),))


def archives(kind: str, file: str) -> list[Case]:
    """What any archive of NumPy can be made of."""
    cases = {
        "a member that promises terabytes": zipped(file, ("a.npy", header("(999999999999,)"))),
        "a member that promises what it holds packed": bomb(file),
        "a member twice": zipped(file, ("a.npy", header("()") + bytes(8)), ("a", header("()") + bytes(8))),
        "a member that leads out": zipped(file, ("../a.npy", header("()") + bytes(8))),
        "a member of an absolute name": zipped(file, ("/tmp/a.npy", header("()") + bytes(8))),
        "a pickle as a member": zipped(file, ("a.npy", PICKLED + pickle.dumps(Pwned()))),
        "a member that is no array": zipped(file, ("a.txt", b"text")),
        "a header that runs code": zipped(file, ("a.npy", header("(__import__('os').system('touch pwned'),)"))),
        "a header inside itself": zipped(file, ("a.npy", header("(" * 5000))),
        "members without number": zipped(file, *((f"{i}", b"") for i in range(50_001)), method=zipfile.ZIP_STORED),
        "a pickle": put(file, pickle.dumps(Pwned())),
        "one array": put(file, header("(1,)") + bytes(8)),
    }
    return [Case(f"{kind}: {name}", kind, file, make, "") for name, make in cases.items()]


def bad_series(name: str, says: str, event: bool = False, **entries: Any) -> Case:
    ts: Any = TSEvent.from_raster([[1], [1]], 0.1) if event else TSContinuous.from_clocked(np.ones((3, 1)), 0.1)
    content = packed(ts.to_dict() | entries)
    return Case(f"series: {name}", "series", "s.npz", put("s.npz", content), says)


def wav(rate: int = 8000, width: int = 16, count: int = 8, channels: int = 1, promised: int | None = None) -> bytes:
    align = channels * width // 8
    form = struct.pack("<HHIIHH", 1, channels, rate, (rate * align) % 2**32, align % 2**16, width)
    data = bytes(count)
    size = count if promised is None else promised
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def sounds(kind: str) -> list[Case]:
    cases = {
        "a sound cut off": wav(promised=2**20),
        "a sound that promises all": wav(promised=2**32 - 2),
        "a sound of no rate": wav(rate=0),
        "a sound of no channels": wav(channels=0),
        "a sound of no bits": wav(width=0),
        "a sound of odd bits": wav(width=7),
        "a sound of a header alone": wav()[:20],
    }
    return [Case(f"{kind}: {name}", kind, "s.wav", put("s.wav", content), "") for name, content in cases.items()]


def flip_all(arrays: dict[str, Any]) -> None:
    arrays["a0"] = arrays["a0"][:0]


CHECKPOINTS = [
    *no_file("checkpoint", "c.npz"),
    *archives("checkpoint", "c.npz"),
    *(Case(f"checkpoint: cut at {part}", "checkpoint", "c.npz", cut(part), "") for part in (0.1, 0.5, 0.9, 0.999)),
    meta("another version", "format 2", format=2),
    meta("a version of no kind", "format", format="1"),
    meta("no text", "not a checkpoint", text="{}"),
    meta("text inside itself", "not a checkpoint", text="[" * 100_000),
    meta("text with a huge number", "not a checkpoint", text='{"format": ' + "9" * 10**6 + "}"),
    meta("no time", "now", now=[1, "2"]),
    meta("a time of no ratio", "time", now=[1, 0]),
    meta("a time before all", "time", now=[-1, 2]),
    meta("draws of no kind", "draws", draws={"n": "x"}),
    meta("draws of another layer", "draws", draws={"m": 1}),
    meta("states of more layers", "states of layers", states=["n", "p", "__class__"]),
    meta("no list of arrays", "list of arrays", index=[]),
    meta("an identity of no kind", "identity", identity=[]),
    bent("an array of nothing", "belongs to nothing", lambda text: text["index"].__setitem__(0, ["state", "q", "v"])),
    bent("another network's seed", "seed", lambda text: text["identity"].update(seed=5)),
    bent("no class of a layer", "'n'", lambda text: text["identity"]["layers"]["n"].pop("class")),
    bent("a state of no kind", "identity", lambda text: text["identity"]["layers"]["n"].update(state=[1])),
    array("an array less", "list of arrays", lambda arrays: arrays.pop("a0")),
    array("an array more", "list of arrays", lambda arrays: arrays.update(a99=np.ones(3))),
    array("an array of another shape", "state", flip_all),
]
SERIES = [
    *no_file("series", "s.npz"),
    *archives("series", "s.npz"),
    bad_series("another kind", "cannot be loaded", str_type="os.system"),
    bad_series("a kind of escapes", "cannot be loaded", str_type="\x1b[2J" * 1000),
    bad_series("a clock of many digits", "clock", clock=["1" * 301 + "/1", "0/1", "0/1", "1/1"]),
    bad_series("a clock that stands still", "clock", clock=["0/1", "0/1", "0/1", "1/1"]),
    bad_series("samples of text", "s.npz", samples=np.array(["a", "b", "c"])),
    bad_series("samples of four sides", "s.npz", samples=np.ones((1, 1, 3, 1))),
    bad_series("a start of several", "s.npz", t_start=np.ones(3), clock=np.zeros(0)),
    bad_series("an unknown interpolation", "s.npz", interp_kind="__class__"),
    bad_series("no room for its channels", "s.npz", event=True, num_channels=-1),
    bad_series("channels below 0", "s.npz", event=True, channels=np.array([-1, 0])),
    bad_series("more steps than channels", "s.npz", event=True, steps=np.arange(9)),
]
STREAMS = [
    *no_file("stream", "s.npz"),
    *(
        Case(one.name.replace("stream:", "stream of an array:"), "stream", "s.npy", one.make, one.says)
        for one in no_file("stream", "s.npy")
    ),
    *archives("stream", "s.npz"),
    Case("stream: a header of terabytes", "stream", "s.npy", put("s.npy", header("(99999999999, 2)")), ""),
    Case("stream: a pickle in an array", "stream", "s.npy", put("s.npy", PICKLED + pickle.dumps(Pwned())), ""),
    Case("stream of an array: a header inside itself", "stream", "s.npy", put("s.npy", header("(" * 5000)), ""),
    Case("stream: text", "stream", "s.npy", put("s.npy", header("(1, 2)", "<U2") + bytes(16)), ""),
    *sounds("stream"),
]
SOUNDS = [*no_file("sound", "s.wav"), *sounds("sound")]


def hdf5(change: Callable[[Any], object]) -> Make:
    """A file of NIR, changed."""

    def make(folder: Path) -> None:
        import h5py
        import nir

        ends = {"i": nir.Input(np.array([2])), "o": nir.Output(np.array([2]))}
        graph = nir.NIRGraph({**ends, "w": nir.Linear(np.ones((2, 2)))}, [("i", "w"), ("w", "o")])
        nir.write(folder / "g.nir", graph)
        with h5py.File(folder / "g.nir", "a") as file:
            change(file)

    return make


def replaced(path: str, value: Callable[[Any], Any]) -> Callable[[Any], None]:
    """What stands at a path of the file by something else."""

    def change(file: Any) -> None:
        del file[path]
        found = value(file)
        if found is not None:
            file[path] = found

    return change


def huge(**how: Any) -> Callable[[Any], None]:
    def make(file: Any) -> None:
        file.create_dataset("node/nodes/w/weight", shape=(10**6, 10**6), dtype="f8", **how)

    return replaced("node/nodes/w/weight", make)


def nir_cases() -> list[Case]:
    import h5py

    weight, nodes = "node/nodes/w/weight", "node/nodes"

    def deep(file: Any) -> None:
        for _ in range(100):
            file = file.create_group("g")

    def whole(folder: Path) -> None:
        hdf5(lambda file: None)(folder)
        content = (folder / "g.nir").read_bytes()
        (folder / "g.nir").write_bytes(content[: len(content) // 2])

    found: dict[str, Make] = {
        "cut off": whole,
        "a link out": hdf5(replaced(weight, lambda file: h5py.ExternalLink("/etc/passwd", "x"))),
        "a link inside": hdf5(replaced(weight, lambda file: h5py.SoftLink("/node"))),
        "a link inside to itself": hdf5(replaced(weight, lambda file: h5py.SoftLink("/" + weight))),
        "a group inside itself": hdf5(lambda file: file.__setitem__("node/nodes/w/again", file["node"])),
        "groups inside groups": hdf5(deep),
        "a dataset that promises terabytes": hdf5(huge()),
        "a packed dataset that promises terabytes": hdf5(huge(chunks=(1000, 1000), compression="gzip")),
        "storage out of the file": hdf5(huge(external=[("/etc/passwd", 0, 8 * 10**12)])),
        "no node": hdf5(lambda file: file.__delitem__("node")),
        "a node of no kind": hdf5(replaced("node/nodes/w/type", lambda file: None)),
        "a node of another kind": hdf5(replaced("node/nodes/w/type", lambda file: "os.system")),
        "a node of a number": hdf5(replaced("node/nodes/w/type", lambda file: 3)),
        "a weight of text": hdf5(replaced(weight, lambda file: "text")),
        "a weight that is a group": hdf5(replaced(weight, lambda file: file.create_group(weight) and None)),
        "a weight that is not finite": hdf5(replaced(weight, lambda file: np.full((2, 2), np.nan))),
        "a weight of another shape": hdf5(replaced(weight, lambda file: np.ones((3, 7)))),
        "no weight": hdf5(replaced(weight, lambda file: None)),
        "no edges": hdf5(replaced("node/edges", lambda file: None)),
        "edges of numbers": hdf5(replaced("node/edges", lambda file: np.ones((2, 2)))),
        "edges to nothing": hdf5(replaced("node/edges", lambda file: [["i", "q"], ["w", "o"]])),
        "nodes that are none": hdf5(replaced(nodes, lambda file: np.ones(2))),
        "a key that is a parameter": hdf5(lambda file: file.__setitem__("node/type_check", 1)),
        "an attribute as a parameter": hdf5(lambda file: file.__setitem__("node/nodes/w/__class__", 1)),
        "a shape below nothing": hdf5(replaced("node/nodes/i/shape", lambda file: np.array([-2]))),
        "a shape without end": hdf5(replaced("node/nodes/i/shape", lambda file: np.array([2**62, 2**62]))),
    }
    return [Case(f"nir: {name}", "nir", "g.nir", make, "") for name, make in found.items()]


ARCHIVES = [*CHECKPOINTS, *SERIES, *STREAMS, *SOUNDS]
NIR = [*no_file("nir", "g.nir"), *nir_cases()]
