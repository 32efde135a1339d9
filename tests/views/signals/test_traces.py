"""The figure of a run: one time axis for all, every word readable, no event and no extreme lost."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet import TSContinuous, TSEvent
from graphnet.errors import ParameterError, ParameterTypeError, UnknownName
from graphnet.views.signals import panels, rasters, spectrogram, ticks, traces
from graphnet.views.signals.decimating import totals


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
    st.tuples(NAMES, st.sampled_from(["Rate", "", "AClassWithAVeryLongName" * 3]), any_series()), min_size=1, max_size=4
)


def texts(figure):
    """Every visible text with its rectangle in pixels, as the renderer has it."""
    from matplotlib.text import Text

    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip():
            yield text, text.get_window_extent(renderer).extents


def strips(figure):
    """Every Axes over the axis of time: panels, rates, spectrograms."""
    return [ax for ax in figure.axes if ax.get_label() != "inset_axes"]


def headed(ax):
    return [text.get_text() for text in ax.texts if text.get_gid() == "header"]


def main_axes(figure):
    """The panels of the signals themselves."""
    return [ax for ax in strips(figure) if headed(ax) and headed(ax)[0] != "spectrogram"]


@settings(max_examples=20, deadline=None)
@given(PANELS, st.sampled_from([None, "trial 3", "a title that goes on " * 20]), st.sampled_from(["light", "dark"]))
def test_no_words_overlap_and_all_lie_on_the_page(shown, title, theme):
    known = {name: panel for panel in reversed(shown) for name in panel[:1]}
    figure = traces.activity(shown, title, theme=theme, spectrograms=traces.clocked(known.values()))
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
    axes = strips(figure)
    assert len(main_axes(figure)) == len(shown)
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
        words = " ".join(headed(ax))
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
    ax = main_axes(traces.activity([("x", "X", TSContinuous.from_clocked(values, dt=1e-3))]))[0]
    (band,) = ax.collections
    x, y = np.concatenate([path.vertices for path in band.get_paths()]).T
    assert len(y) <= 5 * panels.COLUMNS
    assert up == down or y.min() == -5.0
    assert y.max() == 7.0
    assert abs(x[y.argmax()] - up * 1e-3) <= 100.0 / panels.COLUMNS + 1e-3


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 6)), max_size=60, unique=True))
@settings(max_examples=20, deadline=None)
def test_every_event_is_drawn_at_its_time_and_channel(events):
    events.sort()
    times, channels = [k * 1e-3 for k, _ in events], [c for _, c in events]
    if not events:
        return
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
    assert np.allclose(shown[0], 2.5 + 6.0 * np.arange(panels.COLUMNS))
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
    found = ticks.nice_ticks(low, low + width, most)
    labels = ticks.tick_words(found) if found else []
    assert len(set(labels)) == len(found) <= most + 2
    assert all(low - 1e-6 * width <= tick <= low + width * (1 + 1e-6) for tick in found)


# --- bands, rates, spectrograms ---------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(any_series().filter(lambda one: isinstance(one, TSEvent) and len(one)), st.floats(0.2, 2.0))
def test_the_heights_of_the_histogram_are_counted_rates(series, until):
    span = (series.t_start, series.t_start + until)
    if not rasters.any_in(series, span):
        return
    figure = traces.activity([("x", "X", series)], t_start=span[0], t_stop=span[1])
    _, rate = strips(figure)
    outline = next(one for one in rate.patches if one.get_gid() == "rate")
    heights, edges, _ = outline.get_data()
    counted = heights * np.diff(edges) * series.num_channels
    assert np.allclose(counted, np.rint(counted))
    assert round(counted.sum()) == totals(series, 1, *span)[0]
    for low, high, number in zip(edges[:-1], edges[1:], counted, strict=True):
        near = 1e-9 * max(abs(low), 1.0)
        least = ((series.times >= low + near) & (series.times < high - near)).sum()
        most = ((series.times >= low - near) & (series.times < high + near)).sum()
        assert least <= round(number) <= most
    assert f"bin {ticks.seconds(rasters.rates(series, span).bin)}" in [text.get_text() for text in rate.texts]


@given(st.sampled_from([1e-3, 1 / 44100, 1 / 3, 0.7]), st.integers(1, 10_000))
def test_a_bin_is_a_whole_number_of_steps(dt, steps):
    raster = np.ones((steps, 1), dtype=int)
    series = TSEvent.from_raster(raster, dt=dt, spikes_at_bin_start=True)
    found = rasters.rates(series, (series.t_start, series.t_stop))
    assert found.bin / dt == pytest.approx(round(found.bin / dt), rel=1e-9)
    assert len(found.hertz) <= rasters.BINS + 1
    assert np.allclose(found.hertz, 1 / dt, rtol=1e-6)  # an event in each step: no beat between steps and bins


def test_very_many_events_are_an_image_that_counts_each():
    rng = np.random.default_rng(3)
    number = rasters.STROKES + 1
    series = TSEvent(np.sort(rng.random(number)), rng.integers(0, 9, number), t_start=0, t_stop=1, num_channels=9)
    (image,) = main_axes(traces.activity([("x", "X", series)]))[0].images
    assert image.get_extent() == [0.0, 1.0, -0.5, 8.5]
    assert image.get_array().shape == (9, rasters.COLUMNS)
    lone = TSEvent(np.r_[np.full(number, 0.1), 0.95], np.r_[np.zeros(number), 1], t_start=0, t_stop=1, num_channels=2)
    shown = main_axes(traces.activity([("x", "X", lone)]))[0].images[0].get_array()
    assert (np.argwhere(shown > 0) == [[0, 70], [1, 665]]).all()
    assert shown[1, 665] >= 0.3  # a lone event is seen beside a crowd


@settings(max_examples=10, deadline=None)
@given(st.floats(40.0, 400.0), st.integers(1, 2))
def test_a_sine_has_its_power_at_its_frequency(hertz, channels):
    t = np.arange(0, 5, 1e-3)
    series = TSContinuous.from_clocked(np.tile(2.0 * np.sin(2 * np.pi * hertz * t)[:, None], channels), 1e-3)
    found = spectrogram.spectrogram(series, (0.0, 5.0))
    width = found.frequencies[1]
    peaks = found.frequencies[found.power.argmax(axis=0)]
    assert (np.abs(peaks - hertz) <= width).all()
    assert np.allclose(found.power.sum(axis=0) * width, 2.0, rtol=0.1)  # a sine of amplitude 2 has power 2 (Parseval)
    figure = traces.activity([("x", "X", series)], spectrograms=["x"])
    image = strips(figure)[1].images[0]
    rows = image.get_array().shape[0]
    low, high = image.get_extent()[2:]
    assert np.all(np.abs(low + (image.get_array().argmax(axis=0) + 0.5) * (high - low) / rows - hertz) <= width)


def test_a_click_lies_in_the_spectrogram_where_it_was():
    samples = np.zeros(10_000)
    samples[7000] = 1.0
    found = spectrogram.spectrogram(TSContinuous.from_clocked(samples, 1e-3, t_start=2.0), (2.0, 12.0))
    column = int(found.power.sum(axis=0).argmax())
    assert found.edges[column] - 0.064 <= 9.0 <= found.edges[column + 1] + 0.064
    assert np.isneginf(found.decibels[:, 0]).all()


@pytest.mark.parametrize("samples", [np.zeros(100), np.full(100, np.nan), np.full(100, np.inf)])
def test_a_signal_without_power_says_so(samples):
    figure = traces.activity([("x", "X", TSContinuous.from_clocked(samples, 1e-3))], spectrograms=["x"])
    assert "no power" in [text.get_text() for text in strips(figure)[1].texts]


def test_a_spectrogram_of_what_has_none_is_refused_by_name():
    clocked = TSContinuous.from_clocked(np.ones(5), 1e-3)
    loose = TSContinuous(np.sort(np.random.default_rng(1).random(50)), np.ones(50))
    spikes = TSEvent([0.1], [0], t_start=0, t_stop=1)
    shown = [("mic", "X", clocked), ("loose", "X", loose), ("spikes", "X", spikes)]
    with pytest.raises(UnknownName, match=r"no signal named 'mik'.*did you mean 'mic'"):
        traces.activity(shown, spectrograms=["mik"])
    with pytest.raises(ParameterError, match="'mic' has 5 samples, a window needs 16"):
        traces.activity(shown, spectrograms=["mic"])
    with pytest.raises(ParameterError, match="'loose' has no clock"):
        traces.activity(shown, spectrograms=["loose"])
    with pytest.raises(ParameterTypeError, match="'spikes' is a series of events"):
        traces.activity(shown, spectrograms=["spikes"])
    with pytest.raises(UnknownName, match="no theme named 'drak'; did you mean 'dark'"):
        traces.activity(shown, theme="drak")


def test_a_periodic_input_is_shown_over_the_whole_run():
    once = TSContinuous.from_clocked([0.0, 1.0, 2.0], dt=0.1, periodic=True)
    run = TSContinuous.from_clocked(np.zeros(10), dt=0.1)
    figure = traces.activity([("x", "Input", once), ("y", "Rate", run)])
    line = main_axes(figure)[0].lines[0]
    assert line.get_ydata().tolist() == [0.0, 1.0, 2.0] * 3 + [0.0, 0.0]


@pytest.mark.parametrize(
    ("series", "words"),
    [
        (TSContinuous(np.zeros(0), np.zeros((0, 2)), t_start=0, t_stop=1), "no samples"),
        (TSContinuous.from_clocked(np.full((9, 2), np.nan), 0.1), "no finite samples"),
        (TSContinuous.from_clocked(np.full((9, 20), np.nan), 0.1), "no finite samples"),
        (TSEvent([], [], t_start=0, t_stop=1), "no channels"),
        (TSEvent([], [], t_start=0, t_stop=1, num_channels=4), "no events"),
        (TSContinuous.from_clocked(np.ones((9, 2)), 0.1, t_start=5.0), "nothing at these times"),
        (TSEvent([6.0], [0], t_start=5, t_stop=7), "nothing at these times"),
    ],
)
def test_a_panel_with_nothing_to_see_says_why(series, words):
    (ax,) = strips(traces.activity([("x", "X", series)], t_start=0.0, t_stop=1.0))
    assert words in [text.get_text() for text in ax.texts]


def test_a_dark_figure_is_dark_in_its_file_too(tmp_path):
    from matplotlib.image import imread

    series = TSContinuous.from_clocked(np.sin(np.arange(50.0)), 0.1)
    for theme, shade in (("light", 1.0), ("dark", 0x14 / 255)):
        path = tmp_path / f"{theme}.png"
        traces.save(traces.activity([("x", "X", series)], theme=theme), path)
        assert imread(path)[0, 0, 0] == pytest.approx(shade, abs=0.01)


def test_the_size_of_a_picture_is_that_of_its_panels(tmp_path):
    series = TSContinuous.from_clocked(np.arange(5.0), 0.1)

    def size(number):
        return traces.activity([("x", "X", series)] * number).get_size_inches() * 72

    assert size(1)[0] == size(40)[0] == 540
    assert size(40)[1] - size(1)[1] == pytest.approx(39 * (traces.PANEL + traces.HEADER + traces.GAP))
    traces.save(traces.activity([("x", "X", series)] * 40), tmp_path / "many.png")
    assert (tmp_path / "many.png").stat().st_size < 1_500_000


@pytest.mark.parametrize("name", ['<img src=x onerror="alert(1)">', "]]><script>", "$\\frac{1}{2}$", "a & b"])
def test_names_are_text_in_a_picture_whatever_they_hold(tmp_path, name):
    import xml.etree.ElementTree as ET

    series = TSContinuous.from_clocked(np.arange(5.0), 0.1, units=name[:6])
    traces.save(traces.activity([(name, name[:8], series)], name), tmp_path / "x.svg")
    found = ET.parse(tmp_path / "x.svg").getroot()
    tags = {one.tag.rpartition("}")[2] for one in found.iter()}
    assert not {"img", "script", "foreignObject", "image"} & tags
    assert {name, f"{name[:8]}, 1 channel"} <= {
        "".join(one.itertext()) for one in found.iter() if one.tag.endswith("text")
    }
