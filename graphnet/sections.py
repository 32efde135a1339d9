"""What may stand in a document, as pydantic models; layers are checked by their own classes."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from .errors import ParameterError
from .quantities import PATTERN, in_unit

Merge = Literal["sum", "concat"]
VERSION = 1
"""The version of documents that is written. A change of what a document means takes the next number; a document of an
older version, and one without a version, which is of version 1, keeps the meaning that it had."""

Reset = Literal["each", "state", "time", "none"]


def _in_seconds(value: Any) -> Any:
    try:
        return in_unit(value, "s")
    except ParameterError as error:
        raise PydanticCustomError("graphnet", "{said}", {"said": error.message}) from error


def _time_schema(bound: str) -> WithJsonSchema:
    text = {"type": "string", "pattern": PATTERN}
    return WithJsonSchema({"anyOf": [{"type": "number", bound: 0}, text], "unit": "s"})


Seconds = Annotated[float, Field(ge=0), BeforeValidator(_in_seconds), _time_schema("minimum")]
Width = Annotated[float, Field(gt=0), BeforeValidator(_in_seconds), _time_schema("exclusiveMinimum")]


class Section(BaseModel):
    """A mapping of a document: strict, and closed to keys it does not know."""

    model_config: ClassVar[ConfigDict] = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class InputSection(Section):
    """An external input, or the input of a nested network: number of channels and kind of series."""

    size: Annotated[int, Field(ge=1)]
    type: Literal["TSContinuous", "TSEvent"] = "TSContinuous"


class EdgeSection(Section):
    """Edges from each of some layers to each of others, with what they have in common.

    Ends are names, with channels where not all are meant: ``a[0:3]``.
    """

    from_: Annotated[str | list[str], Field(alias="from")]
    to: str | list[str]
    merge: Merge | None = None
    delay: Seconds = 0.0


class DataSection(Section):
    """Where trials come from: a registered source and the options that it takes."""

    model_config: ClassVar[ConfigDict] = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)
    source: str


class FitSection(Section):
    """Which layer is trained, on which trials, what is reset before each, and how much of each is left out at first.

    Where the targets are spikes, ``smooth`` is the standard deviation of the Gaussian that makes them a rate.
    """

    layer: str
    on: str = "train"
    reset: Reset = "each"
    washout: Seconds = 0.0
    smooth: Width | None = None


class EvaluateSection(Section):
    """Which signal is judged, on which trials, and how: the largest mean or last value names the class, or the
    error. Signals ``beside`` it are judged by the same measure, for comparison. ``show`` is the number of the trial
    whose activity is drawn, from and to the seconds of ``between``, counted as the trial's series count.

    Where the targets are spikes, rates are smoothed by a Gaussian with the standard deviation ``smooth``, and spikes
    coincide that are at most ``window`` apart.
    """

    signal: str
    on: str = "test"
    reset: Reset = "each"
    washout: Seconds = 0.0
    decide: Literal["mean", "last"] = "mean"
    smooth: Width | None = None
    window: Width | None = None
    beside: list[str] = []
    show: Annotated[int, Field(ge=0)] = 0
    between: list[Annotated[float, BeforeValidator(_in_seconds), _time_schema("minimum")]] | None = None


class RunSection(Section):
    """A run without trials: how long, what drives each input (files of series), and how: network steps in a block,
    and what runs the blocks. Neither changes a bit of what comes out.

    Every ``checkpoint`` seconds of simulated time the command writes down how far it has come.
    """

    duration: Width | None = None
    checkpoint: Width | None = None
    inputs: dict[str, str] = {}
    block: Annotated[int, Field(ge=1)] | None = None
    backend: Literal["serial", "threads", "dask"] = "serial"
    workers: Annotated[int, Field(ge=1)] | None = None


Range = Annotated[list[float | str], Field(min_length=3, max_length=3)]


class Spread(Section):
    """Values of a sweep that need not be listed: one of four ways, each [first, last, number] or [low, high, number].

    ``linspace`` is even, ``logspace`` even on a logarithmic scale, both ends included; ``uniform`` and ``loguniform``
    are drawn from ``seed``. Both ends may have a unit, the same one: [10 ms, 50 ms, 5].
    """

    linspace: Range | None = None
    logspace: Range | None = None
    uniform: Range | None = None
    loguniform: Range | None = None
    seed: int = 0


class SweepSection(Section):
    """One run for each combination of values: of all of them, or side by side (``zip``).

    ``over`` gives values, listed or spread, to keys as ``--set`` takes them; ``show`` is what the figure shows of each
    run: a number of its summary. ``backend`` is what runs the runs, so many at once: one after the other here
    (``serial``), on threads, or on processes (``dask``). It changes no bit of them.
    """

    over: Annotated[dict[str, Annotated[list[Any], Field(min_length=1)] | Spread], Field(min_length=1)]
    combine: Literal["product", "zip"] = "product"
    show: str | None = None
    backend: Literal["serial", "threads", "dask"] | None = None
    workers: Annotated[int, Field(ge=1)] | None = None


def _edge_kind(value: Any) -> str:
    return "mapping" if isinstance(value, dict | EdgeSection) else "text"


WrittenEdge = Annotated[Annotated[str, Tag("text")] | Annotated[EdgeSection, Tag("mapping")], Discriminator(_edge_kind)]
"""An edge ``a -> b``, a chain of them, or a mapping."""


class Document(Section):
    """A network as a document."""

    version: Annotated[int, Field(ge=1, le=VERSION)] = 1
    params: dict[str, Any] = {}
    name: str = "network"
    seed: int = 0
    dt: Width | None = None
    inputs: dict[str, InputSection] = {}
    ports: dict[str, InputSection] = {}
    layers: dict[str, dict[str, Any]] = {}
    edges: list[WrittenEdge] = []
    merge: dict[str, Merge] = {}
    outputs: list[str] = []
    record: list[str] | None = None
    data: DataSection | None = None
    fit: FitSection | None = None
    evaluate: EvaluateSection | None = None
    run: RunSection | None = None
    sweep: SweepSection | None = None


EXPERIMENT = ("record", "data", "fit", "evaluate", "run", "sweep")
"""The sections that say what is done with the network."""
