"""The picture of spikes beside wanted ones: who met whom is told apart, words keep apart, the same gives the same."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from graphnet import TSContinuous, TSEvent
from graphnet.views.signals import traces
from graphnet.views.signals.comparison import Compared, Comparison, draw

NONE = np.zeros(0, dtype=np.int64)


def shown(name="recorded", window=0.002, events=True, between=(0.0, 1.0), inputs=1):
    wave = TSContinuous.from_clocked(50 + 40 * np.sin(np.arange(1000) * 0.02)[:, None], 0.001)
    wanted = TSEvent([0.1, 0.3, 0.5, 0.7], t_start=0.0, t_stop=1.0, name=name)
    mine = TSEvent([0.101, 0.4, 0.501], t_start=0.0, t_stop=1.0)
    met = (np.array([0, 2]), np.array([0, 2])) if window else (NONE, NONE)
    signals = [Compared("rate", wave, wave, "r = 0.50", "", (NONE, NONE))]
    if events:
        signals.insert(0, Compared("neuron", mine, wave, "r = 0.61", "Γ = 0.57" if window else "", met))
    return Comparison("title", dict.fromkeys(["x", "y"][:inputs], wave), wanted, wave, signals, between, window)


def strokes(figure):
    """Of each drawn train: colour, how opaque, and the times."""
    found = [one for ax in figure.axes for one in ax.collections if one.get_gid() == "spikes"]
    return [
        (to_hex(one.get_edgecolor()[0]), one.get_alpha(), [float(line[0, 0]) for line in one.get_segments()])
        for one in found
        if one.get_segments()
    ]


def test_spikes_that_met_are_dark_and_joined_and_others_pale():
    figure = draw(shown())
    wanted, alone, mine, extra = strokes(figure)
    assert (wanted[2], alone[2], mine[2], extra[2]) == ([0.1, 0.5], [0.3, 0.7], [0.101, 0.501], [0.4])
    assert wanted[1] == mine[1] > 2 * alone[1] == 2 * extra[1]
    assert wanted[0] == alone[0] != mine[0] == extra[0]
    joins = [line for ax in figure.axes for line in ax.lines if line.get_gid() == "met"]
    assert [list(line.get_xdata()) for line in joins] == [[0.101, 0.1], [0.501, 0.5]]


def test_without_a_window_nobody_is_pale_and_none_is_joined():
    figure = draw(shown(window=None))
    assert [len(times) for _, _, times in strokes(figure)] == [4, 3]
    assert {opaque for _, opaque, _ in strokes(figure)} == {1.0}


def test_rates_alone_stand_beside_the_wanted_spikes():
    assert [times for _, _, times in strokes(draw(shown(events=False)))] == [[0.1, 0.3, 0.5, 0.7]]


def test_only_the_seconds_between_are_drawn():
    figure = draw(shown(between=(0.25, 0.45)))
    assert sorted(time for _, _, times in strokes(figure) for time in times) == [0.3, 0.4]
    assert all(ax.get_xlim() == (0.25, 0.45) for ax in figure.axes)


@pytest.mark.parametrize("inputs", [0, 1, 2])
@pytest.mark.parametrize("name", ["recorded", "unnamed"])
def test_no_words_overlap_and_all_lie_on_the_page(inputs, name):
    from matplotlib.text import Text

    figure = draw(shown(name=name, inputs=inputs))
    figure.canvas.draw()
    drawn = [one for one in figure.findobj(Text) if one.get_visible() and one.get_text().strip()]
    boxes = [(one.get_text(), one.get_window_extent()) for one in drawn]
    assert {"title", "time (s)", "wanted" if name == "unnamed" else "recorded"} <= {text for text, _ in boxes}
    for text, box in boxes:
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= figure.bbox.x1, text
        assert box.y1 <= figure.bbox.y1, text
    for (text, one), (other, two) in combinations(boxes, 2):
        assert not one.overlaps(two), (text, other)


def test_the_same_comparison_gives_the_same_bytes(tmp_path):
    for name in ("one.svg", "two.svg"):
        traces.save(draw(shown()), tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
