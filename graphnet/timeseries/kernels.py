"""The loops over samples and events, compiled."""

from __future__ import annotations

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
