"""What a picture of a network shows: boxes, arrows and the words on them, as plain data that every pen draws alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ...errors import ParameterError, UnknownName
from .feedback import running_back
from .labels import Point, Rect, Words
from .measures import Mark, Overlay

Kind = Literal["input", "layer", "output", "group"]
Signal = Literal["TSContinuous", "TSEvent"]

WORDS: dict[str, str] = {"TSContinuous": "continuous", "TSEvent": "events"}
USUAL, WIDEST = 1.2, 2.75  # points: of an arrow whose channels are not known, of any arrow
PREFIXES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


@dataclass(frozen=True)
class Box:
    """One layer, input or output of a network, or a group of layers shown as one.

    ``dt`` is in seconds, or None where it has no clock of its own. ``name`` may be a path: in ``front.filter`` the part
    before the last dot is the group. ``recurrent`` says that the layer has recurrent weights inside; a loop through the
    network is an Arrow. ``layers`` is how many layers a box of kind "group" stands for, and 0 for any other.
    ``family`` is what the layer's class announces (see palette.FAMILIES), "input" or "group". ``value`` is what was
    measured, if anything, and ``marks`` what was found.
    """

    name: str
    kind: Kind
    class_name: str
    size_in: int
    size_out: int
    input_type: Signal | None
    output_type: Signal
    dt: float | None = None
    recurrent: bool = False
    layers: int = 0
    family: str = "other"
    value: float | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def group(self) -> str:
        """The path before the last dot, empty at the top."""
        return self.name.rpartition(".")[0]


@dataclass(frozen=True)
class Arrow:
    """One edge: the names of its ends, its label (such as ``@ 3 ms``, ``[0:3]``, or nothing), and what it carries.

    ``back`` says that it closes a loop, and runs against the flow of the picture. ``count`` is how many edges an arrow
    from or to a group stands for. ``channels`` is how many it carries, 0 where that is not known; ``rates`` the dt (s)
    at both ends where they differ.
    """

    pre: str
    post: str
    label: str = ""
    type: Signal = "TSContinuous"
    delayed: bool = False
    back: bool = False
    count: int = 1
    channels: int = 0
    rates: tuple[float, float] | None = None

    @property
    def width(self) -> float:
        """How wide its line is drawn, in points: 1 for one channel, a third more for each ten times as many.

        >>> [round(Arrow("a", "b", channels=n).width, 2) for n in (1, 10, 1000, 10**9)]
        [1.0, 1.35, 2.05, 2.75]
        """
        return min(1.0 + 0.35 * math.log10(max(self.channels, 1)), WIDEST) if self.channels else USUAL


@dataclass(frozen=True)
class Scene:
    """A network as the views see it. Without the arrows that run back it has no cycle: those that are not said to and
    must are marked here. ``overlay`` says what the values of the boxes are, ``remarks`` what was found at no box, and
    ``note`` stands small below.

    Raises ParameterError where two boxes share a name or a type is neither TSContinuous nor TSEvent, and UnknownName
    where an arrow ends at no box.
    """

    title: str
    boxes: Sequence[Box]
    arrows: Sequence[Arrow]
    overlay: Overlay | None = None
    remarks: tuple[Mark, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes", tuple(self.boxes))
        object.__setattr__(self, "arrows", tuple(self.arrows))
        names: set[str] = set()
        for box in self.boxes:
            if box.name in names:
                raise ParameterError(f"two boxes of the scene are named {box.name!r}", parameter="boxes")
            names.add(box.name)
            _known_type(box.output_type, box.name)
            if box.input_type is not None:
                _known_type(box.input_type, box.name)
        for arrow in self.arrows:
            edge = f"{arrow.pre} -> {arrow.post}"
            _known_type(arrow.type, edge)
            for end in (arrow.pre, arrow.post):
                if end not in names:
                    raise UnknownName("box", end, names, where=f"arrow {edge!r}")
        back = running_back(
            [box.name for box in self.boxes], [(one.pre, one.post, one.delayed, one.back) for one in self.arrows]
        )
        turned = [
            replace(one, back=runs) if runs != one.back else one for one, runs in zip(self.arrows, back, strict=True)
        ]
        object.__setattr__(self, "arrows", tuple(turned))

    @property
    def several_rates(self) -> bool:
        """Whether boxes differ in dt, so that each must say its own."""
        return len({box.dt for box in self.boxes if box.dt is not None}) > 1


@dataclass(frozen=True)
class PlacedBox:
    """A box, its rectangle, its lines of text, and where its sign of what was found stands, if any."""

    box: Box
    rect: Rect
    lines: tuple[Words, ...]
    badge: Point | None = None


@dataclass(frozen=True)
class PlacedArrow:
    """An arrow, its way from border to border, and its label, if any."""

    arrow: Arrow
    points: tuple[Point, ...]
    label: Words | None


@dataclass(frozen=True)
class Frame:
    """A frame round the boxes of a group."""

    group: str
    rect: Rect
    label: Words | None


@dataclass(frozen=True)
class Sign:
    """An entry of the legend: its sign (see legend.entries), where the sign starts, and its words, or none."""

    sign: str
    at: Point
    label: Words


@dataclass(frozen=True)
class Layout:
    """The picture in points, y downwards: all rectangles lie within (0, 0, width, height)."""

    width: float
    height: float
    boxes: tuple[PlacedBox, ...]
    arrows: tuple[PlacedArrow, ...]
    frames: tuple[Frame, ...] = ()
    title: Words | None = None
    signs: tuple[Sign, ...] = ()
    overlay: Overlay | None = None
    flaws: int = field(default=0, compare=False)


def _known_type(type_name: str, where: str) -> None:
    if type_name not in WORDS:
        raise UnknownName("signal type", type_name, WORDS, where=repr(where))


def size_words(box: Box) -> str:
    """The size of a box: one number, or what goes in and what comes out.

    >>> size_words(Box("a", "layer", "Rate", 6, 200, "TSContinuous", "TSContinuous"))
    '6 → 200'
    """
    if box.kind == "group":
        return f"{box.layers} layer{'s' if box.layers != 1 else ''}"
    if box.kind != "layer" or box.size_in == box.size_out:
        return str(box.size_out)
    return f"{box.size_in} → {box.size_out}"


def type_words(box: Box) -> str:
    """What a box carries, in words; both ends where it turns one kind into the other."""
    given = WORDS[box.output_type]
    taken = given if box.input_type is None else WORDS[box.input_type]
    return given if taken == given else f"{taken} → {given}"


def time_words(dt: float) -> str:
    """A step in the unit that reads best.

    >>> time_words(0.005), time_words(2.0), time_words(1 / 44100)
    ('5 ms', '2 s', '22.68 µs')
    """
    for factor, unit in PREFIXES:
        if dt >= factor * (1 - 1e-9):
            return f"{dt / factor:.4g} {unit}"
    return f"{dt:.4g} s"


def words(box: Box, *, rates: bool, short: bool = False) -> list[str]:
    """The lines under a box's name: what it is and its size; its type; its dt where the scene has several.

    >>> words(Box("enc", "layer", "DeltaEncoder", 6, 12, "TSContinuous", "TSEvent", 0.02), rates=True)
    ['DeltaEncoder  6 → 12', 'continuous → events', 'dt 20 ms']
    """
    if short or box.kind == "group":
        return [size_words(box)]
    what = f"{box.class_name or box.kind}  {size_words(box)}"
    pace = [f"dt {time_words(box.dt)}"] if rates and box.dt is not None else []
    return [what, type_words(box), *pace]
