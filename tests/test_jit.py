"""The door to numba: compiled once, cached, said aloud, and the same function without it."""

import copy
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from graphnet import jit
from graphnet.jit import Kernel, kernel
from graphnet.noise import fill_normal, normal
from graphnet.products import ordered_rows

MODULE = """
from graphnet import kernel

@kernel
def double(x):
    return x + x

@kernel
def fourfold(x):
    return double(double(x))
"""

SCRIPT = """
import logging, sys
import numpy as np
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(levelname)s %(message)s")
logging.getLogger("numba").setLevel(logging.WARNING)
sys.path.insert(0, {folder!r})
from mine import fourfold
from graphnet.noise import normal
sys.stdout.write(f"{{fourfold(np.arange(3.0)).tolist()}}\\n{{normal(1, 0, 0, 1, 2).tolist()}}\\n")
sys.stdout.write("numba" if "numba" in sys.modules else "python")
"""


def run(tmp_path, **environment):
    (tmp_path / "mine.py").write_text(MODULE)
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(folder=str(tmp_path))],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert said.returncode == 0, said.stderr
    return said.stdout


def test_the_first_process_says_that_it_compiles_and_the_next_is_silent(tmp_path):
    cache = str(tmp_path / "cache")
    first, second = (run(tmp_path, NUMBA_CACHE_DIR=cache) for _ in range(2))
    assert first.count("INFO compiling kernels for this machine") == 1
    for name in ("double", "fourfold", "fill_normal"):
        assert f"DEBUG compiled {name}" in first
    assert "INFO" not in second
    assert "DEBUG" not in second
    assert second.splitlines() == [line for line in first.splitlines() if line.split()[0] not in ("INFO", "DEBUG")]


def test_a_changed_kernel_of_the_same_file_is_compiled_again(tmp_path):
    cache = str(tmp_path / "cache")
    assert "[0.0, 4.0, 8.0]" in run(tmp_path, NUMBA_CACHE_DIR=cache)
    changed = MODULE.replace("x + x", "x + x + x")
    (tmp_path / "mine.py").unlink()
    code = SCRIPT.format(folder=str(tmp_path))
    (tmp_path / "mine.py").write_text(changed)
    said = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NUMBA_CACHE_DIR": cache},
    )
    assert "[0.0, 9.0, 18.0]" in said.stdout


FAR = {
    "outer.py": "from graphnet import kernel\nfrom middle import twice\n"
    "@kernel\ndef outer(x):\n    return twice(x) + 1.0\n",
    "middle.py": "from graphnet import kernel\nfrom inner import once\n"
    "@kernel\ndef twice(x):\n    return once(x) + once(x)\n",
    "inner.py": "from graphnet import kernel\nBY = 1.0\n@kernel\ndef once(x):\n    return BY * x\n",
}


def test_a_changed_kernel_of_another_file_is_compiled_again_and_so_is_what_reaches_it(tmp_path):
    """numba's own cache would go on with the old one: it looks at the file of the outermost function alone."""
    code = (
        "import logging, sys\nlogging.basicConfig(level=logging.DEBUG, stream=sys.stdout)\n"
        "logging.getLogger('numba').setLevel(logging.WARNING)\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\nfrom outer import outer\nsys.stdout.write(str(outer(4.0)))"
    )
    for name, text in FAR.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "cache").mkdir()

    def said():
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    first, second = said(), said()
    assert (first[-3:], second) == ("9.0", "9.0")
    assert "compiled outer" in first
    (tmp_path / "inner.py").write_text(FAR["inner.py"].replace("BY = 1.0", "BY = 3.0"))
    changed = said()
    assert changed.endswith("25.0")
    assert "compiled outer" in changed
    assert said() == "25.0"


@kernel
def inner(x):
    return x


@kernel
def halved(x):
    return x / 2


@kernel
def outer(x):
    return inner(x) + 1.0


def test_a_kernel_can_be_bound_to_another_that_it_calls():
    bound = outer.bound(inner=halved)
    assert (bound(4.0), outer(4.0)) == (3.0, 5.0)
    assert bound.python.__qualname__ != outer.python.__qualname__  # and so it is cached apart


def test_without_numba_the_same_functions_run_as_python(tmp_path):
    compiled, python = (run(tmp_path, GRAPHNET_JIT=switch).splitlines() for switch in ("1", "0"))
    assert python[-1] == "python"  # it is not even imported
    assert compiled[-1] == "numba"
    assert python[-3] == compiled[-3] == "[0.0, 4.0, 8.0]"
    assert np.allclose(eval(python[-2]), eval(compiled[-2]), rtol=1e-15)


def test_a_cache_folder_that_cannot_be_written_to_does_no_harm(tmp_path):
    assert "[0.0, 4.0, 8.0]" in run(tmp_path, NUMBA_CACHE_DIR="/dev/null/cache")


def test_a_machine_without_any_place_for_a_cache_compiles_every_time(monkeypatch, caplog):
    from numba.core import caching

    monkeypatch.setattr(caching.FunctionCache._impl_class, "_locator_classes", [])

    @kernel
    def triple(x):
        return 3 * x

    assert triple(7) == 21
    assert "compiled anew in every process" in caplog.text


def test_a_kernel_travels_by_reference():
    for twin in (copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))):
        assert twin(ordered_rows) is ordered_rows
    assert len(pickle.dumps(ordered_rows)) < 100


def test_a_kernel_of_a_script_travels_by_value_where_functions_do():
    from numba import cloudpickle

    place = {"__name__": "__main__"}
    exec("from graphnet import kernel\n@kernel\ndef double(x):\n    return x + x\n", place)
    sent = cloudpickle.dumps(place["double"])
    code = f"import pickle, sys; sys.stdout.write(str(pickle.loads({sent!r})(21)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert said.stdout == "42", said.stderr


def test_two_threads_that_call_first_make_one_compiled_function(monkeypatch):
    made = []
    monkeypatch.setattr(jit, "_compiler", lambda function: made.append(function) or function)
    fresh = Kernel(lambda x: 2 * x)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fresh, range(64))) == [2 * x for x in range(64)]
    assert len(made) == 1


def test_a_kernel_looks_like_its_function():
    assert fill_normal.__name__ == "fill_normal"
    assert fill_normal.__module__ == "graphnet.noise"
    assert fill_normal.__wrapped__ is fill_normal.python


def test_a_failing_kernel_raises_where_python_would():
    with pytest.raises(TypeError):
        ordered_rows(1)


def test_kernels_take_read_only_arrays():
    x = np.ones((2, 2))
    x.flags.writeable = False
    out = np.zeros((2, 2))
    ordered_rows(x, x, out)
    assert out.tolist() == [[2, 2], [2, 2]]
    assert normal(1, 0, 0, 2, 2).flags.writeable
