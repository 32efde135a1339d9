"""What readouts share that learn while they run: when they learn, and where what they have learned is kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from graphnet import (
    ArrayLayer,
    InputError,
    NetworkError,
    NonNegative,
    PerUnit,
    Seconds,
    Size,
    Span,
    State,
    Trainable,
    Weights,
    positional,
    steps_of,
)


class Online(ArrayLayer, Trainable, register=False):
    """What linear readouts share that learn from the error of their own output, step by step.

    Inputs: ``x`` (M signals) and ``target`` (N). The output of a step is the prediction W' x + b before the step's
    target is learned. Nothing is learned where the target is not connected, in steps where any of it is NaN, and
    outside of [``learn_from``, ``learn_until``) (s).

    What is learned is state: a run that fails leaves none of it, a checkpoint holds it, ``reset_state`` goes back to
    ``w0`` and ``b0``. ``weights``, ``coef_`` and ``intercept_`` show it; ``end_fit`` puts it into ``w0`` and ``b0``,
    which are saved with the layer. A fit begins from nothing and takes the same steps as a run does.
    """

    features: Size = positional()
    """The number of signals M that it predicts from."""
    size_out: Size = positional()
    fit_bias: bool = True
    learn_from: NonNegative[Seconds] = 0.0
    """When learning begins."""
    learn_until: NonNegative[Seconds] | None = None
    """When it ends; none: never."""
    w0: Weights | None = None
    """The weights that learning begins from, (M, N); none: zeros."""
    b0: PerUnit[float] = 0.0
    """The bias that learning begins from."""

    family: ClassVar[str] = "readouts"
    recordable: ClassVar[tuple[str, ...]] = ("weights", "bias")
    allow_nan: ClassVar[bool] = True
    learns_from: ClassVar[str | None] = "x"

    _pending: State | None = None

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", "must be 0: what is learned has no noise of its own")
        self.check_start("w0", (self.features, self.size_out))
        ends = np.array([-self.learn_from, 0.0 if self.learn_until is None else -self.learn_until])
        first, last = (-int(step) for step in steps_of(ends, self.dt))  # the first steps that begin no earlier
        self._window = first, None if self.learn_until is None else last
        self._inputs = self.features + self.fit_bias

    def check_start(self, name: str, wanted: tuple[int, int]) -> None:
        """Refuse a matrix to begin from of another shape, or a sparse one, of which learning would leave nothing."""
        start = self.value(name)
        if start is not None:
            fits = isinstance(start, np.ndarray) and start.shape == wanted
            self.must(fits, name, f"must be dense, of shape {wanted}, got a {type(start).__name__} {np.shape(start)}")

    def sizes(self) -> tuple[int, int, int]:
        outputs = self.value("size_out")
        return self.value("features") + outputs, outputs, outputs

    def ports(self) -> Mapping[str, int]:
        return {"x": self.features, "target": self.size_out}

    def initial(self) -> State:
        return self._begun(self.matrix("w0"), self.per_unit("b0"))

    def _begun(self, weights: Any, bias: NDArray[Any]) -> State:
        shape = self.features, self.size_out
        return {"weights": np.array(np.zeros(shape, self.dtype) if weights is None else weights), "bias": bias}

    @abstractmethod
    def learn(self, state: State, x: Any, target: Any, learns: Any, y: Any, watch: Mapping[str, Any]) -> None:
        """Fill ``y`` with the predictions for rows ``x``, learning after each where ``learns`` says so."""

    # ------------------------------------------------------------------ in a run

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        x, target = block["x"], block["target"]
        rows = np.zeros((span.steps, self.features), self.dtype) if x is None else x
        if target is None:
            wanted, learns = np.zeros((0, self.size_out), self.dtype), np.zeros(span.steps, dtype=np.bool_)
        else:
            wanted, learns = target, self._learning(span) & ~np.isnan(target).any(axis=1)
        y = span.empty((span.steps, self.size_out), self.dtype)
        self.learn(state, self._given(rows), self._given(wanted), learns, y, span.watch)
        return state, y

    def _learning(self, span: Span) -> NDArray[np.bool_]:
        first, last = self._window
        step = np.arange(span.start, span.start + span.steps)
        return (step >= first) & (True if last is None else step < last)

    def _given(self, rows: Any) -> NDArray[Any]:
        view = np.ascontiguousarray(rows, dtype=self.dtype).view()
        view.flags.writeable = False  # as blocks come, so that the kernel is compiled once
        return view

    def _watched(self, watch: Mapping[str, Any], state: State, name: str) -> NDArray[Any]:
        return watch[name] if name in watch else np.empty((0, *state[name].shape), dtype=self.dtype)

    # ------------------------------------------------------------------ what is learned

    @property
    def weights(self) -> NDArray[Any]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The weights (M, N) as last committed; those of another matrix of that shape may take their place."""
        return self.state

    @weights.setter
    def weights(self, weights: Any) -> None:
        self.state = weights

    @property
    def coef_(self) -> NDArray[Any]:
        """The weights as last committed, one row (M,) for each output."""
        return self.state.T

    @property
    def intercept_(self) -> NDArray[Any]:
        """The bias of each output (N,) as last committed."""
        return self.state_now()["bias"].copy()

    def begin_fit(self) -> None:
        self._pending = self._begun(None, np.zeros(self.size_out, self.dtype))

    def partial_fit(self, x: NDArray[Any], y: NDArray[Any]) -> None:
        """Learn from rows of input (n, M) and targets (n, N), but where a target is NaN.

        Outside of a fit it goes on from what has been learned; ``end_fit`` makes it count. Raises InputError for other
        shapes, NaN in the input, or infinity, and then learns nothing.
        """
        inputs = self.checked_rows("input", x, self.features)
        targets = self.checked_rows("targets", y, self.size_out, nan=True)
        if len(inputs) != len(targets):
            raise InputError(f"{self.start_print}: {len(inputs)} rows of input but {len(targets)} rows of targets")
        if self._pending is None:
            self._pending = {name: array.copy() for name, array in self.state_now().items()}
        y = np.empty(targets.shape, self.dtype)
        learns = ~np.isnan(targets).any(axis=1)
        self.learn(self._pending, self._given(inputs), self._given(targets), learns, y, {})

    def end_fit(self) -> None:
        """Put what has been learned, by ``partial_fit`` or else in runs, into parameters and state.

        Raises NetworkError, and changes nothing, where it has run away to infinity.
        """
        learned = self._pending or self.state_now()
        if not all(np.isfinite(array).all() for array in learned.values()):
            raise NetworkError(f"{self.start_print}: learning ran away to infinity", hint=self._cure())
        self._keep(learned)
        self.reset_state()
        self._pending = None

    def _keep(self, learned: State) -> None:
        self.w0, self.b0 = learned["weights"], learned["bias"]

    def _cure(self) -> str:
        return "scale the inputs"
