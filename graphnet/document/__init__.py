"""Networks from documents and back."""

from .purpose import wrong_options
from .reading import build, build_source, load
from .writing import save, written

__all__ = ["build", "build_source", "load", "save", "written", "wrong_options"]
