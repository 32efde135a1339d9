"""The figure of a run: one time axis for all, every word readable, no event and no extreme lost."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet import TSContinuous, TSEvent
from graphnet.errors import ParameterError, ParameterTypeError
from graphnet.views.signals import panels, traces


@st.composite
def any_series(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    channels = draw(st.sampled_from([1, 2, 6, 12, 13, 200]))
    start = draw(st.sampled_from([0.0, 3.5, 86400.0]))
    if draw(st.booleans()):
        count = draw(st.integers(0, 300))
        times = np.sort(start + rng.uniform(0.0, 2.0, count))
        return TSEvent(
            times, rng.integers(0, channels, count), t_start=start, t_stop=start + 2.0, num_channels=channels
        )
    scale = draw(st.sampled_from([0.0, 1e-7, 1.0, -3e8]))
    offset = draw(st.sampled_from([0.0, 5.0, -123456.0]))
    samples = offset + scale * rng.random((draw(st.sampled_from([1, 20, 4000])), channels))
    if draw(st.booleans()):
        samples[rng.random(samples.shape) < 0.3] = np.nan
    return TSContinuous.from_clocked(samples, dt=draw(st.sampled_from([1e-3, 0.1])), t_start=start)


NAMES = st.sampled_from(["imu", "front.filter.low_pass_of_the_left_wrist" * 3, "Ω"])
PANELS = st.lists(
    st.tuples(NAMES, st.sampled_from(["Rate", "", "AClassWithAVeryLongName" * 3]), any_series()), min_size=1
)


def texts(figure):
    """Every visible text with its rectangle in pixels, as the renderer has it."""
    from matplotlib.text import Text

    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip():
            yield text, text.get_window_extent(renderer).extents


def main_axes(figure):
    return [ax for ax in figure.axes if ax.get_label() != "inset_axes"]


@settings(max_examples=20, deadline=None)
@given(PANELS, st.sampled_from([None, "trial 3", "a title that goes on " * 20]))
def test_no_words_overlap_and_all_lie_on_the_page(shown, title):
    figure = traces.activity(shown, title)
    drawn = list(texts(figure))
    left, bottom, right, top = figure.bbox.extents
    for text, (x0, y0, x1, y1) in drawn:
        assert text.get_fontsize() >= 8
        assert left <= x0 and x1 <= right and bottom <= y0 and y1 <= top, f"{text.get_text()!r} leaves the page"
    for (a, one), (b, other) in combinations(drawn, 2):
        apart = one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]
        assert apart, f"{a.get_text()!r} overlaps {b.get_text()!r}"


@settings(max_examples=20, deadline=None)
@given(PANELS)
def test_all_panels_share_one_time_axis_to_the_pixel(shown):
    figure = traces.activity(shown)
    figure.canvas.draw()
    axes = main_axes(figure)
    assert len(axes) == len(shown)
    assert len({(ax.bbox.x0, ax.bbox.x1) for ax in axes}) == 1
    assert len({ax.get_xlim() for ax in axes}) == 1
    assert axes[0].get_xlim() == (min(s.t_start for *_, s in shown), max(s.t_stop for *_, s in shown))
    assert [ax.get_xlabel() for ax in axes] == [""] * (len(axes) - 1) + ["time (s)"]
    assert len({tuple(ax.get_xticks()) for ax in axes}) == 1


@settings(max_examples=20, deadline=None)
@given(PANELS)
def test_each_header_tells_name_class_channels_and_type(shown):
    figure = traces.activity(shown)
    for ax, (name, class_name, series) in zip(main_axes(figure), shown, strict=True):
        words = " ".join(text.get_text() for text in ax.texts if text.get_gid() == "header")
        assert f"{series.num_channels} channel" in words
        assert words.endswith("events" if isinstance(series, TSEvent) else "continuous")
        assert words.startswith(name[:3]) and class_name[:3] in words


def test_a_raster_of_many_channels_is_higher_and_leaves_the_others_as_they_are():
    def heights(channels):
        spikes = TSEvent([0.1], [0], t_start=0.0, t_stop=1.0, num_channels=channels)
        signal = TSContinuous.from_clocked(np.zeros((10, 600)), dt=0.1)
        figure = traces.activity([("a", "A", signal), ("b", "B", spikes), ("c", "C", signal)])
        return [ax.bbox.height for ax in main_axes(figure)]

    assert heights(501) == pytest.approx([heights(500)[0], 3.6 * heights(500)[1], heights(500)[2]])


def drawn_line(series):
    (line,) = main_axes(traces.activity([("x", "X", series)]))[0].lines
    return line


def test_a_sample_holds_until_the_next_and_the_last_one_to_the_end():
    line = drawn_line(TSContinuous.from_clocked([1.0, 3.0, 2.0], dt=0.5, t_start=1.0))
    assert line.get_drawstyle() == "steps-post"
    assert line.get_xdata().tolist() == [1.0, 1.5, 2.0, 2.5]
    assert line.get_ydata().tolist() == [1.0, 3.0, 2.0, 2.0]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99_999), st.integers(0, 99_999), st.booleans())
def test_a_single_peak_among_100000_samples_is_drawn(up, down, holes):
    values = np.zeros(100_000)
    if holes:
        values[::2] = np.nan
    values[down], values[up] = -5.0, 7.0
    line = drawn_line(TSContinuous.from_clocked(values, dt=1e-3))
    y, x = np.asarray(line.get_ydata()), np.asarray(line.get_xdata())
    assert len(y) <= 2 * panels.COLUMNS
    assert np.nanmax(y) == 7.0
    assert up == down or np.nanmin(y) == -5.0
    assert abs(x[np.nanargmax(y)] - up * 1e-3) <= 100.0 / panels.COLUMNS + 1e-3


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 6)), max_size=60, unique=True))
@settings(max_examples=20, deadline=None)
def test_every_event_is_drawn_at_its_time_and_channel(events):
    events.sort()
    times, channels = [k * 1e-3 for k, _ in events], [c for _, c in events]
    line = drawn_line(TSEvent(times, channels, t_start=0, t_stop=1, num_channels=7))
    assert line.get_xdata().tolist() == times
    assert line.get_ydata().tolist() == channels


def test_an_image_shows_each_sample_in_its_place():
    samples = np.arange(40.0).reshape(2, 20)
    ax = main_axes(traces.activity([("x", "X", TSContinuous.from_clocked(samples, dt=0.5))], t_stop=2.0))[0]
    (image,) = ax.images
    assert image.get_extent() == [0.0, 1.0, -0.5, 19.5]
    assert image.get_array().tolist() == samples.T.tolist()


def test_an_image_of_many_samples_shows_their_means():
    samples = np.repeat(np.arange(6000.0)[:, None], 20, axis=1)
    ax = main_axes(traces.activity([("x", "X", TSContinuous.from_clocked(samples, dt=1e-3))]))[0]
    shown = ax.images[0].get_array()
    assert shown.shape == (20, panels.COLUMNS)
    assert np.allclose(shown[0], 1.5 + 4.0 * np.arange(panels.COLUMNS), atol=1.0)
    assert abs(float(shown.mean()) - 2999.5) < 0.5


def test_a_signal_is_cut_to_the_times_asked_for():
    series = TSContinuous.from_clocked(np.arange(10.0), dt=1.0)
    ax = main_axes(traces.activity([("x", "X", series)], t_start=2.5, t_stop=4.5))[0]
    assert ax.get_xlim() == (2.5, 4.5)
    assert ax.lines[0].get_ydata().tolist() == [2.0, 3.0, 4.0, 4.0]


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_same_run_gives_the_same_bytes_whatever_the_style(tmp_path, ending):
    import matplotlib as mplib

    rng = np.random.default_rng(0)
    shown = [
        ("a", "Rate", TSContinuous.from_clocked(rng.normal(size=(50, 30)), dt=0.1)),
        ("b", "LIF", TSEvent(np.sort(rng.random(6000)) * 5, rng.integers(0, 9, 6000), t_start=0, t_stop=5)),
    ]
    traces.save(traces.activity(shown, "t"), tmp_path / f"one.{ending}")
    with mplib.rc_context({"axes.grid": True, "font.size": 20, "axes.spines.left": False, "xtick.top": True}):
        traces.save(traces.activity(shown, "t"), tmp_path / f"two.{ending}")
    assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()


def test_what_is_not_a_panel_is_refused_by_number():
    series = TSContinuous.from_clocked([1.0], dt=1.0)
    with pytest.raises(ParameterError, match="at least one panel"):
        traces.activity([])
    with pytest.raises(ParameterTypeError, match=r"panel 1 \('b'\).*got ndarray"):
        traces.activity([("a", "A", series), ("b", "B", np.zeros(3))])
    with pytest.raises(ParameterTypeError, match="panel 0: a panel is a triple"):
        traces.activity([series])
    with pytest.raises(ParameterError, match="no time to show between t_start = 2 s and t_stop = 1 s"):
        traces.activity([("a", "A", series)], t_start=2.0)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 8))
def test_ticks_lie_within_and_their_labels_differ(low, width, most):
    ticks = panels.nice_ticks(low, low + width, most)
    labels = panels.tick_words(ticks) if ticks else []
    assert len(set(labels)) == len(ticks) <= most + 2
    assert all(low - 1e-6 * width <= tick <= low + width * (1 + 1e-6) for tick in ticks)
