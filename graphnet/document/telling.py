"""What is wrong with a document: noted as it is found, told in the order of the document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import DocumentError, GraphnetError, NetworkErrors, Problem, near
from ..layer.schema import message
from ..showing import shown

if TYPE_CHECKING:
    from ..files import Place, Source


LONGEST = 500
"""Characters of a line of what is said: whatever repeats a value of the document may repeat a very long one."""

MOST = 1000
"""Problems that are told at once: nobody reads more, and a document of nothing else should be refused as soon."""


class Telling:
    """Gathers the problems of one document."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[tuple[tuple[int, int], Problem]] = [((one.line, one.column), one) for one in source.flaws]
        self.more: bool = False
        self.explained: set[Place] = set()  # what misses because its key is misspelt

    def refused(self) -> DocumentError:
        """All problems as one error."""
        flawed = {(one.line, one.column) for one in self.source.flaws}  # what else is said there follows from the flaw
        rest = [one for one in self.problems[len(self.source.flaws) :] if one[0] not in flawed]
        told = [*self.problems[: len(self.source.flaws)], *rest]
        found = [one for _, one in sorted(told, key=lambda one: one[0])]
        if self.more or len(found) > MOST:
            found = found[:MOST]
            found.append(self.source.problem(f"there are more than these {MOST:,} problems", ()))
        return DocumentError(
            list({str(one): one for one in found}.values())
        )  # a document that is used twice says so once

    def say(self, place: Place, error: GraphnetError, *, key: bool = False) -> None:
        """Note an error, as one problem for each of the errors that it gathers."""
        for one in error.errors if isinstance(error, NetworkErrors) else (error,):
            self.note(str(one), place, one, key=key)

    def note(self, said: str, place: Place, error: GraphnetError | None = None, *, key: bool = False) -> None:
        """Note a problem with the value at a place, or with its ``key``; of very many the first."""
        if len(self.problems) >= MOST:
            self.more = True
            return
        lines = [line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..." for line in said.split("\n")]
        problem = self.source.problem("\n".join(lines), place, error, key=key)
        self.problems.append(((problem.line, problem.column), problem))

    def within(self, place: Place, problems: Sequence[Problem]) -> None:
        """Note the problems of another document, which is named at a place of this one."""
        here = self.source.problem("", place)
        self.problems += [((here.line, here.column), one) for one in problems]

    def attempt(self, place: Place, action: Callable[[], object], *, key: bool = False) -> bool:
        """Whether an action succeeds; what it raises is noted."""
        try:
            action()
        except GraphnetError as error:
            self.say(place, error, key=key)
            return False
        return True

    def of_pydantic(self, one: Any) -> None:
        """Note one error of the validator."""
        place = place_of(one)
        if one["type"] == "extra_forbidden":
            self._unknown(place)
        elif place == ("version",) and one["type"] == "less_than_equal":
            newest = one["ctx"]["le"]
            said = f"version {one['input']} of documents is newer than this graphnet, which reads up to {newest}"
            self.note(f"{said}; install a newer graphnet", place)
        elif one["type"] == "missing":
            if place not in self.explained:
                self.note("is missing", place)
        elif place[:1] == ("edges",) and len(place) == 2:
            wanted = "should be text such as 'a -> b', or a mapping with 'from' and 'to'"
            self.note(f"{wanted}, got {shown(one['input'])}", place)
        else:
            got = "" if one["type"] == "graphnet" else f", got {shown(one['input'])}"
            self.note(message(one) + got, place, key="[key]" in one["loc"])

    def _unknown(self, place: Place) -> None:
        known = known_keys(place[:-1])
        if len(place) == 1 and self.source.place(place)[1] == 0:  # --set rho=1 may mean a parameter
            params = self.source.data.get("params")
            known = [*known, *(params if isinstance(params, dict) else ())]
        close = near(str(place[-1]), known)
        if close:
            self.explained.add((*place[:-1], close))
        cure = f"; did you mean {close!r}?" if close else f"; there are: {', '.join(known)}"
        self.note(f"no key {shown(str(place[-1]))} here{cure}", place, key=True)


def place_of(one: Any) -> Place:
    """The place of an error of the validator, which puts the kind of an edge and words of its own into it."""
    loc = [step for step in one["loc"] if step not in ("[key]", "Spread", "list[any]", "str", "list[str]")]
    if loc[:1] == ["edges"] and len(loc) > 2:
        del loc[2]
    return tuple(loc)


def known_keys(place: Place) -> list[str]:
    """The keys that a mapping of a document may have."""
    from .. import sections

    parts = {
        "inputs": sections.InputSection,
        "ports": sections.InputSection,
        "edges": sections.EdgeSection,
        "fit": sections.FitSection,
        "evaluate": sections.EvaluateSection,
        "run": sections.RunSection,
        "sweep": sections.SweepSection,
    }
    model = parts.get(str(place[0]), sections.Document) if place else sections.Document
    return [field.alias or name for name, field in model.model_fields.items()]
