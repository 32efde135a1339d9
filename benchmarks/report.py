"""A table, a figure and docs/performance.md of results: ``python -m benchmarks.report results.json``."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
OURS, KERNEL = "graphnet", "kernel"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31")
"""Those of Okabe and Ito 2008, Color Universal Design, with a brown in place of the yellow, which is hard to see."""
MARKERS = ("s", "^", "D", "v")


def seconds(value: float) -> str:
    """A time in words of three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}" if value / size < 999.5 else f"{value / size:.0f} {unit}"
    return f"{value / 1e-9:.3g} ns"


def judged(row: Row) -> str:
    """What the bound speaks of, beside it."""
    if row["value"] is None:
        return "no kernel"
    unit = {"ratio": "x", "excess": "us", "seconds": "s"}[row["kind"]]
    bound = "" if math.isinf(row["bound"]) else f" (bound {row['bound']:g})"
    return f"{row['value']:.2f} {unit}{bound}" + ("" if row["holds"] else " MISSED")


def line(row: Row) -> str:
    """One line of the table."""
    least = {name: one["min"] for name, one in row["times"].items()}
    text = f"{row['workload']:<12} {row['dtype'][5:]:>2} {row['threads']} thr"
    text += f"  {seconds(least[OURS]):>8}"
    text += f"  kernel {seconds(least[KERNEL]):>8}" if KERNEL in least else f"  {'':>15}"
    text += f"  {judged(row):<26}"
    others = [f"{name} {least[name] / least[OURS]:.2f}x" for name in least if name not in (OURS, KERNEL)]
    failed = [f"{name}: {why}"[:60] for name, why in row["failed"].items()]
    return text + ("  " + ", ".join(others) if others else "") + ("  [" + "; ".join(failed) + "]" if failed else "")


def table(results: Mapping[str, Any]) -> str:
    """All lines."""
    head = "shortest of interleaved runs; value: graphnet over the kernel; peers: their time over graphnet's\n"
    return head + "\n".join(line(row) for row in results["rows"])


