"""An experiment without trials: one run, and what its signals show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network import Network
from ..sections import RunSection
from ..spiketrains import LEAST, firing
from ..timeseries import TSContinuous, TSEvent
from .driving import read_inputs
from .outcome import How, Outcome


def run_once(
    net: Network, section: RunSection, record: Sequence[str] | None, progress: bool, how: How
) -> tuple[Outcome, float]:
    """Run once as the section says; gives what came out, and how many seconds were simulated."""
    given = read_inputs(net, section)
    options = section.model_dump(include={"block", "backend", "workers"}, exclude_defaults=True)
    result = how(net, given or None, duration=section.duration, record=record, progress=progress, **options)
    outcome = Outcome(activity=result)
    for name in result:
        series = result[name]
        if isinstance(series, TSContinuous):
            if name not in net.inputs and len(series.samples):
                outcome.summary.setdefault("signals", {})[name] = _levels(series.samples)
        elif isinstance(series, TSEvent) and name in net.layers:
            _fires(outcome, name, series)
    outcome.summary["recorded"] = list(result)
    return outcome, result.info.simulated


def _levels(samples: NDArray[Any]) -> dict[str, float]:
    """Where the samples of a signal lie, over time and channels."""
    return {one: float(getattr(np, one)(samples)) for one in ("mean", "std", "min", "max")}


def _fires(outcome: Outcome, name: str, series: TSEvent) -> None:
    """Tell how the channels of a layer fire."""
    found = firing(series.times, series.channels, series.num_channels, series.duration)
    outcome.summary.setdefault("firing", {})[name] = {"events": len(series.times), **asdict(found)}
    channels = f"{series.num_channels} channel{'' if series.num_channels == 1 else 's'}"
    said = f"{name}: {len(series.times)} events on {channels}, {found.rate:.2f} Hz each"
    if found.cv is not None:
        said += f"; CV of intervals {found.cv:.2f}, mean of the {found.judged} with {LEAST} or more"
    outcome.table += said + "\n"
