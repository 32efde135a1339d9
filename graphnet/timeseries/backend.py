"""With what series are drawn: one choice for all, which a series may override for itself."""

from __future__ import annotations

import importlib.util
import logging

from graphnet.errors import GraphnetError, SeriesError

log: logging.Logger = logging.getLogger("graphnet")

MATPLOTLIB = frozenset({"matplotlib", "mpl", "mp", "pyplot", "plt"})
HOLOVIEWS = frozenset({"holoviews", "holo", "hv", "Holoviews", "HoloViews"})


class BackendMissing(GraphnetError, RuntimeError):
    """The library that a plotting backend needs is not here, or draws nothing of ours."""


_chosen: list[str | None] = ["matplotlib" if importlib.util.find_spec("matplotlib") else None]


def resolve(name: str | None) -> str | None:
    """The proper name of a backend.

    Raises SeriesError (a ValueError) for a name nobody knows, BackendMissing (a RuntimeError) for one that cannot draw.
    """
    if name is None:
        return None
    if name in MATPLOTLIB:
        if importlib.util.find_spec("matplotlib") is None:
            raise BackendMissing("plotting with matplotlib needs matplotlib", hint="pip install matplotlib")
        return "matplotlib"
    if name in HOLOVIEWS:
        raise BackendMissing("series are not drawn with holoviews", hint="use 'matplotlib'; plot() returns its Axes")
    raise SeriesError(f"there is no plotting backend {name!r}; there is 'matplotlib'")


def set_global_ts_plotting_backend(backend: str | None, verbose: bool = True) -> None:
    """Choose what all series draw with that have no choice of their own; None for nothing."""
    _chosen[0] = resolve(backend)
    if verbose:
        log.info("series are drawn with %s", _chosen[0])


def get_global_ts_plotting_backend() -> str | None:
    """What series are drawn with, by default.

    >>> get_global_ts_plotting_backend()
    'matplotlib'
    """
    return _chosen[0]