def figure(results: Mapping[str, Any], path: Path) -> None:
    """Times of all contenders as multiples of graphnet's, one row a workload."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib import ticker

    rows = [one for one in results["rows"] if len(one["times"]) > 1]
    fig, ax = plt.subplots(figsize=(9, 0.9 + 0.34 * len(rows)), layout="constrained")
    looks = {KERNEL: ("#000000", "o")}
    names = [name for row in rows for name in row["times"] if name not in (OURS, KERNEL)]
    for number, name in enumerate(dict.fromkeys(names)):  # no two peers look the same
        looks[name] = COLOURS[number % len(COLOURS)], MARKERS[number // len(COLOURS) % len(MARKERS)]
    said: set[str] = set()
    for place, row in enumerate(rows):
        least = {name: one["min"] for name, one in row["times"].items()}
        for name, value in least.items():
            if name == OURS:
                continue
            label = None if name in said else "kernel by hand" if name == KERNEL else name
            said.add(name)
            colour, marker = looks[name]
            ax.plot(value / least[OURS], -place, marker, color=colour, label=label, ms=8 if name == KERNEL else 6)
    ax.axvline(1.0, color="#222222", lw=1.2, label=OURS)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(ticker.NullFormatter())
    ax.set_yticks(
        range(0, -len(rows), -1), [f"{r['workload']}  {r['dtype'][5:]} bit  {_threads(r['threads'])}" for r in rows]
    )
    ax.set_xlabel("time as a multiple of graphnet's (right of the line: slower than graphnet)")
    ax.grid(axis="both", color="#dddddd", lw=0.6)
    ax.set_axisbelow(True)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    fig.savefig(path, dpi=130)
    plt.close(fig)


def _threads(number: int) -> str:
    return f"{number} thread" if number == 1 else f"{number} threads"


def page(results: Mapping[str, Any]) -> str:
    """docs/performance.md."""
    m = results["machine"]
    blas = ", ".join(f"{one['internal_api']} {one['version']} ({one['architecture']})" for one in m["blas"])
    size = "full sizes" if results["full"] else "quick sizes"
    text = [
        "# Performance",
        "",
        "Made by `python -m benchmarks.report` from what `python -m benchmarks` measured: edit neither by hand.",
        "Every row: the same inputs, outputs held against each other, warm-up and compilation apart, runs of all "
        "contenders in turn; the shortest of each. The time of graphnet is that of `Network.evolve`, scheduling and "
        "series at both ends included. A network keeps its plan, so the run that warms up makes it; the rows *planned "
        "anew* have it made in every run, where that weighs most.",
        "",
        f"Measured on {m['date']} on {m['processors']} cores of {m['processor']}, NumPy {m['numpy']}, "
        f"numba {m['numba']}, {blas}; {size}. Load before it began: {m['load']:.1f}.",
        "",
        "| workload | dtype | threads | graphnet | kernel by hand | ratio | bound |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in results["rows"]:
        least = {name: one["min"] for name, one in row["times"].items()}
        kernel = f"{seconds(least[KERNEL])}" if KERNEL in least else "-"
        value = "-" if row["value"] is None else _value(row)
        text.append(
            f"| {row['title']} | {row['dtype']} | {row['threads']} | {seconds(least[OURS])} | {kernel} | {value} |"
            f" {_bound(row)} |"
        )
    if not results["full"]:
        text += ["", "Quick sizes are smaller than the titles say: " + _smaller(results["rows"]) + "."]
    text += ["", *_peers(results), *_growth(results), *_memory(results)]
    return "\n".join(text).rstrip() + "\n"


def _smaller(rows: Sequence[Row]) -> str:
    """The workloads that a quick run makes smaller, with their sizes."""
    from benchmarks.workloads import named

    sizes = {one["workload"]: one["size"] for one in rows if one["size"] != dict(named(one["workload"]).full)}
    return "; ".join(f"{name} {_flat(size)}" for name, size in sizes.items())


def _value(row: Row) -> str:
    unit = {"ratio": "", "excess": " us a call more", "seconds": " s"}[row["kind"]]
    text = f"{row['value']:.2f}{unit}"
    return text if row["holds"] else f"**{text}**"


def _bound(row: Row) -> str:
    if math.isinf(row["bound"]):
        return "-"
    return f"{row['bound']:g}" + {"ratio": "", "excess": " us", "seconds": " s"}[row["kind"]]


def _peers(results: Mapping[str, Any]) -> list[str]:
    lines = []
    for row in results["rows"]:
        ours = row["times"][OURS]["min"]
        for name, one in row["times"].items():
            if name in (OURS, KERNEL):
                continue
            wanted = row["promised"].get(name)
            held = "" if wanted is None else f"{wanted:g}"
            times = f"{one['min'] / ours:.2f}"
            if wanted is not None and one["min"] / ours < wanted:
                times = f"**{times}**"
            notes = row["notes"].get(name, {})
            version = notes.get("versions") or ""
            differs = _flat(notes.get("note") or "")
            lines.append(
                f"| {row['workload']} | {row['dtype']} | {row['threads']} | {name} {_flat(version)} |"
                f" {seconds(one['min'])} | {times} | {held} | {differs} |"
            )
        lines += [
            f"| {row['workload']} | {row['dtype']} | {row['threads']} | {name} | - | - | | {_flat(why)[:150]} |"
            for name, why in row["failed"].items()
        ]
    if not lines:
        return []
    head = ["## Peers", "", "How many times as long as graphnet each takes; bold where a promise is not kept.", ""]
    columns = "| workload | dtype | threads | peer | time | x graphnet | promised | what differs |"
    return [*head, columns, "|---|---|---|---|---|---|---|---|", *lines, ""]


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return str(value).replace("|", "/").replace("\n", " ")


def _growth(results: Mapping[str, Any]) -> list[str]:
    about = "The exponent b of time = a n^b, fitted through the logarithms of times at the sizes stated."
    rows = [
        [
            one["what"], ", ".join(f"{x:g}" for x in one["sizes"]), ", ".join(seconds(t) for t in one["times"]),
            f"{one['exponent']:.2f}",
        ]
        for one in results.get("growth") or ()
    ]  # fmt: skip
    return _section("How cost grows", about, ("what grows", "sizes", "times", "exponent"), rows)


def _memory(results: Mapping[str, Any]) -> list[str]:
    about = (
        "Peak resident memory of a process beyond imports and compiled kernels, beside the arrays that nobody can do "
        "without: inputs, weights, outputs."
    )
    rows = [
        [
            one["workload"], one["dtype"], f"{one['needed'] / 1e6:.1f} MB", f"{one['peak'] / 1e6:.1f} MB",
            f"{one['peak'] / one['needed']:.2f}",
        ]
        for one in results.get("memory") or ()
    ]  # fmt: skip
    return _section("Memory", about, ("workload", "dtype", "needed", "peak", "ratio"), rows)


def _section(title: str, about: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A section with one table, or nothing where the table has no rows."""
    if not rows:
        return []
    table = [head, ["---"] * len(head), *rows]
    return [f"## {title}", "", about, "", *(f"| {' | '.join(row)} |" for row in table), ""]


def main() -> None:
    """Write docs/performance.md and its figure."""
    results = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    docs = Path(__file__).parents[1] / "docs"
    figure(results, docs / "images" / "performance.png")
    text = page(results).replace(
        "\n\n| workload", "\n\n![Times beside graphnet's](images/performance.png)\n\n| workload", 1
    )
    (docs / "performance.md").write_text(text, encoding="utf-8")
    print(table(results))


if __name__ == "__main__":
    main()
