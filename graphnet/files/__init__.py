"""Documents on disk: read YAML and JSON with the line of every node, write them exactly, replace files atomically."""

from .atomic import write_atomic
from .reading import parse, read
from .settings import apply_settings, with_value
from .source import Lines, Place, Source, spell
from .writing import to_json, to_yaml, write

__all__ = [
    "Lines",
    "Place",
    "Source",
    "apply_settings",
    "parse",
    "read",
    "spell",
    "to_json",
    "to_yaml",
    "with_value",
    "write",
    "write_atomic",
]
