"""Every error graphnet raises: one root, the facts as fields, and the built-in type a caller would catch."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .showing import named, shown


class GraphnetError(Exception):
    """Root of all errors raised by graphnet.

    ``message`` says what is wrong, ``hint`` what to write instead (or None).
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n  hint: {self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Fields and text as they are, without the constructor: errors travel from the workers of a cluster."""
        return _restored, (type(self), self.args), self.__dict__


def _restored(kind: type[GraphnetError], args: tuple[Any, ...]) -> GraphnetError:
    error = kind.__new__(kind)
    error.args = args
    return error


class ParameterError(GraphnetError, ValueError):
    """A parameter of a layer or an argument of a call has a value it cannot have.

    ``each`` gives, where several are wrong at once, every parameter with what is said of it.
    """

    def __init__(
        self,
        message: str,
        *,
        owner: str = "",
        parameter: str = "",
        hint: str | None = None,
        each: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message, hint=hint)
        self.owner = owner
        self.parameter = parameter
        self.each: tuple[tuple[str, str], ...] = tuple(each) or ((parameter, str(self)),)


class ParameterTypeError(ParameterError, TypeError):
    """A parameter or an argument has the wrong type."""


class TimeError(GraphnetError, ValueError):
    """A time or duration that does not fit the step grid, or clocks that have no sensible common step."""


class SeriesError(GraphnetError, ValueError):
    """A timeseries was given times, samples, channels or bounds that it cannot hold."""


class SeriesTypeError(SeriesError, TypeError):
    """A timeseries operation was given something of the wrong type."""


class ChannelError(SeriesError, IndexError):
    """A series was asked for a channel, an event or a dimension that it does not have."""


class InputError(GraphnetError, ValueError, AssertionError):
    """A series handed to a layer or a network does not fit it: kind, channels, or extent."""


class SizeError(GraphnetError, ValueError, AssertionError):
    """An array cannot be expanded to the size a layer needs."""


class StateError(GraphnetError, RuntimeError):
    """A layer or network was used in a way its ownership forbids."""


class NetworkError(GraphnetError, ValueError):
    """The network as a whole is not sound, or not ready to run."""


class EdgeError(NetworkError):
    """Two layers cannot be joined by this edge."""

    def __init__(self, message: str, *, pre: str = "", post: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.pre = pre
        self.post = post


class CycleError(EdgeError):
    """Layers wait for each other: a loop without the delay it needs. ``cycle`` lists the names along it."""

    def __init__(self, message: str, *, cycle: Sequence[str] = (), hint: str | None = None) -> None:
        pre, post = (cycle[-1], cycle[0]) if cycle else ("", "")
        super().__init__(message, pre=pre, post=post, hint=hint)
        self.cycle: tuple[str, ...] = tuple(cycle)


class UnknownName(GraphnetError, KeyError, ValueError):
    """A name that nothing here answers to. ``name`` is what was asked for, ``near`` the closest known name or None."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str = "") -> None:
        known = [str(one) for one in known]
        self.name = name
        self.near: str | None = near(name, known)
        place = f" in {where}" if where else ""
        if self.near is not None:
            cure = f"; did you mean {self.near!r}?"
        elif known:
            some = ", ".join(named(one) for one in known[:8]) + (", ..." if len(known) > 8 else "")
            cure = f"; there are: {some}"
        else:
            cure = "; there are none yet"
        super().__init__(f"no {kind} named {shown(name)}{place}{cure}")


class NameTaken(NetworkError):
    """Two things in one network would have the same name."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a document: where it stands and what it is.

    ``path`` are the keys that lead there, joined by dots; ``excerpt`` shows the line, with a caret below the place.
    """

    message: str
    line: int = 0
    file: str = ""
    error: GraphnetError | None = None
    column: int = 0
    path: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        at = ":".join(str(one) for one in (self.file, self.line, self.column) if one) if self.file else ""
        said, *more = self.message.split("\n")
        first = ": ".join(one for one in (at, self.path, said) if one)
        return "\n".join([first, *([self.excerpt] if self.excerpt else []), *more])


class DocumentError(GraphnetError, ValueError):
    """A document that cannot become a network. ``problems`` lists everything wrong with it, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(one) for one in self.problems))


class ExchangeError(GraphnetError, ValueError):
    """Something that a network and an exchange format do not both have. ``refusals``: each name, and what is said of
    it."""

    def __init__(self, message: str, *, refusals: Sequence[tuple[str, str]] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.refusals: tuple[tuple[str, str], ...] = tuple(refusals)


class FileError(GraphnetError, OSError):
    """A file that cannot be written or opened. ``path`` is its path as it was given."""

    def __init__(self, message: str, *, path: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.path = path


class NetworkErrors(NetworkError):
    """Several errors found by one check. ``errors`` lists them in order."""

    def __init__(self, errors: Sequence[GraphnetError]) -> None:
        self.errors: tuple[GraphnetError, ...] = tuple(errors)
        lines = [f"{type(one).__name__}: {one}" for one in self.errors]
        super().__init__(f"{len(lines)} errors, nothing was changed\n" + "\n".join(lines))


class RunError(GraphnetError, RuntimeError):
    """A layer failed in the middle of a run; the network is as it was before it.

    ``layer`` names it, ``block`` is the block number and ``time`` the simulated time in seconds at which the block
    starts. The layer's own exception is the cause.
    """

    def __init__(self, message: str, *, layer: str, block: int, time: float) -> None:
        super().__init__(message, hint="the run left no trace: states, clock and noise are as before it")
        self.layer = layer
        self.block = block
        self.time = time


class BatchError(GraphnetError, RuntimeError):
    """A batch of a training failed; parameters, states and clock are as they were before it.

    ``batch``, ``epoch`` and ``trial`` count from 0, ``start`` and ``stop`` (s) are its times. What failed is the cause.
    """

    def __init__(self, message: str, *, batch: int, epoch: int, trial: int, start: float, stop: float) -> None:
        super().__init__(message, hint="the batch left no trace: parameters, states and clock are as before it")
        self.batch = batch
        self.epoch = epoch
        self.trial = trial
        self.start = start
        self.stop = stop


class MemberFailed(GraphnetError, RuntimeError):
    """A layer of a loop failed: ``layer`` names it, ``error`` is its own exception. A run makes a RunError of it."""

    def __init__(self, layer: str, error: Exception) -> None:
        super().__init__(f"{layer}: {type(error).__name__}: {error}")
        self.layer = layer
        self.error = error


class NotFinite(GraphnetError, ArithmeticError):
    """A layer gave NaN or infinity: ``layer``, ``step`` (absolute), ``time`` (s) and ``channel`` say where first."""

    def __init__(self, message: str, *, layer: str, step: int, time: float, channel: int) -> None:
        super().__init__(message)
        self.layer = layer
        self.step = step
        self.time = time
        self.channel = channel


class ClusterError(GraphnetError, RuntimeError):
    """A cluster cannot run a network, or failed while it did: no workers, other versions, a worker or scheduler lost.

    ``layers`` names the layers that a lost worker was running, where that is known.
    """

    def __init__(self, message: str, *, layers: Sequence[str] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.layers: tuple[str, ...] = tuple(layers)


LONGEST_NAME = 200
"""Characters of a name that is compared to others: the time goes with their square."""


def near(name: str, known: Iterable[str]) -> str | None:
    """The known name that a mistyped one most likely means, or None."""
    if len(name) > LONGEST_NAME:
        return None
    folded = {str(one).casefold(): str(one) for one in known}
    found = difflib.get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def raise_all(errors: Sequence[GraphnetError]) -> None:
    """Raise one error as itself, several as one NetworkErrors, none not at all."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise NetworkErrors(errors)
