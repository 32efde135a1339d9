"""How a layer responds, shown by running it: standard stimuli in, one picture of input, state and output.

A signal is a step, a pulse and a chirp; events are a few single ones and a burst. A layer of several inputs gets one
for each. A class says with ``demonstration`` which parameters make its picture say something.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphnet import ArrayLayer, Network, TimeSeries, TSContinuous, TSEvent
from graphnet.layer import Size, declared_ports
from graphnet.layer.parameters import MISSING, Parameter
from graphnet.views.signals.traces import activity, save

DURATION = 0.4  # seconds of stimulus
STEP, PULSE, CHIRP = (0.03, 0.13), (0.18, 0.185), (0.22, 0.38)  # seconds
LOW, HIGH = 10.0, 65.0  # Hz, from which to which the chirp goes: six whole turns
SINGLE, BURST = (0.03, 0.08, 0.14), (0.22, 0.3, 0.008)  # seconds; of the burst: first, end, apart
SHIFT = 0.02  # seconds by which the stimulus of a channel comes later than that of the channel before
SLOWEST, FASTEST = 200, 4000  # steps of a picture, whatever the layer's dt
MOST_VARIABLES = 4
MOST_COLUMNS = 12  # of a variable of the state that is shown


def arguments(cls: type[ArrayLayer]) -> dict[str, Any]:
    """The arguments of the instance that is shown: what the class says, and for what it leaves open one unit."""
    given = {**cls.example, **cls.demonstration}
    for name, one in cls.parameters().items():
        if name not in given and one.default is MISSING:
            given[name] = _one_unit(one)
    order = [name for name in cls.parameters() if name in given]
    return {name: given[name] for name in order}


def _one_unit(one: Parameter) -> Any:
    if one.kind == "weights":
        return [[1.0]]
    if one.kind == "series":
        return TSEvent
    if one.annotation == Size:
        return 1
    if one.kind == "per_unit" or "number" in one.shape:
        return 0.5
    raise TypeError(f"cannot make up {one.name!r} ({one.shape}): declare it in the class's example or demonstration")


# ---------------------------------------------------------------------- stimuli


def signal(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """A step, a pulse and a chirp, all of height 1."""
    within = [(times >= low) & (times < high) for low, high in (STEP, PULSE, CHIRP)]
    since = times - CHIRP[0]
    turns = LOW * since + (HIGH - LOW) * since**2 / (2 * (CHIRP[1] - CHIRP[0]))
    return np.where(within[2], np.sin(2 * np.pi * turns), 1.0 * (within[0] | within[1]))


def spike_times() -> NDArray[np.float64]:
    """A few single spikes and a burst, in seconds."""
    return np.concatenate([SINGLE, np.arange(*BURST)])


def stimulus(kind: type[TimeSeries], size: int, dt: float, before: int = 0) -> TimeSeries:
    """The standard stimulus on ``size`` channels after ``before`` others, each a little later than the last."""
    steps = number_of_steps(dt)
    scale = steps * dt / DURATION  # a layer of long steps sees the same form, slower
    late = [scale * SHIFT * ((before + channel) % 8) for channel in range(size)]
    if kind is TSEvent:
        times = np.concatenate([scale * spike_times() + shift for shift in late])
        channels = np.repeat(np.arange(size), len(spike_times()))
        step = np.round(times / dt).astype(np.int64)
        order = np.lexsort((channels, step))
        order = order[step[order] < steps]
        return TSEvent.from_steps(step[order], channels[order].astype(np.int32), dt, size, 0, steps)
    times = np.arange(steps)[:, np.newaxis] * dt
    return TSContinuous.from_clocked(signal((times - late + 1e-9 * dt) / scale), dt)


def number_of_steps(dt: float) -> int:
    """The steps of a picture: the standard duration, within what can be seen and computed."""
    return min(max(round(DURATION / dt), SLOWEST), FASTEST)


# ---------------------------------------------------------------------- the response


def response(layer: ArrayLayer) -> dict[str, TimeSeries]:
    """What goes into the layer, what its state does, and what comes out, by name, in that order."""
    net = Network(seed=1)
    net.add_layer(layer, name="out")
    given: dict[str, TimeSeries] = {}
    before = 0
    for name, (size, kind) in inputs(layer).items():
        net.input(name, size, kind)
        net.connect(name, f"out.{name}" if declared_ports(layer) else "out")
        given[name] = stimulus(kind, size, layer.dt, before)
        # what two inputs share at the same time is seen in signals, and of events what each does by itself
        before += size if kind is TSEvent or layer.joins is not None else 0
    variables = [f"out.{name}" for name in layer.recordable]
    result = net.evolve(given or None, num_timesteps=number_of_steps(layer.dt), record=["out", *variables])
    shown = {name: result[f"out.{name}"] for name in layer.recordable if telling(result[f"out.{name}"], result["out"])}
    return {**given, **dict(list(shown.items())[:MOST_VARIABLES]), "out": result["out"]}


def inputs(layer: ArrayLayer) -> Mapping[str, tuple[int, type[TimeSeries]]]:
    """The inputs that lead to a layer: those that it declares, two to a joint, none to a source, else one."""
    if layer.joins is not None:
        sizes = (layer.size_in, layer.size_in) if layer.joins == "sum" else (1, layer.size_in - 1)
        return {name: (size, layer.input_type) for name, size in zip(("in1", "in2"), sizes, strict=True)}
    return declared_ports(layer) or ({"in": (layer.size_in, layer.input_type)} if layer.size_in else {})


def telling(variable: Any, output: Any) -> bool:
    """Whether a variable of the state is worth a panel: it moves, it is no copy of the output, and can be shown."""
    rows = np.asarray(variable.samples)
    if rows.shape[1] > MOST_COLUMNS or not np.any(rows != rows[:1]):
        return False
    if isinstance(output, TSContinuous):
        return not np.array_equal(rows, output.samples)
    return not (len(output.times) > 0 and int(rows.sum()) == len(output.times) and rows.max() == 1)  # who fired, again


def draw(cls: type[ArrayLayer], path: Path) -> None:
    """Write the picture of a class as SVG: the same bytes every time."""
    layer = cls(**arguments(cls))
    found = response(layer)
    what = dict.fromkeys(layer.recordable, "state") | dict.fromkeys(inputs(layer), "input") | {"out": "output"}
    save(activity([(name, what[name], one) for name, one in found.items()]), path)
    path.write_text(rounded(path.read_text(encoding="utf-8")), encoding="utf-8")


def rounded(svg: str) -> str:
    """The same picture with hundredths of a point, which nobody sees, and half the size or less."""
    svg = re.sub(r' d="(M[^"]*)"', lambda found: f' d="{path_words(found[1])}"', svg)
    return re.sub(r' (x|y)="(-?[0-9.]+)"', lambda found: f' {found[1]}="{number(found[2])}"', svg)


def path_words(path: str) -> str:
    """A path of straight lines in few letters: what runs along an axis names one coordinate only.

    >>> path_words("M 70 169 \\nL 70.123456 169 \\nL 70.123456 12.5 \\n")
    'M70 169H70.12V12.5'
    """
    words, at = [], ("", "")
    for letter, x, y in re.findall(r"([MLzCQ]) *(?:(-?[0-9.e-]+) (-?[0-9.e-]+))?", path):
        if letter in "CQ":
            return " ".join(path.split())
        here = (number(x), number(y)) if x else at
        if letter == "z":
            words.append("z")
        elif letter == "M" or (here[0] != at[0] and here[1] != at[1]):
            words.append(f"{letter}{here[0]} {here[1]}")
        elif here != at:
            words.append(f"H{here[0]}" if here[0] != at[0] else f"V{here[1]}")
        at = here
    return "".join(words)


def number(text: str) -> str:
    """A number to two places."""
    return f"{float(text):.2f}".rstrip("0").rstrip(".")
