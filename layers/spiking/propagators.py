"""Propagators of a membrane with an adaptation current: exact over a step, by the exponential of its matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

SMALL = 0.5  # the norm at which the series is summed, before squaring
TERMS = 14  # of the series: 0.5^15 / 15! is below rounding


class Adapting:
    """The system tau_mem v' = -v + r (I - w), tau_w w' = a v - w of N neurons, v counted from its rest.

    Each result is exact to rounding for any time constants: nothing is divided by their differences.
    """

    def __init__(self, tau_mem: Values, tau_w: Values, a: Values, r: Values) -> None:
        self._system = np.zeros((len(tau_mem), 2, 2))
        self._system[:, 0, 0], self._system[:, 0, 1] = -1.0 / tau_mem, -r / tau_mem
        self._system[:, 1, 0], self._system[:, 1, 1] = a / tau_w, -1.0 / tau_w
        self._drive = r / tau_mem

    def held(self, dt: float) -> tuple[Values, Values, Values]:
        """What becomes of (v, w) within dt, and what an input of 1, held, adds to each: (2, 2, N), (N,), (N,)."""
        matrix = np.zeros((len(self._drive), 3, 3))
        matrix[:, :2, :2], matrix[:, 0, 2] = self._system, self._drive
        found = np.moveaxis(exponential(matrix * dt), 0, -1)
        return found[:2, :2], found[0, 2], found[1, 2]

    def through(self, tau_syn: Values, dt: float) -> tuple[Values, Values, Values, Values]:
        """What a current of 1 that decays with tau_syn adds to v and to w, and what an input of 1 through it adds."""
        matrix = np.zeros((len(self._drive), 4, 4))
        matrix[:, :2, :2], matrix[:, 0, 2] = self._system, self._drive
        matrix[:, 2, 2], matrix[:, 2, 3] = -1.0 / tau_syn, 1.0 / tau_syn
        found = np.moveaxis(exponential(matrix * dt), 0, -1)
        return found[0, 2], found[1, 2], found[0, 3], found[1, 3]

    def spread(self, dt: float) -> tuple[Values, Values, Values]:
        """What noise dv = ... + dW adds within dt: s n to v, p n + q n' to w, of normal n and n' (s, p, q).

        The covariance of a short time t is read from a matrix exponential (Van Loan 1978, IEEE Transactions on
        Automatic Control 23), and from t to 2t it is cov + E cov E' with E the propagator of t: no large exponentials.
        """
        halvings = _halvings(self._system * dt)
        short = (dt / 2.0**halvings)[:, None, None]
        matrix = np.zeros((len(self._drive), 4, 4))
        matrix[:, :2, :2], matrix[:, 0, 2], matrix[:, 2:, 2:] = -self._system, 1.0, self._system.mT
        found = exponential(matrix * short)
        step = found[:, 2:, 2:].mT
        cov = step @ found[:, :2, 2:]
        for k in range(int(halvings.max())):
            more = (halvings > k)[:, None, None]
            cov = np.where(more, cov + step @ cov @ step.mT, cov)
            step = np.where(more, step @ step, step)
        s = np.sqrt(cov[:, 0, 0])
        p = cov[:, 0, 1] / s
        return s, p, np.sqrt(np.maximum(cov[:, 1, 1] - p * p, 0.0))


def exponential(matrices: Values) -> Values:
    """The exponential of each matrix of a stack (N, n, n): its series where it is small, then squared."""
    halvings = _halvings(matrices)
    small = matrices / 2.0 ** halvings[:, None, None]
    one = np.eye(matrices.shape[-1])
    found = np.broadcast_to(one, matrices.shape)
    for k in range(TERMS, 0, -1):
        found = one + small @ found / k
    for k in range(int(halvings.max())):
        found = np.where((halvings > k)[:, None, None], found @ found, found)
    return found


def _halvings(matrices: Values) -> NDArray[np.int64]:
    """How often each matrix is to be halved until it is small."""
    norm = np.abs(matrices).sum(axis=-1).max(axis=-1)
    return np.maximum(0, np.ceil(np.log2(np.maximum(norm, SMALL) / SMALL))).astype(np.int64)
