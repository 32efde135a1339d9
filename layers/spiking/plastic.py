"""Plastic: neurons that spike at a threshold, whose weights may learn by STDP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from graphnet import ParameterError, State, TSEvent

from .stdp import STDP, Plasticity, plain
from .stdp_kernels import Constants, Learn, Learnt, Queue, Synapses
from .threshold import Thresholded
from .wires import Fixed, Part, is_csr

WEIGHTS = {"plasticity": "weights", "plasticity_rec": "weights_rec"}
"""Which weights each rule is for."""


class Entries(NamedTuple):
    """The synapses of a matrix in the order in which its weights are stored: row, neuron, weight, delay in steps."""

    row: NDArray[np.int64]
    neuron: NDArray[np.int64]
    weight: NDArray[Any]
    delay: NDArray[np.int64]


class Group(NamedTuple):
    """The rows of one receptor and one delay: where its sums begin, its rule (-1: none), delay, number of rows."""

    lane: int
    rule: int
    delay: int
    rows: int


class Plastic(Thresholded, register=False):
    """What models share whose weights may learn: the rules, the state of what learns, and what was learned.

    A model hands ``learner(state)`` to its kernel, which calls the parts of ``stdp_kernels``, and puts ``learning()``
    into its ``initial`` state: weights and weights_rec, those that learn, in the form in which they are given, the
    data of a CSR array; the traces of their channels (trace, trace_rec) and of the neurons, for each rule (trace_post);
    who fired lately, row by row (sent), and the row that comes next (turn). Weights by receptor stand below each other.
    """

    plasticity: Plasticity = None
    """How the weights of the input learn from events: an STDP or its fields (tau_plus, tau_minus, A_plus, A_minus,
    w_min, w_max, mu, pairs), or those by receptor; none: not at all."""
    plasticity_rec: Plasticity = None
    """How the weights of the neurons' own spikes learn, said as in plasticity; none: not at all."""

    def to_dict(self) -> dict[str, Any]:
        return {**super().to_dict(), **{name: plain(self.value(name)) for name in WEIGHTS}}

    # ------------------------------------------------------------------ what was learned

    def learned(self) -> dict[str, Any]:
        """The weights that learn as they are now, by the name of their parameter, in the form in which it was given.

        Empty for a layer without plasticity.
        """
        now = self.state_now()
        return {name: self._as_given(name, now[name]) for rule, name in WEIGHTS.items() if self.value(rule) is not None}

    def frozen(self) -> Self:
        """A new layer with the weights as they are now, which learn no more; its state is the initial one."""
        given = {name: self.value(name) for name in self.parameters()}
        return type(self)(**{**given, **self.learned(), **dict.fromkeys(WEIGHTS)})

    def _as_given(self, name: str, learned: NDArray[Any]) -> Any:
        given = self.value(name)
        flat, found, begin = learned.reshape(-1), {}, 0
        for key, one in (given if isinstance(given, Mapping) else {"": given}).items():
            values = one.data if is_csr(one) else one
            part = flat[begin : begin + values.size].reshape(values.shape).copy()
            found[key] = type(one)((part, one.indices, one.indptr), shape=one.shape) if is_csr(one) else part
            begin += values.size
        return found if isinstance(given, Mapping) else found[""]

    # ------------------------------------------------------------------ wires

    def learning_wires(
        self, number: Mapping[str, int], sent: Sequence[Part], lanes: int, scale: NDArray[Any] | None
    ) -> tuple[bool, bool]:
        rules: list[STDP] = []
        known = {name: self._rules(name, rules) for name in WEIGHTS}
        self._constants_of_rules = Fixed(self._columns(rules))
        inputs = [Part(number[name], one, 0) for name, one in _by_name(self.matrix("weights")).items()]
        none = np.empty(0, self.dtype)
        scales = none if scale is None else scale.reshape(-1).astype(self.dtype)
        self._initial_weights: dict[str, Fixed] = {}
        self._inputs, _ = self._synapses("plasticity", inputs, known["plasticity"], lanes, scales)
        self._loops, groups = self._synapses("plasticity_rec", sent, known["plasticity_rec"], lanes, none)
        order = sorted(range(len(groups)), key=lambda q: -groups[q].delay)
        first = np.cumsum([0, *(one.rows for one in groups)])
        delays = np.array([groups[q].delay for q in order], dtype=np.int64)
        self._queue = Fixed([delays, first[order].astype(np.int64)])
        return known["plasticity"] is not None, known["plasticity_rec"] is not None

    def _rules(self, name: str, rules: list[STDP]) -> Mapping[str, int] | None:
        """The number of the rule of each receptor that learns, its rule put at the end of ``rules``; None for none."""
        given, weights = self.value(name), self.value(WEIGHTS[name])
        if given is None:
            return None
        self.must(weights is not None, name, f"says how {WEIGHTS[name]} learn, and there are none")
        signal = name == "plasticity" and self.input_type is not TSEvent
        self.must(not signal, name, "needs event input: a signal has no spikes that could pair; set input_type=TSEvent")
        receptors, found = _by_name(weights), _by_name(given)
        told = f"it has {_list(found)}, {WEIGHTS[name]} has {_list(receptors)}"
        self.must(set(found) <= set(receptors), name, f"must name the receptors that learn, as the weights do: {told}")
        for key, rule in found.items():
            values = receptors[key].data if is_csr(receptors[key]) else receptors[key]
            wrong = values[(values < rule.w_min) | (values > rule.w_max)]
            if wrong.size:
                raise ParameterError(
                    f"{self.class_name}: {name} keeps weights from {rule.w_min!r} to {rule.w_max!r}, but "
                    f"{WEIGHTS[name]}{f' of {key!r}' if key else ''} has {float(wrong.flat[0])!r}",
                    owner=self.class_name,
                    parameter=name,
                    hint=f"set w_min and w_max of its STDP so that all {WEIGHTS[name]} lie between them",
                )
        begin = len(rules)
        rules += found.values()
        return {key: begin + i for i, key in enumerate(found)}

    def _columns(self, rules: Sequence[STDP]) -> Constants:
        """The numbers of all rules, and what traces are multiplied with in a step."""
        self._keep_plus = np.exp([-self.dt / one.tau_plus for one in rules]).astype(self.dtype)
        keep = np.exp([-self.dt / one.tau_minus for one in rules]).astype(self.dtype)
        numbers = np.array(
            [(one.A_plus, one.A_minus, one.w_min, one.w_max, one.mu) for one in rules], dtype=np.float64
        ).reshape(-1, 5)
        plus, minus, low, high, mu = (np.ascontiguousarray(column) for column in numbers.T)
        nearest = np.array([one.pairs == "nearest" for one in rules], dtype=np.bool_)
        return Constants(keep, plus, minus, low, high, mu, nearest)

    def _synapses(
        self, name: str, parts: Sequence[Part], rules: Mapping[str, int] | None, lanes: int, scale: NDArray[Any]
    ) -> tuple[Fixed, Sequence[Group]]:
        """Synapses of weights that learn, in the form of the kernels, and their groups of rows; without ``rules``
        those of nobody.
        """
        if rules is None:
            return Fixed(_nobody(self.dtype)), ()
        lane_of = [one.receptor * self.size if lanes > 1 else 0 for one in parts]
        rule_of = [rules.get(key, -1) for key in _by_name(self.value(WEIGHTS[name]))]
        entries = [_entries(one) for one in parts]
        delays = [np.unique(one.delay) if one.delay.size else np.ones(1, dtype=np.int64) for one in entries]
        groups = [
            Group(lane, rule, int(delay), part.matrix.shape[0])
            for lane, rule, part, each in zip(lane_of, rule_of, parts, delays, strict=True)
            for delay in each
        ]
        rows = [one.rows for one in groups]
        rule = np.repeat(np.array([one.rule for one in groups], dtype=np.int64), rows)
        lane = np.repeat(np.array([one.lane for one in groups], dtype=np.int64), rows)
        keep = np.where(rule < 0, 0.0, self._keep_plus[np.maximum(rule, 0)]).astype(self.dtype)
        found = _nobody(self.dtype)._replace(rule=rule, lane=lane, keep=keep, scale=scale)
        if len(groups) == len(parts) and all(
            isinstance(one.matrix, np.ndarray) and one.matrix.ndim == 2 for one in parts
        ):
            self._initial_weights[WEIGHTS[name]] = Fixed([np.concatenate([one.matrix for one in parts])])
            return Fixed(found._replace(wide=self.size)), groups
        weights = np.concatenate([one.weight for one in entries])
        self._initial_weights[WEIGHTS[name]] = Fixed([weights])
        return Fixed(found._replace(**_sparse(entries, delays, rule, rows, self.size))), groups

    # ------------------------------------------------------------------ advancing

    def learning(self) -> State:
        """The variables of the state that learn, before the first step."""
        if not self._initial_weights:
            return {}
        found: State = {}
        for weights, trace, synapses in (("weights", "trace", self._inputs), ("weights_rec", "trace_rec", self._loops)):
            if weights in self._initial_weights:
                found[weights] = np.array(self._initial_weights[weights][0])
                found[trace] = np.zeros(len(Synapses(*synapses).rule), dtype=self.dtype)
        found["trace_post"] = np.zeros((len(self._keep_plus), self.size), dtype=self.dtype)
        if "weights_rec" in found:
            found["sent"] = np.full((int(self._queue[0].max()), self.size + 1), -1, dtype=np.int32)
            found["turn"] = np.zeros(1, dtype=np.int64)
        return found

    def trusts(self, state: State) -> bool:
        """Each row of what was sent lists neurons and ends with -1."""
        if not super().trusts(state):
            return False
        if "sent" not in state:
            return True
        sent = state["sent"]
        known = bool((sent >= -1).all() and (sent < self.size).all() and (sent[:, -1] == -1).all())
        return known and 0 <= int(state["turn"][0]) < len(sent)

    def learner(self, state: State) -> Learn | None:
        """What the kernels need where weights learn."""
        if not self._initial_weights:
            return None
        none = np.empty(0, self.dtype)
        given, looped = (
            Learnt(state.get(weights, none).reshape(-1), state.get(trace, none))
            for weights, trace in (("weights", "trace"), ("weights_rec", "trace_rec"))
        )
        sent, turn = state.get("sent"), state.get("turn")
        if sent is None or turn is None:
            sent, turn = np.empty((0, 0), dtype=np.int32), np.empty(0, dtype=np.int64)
        rules, queue = Constants(*self._constants_of_rules), Queue(sent, turn, *self._queue)
        return Learn(Synapses(*self._inputs), given, Synapses(*self._loops), looped, rules, state["trace_post"], queue)

    def nir_still(self) -> None:
        """Refuse to write a layer to NIR whose weights learn."""
        self.nir_must(all(self.value(name) is None for name in WEIGHTS), "plasticity of weights")


