"""How a project begins: the schema that editors read, and a folder with a document that runs at once."""

from __future__ import annotations

import json


def schema_text() -> str:
    """The JSON Schema of documents, as the text of a file."""
    from .document.describing import json_schema

    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
