"""Do what a document says is to be done with its network: fit, evaluate, run; and write down what came out."""

from .driving import read_inputs, unfit
from .outcome import How, Keeping, Outcome, Watch
from .performing import perform
from .trials import fitted, load_data
from .writing import made_folder, write

__all__ = [
    "How",
    "Keeping",
    "Outcome",
    "Watch",
    "fitted",
    "load_data",
    "made_folder",
    "perform",
    "read_inputs",
    "unfit",
    "write",
]
