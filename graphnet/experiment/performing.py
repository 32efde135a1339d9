"""Do what a document says is to be done with its network."""

from __future__ import annotations

import time

from ..datasets import Trial
from ..network import Network
from ..run import evolve
from ..sections import RunSection
from .outcome import How, Keeping, Outcome, Watch
from .single import run_once
from .trials import run_trials


def perform(
    net: Network, watch: Watch[Trial] | None = None, progress: bool = False, how: How | None = None,
    keeping: Keeping | None = None,
) -> Outcome:  # fmt: skip
    """Do what ``net.document`` says: fit and evaluate on its data, or else run once, by ``evolve`` or as ``how`` says.

    A run of trials goes on where ``keeping`` says that it stood.

    Raises ParameterError, UnknownName and their kin for what the document asks and cannot be done.
    """
    going = watch or (lambda trials, _: trials)
    began = time.perf_counter()
    sections = net.document
    if "data" in sections:
        outcome, simulated = run_trials(net, sections, going, keeping or Keeping())
    else:
        run = RunSection.model_validate(sections.get("run") or {})
        outcome, simulated = run_once(net, run, sections.get("record"), progress, how or evolve)
    elapsed = time.perf_counter() - began
    assert outcome.activity is not None
    info = outcome.activity.info
    outcome.summary.update(
        network=net.name,
        seed=net.seed,
        simulated_seconds=simulated,
        elapsed_seconds=elapsed,
        real_time_factor=simulated / elapsed,
        processor=info.processor,
        versions=dict(info.versions),
    )
    outcome.table += f"simulated {simulated:.1f} s in {elapsed:.2f} s: real-time factor {simulated / elapsed:.1f}\n"
    return outcome
