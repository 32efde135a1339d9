"""The laws that every layer obeys, for the tests of whoever writes one.

    from graphnet.testing import check_layer

    def test_my_layer_obeys_the_laws():
        check_layer(MyLayer)

``check_layer`` makes a small layer of the class, drives it with random input, and checks that blocks change no bit,
that noise follows its seed, that ``to_dict`` rebuilds the same layer, that compiled and Python kernels agree, that
blocks given are not written to, and that nothing is kept in buffers that were given back.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .addresses import Stepping
from .blas import one_blas_thread
from .blocks import Block, Events, between, events_of
from .jit import Kernel
from .layer import ArrayLayer, Size, State, declared_ports
from .layer.parameters import MISSING, Parameter
from .noise import noise_key, normal, uniform
from .plan.joints import frozen
from .products import weigh
from .span import Arena, Span
from .timeseries import TimeSeries, TSContinuous, TSEvent

STEPS = 150  # of the drive: more than two tiles of products
Drive = Block | dict[str, Block]  # of a layer that has several inputs: one block for each


def instance(cls: type[ArrayLayer], **given: Any) -> ArrayLayer:
    """A small layer of a class: its ``example``, what is given, and the rest made up from the declared types."""
    arguments: dict[str, Any] = {**cls.example, **given}
    for name, one in cls.parameters().items():
        if name not in arguments and one.default is MISSING:
            arguments[name] = _made_up(one)
    return cls(**arguments)


def _made_up(one: Parameter) -> Any:
    if one.kind == "weights":
        return 0.5 + normal(noise_key("example", one.name), 0, 0, 3, 4)
    if one.kind == "series":
        return TSEvent
    if one.annotation == Size:
        return 3
    if one.kind == "per_unit" or "number" in one.shape:
        return 0.5
    raise TypeError(f"cannot make up a value for {one.name!r} ({one.shape}): declare it in the class's example")


def drive(layer: ArrayLayer, steps: int = STEPS, seed: int = 0) -> Any:
    """Random input of a layer's kind from step 0: smooth signals, or events, some repeated; None without inputs.

    For a layer that has several inputs, a dict with a block for each.
    """
    ports = declared_ports(layer)
    if ports:
        return {
            name: _random(kind, size, steps, noise_key("drive", seed, name)) for name, (size, kind) in ports.items()
        }
    return _random(layer.input_type, layer.size_in, steps, noise_key("drive", seed)) if layer.size_in else None


def _random(kind: type[TimeSeries], size: int, steps: int, key: int) -> Block:
    if kind is TSEvent:
        table = (uniform(key, 0, 0, steps, size) * 1.6).astype(np.int64)
        table[::17] += 1
        return frozen(events_of(table, 0))
    return frozen(np.cumsum(normal(key, 0, 0, steps, size), axis=0) * 0.5)


def part(block: Any, start: int, stop: int) -> Any:
    """Steps start to stop - 1 of a block that begins at step 0, or of each of a dict of blocks."""
    if isinstance(block, Mapping):
        return {name: part(one, start, stop) for name, one in block.items()}
    if isinstance(block, Events):
        return between(block, start, stop)
    return None if block is None else block[start:stop]


class PoisonedArena(Arena):
    """Fills its buffers with NaN (or the least number) before it hands them out again, so that late readers show."""

    __slots__ = ()

    def begin(self) -> None:
        for buffer in self.buffers:
            buffer.fill(np.nan if np.issubdtype(buffer.dtype, np.floating) else np.iinfo(buffer.dtype).min)
        super().begin()


def advance_in_blocks(
    layer: ArrayLayer, x: Drive, cuts: Sequence[int], *, key: int = 1, arena: Arena | None = None
) -> tuple[State, Any, dict[str, NDArray[Any]]]:
    """Advance from the initial state with blocks that end at ``cuts``: last state, whole output, watched variables."""
    state = layer.initial()
    steps = cuts[-1]
    watched = {name: np.full((steps, *state[name].shape), np.nan) for name in layer.recordable}
    outs: list[Any] = []
    start = 0
    for stop in cuts:
        watch = {name: rows[start:stop] for name, rows in watched.items()}
        span = Span(start, stop - start, key, arena=arena, watch=watch)
        if arena is not None:
            arena.begin()
        state, out = layer.advance(state, part(x, start, stop), span)
        columns = [np.array(column) for column in out] if isinstance(out, Events) else np.array(out)
        outs.append(columns)
        start = stop
    if isinstance(outs[0], list):
        return state, Events(*(np.concatenate(column) for column in zip(*outs, strict=True))), watched
    return state, np.concatenate(outs), watched


def cuts_of(block: int, steps: int = STEPS) -> list[int]:
    """Where blocks of one length end."""
    return [*range(block, steps, block), steps]


def same_bits(one: Any, other: Any) -> bool:
    """Whether two blocks, arrays, or mappings and sequences of them are equal to the bit."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same_bits(one[name], other[name]) for name in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(same_bits(a, b) for a, b in zip(one, other, strict=True))
    one, other = np.asarray(one), np.asarray(other)
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()


