"""A document that needs nothing outside its folder: every file that it names is copied beside it, by its content."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..document import written
from ..errors import InputError
from ..network import Network

FILES = "files"
"""The folder of copies, beside the document."""


@dataclass
class Resolved:
    """A document as ``text``, and the ``files`` that it names: the place of each copy, and what is copied there."""

    text: str
    files: dict[str, Path] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """What tells two resolved documents apart: copies are named by their content, so it covers them too."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def write(self, folder: Path) -> None:
        """Write the copies, then ``document.yaml``. Raises FileError."""
        from ..files import for_editors, write_atomic

        for name, source in self.files.items():
            place = folder / name
            place.parent.mkdir(exist_ok=True)
            if source.is_dir():  # an array of Zarr
                shutil.copytree(source, place, dirs_exist_ok=True)
            else:
                write_atomic(place, source.read_bytes())
        write_atomic(folder / "document.yaml", (for_editors(folder) + self.text).encode())


def digest_of(file: Path) -> str:
    """What ``Resolved.sha256`` was of the document that was written as this file. Raises OSError."""
    from ..files import without_editors

    return hashlib.sha256(without_editors(file.read_bytes())).hexdigest()


def resolved(net: Network) -> Resolved:
    """The document of a network, all its files found. Raises InputError for a file that cannot be read."""
    from ..files import to_yaml

    files: dict[str, Path] = {}

    def kept(path: str) -> str:
        file, sign, member = path.partition("#")  # which member of an archive
        source = Path(file)
        name = f"{FILES}/{_digest(source)[:16]}-{source.name}"
        files[name] = source
        return name + sign + member

    data = {key: value for key, value in written(net).items() if key != "sweep"}  # a run is one of its runs, or none
    data["layers"] = {name: _moved(entry, kept) for name, entry in data.get("layers", {}).items()}
    run = data.get("run") or {}
    if run.get("inputs"):
        data["run"] = {**run, "inputs": {name: kept(file) for name, file in run["inputs"].items()}}
    return Resolved(to_yaml(data), files)


def _moved(value: Any, kept: Callable[[str], str]) -> Any:
    """A value with the file of every array in it replaced."""
    if isinstance(value, Mapping):
        return {
            key: kept(one) if key == "file" and isinstance(one, str) else _moved(one, kept)
            for key, one in value.items()
        }
    return value


def _digest(source: Path) -> str:
    total = hashlib.sha256()
    try:
        if source.exists() and not (source.is_file() or source.is_dir()):  # a pipe would be read for ever
            raise InputError(f"cannot read {source}: it is no regular file")
        for path in _parts(source):
            if path != source:
                total.update(f"{path.relative_to(source)}\n".encode())
            with path.open("rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror}") from error
    return total.hexdigest()


def _parts(source: Path) -> Iterator[Path]:
    if source.is_dir():
        yield from sorted(path for path in source.rglob("*") if path.is_file())
    else:
        yield source
