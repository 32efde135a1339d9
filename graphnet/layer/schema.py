"""Parameters as pydantic sees them: one strict model for each class of layers, and its errors as ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import annotated_types as at
import numpy as np

from ..errors import GraphnetError, ParameterError, ParameterTypeError
from ..showing import shown
from .parameters import MISSING, RESERVED, Parameter

if TYPE_CHECKING:
    from .declared import Declared

WORDS = {
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid string": "text",
    "a valid boolean": "true or false",
    "a valid tuple": "a sequence",
    "a valid list": "a sequence",
    "an instance of Sequence": "a sequence",
    "a valid dictionary": "a mapping",
}
"""What the validator says, and what we say."""

NUMPY = np.generic | np.ndarray
ARRAYS = "https://graphnet.invalid/arrays#"
"""What stands before the name of a definition of ``arrays.array_definitions``: whoever puts a schema of parameters into
a document puts these beside it, and ``#/$defs/`` in the place of this."""
ARRAY_SCHEMA: dict[str, Any] = {"$ref": f"{ARRAYS}array"}
KEYWORDS: dict[type[Any], tuple[str, str]] = {
    at.Gt: ("gt", "exclusiveMinimum"),
    at.Ge: ("ge", "minimum"),
    at.Lt: ("lt", "exclusiveMaximum"),
    at.Le: ("le", "maximum"),
}
"""Where a bound keeps its limit, and what JSON Schema calls it."""
SERIES_SCHEMA: dict[str, Any] = {"enum": ["TSContinuous", "TSEvent"]}


def build_model(name: str, parameters: Mapping[str, Parameter]) -> Any:
    """A strict pydantic model with one field for each parameter."""
    from pydantic import ConfigDict, create_model

    config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)
    fields: dict[str, Any] = {one.name: _field(one) for one in parameters.values()}
    return create_model(name, __config__=config, **fields)


def _field(parameter: Parameter) -> tuple[Any, Any]:
    from pydantic import Field, PlainValidator, WithJsonSchema

    default = ... if parameter.default is MISSING else parameter.default
    extra: dict[str, Any] = {"unit": parameter.unit} if parameter.unit else {}
    written = default if default is ... else parameter.written(default)
    schemas = {
        "weights": ARRAY_SCHEMA,
        "per_unit": _vector_schema(parameter),
        "per_synapse": ARRAY_SCHEMA,
        "series": SERIES_SCHEMA,
    }
    annotation = parameter.annotation
    if parameter.kind == "series":
        default = written  # only what is given is taken from the model, and a name can be shown
    if parameter.kind != "scalar":
        schema = dict(schemas[parameter.kind])
        if parameter.named:
            schema = {"anyOf": [schema, _by_name(schema)]}
        if parameter.optional:
            schema = {"anyOf": [schema, {"type": "null"}]}
        if written is not ...:
            schema["default"] = written
        annotation = Annotated[Any, PlainValidator(_carrying(parameter)), WithJsonSchema(schema)]
    return annotation, Field(default=default, json_schema_extra=extra or None)


def _vector_schema(parameter: Parameter) -> dict[str, Any]:
    """A number or one for each unit, each within the bounds, or where they come from."""
    number: dict[str, Any] = {"type": "number"}
    for bound in parameter.bounds:
        attribute, keyword = KEYWORDS[type(bound)]
        number[keyword] = getattr(bound, attribute)
    elsewhere = [{"$ref": f"{ARRAYS}array.{one}"} for one in ("init", "file")]
    return {"anyOf": [number, {"type": "array", "items": number}, *elsewhere]}


def _by_name(schema: dict[str, Any]) -> dict[str, Any]:
    """A mapping of names to what a schema describes; its names are no keys of a described array."""
    names = {"pattern": "^[A-Za-z_][A-Za-z_0-9]*$", "not": {"enum": list(RESERVED)}}
    return {"type": "object", "minProperties": 1, "propertyNames": names, "additionalProperties": schema}


def _carrying(parameter: Parameter) -> Any:
    """The parameter's own check, its error told to pydantic in a form that keeps our text."""
    from pydantic_core import PydanticCustomError

    def check(value: Any) -> Any:
        try:
            return parameter.check(value)
        except GraphnetError as error:
            text = str(error).replace("{", "{{").replace("}", "}}")
            raise PydanticCustomError(
                "graphnet", "{text}", {"text": text.replace("{{", "{").replace("}}", "}")}
            ) from error

    return check


def validated(cls: type[Declared], given: dict[str, Any]) -> dict[str, Any]:
    """Checked values by name. Raises ParameterError that lists everything wrong, one line each."""
    from pydantic import ValidationError

    plain = {
        name: value.item() if isinstance(value, NUMPY) and value.ndim == 0 else value for name, value in given.items()
    }
    try:
        model = cls.model().model_validate(plain)
    except ValidationError as error:
        raise _as_ours(cls, error) from None
    return {name: getattr(model, name) for name in plain}


def _as_ours(cls: type[Declared], error: Any) -> ParameterError:
    lines: list[str] = []
    wrong_type = True
    names: list[str] = []
    for one in error.errors(include_url=False):
        name = str(one["loc"][0])
        names.append(name)
        parameter = cls.parameters()[name]
        said = message(one)
        wrong_type = wrong_type and one["type"].endswith(("_type", "is_instance_of"))
        unit = f" (in {parameter.unit})" if parameter.unit else ""
        got = f", got {shown(one['input'])}{unit}"
        if one["type"] == "graphnet":  # ours says itself what it got
            got = unit if said.startswith(("should be greater", "should be less")) else ""
        colon = "" if said.startswith(("should", "must", "of ")) else ":"
        place = "".join(f"[{step}]" for step in one["loc"][1:] if isinstance(step, int))  # in a sequence
        lines.append(f"{cls.__name__}: {name}{place}{colon} {said}{got}")
    kind = ParameterTypeError if wrong_type else ParameterError
    each = list(dict.fromkeys(zip(names, lines, strict=True)))
    return kind("\n".join(line for _, line in each), owner=cls.__name__, parameter=names[0], each=each)


def message(one: Any) -> str:
    """An error of pydantic, as ``errors()`` gives it, in our words."""
    if one["type"] == "missing":  # a whole parameter that is missing was told before: this is a value of a sequence
        return "a value is missing"
    if one["type"] in ("too_long", "too_short"):
        bound = "max_length" if one["type"] == "too_long" else "min_length"
        way = "most" if one["type"] == "too_long" else "least"
        number = one["ctx"][bound]
        return f"should have at {way} {number} value{'' if number == 1 else 's'}"
    said = str(one["msg"]).replace("Input should", "should")
    for theirs, ours in WORDS.items():
        said = said.replace(theirs, ours)
    return said
