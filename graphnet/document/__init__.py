"""Networks from documents and back."""

from .options import options
from .reading import Draft, build, build_source, load
from .writing import save, written

__all__ = ["Draft", "build", "build_source", "load", "options", "save", "written"]
