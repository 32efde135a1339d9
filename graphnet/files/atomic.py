"""Replace a file whole or not at all: a full disk or a failing writer leaves the old one as it was."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from ..errors import FileError

Content = bytes | Callable[[BinaryIO], object]


def write_atomic(path: str | PathLike[str], content: Content) -> None:
    """Write a file beside its place, make sure that it is on disk, then put it there in one step.

    ``content`` is the bytes, or a function that writes them to the binary file it is given, which is seekable and
    open for reading too. An existing file keeps its mode; a symbolic link stays and its target is replaced. On any
    failure the old file is untouched and nothing is left beside it. Raises FileError where the system refuses (no
    folder, no permission, disk full); any other exception of ``content`` passes as it is.
    """
    shown = str(path)
    target = Path(os.path.realpath(path))
    try:
        _replace(target, content, _mode_to_keep(target, shown))
    except FileError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileError(f"{shown}: cannot be written: {reason}", path=shown, hint="nothing was changed") from error
    _sync_folder(target.parent)


def _mode_to_keep(target: Path, shown: str) -> int | None:
    """The mode of the file that will be replaced, or None for a new one; FileError where none can be written."""
    if not target.parent.is_dir():
        folder = Path(shown).parent
        raise FileError(f"{shown}: there is no folder {str(folder)!r}", path=shown, hint="create the folder first")
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        raise FileError(f"{shown} is {what}", path=shown, hint="give the name of a file")
    if not os.access(target, os.W_OK):  # replacing needs only the folder's permission, but read-only is a wish
        raise FileError(f"{shown} is read-only", path=shown, hint="make it writable, or write elsewhere")
    return stat.S_IMODE(status.st_mode)


def _replace(target: Path, content: Content, mode: int | None) -> None:
    # a short name of our own: the target's may already be as long as the file system allows
    beside = target.parent / f".{secrets.token_hex(8)}.part"
    file = beside.open("x+b")
    try:
        with file:
            if callable(content):
                content(file)
            else:
                file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            beside.chmod(mode)
        beside.replace(target)
    except BaseException:  # also an interrupt leaves nothing behind
        beside.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Ask for the new name to be on disk too. The file is in place: a system that cannot sync folders is no failure."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
