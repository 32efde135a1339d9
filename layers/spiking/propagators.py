"""Propagators of a membrane with an adaptation current: exact over a step, by the exponential of its matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class Linear:
    """The system tau_mem v' = -v + r (I - w), tau_w w' = a v - w of N neurons, v counted from its rest.

    Each result is exact to rounding for any time constants: nothing is divided by their differences.
    """

    def __init__(self, tau_mem: Values, tau_w: Values, a: Values, r: Values) -> None:
        self._given = np.stack([tau_mem, tau_w, a, r])

    def over(self, dt: float) -> Values:
        """What becomes of (v, w) within dt without input, shape (2, 2, N)."""
        return self._exponential(dt, None)[:2, :2]

    def held(self, dt: float) -> Values:
        """What an input of 1, held, adds to (v, w) within dt, shape (2, N)."""
        return self._exponential(dt, None)[:2, 2]

    def through(self, tau_syn: Values, dt: float) -> tuple[Values, Values, Values, Values]:
        """What a current of 1 that decays with tau_syn adds to v and to w, and what an input of 1 through it adds."""
        found = self._exponential(dt, tau_syn)
        return found[0, 2], found[1, 2], found[0, 3], found[1, 3]

    def spread(self, dt: float) -> tuple[Values, Values, Values]:
        """What noise dv = ... + dW adds within dt: s n to v, p n + q n' to w, of normal n and n' (s, p, q).

        The covariance of a short time t is that of the matrix exponential (Van Loan 1978, IEEE Transactions on
        Automatic Control 23), and from t to 2t it is cov + E cov E' with E the propagator of t: no large exponentials.
        """
        fastest = float(1.0 / self._given[:2].min())
        halvings = max(0, int(np.ceil(np.log2(max(dt * fastest, 1e-300)))))
        short = dt / 2.0**halvings

        def covariance(given: Values) -> Values:
            system = _system(*given)
            size = np.zeros((4, 4))
            size[:2, :2], size[0, 2], size[2:, 2:] = -system, 1.0, system.T
            found = _expm(size * short)
            step, cov = found[2:, 2:].T, found[2:, 2:].T @ found[:2, 2:]
            for _ in range(halvings):
                cov, step = cov + step @ cov @ step.T, step @ step
            return cov

        cov = _each(covariance, self._given)
        s = np.sqrt(cov[0, 0])
        p = cov[0, 1] / s
        return s, p, np.sqrt(np.maximum(cov[1, 1] - p * p, 0.0))

    def _exponential(self, dt: float, tau_syn: Values | None) -> Values:
        """The exponential of dt times the system of v, w and an input held, shape (3, 3, N); with a current, 4."""

        def of_one(given: Values) -> Values:
            tau_mem, _, _, r, *tau = given
            size = np.zeros((3 + len(tau),) * 2)
            size[:2, :2], size[0, 2] = _system(*given[:4]), r / tau_mem
            if tau:
                size[2, 2:] = -1.0 / tau[0], 1.0 / tau[0]
            return _expm(size * dt)

        return _each(of_one, self._given if tau_syn is None else np.vstack([self._given, tau_syn]))


def _system(tau_mem: Any, tau_w: Any, a: Any, r: Any) -> Values:
    return np.array([[-1.0 / tau_mem, -r / tau_mem], [a / tau_w, -1.0 / tau_w]])


def _each(function: Any, given: Values) -> Values:
    """A function of each column, called once for those that are equal; its results along the last axis."""
    columns, which = np.unique(given, axis=1, return_inverse=True)
    return np.stack([function(one) for one in columns.T], axis=-1)[..., which.ravel()]


def _expm(matrix: Values) -> Values:
    from scipy.linalg import expm

    return np.asarray(expm(matrix), dtype=np.float64)
