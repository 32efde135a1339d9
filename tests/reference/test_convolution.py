"""Convolution and pooling against scipy.signal.correlate2d, written out for strides, dilation, groups and padding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d

from graphnet import Events, Span
from graphnet.blocks import events_of
from layers import AvgPool2d, Conv1d, Conv2d, SumPool2d

STEPS = 3


def padded(maps, before, after):
    return np.pad(maps, [(0, 0), *zip(before, after, strict=True)])


def correlation(maps, kernels, bias, stride, before, after, dilation, groups):
    """Maps (C, H, W) with kernels (N, C / groups, a, b): valid correlation of padded maps with spread out kernels."""
    each, channels = len(kernels) // groups, len(maps) // groups
    rows, columns = ((size - 1) * d + 1 for size, d in zip(kernels.shape[2:], dilation, strict=True))
    wide = np.zeros((*kernels.shape[:2], rows, columns))
    wide[:, :, :: dilation[0], :: dilation[1]] = kernels
    maps = padded(maps, before, after)
    out = []
    for o, kernel in enumerate(wide):
        first = o // each * channels
        sums = sum(correlate2d(maps[first + c], kernel[c], mode="valid") for c in range(channels))
        out.append(sums[:: stride[0], :: stride[1]] + bias[o])
    return np.array(out)


def advance(layer, block):
    return layer.advance({}, block, Span(0, STEPS))[1]


def sizes(low, high):
    return st.tuples(st.integers(low, high), st.integers(low, high))


@st.composite
def cases(draw):
    """A convolution that fits: parameters, and a generator for its numbers."""
    groups, of_one, each = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
    size, dilation, padding = draw(sizes(1, 3)), draw(sizes(1, 2)), draw(sizes(0, 2))
    least = [max(1, d * (k - 1) + 1 - 2 * p) for k, d, p in zip(size, dilation, padding, strict=True)]
    inner = tuple(n + draw(st.integers(0, 4)) for n in least)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return {
        "kernels": rng.normal(size=(groups * each, of_one, *size)),
        "bias": rng.normal(size=groups * each),
        "inner": inner,
        "stride": draw(sizes(1, 3)),
        "padding": padding,
        "dilation": dilation,
        "groups": groups,
    }, rng


@given(cases())
@settings(deadline=None)
def test_conv2d_is_a_sum_of_correlations(case):
    given, rng = case
    kernels, inner, groups = given.pop("kernels"), given.pop("inner"), given["groups"]
    layer = Conv2d.from_kernels(kernels, inner, **given)
    maps = rng.normal(size=(STEPS, kernels.shape[1] * groups, *inner))
    before = given.pop("padding")
    expected = [correlation(one, kernels, before=before, after=before, **given) for one in maps]
    found = advance(layer, maps.reshape(STEPS, -1))
    assert layer.output_shape == expected[0].shape
    np.testing.assert_allclose(found.reshape(STEPS, *layer.output_shape), expected, rtol=1e-12, atol=1e-12)


@given(cases(), st.integers(0, 60))
@settings(deadline=None)
def test_an_event_adds_what_a_sample_of_one_adds(case, many):
    given, rng = case
    kernels, inner = given.pop("kernels"), given.pop("inner")
    size = kernels.shape[1] * given["groups"] * inner[0] * inner[1]
    table = np.zeros((STEPS, size), dtype=np.int64)
    np.add.at(table, (rng.integers(0, STEPS, many), rng.integers(0, size, many)), 1)
    samples = advance(Conv2d.from_kernels(kernels, inner, **given), table.astype(float))
    events = advance(Conv2d.from_kernels(kernels, inner, **given, input_type="TSEvent"), events_of(table, 0))
    np.testing.assert_allclose(events, samples, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4, 4), (5, 2)])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_keeps_the_shape_and_sets_an_odd_zero_last(size, dilation):
    rng = np.random.default_rng(0)
    kernels, maps = rng.normal(size=(2, 3, *size)), rng.normal(size=(STEPS, 3, 9, 8))
    layer = Conv2d.from_kernels(kernels, (9, 8), padding="same", dilation=dilation)
    total = [dilation * (k - 1) for k in size]
    before = [n // 2 for n in total]
    after = [n - b for n, b in zip(total, before, strict=True)]
    expected = [correlation(one, kernels, [0, 0], (1, 1), before, after, (dilation,) * 2, 1) for one in maps]
    assert layer.output_shape == (2, 9, 8)
    np.testing.assert_allclose(advance(layer, maps.reshape(STEPS, -1)), np.reshape(expected, (STEPS, -1)), atol=1e-12)


@given(cases())
@settings(deadline=None)
def test_conv1d_is_conv2d_over_maps_of_one_row(case):
    given, rng = case
    kernels, length = given.pop("kernels")[:, :, 0], given.pop("inner")[1]
    along = {name: given.pop(name)[1] for name in ("stride", "padding", "dilation")}
    flat = {name: (1, value) for name, value in along.items()} | {"padding": (0, along["padding"])}
    one = Conv1d.from_kernels(kernels, length, **given, **along)
    two = Conv2d.from_kernels(kernels[:, :, None], (1, length), **given, **flat)
    x = rng.normal(size=(STEPS, one.size_in))
    assert one.output_shape == (two.output_shape[0], two.output_shape[2])
    assert np.array_equal(advance(one, x), advance(two, x))


@given(sizes(1, 4), sizes(1, 3), sizes(0, 3), sizes(0, 5), st.integers(1, 3), st.integers(0, 99))
@settings(deadline=None)
def test_pooling_is_correlation_with_ones(size, stride, padding, more, channels, seed):
    inner = tuple(max(1, k - 2 * p) + n for k, p, n in zip(size, padding, more, strict=True))
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 3, (STEPS, channels, *inner))
    each = [np.ones((1, 1, *size))] * channels
    maps = padded(table.reshape(-1, *inner), padding, padding).reshape(STEPS, channels, -1)
    wide = [n + 2 * p for n, p in zip(inner, padding, strict=True)]
    expected = [
        [
            correlation(one.reshape(1, *wide), ones, [0], stride, (0, 0), (0, 0), (1, 1), 1)[0]
            for one, ones in zip(row, each, strict=True)
        ]
        for row in maps
    ]
    given = {"stride": stride, "padding": padding}
    flat = table.reshape(STEPS, -1)
    for cls, share in ((SumPool2d, 1.0), (AvgPool2d, 1.0 / (size[0] * size[1]))):
        layer = cls((channels, *inner), size, **given)
        assert layer.output_shape == np.shape(expected)[1:]
        np.testing.assert_allclose(advance(layer, flat.astype(float)), share * np.reshape(expected, (STEPS, -1)))
        events = advance(cls((channels, *inner), size, input_type="TSEvent", **given), events_of(flat, 0))
        np.testing.assert_allclose(events, share * np.reshape(expected, (STEPS, -1)))


def test_a_stride_that_is_not_given_is_the_size_of_the_window():
    layer = SumPool2d((1, 4, 6), (2, 3))
    assert layer.output_shape == (1, 2, 2)
    whole = Events(np.zeros(24, np.int64), np.arange(24, dtype=np.int32))
    assert np.array_equal(
        SumPool2d((1, 4, 6), (2, 3), input_type="TSEvent").advance({}, whole, Span(0, 1))[1][0], [6] * 4
    )
