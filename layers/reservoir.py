"""Reservoir: the leaky echo-state network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Self

import annotated_types as at
import numpy as np
from numpy.typing import NDArray

from graphnet import (
    ArrayLayer,
    Meeting,
    PerUnit,
    Span,
    State,
    Stepping,
    Weights,
    kernel,
    members,
    positional,
    share,
)
from graphnet import meet as meet_all

from .activations import Activation, activate, chosen, scan_with
from .matrices import columns, recurrent_forms
from .rate import add, add_scaled, push_dense, recur

ALONE = 256  # units of which a thread has at least so many: a meeting takes a microsecond, and they meet every step
LANES = 16  # units that lie on whole cache lines

Leak = Annotated[float, at.Gt(0), at.Le(1)]


class Reservoir(ArrayLayer):
    r"""Echo-state reservoir: x <- (1 - leak) x + leak f(W' u + W_rec' x + bias), y = x.

    One update for each step, whatever dt is: ``leak`` is the share of the old state that a step forgets, dt / tau for
    units of time constant tau. Here f, the ``activation``, stands inside the leak and y is the state itself; in
    ``Rate`` it stands after the leak, y = f(x). With ``identity`` the two are the same: Rate's ``tau`` is dt / leak,
    its method ``euler``. ``noise_std``: x gets noise_std sqrt(dt) times a normal number at each step.

    Shapes: u (T, M), y (T, N). State: x (N,), starts at ``x0``. ``weights_rec``: (N, N) dense or CSR, or a diagonal.
    ``activation``: ``relu``, ``tanh``, ``sigmoid``, ``identity``, or one that was registered (``layers.activation``).
    Source: Jaeger 2001, The "echo state" approach to analysing and training recurrent neural networks, GMD report 148;
    with the leak as in Lukosevicius 2012, A practical guide to applying echo state networks (in Neural Networks:
    Tricks of the Trade, 2nd edition).

    >>> from graphnet import TSContinuous
    >>> layer = Reservoir([[1.0]], [[0.5]], leak=0.5, activation="identity")
    >>> layer.evolve(TSContinuous.from_clocked([[1.0], [1.0], [0.0]], dt=1e-3)).samples.T
    array([[0.5   , 0.875 , 0.65625]])
    """

    weights: Weights = positional()
    weights_rec: Weights = positional()
    """The weights from unit to unit, row by row the unit that they leave."""
    leak: PerUnit[Leak] = 1.0
    """The share of the old state that a step forgets."""
    bias: PerUnit[float] = 0.0
    """What is added inside the activation."""
    activation: Activation = "tanh"
    """The nonlinearity: relu, tanh, sigmoid, identity, or the name of one that was registered."""
    x0: PerUnit[float] = 0.0
    """Where x starts."""

    family: ClassVar[str] = "rate"
    recordable: ClassVar[tuple[str, ...]] = ("x",)
    example: ClassVar[Mapping[str, Any]] = {
        "weights_rec": {"init": "reservoir", "size": 4, "seed": 1, "density": 0.6},
        "leak": 0.3,
    }
    demonstration: ClassVar[Mapping[str, Any]] = {
        "weights": {"init": "uniform", "shape": [1, 30], "seed": 3},
        "weights_rec": {"init": "reservoir", "size": 30, "seed": 4, "density": 0.2},
        "leak": 0.3,
    }

    @classmethod
    def random(
        cls,
        size_in: int,
        size: int,
        *,
        seed: int,
        spectral_radius: float = 0.9,
        density: float = 0.1,
        input_scale: float = 1.0,
        bias_scale: float = 0.0,
        **parameters: Any,
    ) -> Self:
        """A reservoir with weights drawn from a seed: the same bits in every process.

        Input weights are spread evenly between -input_scale and input_scale, biases likewise up to ``bias_scale``.
        Recurrent weights are normal, a fraction ``density`` of them not zero (CSR up to a quarter), and scaled so that
        the largest modulus of their eigenvalues is ``spectral_radius`` to 1e-9 of it. ``parameters`` are those of the
        class; with a leak below 1 the matrix of the linear part is (1 - leak) I + leak W_rec', whose radius differs.
        ``to_dict`` and documents carry the initialisers with their seeds, not the numbers. The seed of the noise is
        not this one but the network's, or ``reservoir.load_from_dict(..., seed=...)``.
        Raises ParameterError where the recurrent weights that the seed gives have no loop that could be scaled.

        >>> Reservoir.random(3, 100, seed=1, leak=0.3).to_dict()["weights_rec"]
        {'init': 'reservoir', 'size': 100, 'seed': 4, 'spectral_radius': 0.9, 'density': 0.1}
        """
        # three sources of numbers that no two seeds share
        first, second, third = 3 * seed, 3 * seed + 1, 3 * seed + 2
        spread = {"init": "uniform", "shape": [size_in, size], "seed": first, "low": -input_scale, "high": input_scale}
        inner = {"init": "reservoir", "size": size, "seed": second}
        inner |= {"spectral_radius": spectral_radius, "density": density}
        if bias_scale:
            shift = {"init": "uniform", "shape": [size], "seed": third, "low": -bias_scale, "high": bias_scale}
            parameters = {"bias": shift, **parameters}
        return cls(spread, inner, **parameters)

    def prepare(self) -> None:
        leak = self.per_unit("leak")
        self._code, self._named = chosen(self.activation)
        spread = np.full(self.size, self.noise_std * math.sqrt(self.dt), dtype=self.dtype)
        keep = (1.0 - np.broadcast_to(self.leak, (self.size,))).astype(self.dtype)
        forms = recurrent_forms(self)
        self._constants = (keep, leak, self.per_unit("bias"), spread, self._code)
        self._dense, self._sparse = forms[0], forms[1:]
        self._columns: dict[int, list[NDArray[Any]]] = {}  # of the dense weights, by the number of threads
        self._silence, self._unwatched = np.empty((0, self.size)), np.empty((0, self.size), dtype=self.dtype)

    def initial(self) -> State:
        return {"x": self.per_unit("x0")}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        rows = span.product(block, self.matrix())
        noise = span.normal(0, self.size) if self.noise_std else self._silence
        watch = span.watch.get("x", self._unwatched) if span.watch else self._unwatched
        given = (state["x"], rows, noise, watch, *self._constants)
        parts = min(members(), self.size // ALONE) if len(self._dense) and echo.compiles else 1
        if parts > 1:
            self._share(given, parts)
        else:
            scan_with(echo, self._named)(*given, self._dense, *self._sparse, 0, self.size, 0, 0, 1, 0)
        return state, rows

    def _share(self, given: tuple[Any, ...], parts: int) -> None:
        """Scan over the block on so many threads, each with a copy of the columns of its own units: the same sums."""
        scan, meeting = scan_with(_shared(), self._named), Meeting(parts)
        edges = [LANES * (self.size * part // (parts * LANES)) for part in range(parts)] + [self.size]
        if parts not in self._columns:
            self._columns[parts] = [columns(self._dense, *ends) for ends in pairwise(edges)]
        mine = self._columns[parts]

        def work(part: int) -> None:
            try:
                ends = edges[part], edges[part + 1]
                scan(*given, mine[part], *self._sparse, *ends, part, *meeting.arguments)
            except BaseException:
                meeting.end()
                raise

        share(work, parts)

    def stepping(self, state: State, span: Span) -> Stepping:
        noise = span.normal(0, self.size) if self.noise_std else self._silence
        watch = span.watch.get("x", self._unwatched)
        return Stepping(
            _step_with(self._named),
            (state["x"], noise, watch, *self._constants, self._dense, *self._sparse),
            self.matrix(),
        )


@lru_cache(maxsize=256)
def _step_with(own: Any) -> Any:
    return step_echo if own is None else step_echo.bound(echo=scan_with(echo, own))


@lru_cache(maxsize=1)
def _shared() -> Any:
    """The scan as several threads run it, each for its own units."""
    return echo.bound(meet=meet_all())


@kernel
def step_echo(first, given, made, x, noise, watch, keep, leak, bias, spread, code, dense, data, indices, indptr):
    """The scan for a loop: of noise and watched variables come the rows from ``first`` on."""
    steps = given.shape[0]
    made[:] = given
    kicks = noise[first : first + steps] if noise.shape[0] > 0 else noise
    seen = watch[first : first + steps] if watch.shape[0] > 0 else watch
    echo(x, made, kicks, seen, keep, leak, bias, spread, code, dense, data, indices, indptr, 0, x.shape[0], 0, 0, 1, 0)


@kernel
def echo(
    x, rows, noise, watch, keep, leak, bias, spread, code, dense, data, indices, indptr, low, high, me, at, parts,
    resting
):  # fmt: skip
    """Scan over time for the units from ``low`` to ``high``: ``rows`` holds the weighted input, then the state. Where
    ``parts`` threads share the units, ``dense`` holds the columns of these alone, and each waits after every step for
    what the others wrote.
    """
    pushed = np.zeros(high - low, dtype=x.dtype)
    active = np.empty(x.shape[0], dtype=np.int64)
    kept, taken, shift, kick = keep[low:high], leak[low:high], bias[low:high], spread[low:high]
    before = x
    for k in range(rows.shape[0]):
        row, last = rows[k, low:high], before[low:high]
        if parts > 1:
            push_dense(before, dense, active, pushed)
        else:
            recur(before, dense, data, indices, indptr, active, pushed)
        add(row, pushed)
        add(row, shift)
        activate(row, code)
        for j in range(row.shape[0]):
            row[j] = kept[j] * last[j] + taken[j] * row[j]
        if noise.shape[0] > 0:
            add_scaled(row, kick, noise[k, low:high])
        if watch.shape[0] > 0:
            watch[k, low:high] = row
        before = rows[k]
        if parts > 1:
            meet(me, k + 1, at, parts, resting)
    if rows.shape[0] > 0:
        x[low:high] = rows[rows.shape[0] - 1, low:high]


@kernel
def meet(me, turn, at, parts, resting):
    """Stands where threads wait for each other."""