@contextmanager
def pure_python() -> Iterator[None]:
    """While it is open, kernels run as the Python functions that they are."""
    found = {
        id(one): one
        for module in list(sys.modules.values())
        for one in list(getattr(module, "__dict__", {}).values())
        if isinstance(one, Kernel)
    }
    for one in found.values():
        one.run_as_python(True)
    try:
        with np.errstate(over="ignore"):  # counters of random numbers wrap round by design
            yield
    finally:
        for one in found.values():
            one.run_as_python(False)


# ---------------------------------------------------------------------- the laws


def check_layer(cls: type[ArrayLayer], **given: Any) -> None:
    """Check every law on a small layer of the class; ``given`` are parameters of it. Raises AssertionError."""
    layer = instance(cls, **given)
    with one_blas_thread():
        blocks_change_no_bit(layer)
        buffers_are_not_kept(layer)
        the_same_seed_gives_the_same_bits(layer)
        to_dict_rebuilds_the_layer(layer)
        a_copy_is_the_same_layer(layer)
        compiled_agrees_with_python(layer)
        an_input_may_be_absent(layer)
        what_is_ahead_comes(layer)
        stepping_agrees_with_advance(layer)


def blocks_change_no_bit(layer: ArrayLayer, seed: int = 0) -> None:
    """Blocks of 1, 7, 64 and all steps give the same output, state and watched variables; the input stays as it was."""
    x = drive(layer, seed=seed)
    before = copy.deepcopy(x)
    whole = advance_in_blocks(layer, x, [STEPS])
    for block in (1, 7, 64):
        assert same_bits(advance_in_blocks(layer, x, cuts_of(block)), whole), f"{layer}: blocks of {block} change bits"
    assert x is None or same_bits(x, before), f"{layer} writes to its input"
    assert not any(np.isnan(rows).any() for rows in whole[2].values()), f"{layer}: a watched variable is not filled"


def buffers_are_not_kept(layer: ArrayLayer) -> None:
    """Buffers that are filled with NaN once they are given back change nothing: no state is a view of one."""
    x = drive(layer)
    expected = advance_in_blocks(layer, x, cuts_of(10))
    found = advance_in_blocks(layer, x, cuts_of(10), arena=PoisonedArena())
    assert same_bits(found, expected), f"{layer}: it reads a buffer that was given back"


def the_same_seed_gives_the_same_bits(layer: ArrayLayer) -> None:
    """Two runs with one key are equal; with noise, another key gives another run."""
    x = drive(layer)
    one = advance_in_blocks(layer, x, [STEPS], key=1)
    assert same_bits(advance_in_blocks(layer, x, [STEPS], key=1), one), f"{layer}: the same seed gives other bits"
    if layer.noise_std > 0:
        other = advance_in_blocks(layer, x, [STEPS], key=2)
        assert not same_bits(other, one), f"{layer}: noise_std is set but there is no noise"


def to_dict_rebuilds_the_layer(layer: ArrayLayer) -> None:
    """What ``to_dict`` gives survives JSON and builds a layer with the same output."""
    import json

    rebuilt = type(layer).load_from_dict(json.loads(json.dumps(layer.to_dict())))
    assert rebuilt.to_dict() == layer.to_dict(), f"{layer}: to_dict of the rebuilt layer differs"
    x = drive(layer)
    assert same_bits(advance_in_blocks(rebuilt, x, [STEPS]), advance_in_blocks(layer, x, [STEPS])), f"{layer}: rebuilt"


def a_copy_is_the_same_layer(layer: ArrayLayer) -> None:
    """A deep copy has the same parameters, state and output, and shares no state."""
    twin = copy.deepcopy(layer)
    assert twin.to_dict() == layer.to_dict()
    x = drive(layer)
    assert same_bits(advance_in_blocks(twin, x, [STEPS]), advance_in_blocks(layer, x, [STEPS])), f"{layer}: its copy"
    for name, array in twin.state_now().items():
        assert not np.shares_memory(array, layer.state_now()[name]), f"{layer}: a copy shares {name!r}"