def _by_name(value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    return value if isinstance(value, Mapping) and not isinstance(value, STDP) else {"": value}


def _list(names: Mapping[str, Any]) -> str:
    return ", ".join(map(repr, names)) if "" not in names else "one without a name"


def _nobody(dtype: Any) -> Synapses:
    """No synapses."""
    none, where = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint32)
    return Synapses(0, none, none, np.zeros(0, dtype), np.zeros(0, dtype), none, where, where, none, where, where)


def _entries(part: Part) -> Entries:
    """All weights that a matrix stores, zeros of a dense one too: they may learn."""
    matrix, steps = part.matrix, part.steps
    if is_csr(matrix):
        row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        neuron, weight = matrix.indices.astype(np.int64), matrix.data
    elif matrix.ndim == 1:
        row = neuron = np.arange(len(matrix))
        weight = matrix
    else:
        row, neuron = (one.reshape(-1) for one in np.indices(matrix.shape))
        weight = matrix.reshape(-1)
    delay = steps.data if is_csr(steps) else steps
    delay = np.broadcast_to(np.reshape(delay, -1), weight.shape).astype(np.int64)
    return Entries(row, neuron, weight, delay)


def _sparse(
    entries: Sequence[Entries], delays: Sequence[NDArray[Any]], rule: NDArray[Any], rows: Sequence[int], size: int
) -> Mapping[str, Any]:
    """Entries in the order of rows, and by neuron those that learn."""
    first = iter(np.cumsum([0, *rows]))
    row = np.concatenate(list(_rows_of(entries, delays, first)))
    neuron = np.concatenate([one.neuron for one in entries])
    order = np.argsort(row, kind="stable")
    in_order = np.array_equal(order, np.arange(len(order)))
    learns = np.flatnonzero(rule[row] >= 0)
    column = learns[np.argsort(neuron[learns], kind="stable")]
    narrow = np.uint32
    return {
        "indptr": _bounds(row, len(rule)),
        "entry": np.zeros(0, dtype=narrow) if in_order else order.astype(narrow),
        "target": neuron[order].astype(narrow),
        "column": _bounds(neuron[learns], size),
        "column_entry": column.astype(narrow),
        "column_row": row[column].astype(narrow),
    }


def _rows_of(
    entries: Sequence[Entries], delays: Sequence[NDArray[Any]], first: Iterator[Any]
) -> Iterator[NDArray[np.int64]]:
    """The row of each entry: the one of its neuron or channel in the group of its receptor and delay."""
    for one, each in zip(entries, delays, strict=True):
        begins = np.array([next(first) for _ in each], dtype=np.int64)
        yield begins[np.searchsorted(each, one.delay)] + one.row


def _bounds(numbers: NDArray[Any], count: int) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=count))]).astype(np.int64)
