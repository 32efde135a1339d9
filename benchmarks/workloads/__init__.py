"""The workloads in the order of the table."""

from __future__ import annotations

from benchmarks.workload import Workload

from . import a_rate, b_reservoir, c_lif, d_cuba, e_layers, f_scale, g_series, h_ridge, i_startup, j_feedback

ALL: tuple[Workload, ...] = (
    *a_rate.WORKLOADS,
    *b_reservoir.WORKLOADS,
    *c_lif.WORKLOADS,
    *d_cuba.WORKLOADS,
    *e_layers.WORKLOADS,
    *f_scale.WORKLOADS,
    *g_series.WORKLOADS,
    *h_ridge.WORKLOADS,
    *i_startup.WORKLOADS,
    *j_feedback.WORKLOADS,
)


def named(name: str) -> Workload:
    """The workload of a name."""
    return {one.name: one for one in ALL}[name]
