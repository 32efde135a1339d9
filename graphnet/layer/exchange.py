"""How a layer stands in NIR, the exchange format of the field: each class owns its two conversions.

A class says which node of NIR it reads (``nir_name``, ``from_nir``) and how it is written (``to_nir``), in plain data:
the package ``nir`` itself is met only in ``graphnet.nir``, which asks the registered classes and knows none by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import ExchangeError
from .parameters import SeriesType

Shape = tuple[int, ...]


class Primitive(NamedTuple):
    """A node of NIR as plain data: the name of its class there, and its fields."""

    kind: str
    fields: Mapping[str, Any]


class Exchange(NamedTuple):
    """A layer as NIR has it: nodes in a chain, none at all for one that hands on what it gets.

    ``back``: nodes that lead from the last of the chain back to it, one step later; None where nothing does.
    ``takes`` and ``gives``: the shapes of what arrives and leaves; None where any shape of as many channels may
    arrive, and leaves as it is. ``note``: what is not quite the same there, told when a network is written.
    """

    chain: Sequence[Primitive] = ()
    back: Sequence[Primitive] | None = None
    takes: Shape | None = None
    gives: Shape | None = None
    note: str = ""

    def then(self, kind: str, **fields: Any) -> Exchange:
        """The same with one node more at the end of the chain."""
        return self._replace(chain=[*self.chain, Primitive(kind, fields)])


class Arriving(NamedTuple):
    """What reaches a node of NIR that becomes a layer: the step that it is given (s), and the shape and kind of its
    input."""

    dt: float
    shape: Shape
    type: SeriesType

    @property
    def size(self) -> int:
        """How many channels arrive."""
        return int(np.prod(self.shape))


class Exchanged:
    """The part of a layer that NIR sees. By default it is not read from NIR, and refuses to be written."""

    nir_name: ClassVar[str | None] = None
    """The node of NIR that this class reads, by the name of its class there; said by each class for itself."""

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        """The layer that a node of NIR, an object with the fields of its class there, means.

        Raises ParameterError and ExchangeError for what this class does not have.
        """
        raise ExchangeError(f"{cls.__name__} is not read from NIR")

    def to_nir(self, shape: Shape) -> Exchange:
        """What the layer is in NIR where something of that shape arrives.

        Raises ExchangeError for what NIR does not have.
        """
        raise ExchangeError(f"{type(self).__name__} has no counterpart in NIR")

    def nir_must(self, condition: Any, what: str) -> None:
        """Refuse in ``to_nir`` what NIR does not have. Raises ExchangeError."""
        if not condition:
            raise ExchangeError(f"{type(self).__name__}: NIR has no {what}")

    @staticmethod
    def nir_units(value: Any, shape: Shape) -> NDArray[np.float64]:
        """A parameter as one value for each unit, in the shape that arrives."""
        return np.array(np.broadcast_to(value, int(np.prod(shape))), dtype=np.float64).reshape(shape)

    @staticmethod
    def nir_product(matrix: Any, shape: Shape, bias: Any = None, gain: Any = 1.0) -> Exchange:
        """A product with weights (M, N), a diagonal (N,) or a CSR array, its columns times ``gain``, and a bias added:
        ``Affine``; without a bias ``Linear``, ``Scale``, or nothing where every channel is taken as it is."""
        plain = bias is None
        if isinstance(matrix, np.ndarray) and matrix.ndim == 1 and plain:
            scale = np.array(matrix * gain, dtype=np.float64).reshape(shape)
            return Exchange(() if np.all(scale == 1.0) else (Primitive("Scale", {"scale": scale}),))
        dense = matrix if isinstance(matrix, np.ndarray) else matrix.toarray()
        dense = (np.diag(dense) if dense.ndim == 1 else dense) * gain
        weight = np.array(dense.T, dtype=np.float64, order="C")
        given = (weight.shape[0],)
        fields = {"weight": weight} if plain else {"weight": weight, "bias": np.broadcast_to(bias, given).astype(float)}
        return Exchange([Primitive("Linear" if plain else "Affine", fields)], takes=(weight.shape[1],), gives=given)
