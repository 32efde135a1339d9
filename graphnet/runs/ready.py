"""From a document as it was read to a network that can run at once."""

from __future__ import annotations

from ..document import build_source
from ..errors import DocumentError, GraphnetError
from ..files import Source
from ..network import Network
from ..run import check_ready


def ready(source: Source) -> Network:
    """The network of a document, sound and ready to run. Raises DocumentError with the place of every problem."""
    net = build_source(source)
    problems = [source.problem(str(one), _place(source, one)) for one in check_ready(net)]
    if problems:
        raise DocumentError(problems)
    return net


def _place(source: Source, error: GraphnetError) -> tuple[str | int, ...]:
    """Where in the document the layer stands that an error of the whole network begins with."""
    name = error.message.partition(":")[0]
    return ("layers", name) if name in source.data.get("layers", {}) else ()
