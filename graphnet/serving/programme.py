"""What a document's network is shown doing: one run, or after fitting one trial after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..datasets import Trial
from ..experiment import Watch, fitted, read_inputs
from ..network import Network
from ..run.inputs import by_name, check_extents, schedule
from ..sections import RunSection
from ..timeseries import TimeSeries
from ..training import Reset


@dataclass(frozen=True)
class Leg:
    """A stretch that is run as ``evolve`` would run it: what drives it, what is reset before, and what it is called.

    ``duration`` is None where it lasts as long as its inputs. ``trial`` numbers its noise.
    """

    inputs: Mapping[str, TimeSeries]
    duration: float | None = None
    reset: Reset = "none"
    trial: int = 0
    called: str = ""

    def stretch(self, net: Network) -> Fraction:
        """How many seconds it lasts in a network that stands where it begins. Raises TimeError, InputError."""
        given = by_name(net, self.inputs or None)
        planned = schedule(net, given, self.duration, None, None)
        check_extents(given, planned)
        return planned.total * planned.dt

    @property
    def goes_on(self) -> bool:
        """Whether it could go on behind its end: nothing that drives it ends."""
        return all(series.periodic for series in self.inputs.values())


def programme(net: Network, watch: Watch[Trial] | None = None) -> Sequence[Leg]:
    """What is to be shown of a network, which is fitted first where its document says so.

    A document with data: the trials that it evaluates, else those of the first group, each as ``graphnet run`` would
    evolve it. Any other: its run. Raises ParameterError and its kin for what the document asks and cannot be done.
    """
    sections = net.document
    if "data" in sections:
        trials, reset = fitted(net, watch)
        count = len(trials)
        return [
            Leg(one.inputs, None, reset, number, f"trial {number} of {count}" + (f": {one.label}" if one.label else ""))
            for number, one in enumerate(trials)
        ]
    run = RunSection.model_validate(sections.get("run") or {})
    return [Leg(read_inputs(net, run), run.duration)]
