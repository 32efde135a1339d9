"""Where a file of an array lies: within the folders that are allowed, and a regular file."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import ParameterError
from ..limits import current
from ..showing import named, shown

Folders = Sequence[str | os.PathLike[str]]


def place(file: Any, folder: Path | None, allow: Folders = ()) -> Path:
    """The path of a file as a description names it, links followed.

    With a ``folder``, what it leads to must lie within that, or within one of ``allow`` or ``Limits.allow``: neither
    ``..`` nor an absolute path nor a symbolic link leads out. Without one the name is the caller's own, from the
    working directory. Whether a file outside exists is not told. Raises ParameterError.
    """
    if not isinstance(file, str) or not file:
        raise ParameterError(f"file must be the name of a file, got {shown(file)}", parameter="file")
    try:
        found = Path(os.path.realpath((folder or Path()) / file))
        if folder is None:
            return found
        inside = any(found.is_relative_to(os.path.realpath(one)) for one in (folder, *allow, *current().allow))
    except (OSError, ValueError) as error:  # a name with a NUL, or of half characters
        raise ParameterError(f"cannot read {named(file)}: {_reason(error)}", parameter="file") from error
    if not inside:
        raise ParameterError(
            f"cannot read {named(file)}: it lies outside of the document's folder",
            parameter="file",
            hint="move it beside the document, or allow its folder: --allow FOLDER, "
            "in Python limited(Limits(allow=[FOLDER]))",
        )
    return found


def open_regular(path: Path, name: str) -> BinaryIO:
    """A regular file, open for reading. A pipe, a device or a folder is refused and never waited for.

    Raises ParameterError that calls the file ``name``.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "no regular file"
            raise ParameterError(f"cannot read {named(name)}: it is {what}", hint="give the name of a file")
        return open(path, "rb", opener=_opened)  # a Path takes no opener
    except (OSError, ValueError) as error:
        if isinstance(error, ParameterError):
            raise
        raise ParameterError(f"cannot read {named(name)}: {_reason(error)}") from error


def _opened(path: str, flags: int) -> int:
    if os.name == "posix":  # should the file have become a pipe by now, do not wait for its writer
        flags |= os.O_NONBLOCK
    handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no regular file any more")
    return handle


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
