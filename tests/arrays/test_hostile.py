"""No file of an array costs more than it may, leads where it must not, or ends in an error of another house."""

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from graphnet.arrays import Limits, limited, resolve
from graphnet.errors import GraphnetError, ParameterError, UnknownName

from .hostile import CASES, GOOD, NPY, Case, archived, npy, outside, put

SECONDS = 2.0
BYTES = 300 * 2**20
LONGEST = 1000
"""Characters of an error: the name and the value in it are cut."""


def described(case: Case) -> dict[str, object]:
    return {"file": case.file} | ({} if case.key is None else {"key": case.key})


def contents(folder: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of change of everything in a folder; links are not followed."""
    found = [(str(one), one.lstat().st_size, one.lstat().st_mtime_ns) for one in folder.rglob("*")]
    return sorted(found)


def open_handles() -> int:
    """How many files this process has open, where that is told."""
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0


def in_time(read: Callable[[], object]) -> bool:
    """Whether a refusal comes soon enough, in one of three attempts: others use the machine too."""
    for _ in range(3):
        started = time.perf_counter()
        with pytest.raises(GraphnetError):
            read()
        if time.perf_counter() - started < SECONDS:
            return True
    return False


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "documents"
    inside.mkdir()
    return inside


@pytest.mark.parametrize("case", CASES, ids=[one.name for one in CASES])
def test_a_hostile_file_is_refused_at_once_in_words_and_nothing_changes(case, folder):
    case.make(folder)
    before, handles = contents(folder.parent), open_handles()
    with pytest.raises((ParameterError, UnknownName)) as caught:
        resolve(described(case), folder)
    said = str(caught.value)
    assert case.says in said
    assert said.replace("\n  hint: ", "").isprintable()
    assert len(said) <= LONGEST
    assert in_time(lambda: resolve(described(case), folder))
    assert contents(folder.parent) == before
    del caught
    gc.collect()
    assert open_handles() == handles
    np.save(folder / "good.npy", GOOD)  # the process goes on
    assert np.array_equal(resolve({"file": "good.npy"}, folder), GOOD)


def test_no_refusal_needs_more_room_than_300_megabytes_beyond_what_is_loaded(tmp_path):
    """All of them in one process that can have no more, so that what libraries take counts as well."""
    where = []
    for number, case in enumerate(CASES):
        inside = tmp_path / str(number) / "documents"
        inside.mkdir(parents=True)
        case.make(inside)
        where.append((str(inside), described(case)))
    cases = tmp_path / "cases.json"
    cases.write_text(json.dumps(where))
    code = (
        "import json, resource\n"
        "import scipy.sparse\n"
        "from pathlib import Path\n"
        "from graphnet.arrays import resolve\n"
        "from graphnet.errors import GraphnetError\n"
        "now = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        f"resource.setrlimit(resource.RLIMIT_AS, (now + {BYTES}, -1))\n"
        f"for folder, spec in json.loads(Path({str(cases)!r}).read_text()):\n"
        "    try:\n"
        "        resolve(spec, Path(folder))\n"
        "    except GraphnetError as error:\n"
        "        assert 'not enough memory' not in str(error), error\n"
        "    else:\n"
        "        raise AssertionError(spec)\n"
    )
    if sys.platform != "linux":
        pytest.skip("only here the size of a process is told and bounded")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert said.returncode == 0, said.stderr[-2000:]


def test_without_a_document_the_name_is_the_callers_own_but_a_device_stays_one(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    outside(tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    assert np.array_equal(resolve({"file": "../secret/w.npy"}), GOOD)
    assert np.array_equal(resolve({"file": str(tmp_path / "secret" / "w.npy")}), GOOD)
    Path("zero.npy").symlink_to("/dev/zero")
    os.mkfifo("pipe.npy")
    for name in ("zero.npy", "pipe.npy"):
        with pytest.raises(ParameterError, match="no regular file"):
            resolve({"file": name})


def test_a_folder_can_be_allowed_and_no_other_is(folder):
    outside(folder)
    (folder.parent / "secret2").mkdir()
    np.save(folder.parent / "secret2" / "w.npy", GOOD)
    secret = folder.parent / "secret"
    for name in ("../secret/w.npy", "link.npy", "door/w.npy", str(secret / "w.npy")):
        assert np.array_equal(resolve({"file": name}, folder, allow=[secret]), GOOD)
        with limited(Limits(allow=[secret])):
            assert np.array_equal(resolve({"file": name}, folder), GOOD)
    with pytest.raises(ParameterError, match="outside of the document's folder"):
        resolve({"file": "../secret2/w.npy"}, folder, allow=[secret])
    with pytest.raises(ParameterError, match=r"outside .*") as there:
        resolve({"file": "../secret/w.npy"}, folder)
    with pytest.raises(ParameterError, match=r"outside .*") as gone:
        resolve({"file": "../secret/v.npy"}, folder)
    assert str(there.value).replace("w.npy", "") == str(gone.value).replace("v.npy", "")  # not told which is there


@pytest.mark.parametrize(
    ("make", "file", "limits"),
    [
        (put("w.npy", npy("(2, 3)", content=GOOD.tobytes())), "w.npy", {"stored": 48}),
        (archived(("w.npy", npy("(2, 3)", content=GOOD.tobytes()))), "w.npz#w", {"unpacked": 48, "members": 1}),
        (put("w.csv", b"0,1,2\n3,4,5\n"), "w.csv", {"text": 12}),
    ],
)
def test_a_limit_is_the_largest_that_is_read_and_can_be_set(folder, make, file, limits):
    make(folder)
    with limited(Limits(**limits)):
        assert np.array_equal(resolve({"file": file}, folder), GOOD)
    for name, most in limits.items():
        with limited(Limits(**{name: most - 1})), pytest.raises(ParameterError, match=f"(at most|up to) {most - 1}"):
            resolve({"file": file}, folder)
    assert np.array_equal(resolve({"file": file}, folder), GOOD)


@pytest.mark.parametrize("case", NPY, ids=[one.name for one in NPY])
def test_a_hostile_array_is_refused_inside_an_archive_too(case, folder):
    case.make(folder)
    if (folder / "w.npy").stat().st_size > 2**20 or "#" in case.file:
        return
    archived(("w.npy", (folder / "w.npy").read_bytes()))(folder)
    with pytest.raises(ParameterError, match=r"w\.npz"):
        resolve({"file": "w.npz#w"}, folder)
