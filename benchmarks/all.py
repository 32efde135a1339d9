"""Every workload that is asked for, for each dtype and number of threads."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from benchmarks.harness import contest, machine
from benchmarks.peers.catalogue import peers_of
from benchmarks.report import line
from benchmarks.workload import Workload
from benchmarks.workloads import ALL


def asked(only: str) -> list[Workload]:
    """The workloads that names or first letters stand for."""
    names = [one.strip().lower() for one in only.split(",") if one.strip()]
    chosen = [one for one in ALL if not names or any(one.name == n or one.name.startswith(f"{n}_") for n in names)]
    if not chosen:
        raise SystemExit(f"no workload {only!r}: there are {', '.join(one.name for one in ALL)}")
    return chosen


def run_all(given: argparse.Namespace) -> dict[str, Any]:
    """The results of all rows, each printed when it is there."""
    cores = len(os.sched_getaffinity(0))
    results: dict[str, Any] = {"machine": machine(), "full": given.full, "rows": []}
    for one in asked(given.only):
        work = one if given.repeats is None else replace(one, repeats=given.repeats)
        for dtype in _chosen(work.dtypes, given.dtypes):
            for threads in _chosen(work.threads, given.threads):
                if threads > cores:
                    continue
                row = contest(work, given.full, dtype, threads, _peers(given, work.name), _say)
                results["rows"].append(row)
                print(line(row), flush=True)
    if given.full:
        from benchmarks.growth import growths
        from benchmarks.weight import weights

        results["growth"] = growths([one.name[0] for one in asked(given.only)])
        results["memory"] = weights(asked(given.only))
    return results


def _chosen(some: Sequence[Any], text: str) -> list[Any]:
    return [one for one in some if not text or str(one) in text.split(",")]


def _peers(given: argparse.Namespace, workload: str) -> list[str]:
    """The peers that can do a workload, of those that are asked for."""
    known = [] if given.no_peers else list(peers_of(workload))
    return [one for one in known if given.peers is None or one in given.peers.split(",")]


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text:<70}", end="\r", file=sys.stderr, flush=True)
