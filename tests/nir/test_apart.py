"""Files of NIR are read in a process of their own, which may end as it likes."""

import subprocess
import sys
import time

import nir
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphnet import GraphnetError
from graphnet.errors import ExchangeError
from graphnet.limits import Limits, limited
from graphnet.nir import door, from_nir


@pytest.fixture
def file(tmp_path):
    ends = {"i": nir.Input(np.array([2])), "o": nir.Output(np.array([2]))}
    graph = nir.NIRGraph({**ends, "w": nir.Linear(np.ones((2, 2)))}, [("i", "w"), ("w", "o")])
    nir.write(tmp_path / "g.nir", graph)
    return tmp_path / "g.nir"


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("import os; os.abort()", "the library that reads it ended by the signal SIGABRT"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended by the signal SIGSEGV"),
        ("raise SystemExit(1)", "not enough memory"),
        ("while True: pass", "took more than 1 s; raise the limit: --limit reading=NUMBER"),
        ("import time; time.sleep(60)", "took more than 1 s; raise the limit: --limit reading=NUMBER"),
        ("", "is no file of NIR"),
        ("print('no archive')", "is no file of NIR"),
    ],
)
def test_however_its_reader_ends_a_file_is_refused_in_words(script, says, file, tmp_path, monkeypatch):
    (tmp_path / "reader.py").write_text(script)
    monkeypatch.setattr(door, "SCRIPT", tmp_path / "reader.py")
    began = time.perf_counter()
    with limited(Limits(reading=1)), pytest.raises(ExchangeError, match=r"g\.nir") as caught:
        from_nir(file, dt=1e-3)
    assert says in str(caught.value)
    assert time.perf_counter() - began < 10


def test_the_reader_imports_nothing_of_the_house_and_no_file_is_opened_by_h5py_here(file, monkeypatch):
    code = f"import runpy, sys; runpy.run_path({str(door.SCRIPT)!r}); print('graphnet' in sys.modules)"
    said = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
    import h5py

    monkeypatch.setattr(h5py, "File", None)
    assert "w" in from_nir(file, dt=1e-3).layers


def test_a_limit_that_refuses_a_file_is_named_and_can_be_raised(file):
    for name, value in (("groups", 3), ("unpacked", 10)):
        with limited(Limits(**{name: value})), pytest.raises(ExchangeError, match=f"--limit {name}=NUMBER"):
            if name == "unpacked":
                import h5py

                with h5py.File(file, "a") as opened:
                    del opened["node/nodes/w/weight"]
                    opened.create_dataset("node/nodes/w/weight", shape=(10**4, 10**4), dtype="f8")
            from_nir(file, dt=1e-3)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_to_a_file_is_refused_in_words_or_changes_nothing_that_matters(data, file):
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = file.with_name("damaged.nir")
    damaged.write_bytes(content)
    try:
        from_nir(damaged, dt=1e-3)
    except GraphnetError as error:
        assert "damaged.nir" in str(error)
        assert all(line.isprintable() for line in str(error).split("\n"))
