"""Copies of states, so laid out that processors do not take one variable for another."""

from __future__ import annotations

import numpy as np

from ..layer import State

PAGE = 4096  # bytes: addresses that agree in what is below look alike to a processor
APART = 1088  # bytes, whole cache lines: between the places of two variables within a page


def copied(state: State) -> State:
    """A copy of each array.

    A step writes one variable and reads the next at the same place of each. Where their addresses differ by little more
    than whole pages, which is what an allocator gives arrays of one size, the processor takes the read for one of what
    was just written and waits: a step of spiking neurons took up to 1.9 times as long. So large ones are put apart.
    """
    if len(state) < 2 or sum(one.nbytes for one in state.values()) < PAGE:
        return {name: one.copy() for name, one in state.items()}
    room = np.empty(sum(one.nbytes + PAGE for one in state.values()) + PAGE, dtype=np.uint8)
    begin, made = room.ctypes.data, {}
    at = begin
    for number, (name, one) in enumerate(state.items()):
        at += (number * APART - at) % PAGE
        place = room[at - begin : at - begin + one.nbytes].view(one.dtype).reshape(one.shape)
        place[...] = one
        made[name] = place
        at += one.nbytes
    return made
