"""Documents on disk: read YAML and JSON with the line of every node, write them exactly, replace files atomically."""

from .atomic import write_atomic
from .reading import parse, read, read_flawed
from .settings import apply_settings, place_of_key, with_value
from .source import Lines, Place, Source, spell
from .writing import TITLE, for_editors, to_json, to_yaml, without_editors, write

__all__ = [
    "TITLE",
    "Lines",
    "Place",
    "Source",
    "apply_settings",
    "for_editors",
    "parse",
    "place_of_key",
    "read",
    "read_flawed",
    "spell",
    "to_json",
    "to_yaml",
    "with_value",
    "without_editors",
    "write",
    "write_atomic",
]
