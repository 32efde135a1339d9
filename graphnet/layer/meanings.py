"""What each parameter means, in words: the text below its field in the class body, or what the docstring says of it."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .declared import Declared


APART = ("Shapes:", "State:", "Source:", "Raises ")
"""How sentences of a docstring begin that are not about parameters."""


def stated(cls: type[Declared]) -> dict[str, str]:
    """Parameter -> the text that stands below its field, in the class or in the nearest of its bases that has one."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if "_mine" in vars(base):
            found |= _below_fields(base)
    return {name: found[name] for name in cls.parameters() if name in found}


def meanings(cls: type[Declared]) -> dict[str, str]:
    """Parameter -> its meaning, without those that the class says nothing about.

    Where no text stands below a field, the first sentence of the class's docstring counts that names the
    parameter in double backticks, those that begin with such a name before all others.
    """
    found = stated(cls)
    said: list[str] = []
    for base in cls.__mro__:
        own = [one for one in sentences(vars(base).get("__doc__") or "") if not one.startswith(APART)]
        said += sorted(own, key=lambda one: not one.startswith("``")) if "_mine" in vars(base) else ()
    for name in cls.parameters():
        naming = next((one for one in said if re.search(rf"``{re.escape(name)}\b", one)), None)
        if naming is not None:
            found.setdefault(name, naming)
    return {name: found[name] for name in cls.parameters() if name in found}


@lru_cache(maxsize=256)  # Python parses the whole file to find a class in it
def _below_fields(cls: type[Any]) -> dict[str, str]:
    """The texts below the fields of one class body, each in one line; nothing where the source is not to be had."""
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, TypeError, SyntaxError):  # typed into a console, or made by other means than a class statement
        return {}
    found: dict[str, str] = {}
    field = ""
    for node in body.body if isinstance(body, ast.ClassDef) else []:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)):
                field = name
            case ast.Expr(value=ast.Constant(value=str() as text)) if field in vars(cls)["_mine"]:
                found[field] = " ".join(text.split())
                field = ""
            case _:
                field = ""
    return found


def sentences(docstring: str) -> list[str]:
    """The sentences of a docstring before its first example, each in one line.

    >>> sentences("One thing: x\\n    goes on. ``b`` is another.\\n\\n    >>> 1\\n    1")
    ['One thing: x goes on.', '``b`` is another.']
    """
    prose = inspect.cleandoc(docstring).partition("\n>>>")[0]
    paragraphs = [" ".join(one.split()) for one in prose.split("\n\n")]
    return [one for text in paragraphs if text for one in re.split(r"(?<=\.)\s+(?=[A-Z`])", text)]
