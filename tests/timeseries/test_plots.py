"""What is drawn: into which Axes, how many artists, with which labels; and that the pixels show it."""

import base64
import re

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.collections import LineCollection

from graphnet.errors import SeriesError, SeriesTypeError
from graphnet.timeseries import (
    BackendMissing,
    TSContinuous,
    TSEvent,
    get_global_ts_plotting_backend,
    set_global_ts_plotting_backend,
)


@pytest.fixture
def ax():
    figure, axes = plt.subplots(figsize=(6, 1.6))
    yield axes
    plt.close(figure)


def signal(channels=3, rows=100):
    samples = np.sin(np.arange(rows)[:, None] / 7 + np.arange(channels))
    return TSContinuous.from_clocked(samples, 0.01, name="drive", units="mV")


def events(count, channels, seed=0):
    rng = np.random.default_rng(seed)
    return TSEvent(
        rng.uniform(0, 2, count), rng.integers(0, channels, count), t_start=0, t_stop=2, num_channels=channels
    )


def dark(ax):
    """How much of the Axes' inside is not white."""
    ax.figure.canvas.draw()
    image = np.asarray(ax.figure.canvas.buffer_rgba())[::-1]
    box = ax.get_window_extent()
    inside = image[int(box.y0) + 3 : int(box.y1) - 2, int(box.x0) + 3 : int(box.x1) - 2, :3]
    return (inside.min(axis=2) < 200).mean(), (inside.min(axis=2) < 200).any(axis=0).mean()


def test_a_signal_is_drawn_into_the_axes_it_is_given_with_units_and_name(ax):
    ts = signal()
    assert ts.plot(ax=ax) is ax
    assert (ax.get_ylabel(), ax.get_xlabel(), ax.get_title()) == ("mV", "Time (s)", "drive")
    assert [line.get_label() for line in ax.lines] == ["drive[0]", "drive[1]", "drive[2]"]
    x, y = ax.lines[1].get_data()
    assert ax.lines[1].get_drawstyle() == "steps-post"
    np.testing.assert_array_equal(y[:-1], ts.samples[:, 1])
    assert x[-1] == ts.t_stop  # the last sample is held to the end
    assert ax.get_xlim() == (0.0, 1.0)


def test_every_way_to_name_the_axes_is_one(ax):
    plt.sca(ax)
    ts = signal(1)
    for draw in (ts.plot, lambda: ts.plot(ax), lambda: ts.plot(target=ax), lambda: ts.plot(None, ax)):
        assert draw() is ax
    assert len(ax.lines) == 4
    with pytest.raises(SeriesTypeError, match="not into str"):
        ts.plot(target="figure")


def test_channels_stagger_skip_times_and_styles_reach_the_lines(ax):
    ts = signal(6)
    ts.plot(None, ax, [5, 1, 3], 2.0, 2, "r--", linewidth=3)
    assert len(ax.lines) == 2
    np.testing.assert_allclose(ax.lines[1].get_ydata()[:-1], ts.samples[:, 3] + 2.0)
    assert (ax.lines[0].get_color(), ax.lines[0].get_linestyle(), ax.lines[0].get_linewidth()) == ("r", "--", 3)
    ax.clear()
    ts.plot(times=[0.1, 0.2], ax=ax, channels=0, colors=["green"], xlim=(0.0, 0.4))
    assert ax.lines[0].get_xdata().tolist() == [0.1, 0.2]
    assert (ax.lines[0].get_color(), ax.get_xlim()) == ("green", (0.0, 0.4))
    ax.clear()
    ts.plot(ax=ax, dt=0.25)
    assert ax.lines[0].get_xdata().tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_a_million_samples_are_drawn_as_the_span_of_each_pixel_column(ax):
    samples = np.zeros(10**6)
    samples[123_456] = 5.0
    ts = TSContinuous.from_clocked(samples, 1e-3)
    ts.plot(ax=ax)
    y = ax.lines[0].get_ydata()
    assert len(y) < 2500
    assert y.max() == 5.0  # the lone peak is not thinned out


def test_many_channels_get_offsets_and_very_many_an_image(ax):
    signal(12).plot(ax=ax)
    levels = [np.mean(line.get_ydata()) for line in ax.lines]
    assert np.all(np.diff(levels) > 0.5)
    assert ax.get_ylabel() == "Channel"
    ax.clear()
    signal(1000).plot(ax=ax)
    assert (len(ax.lines), len(ax.images)) == (0, 1)
    assert len(ax.get_yticks()) <= 8


@pytest.mark.parametrize("kind", ["linear", "cubic", "nearest"])
def test_interpolated_signals_are_drawn_as_they_read(ax, kind):
    ts = TSContinuous([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 0.5, 2.0], interp_kind=kind)
    ts.plot(ax=ax)
    x, y = ax.lines[0].get_data()
    np.testing.assert_allclose(y, ts(x)[:, 0])


def test_few_events_are_strokes_on_their_channel(ax):
    ts = TSEvent([0.5, 1.0], [0, 2], t_start=0.0, t_stop=2.0, num_channels=3, name="spikes")
    assert ts.plot(ax=ax) is ax
    (strokes,) = (one for one in ax.collections if isinstance(one, LineCollection))
    assert [segment.tolist() for segment in strokes.get_segments()] == [
        [[0.5, -0.4], [0.5, 0.4]],
        [[1.0, 1.6], [1.0, 2.4]],
    ]
    assert (ax.get_xlim(), ax.get_ylabel(), ax.get_title()) == ((0.0, 2.0), "Channel", "spikes")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["0", "1", "2"]


