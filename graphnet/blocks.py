"""What a block of events is: sorted steps and channels, and the few things the composer does with them.

A block of a continuous signal is a plain C-contiguous array of shape (steps, channels). A block of
events is ``Events``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import kernel


class Events(NamedTuple):
    """Events of one block, sorted by step, then channel; a repeated pair is a count.

    ``step``: int64, the absolute step of the layer that reads or writes the block. ``channel``: int32. Same length.
    """

    step: NDArray[np.int64]
    channel: NDArray[np.int32]

    @property
    def count(self) -> int:  # pyright: ignore[reportIncompatibleMethodOverride] # a tuple has a method of this name
        """How many events there are (``len`` of a named tuple is its number of fields)."""
        return len(self.step)


NO_EVENTS = Events(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))
for _array in NO_EVENTS:
    _array.flags.writeable = False


Block = np.ndarray | Events | None


def sort_events(step: NDArray[np.int64], channel: NDArray[np.int32]) -> Events:
    """Events in the order of a block: by step, then channel; equal ones keep their order."""
    order = np.lexsort((channel, step))
    return Events(step[order], channel[order])


def merge_events(blocks: list[Events]) -> Events:
    """Unite several sorted blocks into one; repeats stay as counts."""
    if len(blocks) == 1:
        return blocks[0]
    return sort_events(np.concatenate([b.step for b in blocks]), np.concatenate([b.channel for b in blocks]))


def between(events: Events, start: int, stop: int) -> Events:
    """The events of steps start to stop - 1, as views."""
    low, high = np.searchsorted(events.step, (start, stop))
    return Events(events.step[low:high], events.channel[low:high])


def counts(events: Events, start: int, steps: int, size: int) -> NDArray[np.int64]:
    """How many events each step and channel has, shape (steps, size).

    >>> counts(Events(np.array([5, 5, 6]), np.array([1, 1, 0], dtype=np.int32)), 5, 2, 2)
    array([[0, 2],
           [1, 0]])
    """
    table = np.zeros((steps, size), dtype=np.int64)
    count_events(events.step, events.channel, start, table)
    return table


@kernel
def count_events(step, channel, start, table):
    for i in range(step.shape[0]):
        table[step[i] - start, channel[i]] += 1


def events_of(table: NDArray[np.int64], start: int) -> Events:
    """The events of a table of counts whose first row is step ``start``."""
    total = int(table.sum())
    step, channel = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int32)
    list_events(table, start, step, channel)
    return Events(step, channel)


@kernel
def list_events(table, start, step, channel):
    n = 0
    for k in range(table.shape[0]):
        for j in range(table.shape[1]):
            for _ in range(table[k, j]):
                step[n] = start + k
                channel[n] = j
                n += 1
