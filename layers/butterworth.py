"""Butterworth filters as second-order sections, one for each channel or several bands side by side."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from graphnet import ArrayLayer, Size, Span, State, Unit, kernel, positional

from .filters import NO_NOISE, own
from .linear import silence
from .listed import Listed

Order = Size
Pair = tuple[float, float]
# not a plain Literal, which would say that every value goes with every other parameter: the cutoff must fit
Kind = Annotated[Literal["lowpass", "highpass", "bandpass", "bandstop"], "goes with cutoff"]


class Sections(ArrayLayer, register=False):
    """What filters of second-order sections share: ``_set`` of their coefficients, and the cascade."""

    family: ClassVar[str] = "filters"
    recordable: ClassVar[tuple[str, ...]] = ("z",)

    def _set(self, sections: NDArray[np.float64], parameter: str) -> None:
        """Take sections (S, 6, N) as b0, b1, b2, a0 = 1, a1, a2 of each channel, in the layer's dtype."""
        rounded = sections[:, [0, 1, 2, 4, 5]].astype(self.dtype)
        a1, a2 = rounded[:, 3].astype(np.float64), rounded[:, 4].astype(np.float64)
        stable = bool(np.all((np.abs(a2) < 1.0) & (np.abs(a1) < 1.0 + a2)))  # both poles inside the unit circle
        cure = "dtype='float64'" if self.dtype == "float32" else "a larger dt or a lower order"
        self.must(stable, parameter, f"gives a filter that is unstable once rounded to {self.dtype}; take {cure}")
        self._sections = np.ascontiguousarray(rounded)

    def initial(self) -> State:
        return {"z": np.zeros((len(self._sections), 2, self.size), dtype=self.dtype)}

    def filtered(self, state: State, y: NDArray[Any], span: Span) -> NDArray[Any]:
        """``y``, in the layer's dtype and its own to write to, filtered in place."""
        z = state["z"]
        cascade(y, z, self._sections, span.watch.get("z", np.empty((0, *z.shape), dtype=z.dtype)))
        return y


class Butterworth(Sections):
    """Butterworth filter of any order, maximally flat, as second-order sections designed by scipy.signal.

    ``cutoff``: the half-power frequency of a ``lowpass`` or ``highpass``, or the pair (low, high) of a ``bandpass`` or
    ``bandstop``, between 0 and half of the rate of steps, which the bilinear transform meets exactly. A ``bandpass`` or
    ``bandstop`` of order n has 2n poles, as scipy counts. Equal to scipy.signal.sosfilt to rounding.

    Shapes: x, y (T, N). State: z (S, 2, N), two values for each of the S sections; starts at 0.
    Raises ParameterError for frequencies out of range, and where ``dtype`` is too narrow to keep the filter stable.
    Source: Oppenheim and Schafer 2010, Discrete-Time Signal Processing, 3rd edition, chapters 6 (cascades, transposed
    direct form II) and 7 (Butterworth filters, bilinear transform).

    >>> from graphnet import TSContinuous
    >>> step = TSContinuous.from_clocked([[1.0]] * 100, dt=1e-3)
    >>> Butterworth(1, order=2, cutoff=50.0, btype="lowpass").evolve(step).samples[-1].round(6)
    array([1.])
    """

    size: Size = positional()
    order: Order
    cutoff: Annotated[float | Sequence[float], Listed(float | Pair), Unit("Hz")]
    btype: Kind = "lowpass"

    example: ClassVar[Mapping[str, Any]] = {"order": 3, "cutoff": 40.0}

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_NOISE)
        pair = self.btype.startswith("band")
        wanted = "a pair (low, high)" if pair else "one frequency"
        self.must(isinstance(self.cutoff, tuple) == pair, "cutoff", f"of a {self.btype} must be {wanted}")
        designed = design(self, "cutoff", self.cutoff, self.order, self.btype)
        self._set(np.repeat(designed[:, :, np.newaxis], self.size, axis=2), "cutoff")

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        return state, self.filtered(state, own(self, block, span), span)


