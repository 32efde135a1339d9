"""Arrays in documents: a literal, a file with its hash, or an initialiser with its seed, each read to the same array.

| form | example |
|---|---|
| literal | ``0.5``, ``[1, 2]``, ``[[1, 2], [3, 4]]`` |
| sparse literal | ``{csr: {shape: [2, 2], data: [1.0], indices: [0], indptr: [0, 1, 1]}}`` |
| file | ``{file: weights.npz#w, sha256: ...}``, relative to the document; ``.npy``, ``.npz``, ``.csv``, ``.zarr`` |
| initialiser | ``{init: normal, shape: [6, 200], scale: 0.5, seed: 1}`` |

A description may come from a stranger: what it costs is bounded by ``Limits``, where it leads by its folder.
"""

from ..limits import Limits, limited
from . import drawing, reservoirs
from .arguments import Argument, Array, Ratio, Seed, Shape, Sides
from .initialising import Draws, Values, array_definitions, initialiser, initialiser_arguments, quantities_of
from .spec import Spec, is_spec, literal, read_only, resolve

__all__ = [
    "Argument",
    "Array",
    "Draws",
    "Limits",
    "Ratio",
    "Seed",
    "Shape",
    "Sides",
    "Spec",
    "Values",
    "array_definitions",
    "drawing",
    "initialiser",
    "initialiser_arguments",
    "is_spec",
    "limited",
    "literal",
    "quantities_of",
    "read_only",
    "reservoirs",
    "resolve",
]
