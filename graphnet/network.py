"""Network: layers joined by checked edges; sound, or not at all. The work behind its methods lives upstairs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from .composition import Node
from .layer import Layer
from .ownership import Ownership
from .structure import Group, Input
from .timeseries import TimeSeries

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .checkpoint import Checkpoint
    from .explain import Explanation
    from .findings import Finding
    from .run import Callback, Record, Result
    from .seeing import Measurement, Open, What
    from .training import Batch


class Network(Ownership):
    """A directed graph of layers.

    ``Network([a, b, c])`` joins layers in series, the first taking the external input; ``Network(name=..., seed=...)``
    starts empty. ``seed`` is where all noise comes from. ``dt`` (s) forces the network's step, by default the least
    common multiple of the layers' steps.

    Raises EdgeError and its kin, all errors of a series together; the layers are then as before.
    """

    def add_network(self, network: Network, *, name: str | None = None) -> Group:
        """Add a copy of a network, flattened, under a name; see ``graphnet.nesting.add_network``."""
        from .nesting import add_network

        return add_network(self, network, name)

    def rename(self, layer: Node, name: str) -> None:
        """Give a layer, an input or a port another name; noise follows the name.

        Raises UnknownName, NameTaken, ParameterError.
        """
        from .editing import rename

        rename(self, self.name_of(layer), name)

    def replace(self, layer: Node, by: Layer) -> Layer:
        """Put another layer in a layer's place, with its name and edges; all or nothing."""
        from .editing import replace

        return replace(self, layer, by)

    def copy(self) -> Network:
        """A network with the same content that shares nothing that changes."""
        return copy.deepcopy(self)

    def subgraph(self, outputs: Iterable[Node]) -> Network:
        """A copy of what some layers need: they, and all that leads to them."""
        from .editing import subgraph

        return subgraph(self, outputs)

    def __eq__(self, other: object) -> bool:
        """Whether both have the same content: layers, parameters, states, edges, seed and time; names of networks may
        differ."""
        from .editing import same

        return isinstance(other, Network) and (self is other or same(self, other))

    __hash__: ClassVar[None] = None  # type: ignore[assignment] # content may change

    def __rshift__(self, right: Any) -> Network:
        from .chaining import chain

        return chain(self, right)

    def __rrshift__(self, left: Any) -> Network:
        from .chaining import chain

        return chain(left, self)

    # ------------------------------------------------------------------ runs

    def evolve(
        self,
        ts_input: TimeSeries | Mapping[str, TimeSeries] | None = None,
        duration: float | None = None,
        num_timesteps: int | None = None,
        *,
        block: int | None = None,
        record: Record = None,
        backend: Any = "serial",
        workers: int | None = None,
        progress: bool = False,
        callbacks: Sequence[Callback] = (),
        check_finite: bool | str = False,
        trial: int = 0,
    ) -> Result:
        """Evolve the network from its present time and give the recorded signals by name; see
        ``graphnet.run.evolve``.
        """
        from .run import evolve

        return evolve(
            self, ts_input, duration, num_timesteps, block=block, record=record, backend=backend, workers=workers,
            progress=progress, callbacks=callbacks, check_finite=check_finite, trial=trial,
        )  # fmt: skip

    def stream(self, source: Any = None, **options: Any) -> Iterator[Result]:
        """Evolve block by block over a source that need not end and yield each block's signals; see
        ``graphnet.run.stream``.
        """
        from .run import stream

        return stream(self, source, **options)

    def evolve_trials(self, inputs: Iterable[Any], duration: float | None = None, **options: Any) -> list[Result]:
        """Evolve independent trials from where the network stands, and leave it there; see
        ``graphnet.run.evolve_trials``.
        """
        from .run import evolve_trials

        return evolve_trials(self, inputs, duration, **options)

    def checkpoint(self) -> Checkpoint:
        """States, delay lines and clock as they stand, to ``restore`` or to save; see ``graphnet.checkpoint``."""
        from .checkpoint import take

        return take(self)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Put the network where a checkpoint was taken. Raises NetworkError for another network's."""
        from .checkpoint import restore

        restore(self, checkpoint)

    def fit(self, x: Any, y: Any, *, layer: Node, **options: Any) -> Self:
        """Train a readout on the signals that reach it; see ``graphnet.training.fit``."""
        from .training import fit

        fit(self, x, y, layer=self.name_of(layer), **options)
        return self

    def predict(self, x: Any, *, layer: Node, **options: Any) -> Any:
        """A layer's output, or the label it decides for, of one trial or several; see ``graphnet.training.predict``."""
        from .training import predict

        return predict(self, x, layer=self.name_of(layer), **options)

    def score(self, x: Any, y: Any, *, layer: Node, **options: Any) -> float:
        """How well a layer meets signals (R^2) or labels (accuracy); see ``graphnet.training.score``."""
        from .training import score

        return score(self, x, y, layer=self.name_of(layer), **options)

    def train(self, function: Callable[[Network, Batch], Any], x: Any, y: Any = None, **options: Any) -> Self:
        """Evolve batch by batch and call a function after each, which may change parameters; see
        ``graphnet.training.train``.
        """
        from .training import train

        train(self, function, x, y, **options)
        return self

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters of all layers, as ``layer__parameter``; see ``graphnet.training.get_params``."""
        from .training import get_params

        return get_params(self, deep)

    def set_params(self, **params: Any) -> Self:
        """Give parameters other values, all or none: ``net.set_params(out__alpha=0.1)``."""
        from .training import set_params

        set_params(self, params)
        return self

    # ------------------------------------------------------------------ looks and files

    def check(self) -> list[Finding]:
        """Everything found by looking the network over: errors, warnings, notes, an estimate of cost."""
        from .findings import look_over

        return look_over(self)

    def explain(self, block: int | None = None) -> Explanation:
        """How the network will run, as data and (``str``) as text: order, blocks, loops, rates, memory, cost."""
        from .explain import explain

        return explain(self, block)

    def profile(self, ts_input: Any = None, duration: float | None = None, *, block: int | None = None) -> Explanation:
        """The plan with the measured time of each layer; the network is left as it was."""
        from .explain import profile

        return profile(self, ts_input, duration, block=block)

    def draw(
        self,
        ax: Axes | None = None,
        *,
        theme: str = "light",
        overlay: What | None = None,
        of: Measurement = None,
        open: Open = None,
        findings: bool = True,
    ) -> Axes:
        """Draw the network with matplotlib and give the Axes; see ``graphnet.seeing.draw``."""
        from .seeing import draw

        return draw(self, ax, theme=theme, overlay=overlay, of=of, open=open, findings=findings)

    def to_dot(self) -> str:
        """The network in the language of Graphviz."""
        from .seeing import text

        return text(self, "dot")

    def to_mermaid(self) -> str:
        """The network as a Mermaid flowchart, for Markdown pages."""
        from .seeing import text

        return text(self, "mermaid")

    def to_graphml(self) -> str:
        """The network as GraphML, with everything that a drawing shows as attributes of nodes and edges."""
        from .seeing import text

        return text(self, "graphml")

    def _repr_html_(self) -> str:
        from .seeing import html

        return html(self)

    def to_document(self) -> dict[str, Any]:
        """The network as plain data that ``from_document`` reads."""
        from .document import written

        return written(self)

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> Network:
        """A network from plain data. Raises DocumentError with every problem found."""
        from .document import build

        return build(data)

    def save(self, path: str | Path) -> None:
        """Write the network as a YAML or JSON document, by the suffix."""
        from .document import save

        save(self, path)

    @staticmethod
    def load(path: str | Path) -> Network:
        """Read a network from a YAML or JSON document. Raises DocumentError, each problem with file and line."""
        from .document import load

        return load(path)


__all__ = ["Input", "Network", "Node"]
