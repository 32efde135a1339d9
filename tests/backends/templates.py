"""Random templates whose tasks watch what a backend does with them."""

import threading
import time
from dataclasses import dataclass

from hypothesis import strategies as st

from graphnet.tasks import Task


@dataclass(frozen=True)
class Shape:
    """A task to make: what it reads, its cost, the seconds it waits."""

    inputs: tuple[int, ...]
    cost: float
    wait: float


@st.composite
def templates(draw, most=10):
    """Shapes of up to ``most`` tasks; a task may read another twice."""
    shapes = []
    for i in range(draw(st.integers(1, most))):
        inputs = draw(st.lists(st.integers(0, i - 1), max_size=3)) if i else []
        wait = draw(st.sampled_from([0.0, 0.0, 0.0, 1e-6, 3e-4]))
        shapes.append(Shape(tuple(inputs), draw(st.sampled_from([0.5, 1.0, 2.0])), wait))
    return shapes


class Ledger:
    """What the tasks of a template have done and found wrong.

    ``failures`` are the (block, task) to raise. Block k + ``depth`` may only start once block k is complete.
    """

    def __init__(self, tasks, depth, failures=()):
        self.tasks, self.depth, self.failures = tasks, depth, failures
        self.lock = threading.Lock()
        self.broken, self.done = [], []
        self.left = {}

    def begin(self, i, k, state, inputs, given):
        with self.lock:
            self.must(k < self.depth or self.left.get(k - self.depth) == 0, f"task {i} started block {k} too early")
            self.must(state[:2] == (i, k - 1), f"task {i} got state {state} in block {k}")
            self.must([one[:2] for one in given] == [(j, k) for j in inputs], f"task {i} read {given} in block {k}")

    def end(self, i, k):
        with self.lock:
            self.done.append((k, i))
            self.left[k] = self.left.get(k, self.tasks) - 1

    def must(self, holds, words):
        if not holds:
            self.broken.append(words)


def template_of(shapes, ledger):
    """Tasks whose output is (task, block, value)."""
    last = list(range(len(shapes)))
    for i, shape in enumerate(shapes):
        for j in shape.inputs:
            last[j] = i
    return [_task(i, shape, last[i], ledger) for i, shape in enumerate(shapes)]


def _task(i, shape, last, ledger):
    def function(k, state, *given):
        ledger.begin(i, k, state, shape.inputs, given)
        if shape.wait:
            time.sleep(shape.wait)
        if (k, i) in ledger.failures:
            raise ValueError(f"broken {(k, i)}")
        out = (i, k, hash((i, k, state[2], *(one[2] for one in given))))
        ledger.end(i, k)
        return out, out

    return Task(f"task {i}", function, shape.inputs, last, cost=shape.cost)
