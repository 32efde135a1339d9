"""The laws that are offered to whoever writes a layer: they find what breaks them, also in layers of several inputs."""

import numpy as np
import pytest

from graphnet import ArrayLayer, Size, TSEvent, positional
from graphnet.blocks import Events, counts
from graphnet.testing import check_layer, drive, instance, part, same_bits


class Gated(ArrayLayer, register=False):
    """v' = 0.9 v + gate * x, where the gate opens with an event and x is a signal."""

    size: Size = positional()

    def sizes(self):
        size = self.value("size")
        return 2 * size, size, size

    def ports(self):
        return {"x": self.size, "gate": (self.size, TSEvent)}

    def initial(self):
        return {"v": np.zeros(self.size)}

    def advance(self, state, block, span):
        out = span.empty((span.steps, self.size))
        x = np.zeros(out.shape) if block["x"] is None else block["x"]
        gate = np.zeros(out.shape)
        if block["gate"] is not None:
            gate[:] = counts(block["gate"], span.start, span.steps, self.size)
        for k in range(span.steps):
            state["v"] = 0.9 * state["v"] + gate[k] * x[k]
            out[k] = state["v"]
        return state, out


class Forgetful(Gated, register=False):
    """Begins anew with every block."""

    def advance(self, state, block, span):
        return super().advance(self.initial(), block, span)


class Scribbling(Gated, register=False):
    """Writes to one of its inputs, past what says that nobody may."""

    def advance(self, state, block, span):
        if block["x"] is not None and block["x"].base is not None:
            block["x"].base.setflags(write=True)
            block["x"].base[:] += 1.0
        return super().advance(state, block, span)


class Insistent(Gated, register=False):
    """Cannot do without its gate."""

    def advance(self, state, block, span):
        assert block["gate"] is not None, "where is my gate?"
        return super().advance(state, block, span)


class Insatiable(ArrayLayer, register=False):
    """Cannot do without its only input."""

    size: Size = positional()

    def initial(self):
        return {}

    def advance(self, state, block, span):
        return state, 2.0 * block


def test_a_layer_of_several_inputs_obeys_the_laws():
    check_layer(Gated)


@pytest.mark.parametrize(
    ("cls", "said"),
    [
        (Forgetful, "blocks of 1 change bits"),
        (Scribbling, "blocks of 1 change bits|writes to its input"),
        (Insistent, "where is my gate"),
    ],
)
def test_what_breaks_a_law_is_found_in_a_layer_of_several_inputs(cls, said):
    with pytest.raises(AssertionError, match=said):
        check_layer(cls)


def test_a_layer_that_cannot_do_without_its_input_is_found():
    with pytest.raises(TypeError):
        check_layer(Insatiable)


def test_a_drive_gives_each_input_a_block_of_its_own_kind():
    layer = instance(Gated)
    x = drive(layer)
    assert isinstance(x["gate"], Events) and x["x"].shape == (150, 3)
    assert same_bits(part(x, 0, 150), x)
    assert same_bits(part(x, 20, 30)["x"], x["x"][20:30])
    assert set(part(x, 20, 30)["gate"].step.tolist()) <= set(range(20, 30))
