"""The parts of a step in which weights learn: events arrive and depress, spikes are fired and potentiate.

A model's kernel calls them where ``learn`` is not None. It asks so itself, and numba leaves out what that decides: to
ask in here instead cost a layer without plasticity 4% of its time. All traces decay at the end of a step, so within it
they stand as it finds them. One multiplication for each channel and neuron and step costs less than looking up, for
every synapse that a spike changes, how long ago the last event of each was.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from graphnet import kernel

from .kernels import gather

NOTHING = 1e-30  # a trace below it is over; it never gets among the numbers that processors are slow with


class Synapses(NamedTuple):
    """Where the synapses of all rows are: channels of input, or neurons by receptor and delay.

    ``wide``: N where the weights are dense, row after row, else 0. Then the entries n of row r,
    indptr[r] <= n < indptr[r + 1], lead to neuron target[n] with weight number entry[n], or n where ``entry`` is empty.
    The entries of neuron j that learn are those from column[j] on: weight number column_entry, of row column_row.
    ``rule``, ``lane``, ``keep``: of each row its rule, -1 for none; where its sums begin; what its trace is multiplied
    with in a step. ``scale``: what the weights of each place of the sums are multiplied by; empty for 1.
    """

    wide: int
    rule: Any
    lane: Any
    keep: Any
    scale: Any
    indptr: Any
    entry: Any
    target: Any
    column: Any
    column_entry: Any
    column_row: Any


class Learnt(NamedTuple):
    """The state of synapses: weights in one row, and the trace of each row."""

    weights: Any
    trace: Any


class Constants(NamedTuple):
    """Of each rule. ``keep``: what the traces of neurons are multiplied with in a step."""

    keep: Any
    plus: Any
    minus: Any
    low: Any
    high: Any
    mu: Any
    nearest: Any


class Queue(NamedTuple):
    """Who fired in the last steps: each row of ``sent`` ends with -1, row ``turn`` is written next.

    ``delay`` and ``first``: steps and first row of the synapses of each receptor and delay, the latest first.
    """

    sent: Any
    turn: Any
    delay: Any
    first: Any


class Learn(NamedTuple):
    """Everything that learns, of input and recurrence; ``post``: the traces of neurons (rules, N)."""

    inputs: Synapses
    given: Learnt
    loops: Synapses
    looped: Learnt
    rules: Constants
    post: Any
    queue: Queue


# ---------------------------------------------------------------------- events arrive


@kernel
def take_in(into, step, now, channel, seen, dense, lane, data, targets, indptr, learn):
    """``gather`` the events of one step, through weights that learn where those of the input do."""
    if learn.inputs.rule.shape[0] > 0:
        while seen < step.shape[0] and step[seen] == now:
            pass_on(into, channel[seen], learn.inputs, learn.given, learn.rules, learn.post)
            seen += 1
        return seen
    return gather(into, step, now, channel, seen, dense, lane, data, targets, indptr)


@kernel
def receive(into, learn):
    """Spikes arrive through recurrent weights that learn."""
    queue = learn.queue
    for q in range(queue.delay.shape[0]):
        fired = queue.sent[(queue.turn[0] - queue.delay[q]) % queue.sent.shape[0]]
        m = 0
        while fired[m] >= 0:
            pass_on(into, queue.first[q] + fired[m], learn.loops, learn.looped, learn.rules, learn.post)
            m += 1


@kernel
def pass_on(into, r, synapses, learnt, rules, post):
    """An event of row ``r``: its weights are added, then depressed for the spikes before it; it leaves its trace."""
    add(into, r, synapses, learnt.weights)
    rule = synapses.rule[r]
    if rule >= 0:
        depress(r, synapses, learnt.weights, post[rule], rule, rules)
        learnt.trace[r] = 1.0 if rules.nearest[rule] else learnt.trace[r] + 1.0


@kernel
def add(into, r, synapses, weights):
    """into += row r of the weights."""
    wide, lane, scale = synapses.wide, synapses.lane[r], synapses.scale
    if wide > 0:
        place, row = into[lane : lane + wide], weights[r * wide : (r + 1) * wide]
        if scale.shape[0] > 0:
            own = scale[lane : lane + wide]
            for j in range(wide):
                place[j] += row[j] * own[j]
        else:
            for j in range(wide):
                place[j] += row[j]
    else:
        entry, target = synapses.entry, synapses.target
        for n in range(synapses.indptr[r], synapses.indptr[r + 1]):
            weight = weights[entry[n]] if entry.shape[0] > 0 else weights[n]
            there = lane + target[n]
            into[there] += weight * scale[there] if scale.shape[0] > 0 else weight


@kernel
def depress(r, synapses, weights, trace, rule, rules):
    """The weights of row r fall by the traces of their neurons."""
    minus, low, high, mu = rules.minus[rule], rules.low[rule], rules.high[rule], rules.mu[rule]
    wide = synapses.wide
    if wide > 0:
        row = weights[r * wide : (r + 1) * wide]
        if mu == 0.0:
            for j in range(wide):
                row[j] = min(max(row[j] - minus * trace[j], low), high)
        else:
            for j in range(wide):
                if trace[j] > 0.0:
                    row[j] = lowered(row[j], minus * trace[j], low, high, mu)
    else:
        entry, target = synapses.entry, synapses.target
        for n in range(synapses.indptr[r], synapses.indptr[r + 1]):
            y = trace[target[n]]
            if y > 0.0:
                m = entry[n] if entry.shape[0] > 0 else n
                weights[m] = lowered(weights[m], minus * y, low, high, mu)


# ---------------------------------------------------------------------- neurons fire


@kernel
def fire(channels, first, last, learn):
    """Those who fired in a step, channels[first:last], potentiate and leave their traces; then all traces decay."""
    rules, post, queue = learn.rules, learn.post, learn.queue
    if last > first:
        potentiate(channels, first, last, learn.inputs, learn.given, rules)
        potentiate(channels, first, last, learn.loops, learn.looped, rules)
    for rule in range(post.shape[0]):
        for m in range(first, last):
            j = channels[m]
            post[rule, j] = 1.0 if rules.nearest[rule] else post[rule, j] + 1.0
        fade_all(post[rule], rules.keep[rule])
    fade_each(learn.given.trace, learn.inputs.keep)
    fade_each(learn.looped.trace, learn.loops.keep)
    if queue.sent.shape[0] > 0:
        remember(channels, first, last, queue.sent, queue.turn)


@kernel
def potentiate(channels, first, last, synapses, learnt, rules):
    """The weights to those who fired rise by the traces of their rows."""
    weights, trace, wide = learnt.weights, learnt.trace, synapses.wide
    if wide > 0:
        for r in range(trace.shape[0]):
            rule = synapses.rule[r]
            if rule >= 0 and trace[r] > 0.0:
                amount = rules.plus[rule] * trace[r]
                low, high, mu = rules.low[rule], rules.high[rule], rules.mu[rule]
                for m in range(first, last):
                    n = r * wide + channels[m]
                    weights[n] = raised(weights[n], amount, low, high, mu)
    elif synapses.column.shape[0] > 0:
        for m in range(first, last):
            j = channels[m]
            for i in range(synapses.column[j], synapses.column[j + 1]):
                r = synapses.column_row[i]
                if trace[r] > 0.0:
                    rule, n = synapses.rule[r], synapses.column_entry[i]
                    amount = rules.plus[rule] * trace[r]
                    weights[n] = raised(weights[n], amount, rules.low[rule], rules.high[rule], rules.mu[rule])


@kernel
def remember(channels, first, last, sent, turn):
    """Write down who fired, for the steps in which that arrives."""
    row = sent[turn[0]]
    for m in range(first, last):
        row[m - first] = channels[m]
    row[last - first] = -1
    turn[0] = (turn[0] + 1) % sent.shape[0]


@kernel
def fade_all(trace, keep):
    for j in range(trace.shape[0]):
        left = trace[j] * keep
        trace[j] = left if left > NOTHING else 0.0


@kernel
def fade_each(trace, keep):
    for r in range(trace.shape[0]):
        left = trace[r] * keep[r]
        trace[r] = left if left > NOTHING else 0.0


# ---------------------------------------------------------------------- a weight


@kernel
def raised(weight, amount, low, high, mu):
    """A weight after potentiation by ``amount``, which its distance from the upper bound may reduce."""
    return min(max(weight + amount * reduced((high - weight) / (high - low), mu), low), high)


@kernel
def lowered(weight, amount, low, high, mu):
    """A weight after depression by ``amount``, which its distance from the lower bound may reduce."""
    return min(max(weight - amount * reduced((weight - low) / (high - low), mu), low), high)


@kernel
def reduced(distance, mu):
    """distance ** mu, the distance from a bound taken to be within 0 and 1."""
    if mu == 0.0:
        return 1.0
    inside = min(max(distance, 0.0), 1.0)
    return inside if mu == 1.0 else inside**mu
