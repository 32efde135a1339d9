"""What convolutions, pools and flattening refuse, and that blocks of any length give the same bits."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from graphnet import Events, Network, ParameterError, Span, TSContinuous, TSEvent
from graphnet.testing import check_layer
from layers import AvgPool2d, Conv1d, Conv2d, Flatten, SumPool2d

ONES = np.ones((9, 2))

REFUSED = {
    "weights that are no matrix": (
        lambda: Conv2d([1.0, 2.0], (3, 3), 1),
        "Conv2d: weights must be a dense matrix: patches of the input in rows, kernels in columns",
    ),
    "sparse weights": (
        lambda: Conv2d(csr_array(ONES), (3, 3), 3),
        "Conv2d: weights must be a dense matrix: patches of the input in rows, kernels in columns",
    ),
    "weights that are no whole number of kernels": (
        lambda: Conv2d(ONES, (3, 3), 2),
        "Conv2d: weights must have a multiple of 4 rows, the places of a kernel, got shape (9, 2)",
    ),
    "a kernel that is larger than the map": (
        lambda: Conv2d(ONES, (3, 2), 3),
        "Conv2d: kernel_size (3, 3) must fit into the map (3, 2) with its padding",
    ),
    "groups that leave kernels over": (
        lambda: Conv2d(np.ones((9, 4)), (3, 3), 3, groups=3),
        "Conv2d: groups must divide the number of kernels, 4",
    ),
    "padding to the same shape with a stride": (
        lambda: Conv1d(ONES, 9, 3, padding="same", stride=2),
        "Conv1d: stride must be 1 where padding is 'same', got (1, 2)",
    ),
    "negative padding": (
        lambda: Conv2d(ONES, (5, 5), 3, padding=-1),
        "Conv2d: padding must not be negative, got (-1, -1)",
    ),
    "no stride": (lambda: Conv2d(ONES, (5, 5), 3, stride=(1, 0)), "Conv2d: stride must be above 0, got (1, 0)"),
    "kernels of another dimension": (
        lambda: Conv2d.from_kernels(ONES, (5, 5)),
        "Conv2d: kernels must have shape (kernels, channels / groups, rows, columns), got shape (9, 2)",
    ),
    "a pool that is larger than the map": (
        lambda: SumPool2d((1, 2, 2), 3),
        "SumPool2d: kernel_size (3, 3) must fit into the map (2, 2) with its padding",
    ),
    "no channels": (lambda: AvgPool2d((0, 2, 2), 2), "AvgPool2d: input_shape must be above 0, got (0, 2, 2)"),
    "noise": (lambda: SumPool2d((1, 2, 2), 2, noise_std=0.1), "SumPool2d: noise_std must be 0"),
    "a dimension that is not there": (
        lambda: Flatten((2, 3), start_dim=2),
        "Flatten: start_dim must be from -2 to 1, got 2",
    ),
    "dimensions the wrong way round": (
        lambda: Flatten((2, 3, 4), start_dim=2, end_dim=0),
        "Flatten: start_dim must not come after end_dim, got 2 and 0",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_by_name(case):
    make, words = REFUSED[case]
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value).startswith(words)


BIG = np.random.default_rng(0).normal(size=(8 * 9, 40))  # large enough for the tiled product


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("more", [{}, {"stride": 2, "padding": 0}, {"input_type": TSEvent}, {"dilation": (1, 2)}])
def test_a_convolution_of_many_weights_obeys_the_laws(more, dtype):
    given = {"weights": BIG, "input_shape": (7, 6), "kernel_size": 3, "padding": 1, "groups": 1, "stride": 1} | more
    check_layer(Conv2d, **given, dtype=dtype)


@pytest.mark.parametrize("input_type", [TSContinuous, TSEvent])
def test_nothing_connected_gives_the_bias(input_type):
    layer = Conv2d(ONES, (3, 4), 3, bias=[1.0, 2.0], input_type=input_type)
    assert np.array_equal(layer.advance({}, None, Span(0, 2))[1], [[1, 1, 2, 2]] * 2)


def test_flattening_hands_on_what_it_gets():
    events = Events(np.array([0, 1]), np.array([3, 2], dtype=np.int32))
    layer = Flatten((2, 3), start_dim=0, input_type=TSEvent)
    assert layer.output_type is TSEvent
    assert layer.advance({}, events, Span(0, 2))[1] is events


@pytest.mark.parametrize(
    ("shape", "dims", "expected"),
    [((2, 3, 4), (0, 1), (6, 4)), ((2, 3, 4), (-2, -1), (2, 12)), ((5,), (0, 0), (5,)), ((2, 3, 4), (1, 1), (2, 3, 4))],
)
def test_flattening_joins_the_dimensions_from_the_first_to_the_last(shape, dims, expected):
    assert Flatten(shape, start_dim=dims[0], end_dim=dims[1]).output_shape == expected


@pytest.mark.parametrize("block", [1, 7, 64])
def test_a_network_of_maps_gives_the_same_bits_in_any_blocks(block):
    rng = np.random.default_rng(1)
    conv = Conv2d.from_kernels(rng.normal(size=(6, 2, 3, 3)), (8, 9), padding=1, bias=rng.normal(size=6))
    net = Network([conv, AvgPool2d((6, 8, 9), 2), Flatten((6, 4, 4)), Conv1d.from_kernels(BIG.T[:, :6, None], 16)])
    x = TSContinuous.from_clocked(rng.normal(size=(100, 144)), dt=1e-3)
    whole = net.copy().evolve(x)["conv1d"].samples
    assert net.evolve(x, block=block)["conv1d"].samples.tobytes() == whole.tobytes()
