"""One template in the making: tasks, their states, which task gives which signal, and which buffers they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..span import Arena
from ..tasks import Task, nothing
from .advance import Advance
from .recording import Recording
from .store import Keep
from .stretch import Shown, Stretch, find
from .whole import Evolve

LOCAL = frozenset((Keep, Evolve))
"""Tasks with effects in the process of the caller."""


class Builder:
    """Collects tasks in topological order."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, Any, tuple[int, ...]]] = []
        self.states: list[Any] = []
        self.made: dict[Any, int] = {}
        self.local: set[str] = set()
        self.costs: dict[int, float] = {}
        self.arenas: list[Arena] = []
        self.stretches: list[Stretch] = []
        self.fixed: set[int] = set()
        """Tasks whose states stay in the arrays that they are in, from run to run."""

    def add(self, name: str, function: Any, inputs: Sequence[int] = (), state: Any = None) -> int:
        """Add a task; gives its index."""
        self.entries.append((name, function, tuple(inputs)))
        self.states.append(state)
        return len(self.entries) - 1

    def template(self, depth: int, stretches: bool = False) -> list[Task]:
        """The tasks; ``depth`` blocks may be under way at once, each with buffers of its own. With ``stretches``, small
        layers that follow each other run together."""
        last = self._last_readers()
        self._share_arenas(last, depth)
        if stretches and depth == 1:
            self._stretch()
            last = self._last_readers()
        return [
            Task(
                name,
                function,
                inputs,
                last[i],
                function.__class__ in LOCAL or name in self.local,
                self.costs.get(i, 1.0),
            )
            for i, (name, function, inputs) in enumerate(self.entries)
        ]

    def _last_readers(self) -> list[int]:
        last = list(range(len(self.entries)))
        for i, (_, _, inputs) in enumerate(self.entries):
            for j in inputs:
                last[j] = i
        return last

    def _stretch(self) -> None:
        for stretch, tasks in find(self.entries, self.states):
            self.stretches.append(stretch)
            self.fixed.update(tasks)
            shown = {one.task for one in stretch.members if not one.inside}
            lead = tasks[0]
            for i in tasks[1:]:
                name = self.entries[i][0]
                self.entries[i] = (name, Shown(stretch, i), (lead,)) if i in shown else (name, nothing, ())
            self.entries[lead] = self.entries[lead][0], stretch, tuple(stretch.outside)

    def _share_arenas(self, last: list[int], depth: int) -> None:
        """Give layers of one form the same buffers where the tasks run in order and their blocks never live
        together."""
        free: dict[Any, list[list[Arena]]] = {}
        ends: dict[int, list[tuple[Any, list[Arena]]]] = {}
        for i, (_, function, _) in enumerate(self.entries):
            if isinstance(function, Advance) and not function.observed:  # a picked block outlives its task's readers
                form = _form(function)
                spare = free.get(form)
                if function.record is not None:  # nobody else may write there
                    function.arenas = [Recording(one) for one in self._arenas(depth)]
                    continue
                arenas = spare.pop() if spare and depth == 1 else self._arenas(depth)
                function.arenas = arenas
                ends.setdefault(last[i], []).append((form, arenas))
            for form, arenas in ends.pop(i, ()):
                free.setdefault(form, []).append(arenas)

    def _arenas(self, depth: int) -> list[Arena]:
        made = [Arena() for _ in range(depth)]
        self.arenas += made
        return made


def _form(advance: Advance) -> Any:
    layer = advance.layer
    return type(layer), layer.dtype, layer.size_in, layer.size, layer.size_out, advance.grid.block
