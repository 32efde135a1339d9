"""Every layer of the field says its family, for the colour of its box; a class of somebody else's need not."""

import inspect

import pytest

from graphnet import ArrayLayer, Network, Size, positional, registry
from graphnet.views.graph.scene import scene
from graphnet.views.palette import FAMILIES, LIGHT

registry.layers.load()
CLASSES = [cls for name, cls in registry.layers if cls.__module__.startswith("layers.") and not inspect.isabstract(cls)]
PLAIN = {"PassThrough", "Sum", "Concat", "Select", "Flatten"}  # they only pass on what comes


@pytest.mark.parametrize("cls", CLASSES, ids=lambda one: one.__name__)
def test_a_layer_has_a_colour_unless_it_only_passes_on(cls):
    assert (cls.family in FAMILIES) == (cls.__name__ not in PLAIN)


def test_a_class_that_says_nothing_is_drawn_without_a_colour():
    class Quiet(ArrayLayer, register=False):
        size: Size = positional()

        def initial(self):
            return {}

        def advance(self, state, block, span):
            return state, block

    net = Network([Quiet(1, name="quiet")])
    box = next(box for box in scene(net).boxes if box.name == "quiet")
    assert box.family == "other"
    assert LIGHT.fill(box.family) == LIGHT.page
