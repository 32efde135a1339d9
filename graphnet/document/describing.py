"""What a document may hold, as JSON Schema: its sections, and every registered class of layers with its parameters."""

from __future__ import annotations

import inspect
from typing import Any

from .. import registry
from ..arrays import array_definitions, quantities_of
from ..files import TITLE
from ..layer import ArrayLayer
from ..layer.meanings import meanings
from ..layer.parameters import MISSING
from ..layer.schema import ARRAYS
from ..quantities import PATTERN
from .options import option_schema, options_of
from .sizing import FROM_PORTS

REFERENCE: dict[str, Any] = {"type": "string", "pattern": r"\$\{"}
QUANTITY: dict[str, Any] = {"type": "string", "pattern": PATTERN}
ABOUT = ("title", "description", "default", "unit")
"""What a schema says of a value without restricting it."""
INNER = ("items", "additionalProperties")
HERE = "#/$defs/"
MEASURED = "measured."
"""What the names of definitions of arrays begin with where the array has a unit, so that a quantity may stand."""
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
    for section in (found, *definitions.values()):
        for name, schema in section.get("properties", {}).items():
            if section is not found or name not in WITHOUT_REFERENCES:
                section["properties"][name] = _open(schema, [REFERENCE])
    classes = {registry.layers.name_of(cls): cls for _, cls in registry.layers if not inspect.isabstract(cls)}
    for name, cls in classes.items():
        definitions[f"layer.{name}"] = _layer_schema(name, cls, definitions)
    found["properties"]["layers"]["additionalProperties"] = _entry_schema(sorted(classes))
    definitions |= _arrays() | _sources()
    definitions["DataSection"] = _data_schema(definitions["DataSection"], definitions)
    found.pop("title")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": TITLE, **_here(found)}


def _here(value: Any) -> Any:
    """A schema with its references to the definitions of arrays leading to those beside it."""
    if isinstance(value, dict):
        return {key: _here(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_here(one) for one in value]
    return value.replace(ARRAYS, HERE) if isinstance(value, str) and value.startswith(ARRAYS) else value


def _with_unit(value: Any) -> Any:
    """A schema whose arrays have a unit."""
    if isinstance(value, dict):
        return {key: _with_unit(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_unit(one) for one in value]
    begin = next((one for one in (ARRAYS, HERE) if isinstance(value, str) and value.startswith(one)), None)
    return value if begin is None else f"{begin}{MEASURED}{value.removeprefix(begin)}"


def _arrays() -> dict[str, Any]:
    """The forms of arrays, with references, and without the shapes that follow from edges; each without a unit, and
    with one, where quantities may stand for numbers of it."""
    measured = _with_unit({f"{MEASURED}{name}": one for name, one in _forms([REFERENCE, QUANTITY]).items()})
    return _forms([REFERENCE]) | measured


def _forms(texts: list[dict[str, Any]]) -> dict[str, Any]:
    found = array_definitions()
    for name, one in found.items():
        if name.startswith("initialiser."):
            found[name] = _initialiser(one, texts)
    found["distribution"] = {"anyOf": [_described(one, texts) for one in found["distribution"]["oneOf"]]}
    row = _open({"type": "array", "items": {"type": "number"}}, texts)
    number, _, _, *described = found["array"]["anyOf"]
    found["array"] = {"anyOf": [number, *texts, row, {"type": "array", "items": row}, *described]}
    return found


def _initialiser(one: dict[str, Any], texts: list[dict[str, Any]]) -> dict[str, Any]:
    found = _described(one, texts)
    sides = {"shape", "size"} & set(found["properties"])
    if sides:
        found["properties"].setdefault("size", found["properties"].get("shape"))
        found["required"] = [key for key in found["required"] if key not in sides]
    return found


def _described(one: dict[str, Any], texts: list[dict[str, Any]]) -> dict[str, Any]:
    """The description of an array or a distribution: its values may be references, those in the array's unit what
    ``texts`` say."""
    measured = quantities_of({"init": one["properties"]["init"]["const"]})
    properties = {
        key: schema if key == "init" else _open(schema, texts if key in measured else [REFERENCE])
        for key, schema in one["properties"].items()
    }
    return {**one, "properties": properties}


def _sources() -> dict[str, Any]:
    """Each registered dataset source with its options, as ``data.NAME``."""
    registry.datasets.load()
    found: dict[str, Any] = {}
    for _, source in registry.datasets:
        name = registry.datasets.name_of(source)
        options = options_of(source)
        schema: dict[str, Any] = {"description": (inspect.getdoc(source) or "").partition("\n")[0]}
        if options is not None:
            schema["properties"] = {"source": {"const": name}} | {
                key: _open(option_schema(one), [REFERENCE, QUANTITY] if one.unit else [REFERENCE])
                for key, one in options.items()
            }
            schema["required"] = ["source", *(key for key, one in options.items() if one.default is MISSING)]
            schema["additionalProperties"] = False
        found[f"data.{name}"] = schema
    return found


def _data_schema(section: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The section ``data``: a source, and the options that it takes."""
    names = [one.removeprefix("data.") for one in definitions if one.startswith("data.")]
    properties = {**section["properties"], "source": {"anyOf": [{"enum": names}, REFERENCE]}}
    return {**section, "properties": properties, "allOf": [_chosen("source", name, "data") for name in names]}


def _chosen(key: str, name: str, kind: str) -> dict[str, Any]:
    """What holds where a key has the name of a definition."""
    return {
        "if": {"properties": {key: {"const": name}}, "required": [key]},
        "then": {"$ref": f"#/$defs/{kind}.{name}"},
    }


def _entry_schema(classes: list[str]) -> dict[str, Any]:
    """What stands in the place of a layer: its type and parameters, or another document."""
    used = {
        "use": {"type": "string", "description": "Another document, whose network comes in under this name."},
        "set": {"type": "object", "description": "Values for keys of that document, as --set takes them."},
    }
    known = [_chosen("type", name, "layer") for name in classes]
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
        plain = _with_unit(given) if known[parameter].unit else given
        schema = found["properties"][parameter] = _open(plain, texts)
        if parameter in said:
            schema["description"] = said[parameter].replace("``", "`")
    found["properties"] = {"type": {"const": name}, **found["properties"]}
    found["required"] = [one for one in found.get("required", ()) if one not in FROM_PORTS]  # may follow from edges
    return {**found, "description": summary}
