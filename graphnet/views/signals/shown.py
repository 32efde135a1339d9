"""The figure that is given back: matplotlib's, which notebooks show, also where pyplot was never imported."""

from __future__ import annotations

import io

from matplotlib.figure import Figure  # this room is entered only where something is drawn

from ..figures import style


class Shown(Figure):
    """A figure of signals."""

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        with style():
            self.savefig(stream, format="png", dpi=100, facecolor=self.get_facecolor())
        return stream.getvalue()


__all__ = ["Shown"]
