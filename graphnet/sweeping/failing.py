"""What is said of a member that failed, each problem with its place in the document; and one line of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import DocumentError, GraphnetError, Problem, RunError
from ..files import Source, place_of_key
from ..runs.ready import place_of_layer

LONGEST = 300
"""Characters of a line: the table has it in one cell."""


def failure(source: Source, values: Mapping[str, Any], error: Exception) -> str:
    """An error in words, of any length: each of its problems as ``FILE:LINE:COL: path: what is wrong``.

    What is wrong with a value that the sweep sets stands where the document says the value that it replaces. A layer
    that fails while it runs stands where the document names it.
    """
    if isinstance(error, DocumentError):
        set_here = {f"--set {key}": key for key in values}
        problems = [_at_key(source, set_here[one.file], one) if one.file in set_here else one for one in error.problems]
        return "; ".join(_told(one) for one in problems)
    said = f"{type(error).__name__}: {error}"
    return _at_layer(source, error.layer, said) if isinstance(error, RunError) else said


def _at_layer(source: Source, name: str, said: str) -> str:
    try:
        found = place_of_layer(source, name)
    except DocumentError:  # a document that is used is gone by now
        found = None
    if found is None:
        return said
    where, place = found
    return _told(where.problem(said, place))


def one_line(text: str) -> str:
    """A text on one line, short enough for a table."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 3] + "..."


def _at_key(source: Source, key: str, problem: Problem) -> Problem:
    """A problem with a value that a key sets, where the document says that key."""
    try:
        return source.problem(problem.message, place_of_key(source, key), problem.error)
    except GraphnetError:
        return problem  # the key leads into what another key sets


def _told(problem: Problem) -> str:
    return str(replace(problem, excerpt=""))
