"""What a document may hold, as JSON Schema: its sections, and every registered class of layers with its parameters."""

from __future__ import annotations

import inspect
from typing import Any

from .. import registry
from ..layer import ArrayLayer
from ..layer.meanings import meanings
from ..quantities import PATTERN
from .sizing import FROM_PORTS

REFERENCE: dict[str, Any] = {"type": "string", "pattern": r"\$\{"}
QUANTITY: dict[str, Any] = {"type": "string", "pattern": PATTERN}
ABOUT = ("title", "description", "default", "unit")
"""What a schema says of a value without restricting it."""
INNER = ("items", "additionalProperties")
WITHOUT_REFERENCES = ("version", "params", "layers")
"""Sections that are themselves: what is inside them may refer."""


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of documents, with what the installed packages bring.

    Each class of layers stands under ``$defs`` as ``layer.NAME``: its summary, and for every parameter its type,
    bounds, unit, default and meaning. A class whose own constructor takes the arguments is open to any.
    """
    from ..sections import Document

    registry.layers.load()
    found: dict[str, Any] = Document.model_json_schema()
    definitions: dict[str, Any] = found.setdefault("$defs", {})
    classes = {registry.layers.name_of(cls): cls for _, cls in registry.layers if not inspect.isabstract(cls)}
    for name, cls in classes.items():
        definitions[f"layer.{name}"] = _layer_schema(name, cls, definitions)
    for section in (found, *(one for name, one in definitions.items() if not name.startswith("layer."))):
        for name, schema in section.get("properties", {}).items():
            if section is not found or name not in WITHOUT_REFERENCES:
                section["properties"][name] = _open(schema, [REFERENCE])
    entry = _entry_schema(sorted(classes))
    found["properties"]["layers"]["additionalProperties"] = entry
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def _entry_schema(classes: list[str]) -> dict[str, Any]:
    """What stands in the place of a layer: its type and parameters, or another document."""
    used = {
        "use": {"type": "string", "description": "Another document, whose network comes in under this name."},
        "set": {"type": "object", "description": "Values for keys of that document, as --set takes them."},
    }
    known = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": {"$ref": f"#/$defs/layer.{name}"},
        }
        for name in classes
    ]
    other = {"if": {"required": ["use"]}, "then": {"properties": used, "additionalProperties": False}}
    return {
        "type": "object",
        "properties": {"type": {"enum": classes}, **used},
        "anyOf": [{"required": ["type"]}, {"required": ["use"]}],
        "allOf": [*known, other],
    }


def _open(schema: dict[str, Any], texts: list[dict[str, Any]]) -> dict[str, Any]:
    """A schema that takes texts, references and quantities, wherever it takes something else than text."""
    if schema == {} or (schema.get("type") == "string" and "pattern" not in schema):
        return schema
    about = {key: value for key, value in schema.items() if key in ABOUT}
    core = {key: value for key, value in schema.items() if key not in ABOUT}
    forms = core["anyOf"] if set(core) == {"anyOf"} else [core]
    inside = [
        {key: _open(value, texts) if key in INNER and isinstance(value, dict) else value for key, value in one.items()}
        for one in forms
    ]
    return {**about, "anyOf": [*inside, *(one for one in texts if one not in forms)]}


def _layer_schema(name: str, cls: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    summary = (inspect.getdoc(cls) or "").partition("\n")[0]
    if not issubclass(cls, ArrayLayer):
        return {"description": summary, "type": "object"}
    found: dict[str, Any] = cls.model().model_json_schema()
    definitions.update(found.pop("$defs", {}))
    said = meanings(cls)
    known = cls.parameters()
    for parameter, given in found["properties"].items():
        given.pop("title", None)  # the name again
        texts = [REFERENCE, QUANTITY] if known[parameter].unit else [REFERENCE]
        schema = found["properties"][parameter] = _open(given, texts)
        if parameter in said:
            schema["description"] = said[parameter].replace("``", "`")
    found["properties"] = {"type": {"const": name}, **found["properties"]}
    found["required"] = [one for one in found.get("required", ()) if one not in FROM_PORTS]  # may follow from edges
    return {**found, "description": summary}
