"""The plan of a network's last run, for another run like it: planning many small layers takes as long as running them.

The network keeps it with all else that follows from how it stands, and forgets it as soon as it is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from ..clock import exact
from ..cost import microseconds
from ..layer import Layer
from ..network import Network
from ..plan import Plan, Schedule, Wanted, compile_plan, steps_itself
from ..timeseries import TimeSeries

PLAN = "plan"
SHORT = 30.0  # microseconds of a block of a layer, about half of them Python


class Filed(NamedTuple):
    """A plan, what runs of an unchanged network agree in that can have it, and what is new once the network changed."""

    plan: Plan
    form: Any
    token: object


def plan_for(
    net: Network, schedule: Schedule, given: Mapping[str, TimeSeries | None], wanted: Wanted, trial: int, depth: int,
    backend: Any,
) -> Filed:  # fmt: skip
    """The plan of a run: that of the last one, begun anew, where they are alike.

    The run that asks is the only one to have it: unless it ends well and calls ``keep``, there is none for the next.
    """
    form, token = _form(net, schedule, wanted, trial, depth, backend), net.known("token", object)
    last: Filed | None = net.taken(PLAN)
    if last is not None and last.form == form:
        last.plan.renew(net, schedule, given)
        return last
    plan = compile_plan(
        net, schedule, given, wanted, trial=trial, depth=depth, weigh=backend != "serial", stretches=backend == "serial"
    )
    return Filed(plan, form, token)


def keep(net: Network, filed: Filed) -> None:
    """Have the network keep the plan of a run that ended well, where another run could be like it."""
    if filed.form is not None and net.known("token", object) is filed.token:
        filed.plan.rest()
        net.known(PLAN, lambda: filed)


def divides(net: Network, schedule: Schedule) -> bool:
    """Whether threads could share a block: not where it is many calls of kernels that take no longer than the Python
    around them, which run faster together.
    """
    block = min(schedule.block, schedule.total)
    return net.known(f"divides {block}", lambda: any(_long(one, block, schedule.dt) for one in net.layers.values()))


def _long(layer: Layer, block: int, dt: Fraction) -> bool:
    return not steps_itself(type(layer)) or microseconds(layer, block * int(dt / exact(layer.dt))) > SHORT


def _form(net: Network, schedule: Schedule, wanted: Wanted, trial: int, depth: int, backend: Any) -> Any:
    """None for a plan that is not kept: of plain layers, which keep their states themselves, or of a cluster."""
    if backend not in ("serial", "threads") or wanted.taps or net.plain_layers():
        return None
    return (
        schedule.dt, schedule.total, schedule.block, list(wanted.signals), list(wanted.variables), wanted.finite,
        trial, net.seed, depth, backend,
    )  # fmt: skip
