"""What a case of a file that is not to be trusted is: how it is made, how it is read, what must be said of it."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Make = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """``make`` writes into a folder; ``file`` is what is read as a ``kind``, ``says`` is part of what must be said."""

    name: str
    kind: str
    file: str
    make: Make
    says: str


def put(name: str, content: str | bytes) -> Make:
    """Write one file."""

    def make(folder: Path) -> None:
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return make


def both(*makes: Make) -> Make:
    """Write several."""
    return lambda folder: [one(folder) for one in makes]


def sparse(name: str, size: int, begin: bytes = b"") -> Make:
    """A file that says it is large and takes no room on the disk."""

    def make(folder: Path) -> None:
        (folder / name).write_bytes(begin)
        os.truncate(folder / name, size)

    return make


def no_file(kind: str, file: str) -> list[Case]:
    """What stands where a file is expected, for any kind of file."""
    return [
        Case(f"{kind}: missing", kind, file, lambda folder: None, ""),
        Case(f"{kind}: a folder", kind, file, lambda folder: (folder / file).mkdir(), "folder"),
        Case(f"{kind}: a pipe", kind, file, lambda folder: os.mkfifo(folder / file), "no regular file"),
        Case(
            f"{kind}: a link to a device", kind, file, lambda folder: (folder / file).symlink_to("/dev/zero"), "regular"
        ),
        Case(
            f"{kind}: a link to itself", kind, file, lambda folder: (folder / file).symlink_to(file), "symbolic links"
        ),
        Case(f"{kind}: empty", kind, file, put(file, b""), ""),
        Case(f"{kind}: noise", kind, file, put(file, bytes(range(256)) * 16), ""),
        Case(f"{kind}: larger than any", kind, file, sparse(file, 2**40), ""),
    ]


def copied(source: Path, file: str) -> Make:
    """A copy of a file that stands outside of the folder."""
    return lambda folder: shutil.copy(source, folder / file)
