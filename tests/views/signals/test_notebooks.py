"""What a notebook shows: a table of a result, a plot of a series; nothing fetched, nothing executed, one screen."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import TSContinuous, TSEvent
from graphnet.run import Info, Result
from graphnet.views.signals.decimating import moments, totals
from graphnet.views.signals.table import COLUMNS, HEIGHT, MOST, WIDTH, like, picture

INFO = Info(2.0, 1.0, 10, "serial", "p", {})
HOSTILE = '<img src=x onerror="alert(1)">'


def kinds():
    rng = np.random.default_rng(2)
    return {
        "x": TSContinuous.from_clocked(rng.normal(size=(200, 3)), 0.01, units="mV"),
        HOSTILE: TSEvent(np.sort(2 * rng.random(80)), rng.integers(0, 4, 80), t_start=0, t_stop=2, num_channels=4),
        "empty": TSContinuous(np.zeros(0), np.zeros((0, 2)), t_start=0, t_stop=2),
        "silent": TSEvent([], [], t_start=0, t_stop=2, num_channels=4),
        "nan": TSContinuous.from_clocked(np.full((5, 1), np.nan), 0.1),
        "holes": TSContinuous.from_clocked(np.where(np.arange(99) % 3 == 0, np.nan, 1.0), 0.1),
        "infinite": TSContinuous.from_clocked([1.0, np.inf, -np.inf], 0.1),
        "one": TSContinuous.from_clocked([1.0], 0.1),
        "instant": TSContinuous([0.5], [1.0]),
        "periodic": TSContinuous.from_clocked([0.0, 1.0], 0.1, periodic=True),
        "float32": TSContinuous.from_clocked(np.ones((50, 2), dtype=np.float32), 0.1),
        "wide": TSContinuous.from_clocked(np.ones((3, 20_000)), 0.1),
    }


def shown(thing):
    """What IPython would show, by type of content."""
    from IPython.core.formatters import DisplayFormatter

    return DisplayFormatter().format(thing)[0]


def table(result):
    return ET.fromstring(f"<div>{shown(result)['text/html'].replace('±', '+-')}</div>")


def test_a_result_is_a_table_with_a_row_for_each_signal():
    signals = kinds()
    found = table(Result(signals, INFO, network="net", classes={"x": "Rate"}))
    rows = [["".join(cell.itertext()) for cell in row] for row in found.findall(".//tbody/tr")]
    assert [row[0] for row in rows] == list(signals)  # the hostile name as text, which the parser has read back
    assert rows[0][1:4] == ["Rate", "continuous", "3"]
    assert rows[1][2:6] == ["events", "4", "10 Hz each", "2 s"]
    assert [row[4] for row in rows[2:5]] == ["no samples", "0 Hz each", "no finite samples"]
    assert found.findtext(".//caption") == "net: 12 signals of 2 s"


def test_nothing_is_fetched_and_no_name_is_executed():
    series = kinds()["x"]
    series.name = series.units = HOSTILE
    for thing in (Result(kinds() | {"y": series}, INFO, network=HOSTILE, classes={"x": HOSTILE}), series):
        text = shown(thing)["text/html"]
        assert "<img src=x" not in text
        assert "<script" not in text
        assert not re.findall(r'(?:src|href)="(?!data:)', text)
        assert not re.findall(r'http(?!://www\.w3\.org/2000/svg")', text)


@given(st.integers(0, 300), st.integers(1, 200))
def test_a_text_is_one_screen_whatever_there_is(number, length):
    one = TSEvent([], [], t_start=0, t_stop=1)
    result = Result({f"{'n' * length}{k}": one for k in range(number)}, INFO)
    text = shown(result)["text/plain"]
    assert len(text) <= 80 * 24
    assert "\n" not in text
    rows = re.findall("<tr>", shown(result)["text/html"])
    assert len(rows) <= MOST + 1


@pytest.mark.parametrize("name", kinds())
def test_every_series_is_shown_and_readable_on_a_dark_page(name):
    import base64
    import io

    from matplotlib.image import imread

    text = shown(kinds()[name])["text/html"]
    for data in re.findall(r'src="data:image/png;base64,([^"]+)"', text):
        corner = imread(io.BytesIO(base64.b64decode(data)))[0, 0]
        assert corner.tolist() == [1.0, 1.0, 1.0, 1.0]  # white, and not the page that shines through


def paths(series):
    found = ET.fromstring(picture("x", series))
    assert found.get("aria-label") == "x over time"
    numbers = [[float(one) for one in re.findall(r"-?\d+\.?\d*", path.get("d") or "")] for path in found]
    return found, numbers


def test_the_bars_of_a_small_picture_are_counts():
    series = kinds()[HOSTILE]
    found, _ = paths(series)
    counts = totals(series, COLUMNS)
    bars = re.findall(r"M([\d.]+) 24v-([\d.]+)h", found[0].get("d") or "")
    assert [round(float(x) / WIDTH * COLUMNS) for x, _ in bars] == np.flatnonzero(counts).tolist()
    heights = np.array([float(top) for _, top in bars])
    assert np.allclose(heights, (HEIGHT - 1) * counts[counts > 0] / counts.max(), atol=0.051)


@given(st.integers(1, 3000), st.integers(1, 3), st.integers(0, 2**32))
def test_a_small_picture_lies_within_its_box_and_touches_both_ends(number, channels, seed):
    samples = np.random.default_rng(seed).normal(size=(number, channels)) * 10.0 ** (seed % 7 - 3)
    _, (band, line) = paths(TSContinuous.from_clocked(samples, 0.1))
    assert all(0 <= x <= WIDTH for x in band[::2] + line[::2])
    assert all(0 <= y <= HEIGHT for y in band[1::2] + line[1::2])
    if number * channels > 1:
        assert min(band[1::2]) == pytest.approx(1.5, abs=0.1)
        assert max(band[1::2]) == pytest.approx(HEIGHT - 1.5, abs=0.1)


@given(st.integers(1, 50), st.integers(1, 4), st.floats(-1e6, 1e6), st.integers(0, 2**32))
def test_moments_are_those_of_all_finite_samples(number, channels, offset, seed):
    rng = np.random.default_rng(seed)
    samples = offset + rng.normal(size=(number, channels))
    samples[rng.random(samples.shape) < 0.2] = np.nan
    for one in (samples, np.asfortranarray(samples)):
        mean, std = moments(one)
        known = samples[np.isfinite(samples)]
        if known.size:
            assert mean == pytest.approx(known.mean(), rel=1e-12)
            assert std == pytest.approx(known.std(), rel=1e-6, abs=1e-9)
        else:
            assert np.isnan(mean)


@pytest.mark.parametrize(
    ("samples", "words"),
    [([-1.0, 1.0], "0 ± 1"), ([1e-9, 3e-9], "2e−09 ± 1e−09"), ([5000.0, 5000.0], "5000 ± 0"), ([-3.0], "−3 ± 0")],
)
def test_numbers_are_as_long_as_they_mean_something(samples, words):
    assert like(TSContinuous.from_clocked(samples, 0.1)) == words


def test_a_figure_shows_itself_where_pyplot_was_never_imported():
    figure = Result({"x": kinds()["x"]}, INFO).plot()
    assert shown(figure)["image/png"][:4] == b"\x89PNG"
