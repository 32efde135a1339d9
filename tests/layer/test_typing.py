"""Type checkers see the constructor that a class body declares."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyright")


def test_pyright_accepts_what_is_right_and_flags_what_is_wrong():
    examples = Path(__file__).with_name("typing_examples.py")
    said = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, str(examples)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
