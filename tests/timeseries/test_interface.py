"""The names, orders and defaults of arguments that scripts rely on, and small members that no law covers."""

import inspect

import numpy as np
import pytest

from graphnet.errors import GraphnetError
from graphnet.timeseries import TimeSeries, TSContinuous, TSEvent, _extend_periodic_times, full_nan

SIGNATURES = {
    TimeSeries: {
        "__init__": "times periodic t_start t_stop plotting_backend name",
        "delay": "offset inplace",
        "start_at": "t inplace",
        "start_at_zero": "inplace",
        "contains": "times",
        "concatenate_t": "series offset",
        "load": "path expected_type",
        "set_plotting_backend": "backend verbose",
    },
    TSContinuous: {
        "__init__": "times samples num_channels periodic t_start t_stop name units interp_kind fill_value",
        "from_clocked": "samples dt t_start periodic name interp_kind",
        "to_clocked": "dt",
        "clip": "t_start t_stop channels include_stop sample_limits inplace",
        "resample": "times channels inplace",
        "merge": "other_series remove_duplicates inplace",
        "append_c": "other_series inplace",
        "append_t": "other_series offset inplace",
        "plot": "times target channels stagger skip",
        "print": "full num_first num_last limit_shorten",
        "to_dict": "dtype_times dtype_samples",
        "save": "path verbose dtype_times dtype_samples",
    },
    TSEvent: {
        "__init__": "times channels periodic t_start t_stop name num_channels",
        "__call__": "t_start t_stop channels",
        "clip": "t_start t_stop channels remap_channels inplace",
        "remap_channels": "channel_map inplace",
        "raster": "dt t_start t_stop num_timesteps channels add_events",
        "xraster": "dt t_start t_stop num_timesteps channels add_events",
        "from_raster": "raster dt t_start t_stop name periodic num_channels spikes_at_bin_start",
        "append_c": "other_series inplace",
        "append_t": "other_series offset remove_duplicates inplace",
        "merge": "other_series delay remove_duplicates inplace",
        "plot": "time_limits target channels",
        "to_dict": "dtype_times dtype_channels",
    },
}


@pytest.mark.parametrize(
    ("cls", "method"), [(cls, method) for cls, methods in SIGNATURES.items() for method in methods]
)
def test_arguments_come_in_the_order_that_scripts_give_them(cls, method):
    names = [name for name in inspect.signature(getattr(cls, method)).parameters if name != "self"]
    expected = SIGNATURES[cls][method].split()
    assert names[: len(expected)] == expected


def test_a_plain_series_is_times_in_an_extent():
    ts = TimeSeries([1.0, 1.0, 3.0], name="marks")
    assert (len(ts), ts.t_start, ts.t_stop, ts.duration, ts.dt) == (3, 1.0, 3.0, 2.0, None)
    assert ts.append_t(ts, offset=1.0).times.tolist() == [1, 1, 3, 4, 4, 6]
    assert TimeSeries.concatenate_t([ts, ts]).times.tolist() == [1, 1, 3, 3, 3, 5]
    assert (TimeSeries().t_start, TimeSeries(t_start=2.0).t_stop) == (0.0, 2.0)
    assert not TimeSeries([1.0]).isempty()
    assert TimeSeries([1.0]).duration == 0.0


def test_contains_is_about_the_extent_and_always_true_for_a_periodic_series():
    ts = TSContinuous([1.0, 2.0], [1, 2], t_stop=3.0)
    assert ts.contains(1.0)
    assert ts.contains([1.5, 3.0])
    assert not ts.contains([0.5, 2.0])
    assert ts.contains([])
    ts.periodic = True
    assert ts.contains(1e9)
    np.testing.assert_allclose(ts._modulo_period([0.5, 3.5]), [2.5, 1.5])


def test_iteration_gives_times_with_rows_or_channels():
    assert [(t, row.tolist()) for t, row in TSContinuous([0, 1], [[1, 2], [3, 4]])] == [(0.0, [1, 2]), (1.0, [3, 4])]
    assert list(TSEvent([0.5], [3], t_stop=1)) == [(0.5, 3)]


def test_representations_say_what_a_series_holds(capsys):
    ts = TSContinuous.from_clocked(np.arange(20.0), 0.1, name="x")
    assert repr(ts) == "non-periodic TSContinuous object `x` from t=0.0 to 2.0. Samples: 20. Channels: 1"
    assert repr(TSEvent([0.0], t_stop=1, periodic=True)).startswith(
        "periodic TSEvent object `unnamed` from t=0.0 to 1.0"
    )
    assert repr(TSContinuous()).startswith("Empty TSContinuous object")
    ts.print()
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1 + 4 + 1 + 4
    assert said[1:3] == ["    t=0.0: [0.]", "    t=0.1: [1.]"]
    ts.print(full=True)
    assert len(capsys.readouterr().out.splitlines()) == 21
    TSEvent([0.5], [2], t_stop=1.0).print()
    assert "t=0.5: channel 2" in capsys.readouterr().out


def test_periodic_times_are_repeated_over_what_is_asked_for():
    ts = TimeSeries([0.0, 0.5], t_stop=1.0, periodic=True)
    assert _extend_periodic_times(-1.2, 1.5, ts).tolist() == [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5]


def test_full_nan():
    assert np.isnan(full_nan((2, 3))).all()


def test_every_error_of_this_room_has_the_one_root():
    for act in (
        lambda: TSContinuous([0.0], [1.0, 2.0]),
        lambda: TSContinuous.from_clocked([1.0], 0),
        lambda: TSEvent([0.0]),
        lambda: TSEvent(t_stop=1)(channels=3),
        lambda: TSContinuous([0.0], [1.0], interp_kind="x"),
    ):
        with pytest.raises(GraphnetError):
            act()
