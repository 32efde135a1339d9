"""What is settled before a run: which series drives which input, from when to when, in what blocks."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ..clock import step_of, whole_steps
from ..errors import (
    GraphnetError,
    InputError,
    NetworkError,
    ParameterError,
    ParameterTypeError,
    TimeError,
    UnknownName,
)
from ..layer import Layer, checked_steps
from ..network import Network
from ..plan import Schedule
from ..products import TILE
from ..timeseries import TimeSeries, TSEvent

CACHE = 2**17  # numbers: a block of the widest layer that still lies in a core's cache
SHARED = 2**19  # the same where several threads run
SELDOM = 32  # steps: about how often a channel of events has one, or more seldom
LONGEST = 4096  # steps of a block, so that a run can be watched and interrupted


def check_ready(net: Network) -> list[GraphnetError]:
    """What keeps a network from running though no single edge is wrong: input channels that nothing leads to."""
    return list(net.known("unready", lambda: _unready(net)))


def _unready(net: Network) -> list[GraphnetError]:
    errors: list[GraphnetError] = []
    for name in net.readers():
        missing = net.uncovered(name)
        if missing:
            shown = ", ".join(str(one) for one in missing[:8]) + (", ..." if len(missing) > 8 else "")
            errors.append(
                NetworkError(
                    f"{name}: no edge leads to its input channels {shown} ({len(missing)} of {net.reads(name).size})",
                    hint="connect them, or make the layer smaller",
                )
            )
    return errors


def by_name(net: Network, given: Any) -> dict[str, TimeSeries | None]:
    """The series of each input, None where it is not given. Raises InputError, UnknownName."""
    inputs = net.inputs
    if given is None:
        return dict.fromkeys(inputs)
    if isinstance(given, TimeSeries):
        if len(inputs) != 1:
            raise InputError(
                f"network {net.name!r} has {len(inputs)} inputs ({', '.join(inputs)}): a bare series fits one",
                hint="give the series by name: evolve({'imu': ts, ...})",
            )
        given = {next(iter(inputs)): given}
    if not isinstance(given, Mapping):
        raise ParameterTypeError(
            f"the input of a network is a series, series by name, or None, got a {type(given).__name__}"
        )
    for name, series in given.items():
        if name not in inputs:
            raise UnknownName("input", str(name), inputs, where=f"network {net.name!r}")
        declared = inputs[name]
        if not isinstance(series, declared.type):
            raise InputError(f"input {name!r} takes {declared.type.__name__}, got {type(series).__name__}")
        if series.num_channels != declared.size:
            raise InputError(f"input {name!r} has {declared.size} channels, the series has {series.num_channels}")
    return {name: given.get(name) for name in inputs}


def exact_step(net: Network) -> Fraction:
    """The network's step (s), of which its present time is a whole number. Raises TimeError."""
    dt = net.exact_dt
    if (net.now / dt).denominator != 1:
        raise TimeError(
            f"network {net.name!r} is at {net.t!r} s, no whole number of its steps of {float(dt)!r} s",
            hint="net.reset_time()",
        )
    return dt


def schedule(
    net: Network, given: Mapping[str, TimeSeries | None], duration: Any, num_timesteps: Any, block: Any, depth: int = 1
) -> Schedule:
    """From when to when, in what blocks, of which ``depth`` may be under way at once. Raises TimeError,
    ParameterError."""
    dt = exact_step(net)
    if num_timesteps is not None:
        total = checked_steps(num_timesteps)
    elif duration is not None:
        total = whole_steps(duration, dt)
    else:
        total = _extent(net, given, dt)
    return Schedule(net.now, dt, total, default_block(net, dt, depth) if block is None else checked_block(block))


def _extent(net: Network, given: Mapping[str, TimeSeries | None], dt: Fraction) -> int:
    present = {name: series for name, series in given.items() if series is not None}
    if not present:
        raise ParameterTypeError("how long? give an input series, duration or num_timesteps", parameter="duration")
    ends = [
        step_of(one.duration, dt) if one.periodic else step_of(one.t_stop, dt) - int(net.now / dt)
        for one in present.values()
    ]
    if min(ends) <= 0:
        name, series = list(present.items())[ends.index(min(ends))]
        raise TimeError(
            f"input {name!r} ends at {series.t_stop!r} s, the network {net.name!r} is at {net.t!r} s already",
            hint="shift the input with ts.start_at(net.t), or call net.reset_time()",
        )
    return min(ends)


def checked_block(block: Any) -> int:
    """A number of network steps above 0. Raises ParameterError."""
    steps = checked_steps(block)
    if steps < 1:
        raise ParameterError(f"block must be at least one network step, got {block!r}", parameter="block")
    return steps


def default_block(net: Network, dt: Fraction, depth: int = 1) -> int:
    """A block of which the widest layer's signal still lies in cache, in whole tiles of products where it can.

    Where several threads run, longer ones: handing work over costs more than what leaves the cache.
    """
    long = float(dt)
    widest = net.known("width", lambda: max(_width(layer) * long / layer.dt for layer in net.layers.values()))
    steps = int(min(LONGEST, max(1.0, (CACHE if depth == 1 else SHARED) / widest)))
    return steps - steps % TILE if steps > TILE else steps


def _width(layer: Layer) -> float:
    """How many numbers a step of a layer's signals has; of events that come and go, few channels have one."""
    widest = max(layer.size_in, layer.size, layer.size_out, 1)
    sparse = layer.input_type is TSEvent and layer.output_type is TSEvent and not layer.noise_std
    return max(1.0, widest / SELDOM) if sparse else widest


def check_extents(given: Mapping[str, TimeSeries | None], schedule: Schedule) -> None:
    """Every input covers the run. Raises InputError with the cure."""
    first = int(schedule.now / schedule.dt)
    for name, series in given.items():
        if series is None or series.covers(first, first + schedule.total, schedule.dt):
            continue
        begin, end = float(schedule.now), float(schedule.now + schedule.total * schedule.dt)
        raise InputError(
            f"input {name!r} covers {series.t_start!r} s to {series.t_stop!r} s, the run is {begin!r} s to {end!r} s",
            hint=f"shift it with ts.start_at({begin!r}), call net.reset_time(), or ask for a shorter duration",
        )
