"""The loops over samples and events, compiled."""

from __future__ import annotations

import math

from graphnet.jit import kernel


@kernel
def blend(samples, low, fraction, out):
    """Straight lines between neighbouring rows: row i lies ``fraction[i]`` of the way from ``low[i]`` to the next."""
    last = samples.shape[0] - 1
    for i in range(low.shape[0]):
        k = low[i]
        here, there, row = samples[k], samples[min(k + 1, last)], out[i]
        f = fraction[i]
        if f == 0.0:  # also where the next row is not a number
            for j in range(row.shape[0]):
                row[j] = here[j]
        else:
            for j in range(row.shape[0]):
                row[j] = here[j] + f * (there[j] - here[j])


@kernel
def line_clocked(samples, origin, dt, slack, times, out):
    """``blend`` at ``times``; a time within ``slack`` steps of a sample is that sample's (the rounding rule)."""
    last = samples.shape[0] - 1
    for i in range(times.shape[0]):
        u = (times[i] - origin) / dt
        nearest = math.floor(u + 0.5)
        k = min(max(int(nearest) - (u - nearest < -slack), 0), last)
        f = u - k
        here, row = samples[k], out[i]
        if f <= slack or k == last:
            for j in range(row.shape[0]):
                row[j] = here[j]
        else:
            there = samples[k + 1]
            for j in range(row.shape[0]):
                row[j] = here[j] + f * (there[j] - here[j])


@kernel
def line_stamped(samples, stamps, times, out):
    """``blend`` between ``stamps`` at ``times``, quick where they rise."""
    last = stamps.shape[0] - 1
    k = 0
    for i in range(times.shape[0]):
        t = times[i]
        if t < stamps[k]:
            k = 0
        step = 1
        while k + step <= last and stamps[k + step] <= t:  # in growing strides, then back in halves
            k += step
            step *= 2
        while step > 0:
            if k + step <= last and stamps[k + step] <= t:
                k += step
            step //= 2
        here, row = samples[k], out[i]
        gone = t - stamps[k]
        if gone <= 0.0 or k == last:
            for j in range(row.shape[0]):
                row[j] = here[j]
        else:
            f = gone / (stamps[k + 1] - stamps[k])
            there = samples[k + 1]
            for j in range(row.shape[0]):
                row[j] = here[j] + f * (there[j] - here[j])


@kernel
def count_steps(step, channel, column, scale, shift, unit, limit, table):
    """Add one per event to row ``(step * scale + shift) // unit`` and the column of its channel (none if negative).

    No count goes beyond ``limit``.
    """
    for i in range(step.shape[0]):
        j = column[channel[i]]
        if j >= 0:
            k = (step[i] * scale + shift) // unit
            table[k, j] += table[k, j] < limit


@kernel
def row_ends(times, origin, dt, slack, start, ends):
    """Where the events of rows start, start + 1, ... begin among sorted times, by the rounding rule.

    Many events a row: this finds each row's events instead of each event's row, and reads few of the times.
    """
    low = 0
    for k in range(ends.shape[0]):
        high = times.shape[0]
        while low < high:
            middle = (low + high) // 2
            if (times[middle] - origin) / dt - (start + k) < -slack:
                low = middle + 1
            else:
                high = middle
        ends[k] = low


@kernel
def count_between(channel, ends, mark, table):
    """Count the events ends[k] ... ends[k + 1] - 1 into row k; ``mark`` keeps apart only 0, 1 and more (3)."""
    for k in range(table.shape[0]):
        row = table[k]
        if mark:
            for i in range(ends[k], ends[k + 1]):
                row[channel[i]] = min(row[channel[i]] + row[channel[i]] + 1, 3)
        else:
            for i in range(ends[k], ends[k + 1]):
                row[channel[i]] += 1


@kernel
def count_times(times, channel, column, origin, dt, slack, start, limit, table):
    """``count_steps`` by the rounding rule; events outside the table are left out."""
    rows = table.shape[0]
    for i in range(times.shape[0]):
        u = (times[i] - origin) / dt
        nearest = math.floor(u + 0.5)
        k = int(nearest) - (u - nearest < -slack) - start
        j = column[channel[i]]
        if 0 <= k < rows and j >= 0:
            table[k, j] += table[k, j] < limit
