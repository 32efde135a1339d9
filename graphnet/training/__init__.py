"""Train layers on the signals that reach them, look how well they do, and train by a function of one's own."""

from .batches import Batch, train
from .fitting import fit
from .scoring import predict, score
from .settings import get_params, set_params
from .sums import Sums, sums
from .trials import RESETS, Reset, reset_before
from .undoing import unchanged_on_failure

__all__ = [
    "RESETS",
    "Batch",
    "Reset",
    "Sums",
    "fit",
    "get_params",
    "predict",
    "reset_before",
    "score",
    "set_params",
    "sums",
    "train",
    "unchanged_on_failure",
]
