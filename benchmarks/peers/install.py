"""Make the environments of the peers, each apart: ``python -m benchmarks.peers.install [PEER or environment ...]``.

An environment that was made from the same requirements is left alone; another is made anew. What could not be installed
is told with pip's reason, and the rest goes on.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from .catalogue import ENVIRONMENTS, PEERS, environments, requirements

PROGRAMS = {"brian2": "g++", "annarchy": "g++"}
"""What an environment needs that pip does not bring."""


def mark(env: str) -> str:
    """What an environment was made from."""
    made_by = f"python {sys.version_info.major}.{sys.version_info.minor}\n"
    return hashlib.sha256((made_by + requirements(env).read_text(encoding="utf-8")).encode()).hexdigest()


def chosen(asked: list[str]) -> list[str]:
    """The environments of what was asked for, peers or environments; all where nothing was.

    Raises SystemExit where a name is neither.
    """
    known = environments()
    unknown = [one for one in asked if one not in known and one not in PEERS]
    if unknown:
        raise SystemExit(f"no peer {', '.join(unknown)}; there are {', '.join((*PEERS, *known))}")
    return list(dict.fromkeys(one if one in known else PEERS[one].env for one in asked)) or known


def make(folder: Path, env: str) -> str | None:
    """Make one environment; why it failed, or None."""
    program = PROGRAMS.get(env)
    if program and shutil.which(program) is None:
        return f"{program} is missing: apt-get install {program}"
    if folder.exists():
        shutil.rmtree(folder)
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    command = [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(requirements(env))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
        return "\n".join(told[-5:])
    (folder / "installed.txt").write_text(mark(env), encoding="utf-8")
    return None


def install(env: str) -> bool:
    """Make an environment unless it is there, and tell how it went."""
    folder = ENVIRONMENTS / env
    marker = folder / "installed.txt"
    if marker.exists() and marker.read_text(encoding="utf-8") == mark(env):
        print(f"{env}: is there", flush=True)
        return True
    print(f"{env}: being made", flush=True)
    failed = make(folder, env)
    print(f"{env}: {'made' if failed is None else 'failed: ' + failed}", flush=True)
    return failed is None


def main() -> int:
    """How many could not be made."""
    return sum(not install(env) for env in chosen(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