def what_is_ahead_comes(layer: ArrayLayer) -> None:
    """What a layer that lags says it will give is what it gives, whatever its input; saying so changes nothing."""
    lag = min(layer.lag(), STEPS)
    if lag == 0:
        return
    state = layer.initial()
    start = 0
    while start < STEPS:
        stop = min(start + lag, STEPS)
        before = copy.deepcopy(state)
        said = copy.deepcopy(layer.ahead(state, Span(start, stop - start, 1)))
        assert same_bits(state, before), f"{layer}: ahead changes the state"
        state, given = layer.advance(state, part(drive(layer), start, stop), Span(start, stop - start, 1))
        assert same_bits(said, given), f"{layer}: ahead says something else than advance gives"
        start = stop


def stepping_agrees_with_advance(layer: ArrayLayer) -> None:
    """What a layer says of how it steps gives the bits of ``advance``, a step or some at a time."""
    continuous = layer.input_type is TSContinuous and layer.output_type is TSContinuous and layer.size_in > 0
    if not continuous or declared_ports(layer) or layer.stepping(layer.initial(), Span(0, 1)) is None:
        return
    x = frozen(drive(layer).astype(layer.dtype))
    for block in (1, 7):
        expected = advance_in_blocks(layer, x, cuts_of(block))
        found = _step_in_blocks(layer, x, cuts_of(block))
        assert same_bits(found, expected), f"{layer}: stepping gives other bits than advance"


def _step_in_blocks(layer: ArrayLayer, x: NDArray[Any], cuts: Sequence[int]) -> Any:
    state, steps = layer.initial(), cuts[-1]
    made = np.empty((steps, layer.size_out), dtype=layer.dtype)
    watched = {name: np.full((steps, *state[name].shape), np.nan) for name in layer.recordable}
    stepping = layer.stepping(state, Span(0, steps, 1, watch=watched))
    assert stepping is not None, f"{layer}: it steps, but not for a longer span"
    if layer.lag():
        _says_what_comes(layer, stepping, made[: layer.lag()])
    start = 0
    for stop in cuts:
        given, out = x[start:stop], made[start:stop]
        if stepping.weights is not None:
            product, matrix = weigh(stepping.weights)
            product(start, given, out, *matrix)
            given = out
        if stepping.kernel is not None:
            stepping.kernel(start, given, out, *stepping.arguments)
        start = stop
    return state, made, watched


def _says_what_comes(layer: ArrayLayer, stepping: Stepping, made: NDArray[Any]) -> None:
    assert stepping.ahead is not None, f"{layer} lags, but its stepping does not say what is ahead"
    said = np.empty_like(made)
    stepping.ahead(0, made, said, *stepping.arguments)
    assert same_bits(said, layer.ahead(layer.initial(), Span(0, len(made), 1))), f"{layer}: stepping says otherwise"


def compiled_agrees_with_python(layer: ArrayLayer, steps: int = 40) -> None:
    """Kernels give the same as the Python functions that they are, to rounding."""
    x = part(drive(layer), 0, steps)
    compiled = advance_in_blocks(layer, x, [steps])
    with pure_python():
        python = advance_in_blocks(copy.deepcopy(layer), x, [steps])
    tolerance = 1e-9 if layer.dtype == "float64" else 1e-4
    _close(compiled[0], python[0], tolerance, layer)
    _close(compiled[1], python[1], tolerance, layer)


def an_input_may_be_absent(layer: ArrayLayer) -> None:
    """Where nothing leads to an input its block is None: the layer advances, and blocks change no bit."""
    whole = drive(layer)
    inputs = [{**whole, name: None} for name in whole] if isinstance(whole, dict) else []
    for x in [*inputs, dict.fromkeys(whole) if isinstance(whole, dict) else None]:
        said = f"{layer}: blocks of 7 change bits where an input is absent"
        assert same_bits(advance_in_blocks(layer, x, cuts_of(7)), advance_in_blocks(layer, x, [STEPS])), said


def _close(one: Any, other: Any, tolerance: float, layer: ArrayLayer) -> None:
    if isinstance(one, dict):
        for name in one:
            _close(one[name], other[name], tolerance, layer)
        return
    if isinstance(one, Events):
        assert same_bits(one, other), f"{layer}: compiled and Python kernels emit other events"
        return
    difference = np.max(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)), initial=0.0)
    scale = 1.0 + np.max(np.abs(np.asarray(one, dtype=float)), initial=0.0)
    assert difference <= tolerance * scale, f"{layer}: compiled and Python kernels differ by {difference}"


__all__ = [
    "PoisonedArena",
    "advance_in_blocks",
    "check_layer",
    "cuts_of",
    "drive",
    "instance",
    "part",
    "pure_python",
    "same_bits",
]