@pytest.mark.parametrize(("count", "channels"), [(100, 10), (3000, 1000), (10**6, 100), (10**6, 1000)])
def test_rasters_show_something_in_most_columns_and_never_only_ink(ax, count, channels):
    events(count, channels).plot(ax=ax)
    ink, columns = dark(ax)
    assert columns > min(0.9, count / 2000)
    assert ink < 0.999 or count > 10**5
    assert len(ax.get_yticks()) <= 8


def test_a_lone_event_is_seen_among_a_thousand_channels(ax):
    TSEvent([1.0], [500], t_start=0.0, t_stop=2.0, num_channels=1000).plot(ax=ax)
    _, columns = dark(ax)
    assert 0 < columns < 0.02


def test_twice_the_events_are_twice_as_dark():
    times = np.concatenate((np.linspace(0, 0.99, 10_000), np.linspace(1, 1.99, 5_000)))
    figure, ax = plt.subplots()
    TSEvent(times, 0, t_start=0, t_stop=2).plot(ax=ax)
    image = ax.images[0].get_array()
    left, right = image[0, 10:200].mean(), image[0, -200:-10].mean()
    plt.close(figure)
    assert 0.3 < right < left <= 1.0


def test_limits_and_channels_of_a_raster(ax):
    ts = events(200, 5)
    ts.plot((0.5, 1.0), ax, [1, 2])
    assert ax.get_xlim() == (0.5, 1.0)
    (strokes,) = ax.collections
    assert {round(segment.mean(axis=0)[1]) for segment in strokes.get_segments()} == {1, 2}
    with pytest.raises(SeriesTypeError, match="pair of seconds"):
        ts.plot("ab", ax)
    for wrong in ((1.0,), (0.0, np.nan)):
        with pytest.raises(SeriesError, match="two finite times"):
            ts.plot(wrong, ax)
    ax.clear()
    ts.plot(ax=ax, marker="x", s=9)
    assert len(ax.collections[0].get_offsets()) == 200


@pytest.mark.parametrize(
    "ts",
    [
        TSContinuous(),
        TSContinuous(num_channels=20),
        TSContinuous([1.0], [2.0]),
        TSContinuous.from_clocked(np.full((5, 12), np.nan), 0.1),
        TSContinuous.from_clocked(np.full((5, 400), np.nan), 0.1),
        TSContinuous.from_clocked([[np.inf, 1.0]], 0.1),
        TSEvent(),
        TSEvent(num_channels=5, t_stop=1.0),
    ],
)
def test_whatever_a_series_holds_it_can_be_drawn(ax, ts):
    ts.plot(ax=ax)
    ax.figure.canvas.draw()
    assert ax.get_xlabel() == "Time (s)"
    assert ("<img" in ts._repr_html_()) == (not ts.isempty())


def test_notebooks_show_a_picture_without_touching_the_current_figure():
    before = plt.get_fignums()
    text = TSContinuous.from_clocked([1.0, 2.0], 0.1, name="<b>")._repr_html_()
    assert plt.get_fignums() == before
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    data = re.search(r"base64,([^\"]+)", text)
    assert data is not None
    assert base64.b64decode(data[1]).startswith(b"\x89PNG")


def test_backends():
    assert get_global_ts_plotting_backend() == "matplotlib"
    ts = signal()
    try:
        for name in ("matplotlib", "mpl", "mp", "pyplot", "plt"):
            set_global_ts_plotting_backend(name, verbose=False)
            assert ts.plotting_backend == "matplotlib"
        set_global_ts_plotting_backend(None)
        with pytest.raises(RuntimeError, match="no plotting backend"):
            ts.plot()
        assert "<img" not in ts._repr_html_()
        ts.set_plotting_backend("plt")
        assert ts.plotting_backend == "matplotlib"
    finally:
        set_global_ts_plotting_backend("matplotlib")
    for name in ("holoviews", "hv", "HoloViews"):
        with pytest.raises(BackendMissing, match="not drawn with holoviews"):
            ts.set_plotting_backend(name)
    with pytest.raises(ValueError, match="no plotting backend 'gnuplot'"):
        set_global_ts_plotting_backend("gnuplot")


def test_short_names_of_properties_are_the_long_ones(ax):
    """``lw`` beside our own ``linewidth`` would be refused by matplotlib."""
    TSContinuous([0.0, 1.0], [1.0, 2.0]).plot(ax=ax, lw=3, c="g", ls=":")
    assert (ax.lines[0].get_linewidth(), ax.lines[0].get_color(), ax.lines[0].get_linestyle()) == (3, "g", ":")
    TSEvent([0.5], [0], t_start=0, t_stop=1).plot(ax=ax, lw=2)
    assert ax.collections[0].get_linewidth() == [2]


def test_a_single_sample_is_seen(ax):
    ts = TSContinuous([1.0], [3.0])
    ts.plot(ax=ax, color="black")
    ax.set_axis_off()
    ax.figure.canvas.draw()
    assert np.asarray(ax.figure.canvas.buffer_rgba())[..., 0].min() < 128
