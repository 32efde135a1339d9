"""A file is replaced whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from graphnet.errors import FileError, GraphnetError
from graphnet.files import write, write_atomic

posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and devices of POSIX systems")


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_bytes_and_functions_replace_the_whole_file(tmp_path):
    path = tmp_path / "a.bin"
    write_atomic(path, b"first, and longer")
    write_atomic(str(path), lambda file: file.write(b"second"))
    assert path.read_bytes() == b"second"
    write_atomic(path, lambda file: np.savez(file, x=np.arange(3)))
    with np.load(path) as saved:
        assert saved["x"].tolist() == [0, 1, 2]
    assert names(tmp_path) == ["a.bin"]


@pytest.mark.parametrize(
    "error", [RuntimeError("half way"), KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")]
)
@pytest.mark.parametrize("exists", [True, False])
def test_a_writer_that_fails_half_way_leaves_everything_as_it_was(tmp_path, error, exists):
    path = tmp_path / "a.txt"
    if exists:
        path.write_bytes(b"old")

    def fails(file):
        file.write(b"new" * 100_000)
        raise error

    with pytest.raises(FileError if isinstance(error, OSError) else type(error)) as caught:
        write_atomic(path, fails)
    assert caught.value is error or caught.value.__cause__ is error
    assert names(tmp_path) == (["a.txt"] if exists else [])
    assert not exists or path.read_bytes() == b"old"


@posix
@pytest.mark.parametrize("size", [100, 300_000])
def test_a_limit_of_the_system_on_file_sizes_leaves_the_old_file(tmp_path, size):
    """The system itself refuses, as on a full disk; a small write learns of it only when it is flushed."""
    script = (
        "import resource, sys\n"
        "from graphnet.errors import FileError\n"
        "from graphnet.files import write_atomic\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))\n"
        "try:\n"
        f"    write_atomic(sys.argv[1], b'n' * {size})\n"
        "except FileError as error:\n"
        "    sys.exit(3 if 'cannot be written: File too large' in str(error) else 4)\n"
    )
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 3
    assert (path.read_bytes(), names(tmp_path)) == (b"old", ["a.txt"])


@posix
def test_a_full_disk_leaves_the_old_file(tmp_path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("this system lets no small disk be mounted here; the limit on file sizes stands in for it")
    try:
        path = tmp_path / "a.txt"
        write_atomic(path, b"old")
        with pytest.raises(FileError, match="No space left on device"):
            write_atomic(path, b"n" * 200_000)
        assert (path.read_bytes(), names(tmp_path)) == (b"old", ["a.txt"])
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@posix
def test_an_existing_file_keeps_its_mode_and_a_new_one_gets_the_usual_mode(tmp_path):
    path = tmp_path / "a.txt"
    path.touch()
    usual = stat.S_IMODE(path.stat().st_mode)
    write_atomic(tmp_path / "new.txt", b"")
    assert stat.S_IMODE((tmp_path / "new.txt").stat().st_mode) == usual
    for mode in (0o600, 0o664, 0o755):
        path.chmod(mode)
        write_atomic(path, b"x")
        assert stat.S_IMODE(path.stat().st_mode) == mode


@posix
def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "data").mkdir()
    target = tmp_path / "data" / "real.txt"
    target.write_bytes(b"old")
    link = tmp_path / "link.txt"
    link.symlink_to(Path("data") / "real.txt")
    write_atomic(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    dangling = tmp_path / "dangling.txt"
    dangling.symlink_to(tmp_path / "data" / "made.txt")
    write_atomic(dangling, b"made")
    assert (tmp_path / "data" / "made.txt").read_bytes() == b"made"


def test_a_name_as_long_as_the_system_allows_is_written(tmp_path):
    path = tmp_path / ("n" * 250 + ".yaml")
    write({"a": 1}, path)
    assert path.read_bytes().endswith(b"\na: 1\n")


def test_places_that_hold_no_file_are_named(tmp_path):
    missing = tmp_path / "out" / "net.yaml"
    with pytest.raises(FileError) as caught:
        write({"a": 1}, missing)
    assert f"there is no folder {str(missing.parent)!r}" in caught.value.message
    assert caught.value.path == str(missing)
    assert isinstance(caught.value, GraphnetError) and isinstance(caught.value, OSError)
    with pytest.raises(FileError, match="is a folder"):
        write_atomic(tmp_path, b"")
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="there is no folder"):
        write_atomic(tmp_path / "file" / "a.txt", b"")


@posix
def test_a_device_is_not_replaced_by_a_file():
    with pytest.raises(FileError, match="/dev/null is no regular file"):
        write_atomic("/dev/null", b"")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write every file")
def test_a_read_only_file_is_respected(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(FileError, match="is read-only"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
