"""Random templates whose tasks watch what a backend does with them."""

import threading
import time
from dataclasses import dataclass

from hypothesis import strategies as st

from graphnet.tasks import Task


@dataclass(frozen=True)
class Shape:
    """A task to make: what it reads, whether it has buffers of its own to give back, its cost, the seconds it waits."""

    inputs: tuple[int, ...]
    owns: bool
    cost: float
    wait: float


@st.composite
def templates(draw, most=10):
    """Shapes of up to ``most`` tasks; a task may read another twice."""
    shapes = []
    for i in range(draw(st.integers(1, most))):
        inputs = draw(st.lists(st.integers(0, i - 1), max_size=3)) if i else []
        wait = draw(st.sampled_from([0.0, 0.0, 0.0, 1e-6, 3e-4]))
        shapes.append(Shape(tuple(inputs), draw(st.booleans()), draw(st.sampled_from([0.5, 1.0, 2.0])), wait))
    return shapes


class Ledger:
    """What the tasks of a template have done and found wrong; ``failures`` are the (block, task) to raise."""

    def __init__(self, tasks, failures=()):
        self.tasks, self.failures = tasks, failures
        self.lock = threading.Lock()
        self.broken, self.released, self.done = [], [], []
        self.left = {}
        self.under_way, self.widest = set(), 0

    def begin(self, i, k, state, inputs, given):
        with self.lock:
            self.under_way.add(k)
            self.widest = max(self.widest, max(self.under_way) - min(self.under_way) + 1)
            self.must(state[:2] == (i, k - 1), f"task {i} got state {state} in block {k}")
            self.must([one[:2] for one in given] == [(j, k) for j in inputs], f"task {i} read {given} in block {k}")
            self.intact(i, k, given)

    def end(self, i, k, given):
        with self.lock:
            self.intact(i, k, given)
            self.done.append((k, i))
            self.left[k] = self.left.get(k, self.tasks) - 1
            if not self.left[k]:
                self.under_way.discard(k)

    def intact(self, i, k, given):
        gone = [one for _, _, _, buffers in given for one in buffers if one in self.released]
        self.must(not gone, f"task {i} reads {gone} in block {k} after they were given back")

    def release(self, i, k):
        with self.lock:
            self.must((i, k) not in self.released, f"{(i, k)} was given back twice")
            self.must((k, i) in self.done, f"{(i, k)} was given back before it was made")
            self.released.append((i, k))

    def must(self, holds, words):
        if not holds:
            self.broken.append(words)


def template_of(shapes, ledger):
    """Tasks whose output is (task, block, value, buffers that it lies in).

    One without buffers of its own hands on what it reads: its readers read that too.
    """
    last = list(range(len(shapes)))
    for i in reversed(range(len(shapes))):
        for j in shapes[i].inputs:
            last[j] = max(last[j], i if shapes[i].owns else last[i])
    return [_task(i, shape, last[i], ledger) for i, shape in enumerate(shapes)]


def _task(i, shape, last, ledger):
    def function(k, state, *given):
        ledger.begin(i, k, state, shape.inputs, given)
        if shape.wait:
            time.sleep(shape.wait)
        if (k, i) in ledger.failures:
            raise ValueError(f"broken {(k, i)}")
        value = hash((i, k, state[2], *(one[2] for one in given)))
        ledger.end(i, k, given)
        buffers = {(i, k)} if shape.owns else frozenset().union(*(one[3] for one in given))
        return (i, k, value), (i, k, value, buffers)

    release = (lambda k: ledger.release(i, k)) if shape.owns else None
    return Task(f"task {i}", function, shape.inputs, last, release, cost=shape.cost)
