"""Arbitrary documents, rich in what readers and writers get wrong."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

MISREAD = (
    "on", "Off", "yes", "NO", "y", "~", "", "null", "True", "nan", ".inf",
    "-.INF", "1e3", "1e-3", "010", "0o7", "0x1F", "1:30",
    "190:20:30", "2001-12-14", "2001-12-14 21:59:43", "1_000", "0b1", "+1",
    "-", "- a", "? a", "=", "<<", "a: b", "a #b", "#", "!x",
    "&a", "*a", "[a]", "{a: b}", "a, b", "'a'", '"a"', "%a", "@a", "`a`",
    "|", ">", " a", "a ", "a\n", "\na", "a\nb", "a\nb\n",
    "a\n\nb\n\n", " a\nb", "a \nb", "a\n\tb", "---", "...", "--- a", "a\n---\nb",
    "a\n# b", "3 ms", "1 e", "a -> b @ 3 ms", "a\r\nb", "\ufeff",
    "\ufeffa\nb", "\u2028", "a\x85b", "\x00", "\x7f", "\t",
    "\\", '\\"', "\U0001f600", "é", ".5", "1.", "e5",
    "k" * 1100, "k " * 600,
)  # fmt: skip

texts = st.text(max_size=12) | st.sampled_from(MISREAD)
floats = st.floats(allow_nan=False) | st.sampled_from(
    [1e-5, 1e16, 1e22, 5e-324, -0.0, 1.7976931348623157e308, 0.1, 3.0]
)
finite = floats.filter(lambda x: x not in (float("inf"), float("-inf")))
integers = st.integers() | st.integers(-(10**40), 10**40)


def documents(numbers: st.SearchStrategy[float] = floats) -> st.SearchStrategy[dict[str, Any]]:
    """Dicts with text keys over any nesting of plain values."""
    leaves = st.none() | st.booleans() | integers | numbers | texts
    rows = st.lists(numbers, max_size=60) | st.lists(st.lists(integers, max_size=4), max_size=4)
    nodes = st.recursive(
        leaves | rows,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
        max_leaves=25,
    )
    return st.dictionaries(texts, nodes, max_size=6)
