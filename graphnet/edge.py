"""Edges: how they are written and read, and when two ends may touch.

An edge reads alike everywhere: ``drive[0:3] -> hidden[3:6] @ 3 ms``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple, Self

import numpy as np

from .clock import exact, gcd, lcm, whole_steps
from .errors import EdgeError, GraphnetError, ParameterError, ParameterTypeError, TimeError
from .timeseries import TimeSeries, TSContinuous, TSEvent

Merge = Literal["sum", "concat"]
MERGES: tuple[Merge, ...] = ("sum", "concat")
UNITS = {"s": Fraction(1), "ms": Fraction(1, 10**3), "us": Fraction(1, 10**6), "µs": Fraction(1, 10**6),
         "μs": Fraction(1, 10**6), "ns": Fraction(1, 10**9)}  # fmt: skip
FINEST = 10**6  # a common step of two layers longer than so many of the shorter one's steps is not sensible

_END = r"(?P<{0}>[^\s\[\]@>]+)\s*(?:\[(?P<{0}_channels>[^\]]*)\])?"
_EDGE = re.compile(
    r"\s*" + _END.format("pre") + r"\s*->\s*" + _END.format("post")
    + r"\s*(?:@\s*(?P<delay>[-+./0-9eE]*[0-9.])\s*(?P<unit>\S*))?\s*"
)  # fmt: skip

# few enough digits that no text costs memory: a fraction of 1e999999999 would
_NUMBER = re.compile(
    r"[-+]?(?:\d{1,90}/0*[1-9]\d{0,89}|(?:\d{1,30}\.?\d{0,60}|\.\d{1,60})(?:[eE][-+]?\d{1,2})?)", re.ASCII
)


class Fixed:
    """What never changes: a copy of a network shares it."""

    __slots__ = ()

    def __deepcopy__(self, memo: Any) -> Self:
        return self


class Edge(NamedTuple):
    """``pre -> post``: names, a delay in exact seconds, and the channels at either end (None: all).

    ``number`` counts the edges of a network in the order of connecting; edges are equal where everything else is.
    """

    pre: str
    post: str
    delay: Fraction = Fraction(0)
    pre_channels: tuple[int, ...] | None = None
    post_channels: tuple[int, ...] | None = None
    number: int = 0

    def __eq__(self, other: object) -> bool:
        return self[:5] == other[:5] if isinstance(other, Edge) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[:5])

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def __repr__(self) -> str:
        return f"Edge('{self}')"

    def __str__(self) -> str:
        delay = f" @ {written_delay(self.delay)}" if self.delay else ""
        return f"{self.pre}{_written(self.pre_channels)} -> {self.post}{_written(self.post_channels)}{delay}"


class End(NamedTuple):
    """One side of an edge as the rules see it; ``dt`` is None for an external input and for a port, which have no
    clock.

    ``merge`` is how edges into it meet where nobody declares it otherwise.
    """

    name: str
    size: int
    type: type[TimeSeries]
    dt: Fraction | None
    external: bool = False
    merge: Merge | None = None

    @property
    def passes(self) -> bool:
        """Whether it is a port: the delays on both sides of it are judged together, path by path."""
        return self.dt is None and not self.external


def parse(text: str) -> tuple[str, str, float | Fraction, Any, Any]:
    """``pre, post, delay in seconds, pre channels, post channels`` of a written edge. Raises EdgeError.

    >>> parse("a[0:3] -> b @ 3 ms")
    ('a', 'b', Fraction(3, 1000), '0:3', None)
    """
    found = _EDGE.fullmatch(text)
    if found is None:
        raise EdgeError(f"cannot read the edge {text!r}", hint="an edge is 'pre -> post', 'a[0:3] -> b[3:6] @ 10 ms'")
    delay: float | Fraction = Fraction(0)
    if found["delay"] is not None:
        unit = found["unit"] or "s"
        if unit not in UNITS:
            raise EdgeError(
                f"{text}: no unit of time {unit!r}", pre=found["pre"], post=found["post"],
                hint=f"the units are {', '.join(dict.fromkeys(UNITS))}",
            )  # fmt: skip
        if not _NUMBER.fullmatch(found["delay"]):
            raise EdgeError(f"{text}: no delay {found['delay']!r}", pre=found["pre"], post=found["post"])
        delay = Fraction(found["delay"]) * UNITS[unit]
    return found["pre"], found["post"], delay, found["pre_channels"], found["post_channels"]


def channels(given: Any, size: int, what: str) -> tuple[int, ...] | None:
    """Channels as written (``"0:3"``, ``"0,2"``), a slice, a number or a list, as numbers of a port of ``size``.

    None means all. Raises ParameterError for none at all, one twice, or one beyond the port.
    """
    if given is None:
        return None
    if isinstance(given, str):
        given = _read_channels(given, what)
    if isinstance(given, slice):
        picked, beyond = _sliced(given, size, what)
    else:
        picked = _listed(given, what)
        beyond = any(not 0 <= one < size for one in picked)
    if beyond or not picked or len(set(picked)) < len(picked):
        reason = "reach beyond it" if beyond else "name one twice" if picked else "are none"
        raise ParameterError(f"{what} has channels 0 to {size - 1}: the channels {_shown(given)} {reason}")
    return None if picked == tuple(range(size)) else picked


def _listed(given: Any, what: str) -> tuple[int, ...]:
    items = given if isinstance(given, list | tuple | range | np.ndarray) else [given]
    if any(isinstance(one, bool) or not isinstance(one, int | np.integer) for one in items):
        raise ParameterError(f"{what}: channels are whole numbers, a slice or text such as '0:3', got {given!r}")
    return tuple(int(one) for one in items)


def _sliced(given: slice, size: int, what: str) -> tuple[tuple[int, ...], bool]:
    try:
        picked = tuple(range(*given.indices(size)))
        return picked, given.stop is not None and given.stop > size
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{what}: no channels {_shown(given)}: {error}") from error


def _shown(given: Any) -> str:
    if isinstance(given, slice):
        ends = (given.start, given.stop) if given.step is None else (given.start, given.stop, given.step)
        return ":".join("" if one is None else str(one) for one in ends)
    return str(given)


def _read_channels(text: str, what: str) -> Any:
    try:
        if ":" in text:
            return slice(*(int(part) if part.strip() else None for part in text.split(":")))
        return [int(part) for part in text.split(",")]
    except (ValueError, TypeError):
        raise ParameterError(
            f"{what}: cannot read the channels [{text}]", hint="write [2], [0:3], [0:6:2] or [0,2,5]"
        ) from None


def _written(picked: Sequence[int] | None) -> str:
    if picked is None:
        return ""
    low, high = picked[0], picked[-1]
    if len(picked) == 1:
        return f"[{low}]"
    step = picked[1] - low
    if step > 0 and (step == 1 or len(picked) > 2) and tuple(picked) == tuple(range(low, high + 1, step)):
        return f"[{low}:{high + 1}]" if step == 1 else f"[{low}:{high + 1}:{step}]"
    return f"[{','.join(str(one) for one in picked)}]"


def written_delay(delay: Fraction) -> str:
    """A delay as ``parse`` reads it back exactly: in the largest unit that makes it a short number, else as a
    fraction.

    >>> written_delay(Fraction(3, 1000)), written_delay(Fraction(1, 44100))
    ('3 ms', '1/44100 s')
    """
    for unit in ("s", "ms", "us", "ns"):
        amount = delay / UNITS[unit]
        digits = _decimal(amount)
        if amount >= 1 and digits is not None:
            return f"{digits} {unit}"
    return f"{delay} s"


def _decimal(amount: Fraction) -> str | None:
    """An exact decimal number of at most six places, or None."""
    scaled = amount * 10**6
    if scaled.denominator != 1:
        return None
    whole, rest = divmod(scaled.numerator, 10**6)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def joined(pre: End, post: End, delay: Any, pre_channels: Any, post_channels: Any, number: int = 0) -> Edge:
    """The edge between two ends, checked: types, clocks, channels, delay. Raises EdgeError.

    How its size fits the input is for the input's merge to say.
    """
    name = f"{pre.name} -> {post.name}"

    def refuse(message: str, hint: str | None = None) -> EdgeError:
        return EdgeError(f"{name}: {message}", pre=pre.name, post=post.name, hint=hint)

    if post.external:
        raise refuse(f"{post.name} is an external input; nothing can lead into it")
    if pre.type is not post.type:
        hint = (
            f"put a layer that turns events into a signal between them, e.g. {pre.name} -> ExpSyn -> {post.name}"
            if pre.type is TSEvent
            else f"put a layer that turns a signal into events between them, e.g. {pre.name} -> LIF -> {post.name}"
        )
        raise refuse(f"{_says(pre, 'emits')}, {_says(post, 'accepts')}", hint)
    try:
        taken = channels(pre_channels, pre.size, pre.name), channels(post_channels, post.size, post.name)
        late = whole_delay(pre, post, delay)
    except GraphnetError as error:
        raise refuse(error.message, error.hint) from error
    return Edge(pre.name, post.name, late, *taken, number)


def whole_delay(pre: End, post: End, delay: Any) -> Fraction:
    """A delay as exact seconds: a whole number of steps of gcd(pre.dt, post.dt), as far as they have clocks.

    Raises TimeError, naming the nearest two, and where the clocks have no sensible common step.
    """
    steps = [one.dt for one in (pre, post) if one.dt is not None]
    if not steps or pre.passes or post.passes:
        return delay if isinstance(delay, Fraction) else exact(checked_delay(delay))
    if len(steps) == 2 and steps[0] != steps[1]:
        common = lcm(steps)
        if common > FINEST * min(steps):
            raise TimeError(
                f"{pre.name} has dt {float(steps[0])!r} s, {post.name} {float(steps[1])!r} s: their first common step "
                f"is {float(common):g} s",
                hint="use steps of which one is a small multiple of the other",
            )
    step = gcd(steps)
    if isinstance(delay, Fraction) and (delay / step).denominator == 1 and delay >= 0:
        return delay
    return whole_steps(float(delay) if isinstance(delay, Fraction) else delay, step, "the delay") * step


def checked_delay(delay: Any) -> float:
    """A delay as a float that is finite and not negative. Raises ParameterTypeError, TimeError."""
    if isinstance(delay, bool) or not isinstance(delay, int | float | np.integer | np.floating):
        raise ParameterTypeError(f"the delay must be a number of seconds, got {delay!r}", parameter="delay")
    if not 0.0 <= delay < float("inf"):
        raise TimeError(f"the delay must be finite and not negative, got {float(delay)!r}")
    return float(delay)


def _says(end: End, verb: str) -> str:
    return f"{end.name} {verb} {end.type.__name__} ({end.size})"


def width(edge: Edge, pre_size: int) -> int:
    """How many channels an edge carries."""
    return pre_size if edge.pre_channels is None else len(edge.pre_channels)


def merged(edge: Edge, declared: Merge | None, asked: Any) -> Merge | None:
    """The merge of an input with one edge more: the first to declare it wins. Raises EdgeError for another value."""
    if asked is not None and asked not in MERGES:
        raise EdgeError(
            f"{edge}: no merge {asked!r}", pre=edge.pre, post=edge.post, hint="a merge is 'sum' or 'concat'"
        )
    if declared is not None and asked is not None and asked != declared:
        raise EdgeError(
            f"{edge}: {edge.post} has declared merge {declared!r} already, now {asked!r}", pre=edge.pre, post=edge.post
        )
    return asked or declared


Place = Sequence[int]
"""The channels of an input that an edge leads to, in the order of those that it carries; all of them are a range."""


def placed(edges: Sequence[Edge], sizes: Sequence[int], merge: Merge | None, post: End) -> list[Place]:
    """The places of the edges into one input, in the order of connecting.

    ``sizes`` are the sizes of the layers that the edges come from. Raises EdgeError for what no later edge could mend:
    a size that does not fit, channels covered twice without a merge, more channels than there are.
    """
    places: list[Place] = []
    for edge, size in zip(edges, sizes, strict=True):
        place = placed_next(edge, size, merge, post, edges, places)
        places.append(place)
    return places


def placed_next(
    edge: Edge, size: int, merge: Merge | None, post: End, before: Sequence[Edge], places: Sequence[Place]
) -> Place:
    """The place of one more edge, after those that have theirs. Raises EdgeError as ``placed`` does."""
    begin = places[-1][-1] + 1 if places and merge == "concat" else 0
    place = _place(edge, width(edge, size), merge, post, begin)
    if merge is None and places:
        wanted = set(place)
        for other, taken in zip(before, places, strict=False):
            both = sorted(wanted.intersection(taken))
            if both:
                raise _twice(edge, other, both, post)
    return place


def _place(edge: Edge, count: int, merge: Merge | None, post: End, begin: int) -> Place:
    def refuse(message: str, hint: str | None = None) -> EdgeError:
        return EdgeError(f"{edge}: {message}", pre=edge.pre, post=edge.post, hint=hint)

    if merge == "concat":
        if edge.post_channels is not None:
            raise refuse(f"{post.name} concatenates its inputs: an edge into it takes no channels of {post.name}")
        if begin + count > post.size:
            raise refuse(
                f"{post.name} accepts {post.type.__name__} ({post.size}), its edges bring {begin + count} channels"
            )
        return range(begin, begin + count)
    wanted = range(post.size) if edge.post_channels is None else edge.post_channels
    if len(wanted) != count:
        emits = f"{edge.pre}{_written(edge.pre_channels)} emits {post.type.__name__} ({count})"
        accepts = f"{post.name}{_written(edge.post_channels)} accepts {post.type.__name__} ({len(wanted)})"
        raise refuse(
            f"{emits}, {accepts}",
            f"say which channels, e.g. '{edge.pre}[0:2] -> {edge.post}[0:2]', or merge='concat' for several edges",
        )
    return wanted


def _twice(edge: Edge, other: Edge, both: list[int], post: End) -> EdgeError:
    return EdgeError(
        f"{edge}: {post.name}{_written(both)} is reached by '{other}' already",
        pre=edge.pre,
        post=edge.post,
        hint="declare how they meet: merge='sum' adds them, merge='concat' sets them side by side",
    )


__all__ = [
    "MERGES", "Edge", "End", "Fixed", "Merge", "Place", "TSContinuous", "channels", "joined", "merged", "parse",
    "placed", "placed_next", "whole_delay", "width", "written_delay",
]  # fmt: skip
