"""From the content of a page to HTML: one template for a file and for a server."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import GraphnetError
from .content import Content
from .plots import roots
from .themes import css

if TYPE_CHECKING:
    from jinja2 import Template

HERE = Path(__file__).parent
SCRIPTS = (
    "say.js", "graph.js", "map.js", "facts.js", "plots.js", "reading.js", "weights.js", "paint.js", "search.js",
    "page.js",
)  # fmt: skip
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""What the browser lets the file do: run the scripts that were written into it, and fetch nothing."""


class BokehMissing(GraphnetError, ImportError):
    """A page was asked for, and Bokeh is not installed."""


def render(content: Content) -> str:
    """The page as one HTML file that fetches nothing: Bokeh's own script, the content and ours stand in it.

    The same content gives the same text. Raises BokehMissing where Bokeh is not installed.
    """
    needed()
    from bokeh.resources import Resources

    document = _document(content)
    places = [{"elementid": f"root-{k}", "id": one["id"]} for k, one in enumerate(document["roots"])]
    plots = escaped(json.dumps({"document": document, "roots": places}, separators=(",", ":")))
    inside = variables(content)
    nonce = hashlib.sha256((plots + inside["content"]).encode()).hexdigest()[:32]  # no text can foretell its own
    scripts = [
        text
        for text in Resources(mode="inline", components=["bokeh"]).js_raw
        if not text.startswith("Bokeh.set_log_level")
    ]
    return template().render(
        **inside, title=content.title, roots=places, nonce=nonce, policy=POLICY.format(nonce=nonce),
        bokeh_js="".join(f'<script nonce="{nonce}">{text}</script>' for text in scripts),
        plot_script=f'<script type="application/json" id="plots-json">{plots}</script>',
    )  # fmt: skip


def needed() -> None:
    """Raise BokehMissing where Bokeh is not installed, naming the extra."""
    try:
        import bokeh  # noqa: F401
    except ImportError as error:
        raise BokehMissing(f"a page needs Bokeh: {error}", hint="pip install 'graphnet-dataflow[web]'") from error


def _document(content: Content) -> dict[str, Any]:
    """The roots as Bokeh's script reads them, with ids that depend on nothing but the content."""
    from bokeh.document import Document

    made = Document()
    for one in roots(content):
        made.add_root(one)
    return numbered(made.to_json(deferred=False))


def numbered(document: Any) -> Any:
    """The JSON of a Bokeh document with its models' ids counted from 1: Bokeh's own depend on what came before."""
    names: dict[str, str] = {}

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: known(one) if key == "id" else walk(one) for key, one in node.items()}
        return [walk(one) for one in node] if isinstance(node, list) else node

    def known(one: Any) -> Any:
        return names.setdefault(one, f"m{len(names) + 1}") if isinstance(one, str) else one

    return walk(document)


@lru_cache(maxsize=1)
def template() -> Template:
    """The page as a Jinja template in the terms of Bokeh's server: its application sets it as a document's template."""
    needed()
    from jinja2 import Environment

    text = (HERE / "page.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)


def variables(content: Content, served: str | None = None) -> dict[str, Any]:
    """What the template needs besides what Bokeh gives.

    ``served``: where, below the page's own address, a server answers ``drawing``; None for a file.
    """
    from markupsafe import Markup

    data = {**content.data(), "served": served}
    scripts = "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return {
        "content": Markup(escaped(json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False))),
        "style": Markup(css() + (HERE / "page.css").read_text(encoding="utf-8")),
        "script": Markup(scripts),
        "signals": [one.name for one in content.signals],
    }


def escaped(text: str) -> str:
    """JSON that can stand in a script element: no text of it ends the element or begins a comment.

    >>> print(escaped('"</script><!--"'))
    "\\u003c/script\\u003e\\u003c!--"
    """
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
