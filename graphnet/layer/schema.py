"""Parameters as pydantic sees them: one strict model for each class of layers, and its errors as ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from ..errors import GraphnetError, ParameterError, ParameterTypeError
from .parameters import MISSING, Parameter

if TYPE_CHECKING:
    from .declared import Declared

WORDS = {
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid string": "text",
    "a valid boolean": "true or false",
}
"""What the validator says, and what we say."""

NUMPY = np.generic | np.ndarray
ARRAY_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "number"},
        {"type": "array", "items": {"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]}},
        {"type": "object", "required": ["init"], "properties": {"init": {"type": "string"}}},
        {"type": "object", "required": ["file", "sha256"], "properties": {"file": {"type": "string"}}},
        {"type": "object", "required": ["csr"]},
    ]
}
VECTOR_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}, *ARRAY_SCHEMA["anyOf"][2:4]]
}
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
    shown = default if parameter.kind != "series" or default is ... else default.__name__
    schemas = {"weights": ARRAY_SCHEMA, "per_unit": VECTOR_SCHEMA, "series": SERIES_SCHEMA}
    annotation = parameter.annotation
    if parameter.kind != "scalar":
        schema = dict(schemas[parameter.kind])
        if parameter.optional:
            schema = {"anyOf": [schema, {"type": "null"}]}
        if shown is not ...:
            schema["default"] = shown
        annotation = Annotated[Any, PlainValidator(_carrying(parameter)), WithJsonSchema(schema)]
    return annotation, Field(default=default, json_schema_extra=extra or None)


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
        message = one["msg"].replace("Input should", "should")
        for theirs, ours in WORDS.items():
            message = message.replace(theirs, ours)
        wrong_type = wrong_type and one["type"].endswith("_type")
        unit = f" (in {parameter.unit})" if parameter.unit else ""
        got = "" if one["type"] == "graphnet" else f", got {one['input']!r}{unit}"
        colon = "" if message.startswith(("should", "must")) else ":"
        lines.append(f"{cls.__name__}: {name}{colon} {message}{got}")
    kind = ParameterTypeError if wrong_type else ParameterError
    each = list(dict.fromkeys(zip(names, lines, strict=True)))
    return kind("\n".join(line for _, line in each), owner=cls.__name__, parameter=names[0], each=each)
