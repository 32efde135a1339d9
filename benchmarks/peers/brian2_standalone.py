"""Brian2 in C++ standalone mode: one program, compiled once, started for every run.

Whole: the time of the program, with reading its arrays and writing its results. Loop: what the program itself says that
its steps took. Compiling is in the seconds of building. The schedule puts synapses before thresholds, so that an input
event acts in its own step, as asked; among recurrent neurons Brian2's own order is the one asked. Its compiler flags
include -ffast-math, so sums may round otherwise, and the recurrent network, which is chaotic, goes its own way in time.
"""

from __future__ import annotations

import time
from typing import Any

import brian2 as b
import numpy as np

from .spikes import in_order, rounding
from .task import Arrays, Task

PACKAGES = ("Brian2", "numpy", "Cython")


def begin(dt: float, dtype: Any, threads: int) -> None:
    """A program to be built in the folder that this process is in."""
    b.set_device("cpp_standalone", directory="brian", build_on_run=False)
    b.prefs.devices.cpp_standalone.openmp_threads = threads if threads > 1 else 0
    b.prefs.core.default_float_dtype = dtype.type
    b.defaultclock.dt = dt * b.second
    b.BrianLogger.suppress_name("method_choice")


def built(heard: Any, dt: float, loop: bool, **differs: Any) -> Task:
    """Compile, and run the program again and again."""
    began = time.perf_counter()
    b.device.build(directory="brian", run=False, with_output=False)
    note = f"compiled in {time.perf_counter() - began:.1f} s; " + differs.pop("note", "")

    def run() -> Any:
        b.device.run(directory="brian", with_output=False)
        return b.device._last_run_time

    def outputs(_: Any) -> dict[str, Any]:
        return in_order(np.rint(np.asarray(heard.t / b.second) / dt), np.asarray(heard.i))

    return Task(run, outputs, seconds=float if loop else None, note=note.rstrip("; "), **differs)


def lif(given: Arrays, *, dtype: Any, threads: int, loop: bool = False) -> Task:
    """Neurons with a generator of the input events and a synapse for every weight."""
    dt, w = float(given["dt"]), given["w"]
    begin(dt, dtype, threads)
    times = {"tau": float(given["tau_mem"]) * b.second}
    neurons = b.NeuronGroup(
        w.shape[1], "dv/dt = -v / tau : 1", threshold="v >= 1", reset="v = 0", method="exact", namespace=times
    )
    source = b.SpikeGeneratorGroup(w.shape[0], given["channel"], given["step"] * dt * b.second, when="start")
    synapses = b.Synapses(source, neurons, "w : 1", on_pre="v_post += w")
    synapses.connect()
    synapses.w = w.ravel()
    heard = b.SpikeMonitor(neurons)
    net = b.Network(neurons, source, synapses, heard)
    net.schedule = ["start", "groups", "synapses", "thresholds", "resets", "end"]
    net.run(int(given["steps"]) * dt * b.second)
    return built(heard, dt, loop, **rounding(dtype))


def cuba(given: Arrays, *, dtype: Any, threads: int, loop: bool = False) -> Task:
    """One group, and one set of synapses for each kind; connected from the arrays given."""
    dt = float(given["dt"])
    begin(dt, dtype, threads)
    equations = """
    dv/dt = (ge + gi + v_rest - v) / tau_mem : 1 (unless refractory)
    dge/dt = -ge / tau_exc : 1
    dgi/dt = -gi / tau_inh : 1
    """
    names: dict[str, Any] = {name: float(given[name]) for name in ("v_rest", "v_reset", "threshold")}
    names |= {name: float(given[name]) * b.second for name in ("tau_mem", "tau_exc", "tau_inh")}
    # a spike has the number of its step, from which Brian2 counts, and that step is over when it is reset
    refractory = (int(given["refractory"]) + 1) * dt * b.second
    form: dict[str, Any] = {"threshold": "v >= threshold", "reset": "v = v_reset", "method": "exact"}
    neurons = b.NeuronGroup(len(given["v0"]), equations, refractory=refractory, namespace=names, **form)
    neurons.v = given["v0"]
    pre = np.repeat(np.arange(len(given["v0"])), np.diff(given["indptr"]))
    excites = pre < int(given["excitatory"])
    sent = []
    for which, act in ((excites, "ge_post += w"), (~excites, "gi_post += w")):
        one = b.Synapses(neurons, neurons, "w : 1 (constant)", on_pre=act)
        one.connect(i=pre[which], j=given["indices"][which])
        one.w = given["data"][which]
        sent.append(one)
    heard = b.SpikeMonitor(neurons)
    b.Network(neurons, *sent, heard).run(int(given["steps"]) * dt * b.second)
    return built(heard, dt, loop, alike=0.05, note="chaotic: rates are compared")


WORKLOADS = {"c_lif": lif, "d_cuba": cuba}
