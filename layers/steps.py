"""How the simplest layers step in a loop, without Python."""

from __future__ import annotations

from graphnet import kernel

# ``given`` and ``made`` are rows of the span; ``first`` says where they lie in arrays of the whole span, which hold
# noise and watched variables.


@kernel
def step_shifted(first, given, made, bias):
    for k in range(given.shape[0]):
        row, one = made[k], given[k]
        for j in range(row.shape[0]):
            row[j] = one[j] + bias[j]


@kernel
def step_same(first, given, made):
    made[:] = given


@kernel
def step_above(first, given, made, threshold):
    for k in range(given.shape[0]):
        row, one = made[k], given[k]
        for j in range(row.shape[0]):
            row[j] = 1.0 if one[j] > threshold[j] else 0.0


@kernel
def step_sums(first, given, made, v, noise, watch):
    made[:] = given
    for k in range(given.shape[0]):
        if noise.shape[0] > 0:
            row, kick = made[k], noise[first + k]
            for j in range(row.shape[0]):
                row[j] += kick[j]
    accumulate(v, made)
    if watch.shape[0] > 0:
        watch[first : first + given.shape[0]] = made


@kernel
def accumulate(v, y):
    """Running sums from ``v`` on, in place."""
    for k in range(y.shape[0]):
        row = y[k]
        for j in range(v.shape[0]):
            v[j] += row[j]
            row[j] = v[j]
