"""Joints: where several edges meet. They hand on, as a pass-through does, what the network has joined for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .linear import PassThrough


class Sum(PassThrough):
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


class Concat(PassThrough):
    """All edges that lead to it side by side, in the order in which they were connected: y = (u_1, u_2, ...).

    Edges need not say ``merge="concat"``: it is what they do here unless one of them says otherwise.
    Shapes: u_i (T, N_i), or events on N_i channels; y (T, N) with N = ``size`` the sum of all N_i. No state.

    >>> Concat(5)
    Concat 'unnamed': 5 -> 5 (TSContinuous -> TSContinuous), dt 0.001 s
    """

    joins: ClassVar[Literal["sum", "concat"] | None] = "concat"
    demonstration: ClassVar[Mapping[str, Any]] = {"size": 2}
