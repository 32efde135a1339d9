"""What a document may hold, as JSON Schema: its sections, and every registered class of layers with its parameters."""

from __future__ import annotations

import inspect
from typing import Any

from .. import registry
from ..layer import ArrayLayer
from ..layer.meanings import meanings


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
    entry = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": sorted(classes)}},
        "allOf": [
            {
                "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                "then": {"$ref": f"#/$defs/layer.{name}"},
            }
            for name in sorted(classes)
        ],
    }
    found["properties"]["layers"]["additionalProperties"] = entry
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def _layer_schema(name: str, cls: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    summary = (inspect.getdoc(cls) or "").partition("\n")[0]
    if not issubclass(cls, ArrayLayer):
        return {"description": summary, "type": "object"}
    found: dict[str, Any] = cls.model().model_json_schema()
    definitions.update(found.pop("$defs", {}))
    said = meanings(cls)
    for parameter, schema in found["properties"].items():
        schema.pop("title", None)  # the name again
        if parameter in said:
            schema["description"] = said[parameter].replace("``", "`")
    found["properties"] = {"type": {"const": name}, **found["properties"]}
    return {**found, "description": summary}
