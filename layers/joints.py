"""Joints: where several edges meet."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from graphnet import ArrayLayer, SeriesType, Size, Span, State, TimeSeries, TSContinuous, positional

from .linear import NO_STATE, silence


class Joint(ArrayLayer, register=False):
    """What joints share: they hand on what the network has joined for them."""

    size: Size = positional()
    input_type: SeriesType = positional(default=TSContinuous)

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_STATE)

    @property
    def output_type(self) -> type[TimeSeries]:
        """The kind of series that it emits: the one it accepts."""
        return self.input_type

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        return state, silence(self, span) if block is None else block


class Sum(Joint):
    """The sum of all edges that lead to it: y = u_1 + u_2 + ...; of events, all of them, repeats as counts.

    Edges need not say ``merge="sum"``: it is what they do here unless one of them says otherwise.
    Shapes: every u, and y, (T, N), or events on N channels. No state.

    >>> from graphnet import Network, TSContinuous
    >>> net = Network()
    >>> for name in ("a", "b"):
    ...     _ = net.input(name, 1)
    >>> _ = net.add_layer(Sum(1), name="sum")
    >>> _ = net.connect("a", "sum"), net.connect("b", "sum")
    >>> one = TSContinuous.from_clocked([[1.0], [2.0]], dt=1e-3)
    >>> net.evolve({"a": one, "b": one})["sum"].samples.T
    array([[2., 4.]])
    """

    joins: ClassVar[Literal["sum", "concat"] | None] = "sum"


class Concat(Joint):
    """All edges that lead to it side by side, in the order in which they were connected: y = (u_1, u_2, ...).

    Edges need not say ``merge="concat"``: it is what they do here unless one of them says otherwise.
    Shapes: u_i (T, N_i), or events on N_i channels; y (T, N) with N = ``size`` the sum of all N_i. No state.

    >>> Concat(5)
    Concat 'unnamed': 5 -> 5 (TSContinuous -> TSContinuous), dt 0.001 s
    """

    joins: ClassVar[Literal["sum", "concat"] | None] = "concat"
