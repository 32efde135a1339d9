"""Talk to a worker: start a peer on a workload, have it run, ask what came out."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from .catalogue import PEERS

PATIENCE = 1200.0
"""Seconds after which a peer that says nothing is given up."""


class PeerError(RuntimeError):
    """A peer is not installed, refused, or broke; the text says which."""


class Session(AbstractContextManager["Session"]):
    """A worker that is ready: its first run is over. ``known`` is what it said of itself.

    Raises PeerError where it cannot start, and from ``seconds`` and ``outputs`` where it ends early.
    """

    def __init__(self, name: str, workload: str, inputs: str | Path, threads: int, dtype: str) -> None:
        self.name, peer = name, PEERS[name]
        if not peer.installed:
            raise PeerError(f"{name} is not installed: python -m benchmarks.peers.install {peer.env}")
        if threads > peer.most_threads:
            raise PeerError(f"{name} uses {peer.most_threads} thread at most")
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 # open as long as the session
        pipe = subprocess.PIPE
        # in a folder of its own: some peers write code and logs where they are started
        self._folder = tempfile.TemporaryDirectory(prefix=f"{name}-")
        inputs = Path(inputs).resolve()
        self._process = subprocess.Popen(
            peer.command(name, workload, inputs, threads, dtype),
            stdin=pipe,
            stdout=pipe,
            stderr=self._errors,
            text=True,
            cwd=self._folder.name,
        )
        try:
            self.known: dict[str, Any] = json.loads(self._heard("ready"))
        except BaseException:
            self.close()
            raise

    def _heard(self, word: str) -> str:
        assert self._process.stdout is not None
        guard = threading.Timer(PATIENCE, self._process.kill)
        guard.start()
        began = time.monotonic()
        try:
            said, _, rest = self._process.stdout.readline().strip().partition(" ")
        finally:
            guard.cancel()
        if said == word:
            return rest
        if said == "failed":
            raise PeerError(json.loads(rest)["error"])
        if time.monotonic() - began >= PATIENCE:
            raise PeerError(f"{self.name} said nothing for {PATIENCE:g} s")
        self._errors.seek(0)
        last = self._errors.read().strip().splitlines()[-3:]
        raise PeerError(f"{self.name} ended early: {' | '.join(last) or 'without a word'}")

    def _asked(self, line: str, answer: str) -> str:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # what it said last tells why
        return self._heard(answer)

    def seconds(self) -> float:
        """Run once; by the peer's clock where it has its own."""
        return float(self._asked("run", "time"))

    def outputs(self) -> dict[str, Any]:
        """What the last run gave."""
        path = Path(self._folder.name) / "outputs.npz"
        self._asked(f"outputs {path}", "written")
        with np.load(path) as file:
            return dict(file)

    def close(self) -> None:
        """End the process, and remove what it wrote."""
        if self._process.poll() is None:
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()
        self._errors.close()
        self._folder.cleanup()

    def __exit__(self, *error: object) -> None:
        self.close()