class Bank(Sections, register=False):
    """What banks of band-pass Butterworth filters share: each input channel in each of B bands, with 2 order poles."""

    size_in: Size = positional()
    order: Order = 2
    """Half the number of poles of each filter."""

    blamed: ClassVar[str] = "bands"
    """The parameter that an error of a filter names."""

    @abstractmethod
    def pairs(self) -> tuple[Pair, ...]:
        """The bands (low, high) in Hz."""

    def sizes(self) -> tuple[int, int, int]:
        size_in = self.value("size_in")
        size = size_in * len(self.pairs())
        return size_in, size, size

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_NOISE)
        designed = [design(self, self.blamed, band, self.value("order"), "bandpass") for band in self.pairs()]
        self._set(np.tile(np.stack(designed, axis=2), self.size_in), self.blamed)

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        y = span.empty((span.steps, self.size), self.dtype)
        x = silence(self, span) if block is None else block
        y.reshape(span.steps, self.size_in, -1)[:] = x[:, :, np.newaxis]
        return state, self.filtered(state, y, span)


class FilterBank(Bank):
    """Band-pass Butterworth filters side by side: each input channel in each of B ``bands``, pairs (low, high) in Hz.

    Output channel c B + b is input channel c in band b: the bands of a channel stand together. Each filter is what
    ``Butterworth`` with ``btype="bandpass"`` is, with 2 ``order`` poles.

    Shapes: x (T, M), y (T, M B). State: z (S, 2, M B), two values for each of the S sections; starts at 0.
    Raises ParameterError as ``Butterworth`` does.
    Source: as of ``Butterworth``.

    >>> FilterBank(2, bands=[(10.0, 20.0), (20.0, 40.0), (40.0, 80.0)], order=2)
    FilterBank 'unnamed': 2 -> 6 (TSContinuous -> TSContinuous), dt 0.001 s
    """

    size_in: Size = positional()
    bands: Annotated[Sequence[Sequence[float]], Listed(tuple[Pair, ...]), Unit("Hz")]
    """The bands, pairs (low, high)."""
    order: Order = 2

    example: ClassVar[Mapping[str, Any]] = {"size_in": 2, "bands": ((10.0, 20.0), (20.0, 80.0), (80.0, 200.0))}
    demonstration: ClassVar[Mapping[str, Any]] = {"size_in": 1, "bands": ((10.0, 25.0), (25.0, 60.0))}

    def pairs(self) -> tuple[Pair, ...]:
        bands: tuple[Pair, ...] = self.value("bands")
        self.must(len(bands) > 0, "bands", "must be at least one pair (low, high)")
        return bands


def design(layer: ArrayLayer, parameter: str, cutoff: Any, order: int, btype: str) -> NDArray[np.float64]:
    """Second-order sections (S, 6) of a Butterworth filter at the layer's rate, or a ParameterError."""
    from scipy.signal import butter

    half = 0.5 / layer.dt
    edges = cutoff if isinstance(cutoff, tuple) else (cutoff,)
    inside = all(0.0 < edge < half for edge in edges)
    layer.must(inside, parameter, f"must be between 0 and half of the rate of steps, {half!r} Hz, got {cutoff!r} Hz")
    layer.must(edges[0] < edges[-1] or len(edges) == 1, parameter, f"must rise from low to high, got {cutoff!r} Hz")
    sections: Any = butter(order, cutoff, btype, output="sos", fs=1.0 / layer.dt)
    return sections


@kernel
def cascade(y, z, sections, watch):
    """Each row through all sections, in place."""
    for k in range(y.shape[0]):
        for s in range(z.shape[0]):
            section(y[k], z[s, 0], z[s, 1], sections[s])
        if watch.shape[0] > 0:
            watch[k] = z


@kernel
def section(row, first, second, coefficients):
    """Transposed direct form II, the additions in scipy's order."""
    b0, b1, b2 = coefficients[0], coefficients[1], coefficients[2]
    a1, a2 = coefficients[3], coefficients[4]
    for j in range(row.shape[0]):
        x = row[j]
        new = b0[j] * x + first[j]
        first[j] = b1[j] * x - a1[j] * new + second[j]
        second[j] = b2[j] * x - a2[j] * new
        row[j] = new
