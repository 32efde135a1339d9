"""NEST: its own integrate-and-fire neurons, whose currents are exact too. Building the network is not timed.

Differences that NEST forces. A spike takes at least one step to its target, and what it adds to a synaptic current acts
on the voltage from the step after: one step later than asked in the recurrent network, whose rates are compared, and in
the feed-forward one every event comes one step late, which is taken off. All is float64.
"""

from __future__ import annotations

from typing import Any

import nest
import numpy as np

from .spikes import in_order
from .task import Arrays, Task, Unable

PACKAGES = ("nest-simulator", "numpy")
MS = 1e3


def begin(dt: float, threads: int) -> None:
    """An empty kernel with this step."""
    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.SetKernelStatus({"resolution": dt * MS, "local_num_threads": threads, "print_time": False})


def float64_alone(dtype: Any) -> None:
    if dtype != np.float64:
        raise Unable("NEST computes in float64 alone")


def heard_by(recorder: Any, dt: float, first: int, late: int) -> dict[str, Any]:
    """Events of a recorder, whose times are those of the steps' ends; ``first`` is the number of the first neuron."""
    told = recorder.get("events")
    return in_order(np.rint(told["times"] / (dt * MS)) - 1 - late, told["senders"] - first)


def lif(given: Arrays, *, dtype: Any, threads: int, **_: Any) -> Task:
    """iaf_psc_delta fed by one spike generator for each channel."""
    float64_alone(dtype)
    dt, w, steps = float(given["dt"]), given["w"], int(given["steps"])
    made: dict[str, Any] = {}
    numbers = {"E_L": 0.0, "V_th": 1.0, "V_reset": 0.0, "V_m": 0.0, "t_ref": 0.0, "I_e": 0.0}
    of_channel = [(given["step"][given["channel"] == c] + 1.0) * dt * MS for c in range(w.shape[0])]

    def build() -> None:
        begin(dt, threads)
        neurons = nest.Create("iaf_psc_delta", w.shape[1], {**numbers, "tau_m": float(given["tau_mem"]) * MS})
        times = [{"spike_times": np.round(one, 6)} for one in of_channel]
        source = nest.Create("spike_generator", w.shape[0], times)
        nest.Connect(source, neurons, "all_to_all", {"weight": np.ascontiguousarray(w.T), "delay": dt * MS})
        made["recorder"], made["first"] = nest.Create("spike_recorder"), neurons[0].global_id
        nest.Connect(neurons, made["recorder"])

    def outputs(_: Any) -> dict[str, Any]:
        return heard_by(made["recorder"], dt, made["first"], 1)

    return Task(lambda: nest.Simulate((steps + 1) * dt * MS), outputs, build)


def cuba(given: Arrays, *, dtype: Any, threads: int, **_: Any) -> Task:
    """iaf_psc_exp, with a capacitance for which a weight in pA is the one asked."""
    float64_alone(dtype)
    dt, n, steps = float(given["dt"]), len(given["v0"]), int(given["steps"])
    tau_mem = float(given["tau_mem"]) * MS
    numbers = {
        "C_m": tau_mem, "tau_m": tau_mem, "E_L": float(given["v_rest"]), "V_th": float(given["threshold"]),
        "V_reset": float(given["v_reset"]), "t_ref": int(given["refractory"]) * dt * MS, "I_e": 0.0,
        "tau_syn_ex": float(given["tau_exc"]) * MS, "tau_syn_in": float(given["tau_inh"]) * MS,
    }  # fmt: skip
    pre = np.repeat(np.arange(n), np.diff(given["indptr"]))
    made: dict[str, Any] = {}

    def build() -> None:
        begin(dt, threads)
        neurons = nest.Create("iaf_psc_exp", n, numbers)
        neurons.V_m = given["v0"].tolist()
        ids = np.array(neurons.tolist())
        weights = {"weight": given["data"].astype(float), "delay": np.full(len(pre), dt * MS)}
        nest.Connect(ids[pre], ids[given["indices"]], "one_to_one", weights)
        made["recorder"], made["first"] = nest.Create("spike_recorder"), neurons[0].global_id
        nest.Connect(neurons, made["recorder"])

    def outputs(_: Any) -> dict[str, Any]:
        return heard_by(made["recorder"], dt, made["first"], 0)

    note = "a spike acts one step later, and the network is chaotic: rates are compared"
    return Task(lambda: nest.Simulate(steps * dt * MS), outputs, build, alike=0.1, note=note)


WORKLOADS = {"c_lif": lif, "d_cuba": cuba}
