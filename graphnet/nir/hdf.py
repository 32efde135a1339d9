"""Read a file of HDF5 in a process of its own: started as a script, and never used by the house otherwise.

The C library that reads HDF5 can be brought down by a file that was made for it; here it takes nothing with it. The
file is the standard input. What is told on the standard output is an archive of NumPy: the plain arrays, and in words
what they are, or why there is none. Only numpy and h5py are imported, which takes a tenth of a second.
"""

import json
import math
import os
import sys
from typing import Any

DEEP = 64  # groups inside each other, of which a graph inside a graph takes two
SPARE = 2**30  # bytes of address space that libraries take, besides what is read
HERE = "a file of NIR holds its content itself"


class Refused(Exception):
    """What may not be read: the sentence, and the limit that keeps it out."""

    def __init__(self, said: str, limit: str = "") -> None:
        super().__init__(said)
        self.limit = limit


class Looking:
    """What is looked over before anything is read: nothing leads out of it, round, or to more than it may hold."""

    def __init__(self, size: int, unpacked: int, groups: int, known: list[str]) -> None:
        self.size: int = max(size, 1)
        self.unpacked = unpacked
        self.groups = groups
        self.room: int = size + unpacked
        self.known: frozenset[str] = frozenset(known)
        self.unknown: list[tuple[str, str]] = []
        self.found: list[tuple[int, str, Any]] = []  # number of the group around it, name, dataset or None for a group
        self.seen: set[Any] = set()

    def over(self, file: Any) -> None:
        """Everything in the file, groups before what is in them. Raises Refused."""
        import h5py

        waiting: list[tuple[str, Any, int, int]] = [("", file, 0, -1)]
        while waiting:
            path, group, depth, number = waiting.pop()
            if group in self.seen or depth > DEEP:  # groups are equal where they lie at the same place of the file
                raise Refused(f"{path or '/'}: groups of the file lead round, or lie too deep")
            self.seen.add(group)
            if len(self.seen) > self.groups:
                raise Refused(f"it has more than {self.groups:,} groups", "groups")
            for name in group:
                inner = f"{path}/{name}"
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise Refused(f"{inner} is a link; {HERE}")
                one = group[name]
                if isinstance(one, h5py.Group):
                    waiting.append((inner, one, depth + 1, len(self.found)))
                    self.found.append((number, name, None))
                    continue
                self.dataset(inner, one)
                self.found.append((number, name, one))
                if name == "type" and "/metadata" not in inner and kind_of(group) not in self.known:
                    self.unknown.append((path, kind_of(group)))

    def dataset(self, path: str, one: Any) -> None:
        """Count what a dataset takes in memory, by its description: a few bytes of a file can promise anything."""
        import h5py

        if not isinstance(one, h5py.Dataset) or one.external or one.is_virtual:
            raise Refused(f"{path} lies in another file; {HERE}")
        text = h5py.check_string_dtype(one.dtype) is not None
        if one.shape is None or not (text or one.dtype.kind in "biuf"):
            raise Refused(f"{path} holds neither numbers nor text, but {one.dtype}")
        self.take(path, math.prod(one.shape) * one.dtype.itemsize)
        if text and one.shape and one.dtype.kind == "O":
            self.texts(path, one)

    def texts(self, path: str, one: Any) -> None:
        """Texts of any length lie elsewhere in the file, many of them perhaps in the same place."""
        at_once = max(1, self.unpacked // self.size // max(1, math.prod(one.shape[1:])))
        for begin in range(0, one.shape[0], at_once):
            self.take(path, sum(len(text) for text in one[begin : begin + at_once].ravel()))

    def take(self, path: str, count: int) -> None:
        """Count bytes. Raises Refused where they pass what may be read."""
        self.room -= count
        if self.room < 0:
            said = f"with {path} it promises more than the {self.size} bytes that it has, and the {self.unpacked}"
            raise Refused(f"{said} that may be unpacked", "unpacked")


def kind_of(group: Any) -> str:
    """The kind of a node."""
    kind = group["type"][()]
    if not isinstance(kind, bytes | str):
        raise Refused(f"the kind of a node should be text, got {str(kind)[:200]!r}")
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def read(how: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands in the file, in words, and its numbers by the number of their dataset. Raises Refused."""
    import h5py

    arrays: dict[str, Any] = {}
    entries: list[Any] = []
    with h5py.File(sys.stdin.buffer, "r") as file:
        looking = Looking(how["size"], how["unpacked"], how["groups"], how["known"])
        looking.over(file)
        told = {"kind": kind_of(file["node"]), "unknown": looking.unknown, "entries": entries}
        for number, (around, name, one) in enumerate(looking.found if not looking.unknown else []):
            value: Any = None if one is None else one[()]
            if one is None:
                entries.append([around, name, None])
            elif h5py.check_string_dtype(one.dtype) is None:
                arrays[f"a{number}"] = value
                entries.append([around, name, "number"])
            else:  # bytes in JSON, each as one character
                flat = [value] if isinstance(value, bytes) else value.ravel().tolist()
                entries.append([around, name, [list(one.shape), [text.decode("latin-1") for text in flat]]])
    return told, arrays


def limit(room: int, seconds: int) -> None:
    """Bound the address space, the time and what a crash leaves behind, within what this process may."""
    import resource

    for which, most in ((resource.RLIMIT_AS, room), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(which)[1]
        resource.setrlimit(which, (most if hard < 0 else min(most, hard), hard))


def main() -> None:
    """Read what is asked for within the limits that the argument says."""
    how = json.loads(sys.argv[1])
    if os.name == "posix":
        limit(SPARE + 3 * (how["size"] + how["unpacked"]), how["seconds"])
    import numpy as np

    try:
        told, arrays = read(how)
    except Refused as error:
        told, arrays = {"refused": str(error), "limit": error.limit}, {}
    except Exception as error:  # whatever the library meets in a file that is not sound
        told, arrays = {"unsound": type(error).__name__, "said": str(error)[:1000]}, {}
    words = json.dumps(told).encode()
    np.savez(sys.stdout.buffer, told=np.frombuffer(words, dtype=np.uint8), **arrays)


if __name__ == "__main__":
    main()
