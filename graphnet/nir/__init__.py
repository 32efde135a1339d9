"""Networks from NIR, the exchange format of the field, and back: the one place where the package ``nir`` is met.

Which layer stands for which node each class of layers says for itself; see ``graphnet.layer.exchange``.
"""

from .door import write
from .reading import from_nir
from .writing import to_nir

__all__ = ["from_nir", "to_nir", "write"]
