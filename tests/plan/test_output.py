"""What a layer returns is looked at once, before a kernel of another layer relies on it."""

import numpy as np
import pytest

from graphnet import ArrayLayer, Events, Network, RunError, Size, TSEvent, positional
from layers import ExpSyn


class Beyond(ArrayLayer, register=False):
    """Emits one event on a channel that it may or may not have."""

    size: Size = positional()
    channel: int = 0

    emits = TSEvent

    def initial(self):
        return {}

    def sizes(self):
        return 0, self.size, self.size

    def advance(self, state, block, span):
        return state, Events(np.array([span.start]), np.array([self.channel], dtype=np.int32))


@pytest.mark.parametrize("channel", [3, -1])
def test_an_event_on_a_channel_that_the_layer_has_not_is_refused_before_it_is_read(channel):
    net = Network([Beyond(3, channel=channel, name="beyond"), ExpSyn(np.ones((3, 2)))])
    with pytest.raises(RunError, match=f"events of channels 0 to 2, got {channel}"):
        net.evolve(duration=0.01)
    assert net.t == 0.0


def test_the_last_channel_is_a_channel():
    net = Network([Beyond(3, channel=2, name="beyond"), ExpSyn(np.ones((3, 2)))])
    assert net.evolve(duration=0.01, record=["beyond"])["beyond"].channels.tolist() == [2]
