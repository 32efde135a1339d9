"""The networks of the gallery are sound, run, and do what their pages say."""

from pathlib import Path

import numpy as np
import pytest

from graphnet import Network, TSContinuous, TSEvent

GALLERY = Path(__file__).parents[1] / "docs" / "gallery"
PARTS = {"ear", "column", "area"}  # of other documents
NETWORKS = sorted(path.stem for path in GALLERY.glob("*.yaml") if path.stem not in PARTS)


def tone(frequency: float, duration: float, dt: float, lag: float = 0.0) -> TSContinuous:
    """A sine of one channel that comes ``lag`` seconds later."""
    t = np.arange(0, duration, dt)
    return TSContinuous.from_clocked(np.sin(2 * np.pi * frequency * (t - lag))[:, None], dt=dt)


@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_is_found_wrong_with_a_network_of_the_gallery(name):
    net = Network.load(GALLERY / f"{name}.yaml")
    assert [str(one) for one in net.check() if one.severity != "note"] == []


@pytest.mark.parametrize(("later", "place"), [("right", 2), ("left", 0), (None, 1)])
def test_a_sound_that_reaches_one_ear_later_is_placed_where_the_delays_make_up_for_it(later, place):
    net = Network.load(GALLERY / "localisation.yaml")
    sound = {ear: tone(600.0, 0.2, 0.00005, lag=0.0004 if ear == later else 0.0) for ear in ("left", "right")}
    spikes = net.evolve(sound, record=["map"])["map"]
    counts = np.bincount(spikes.channels, minlength=9).reshape(3, 3).sum(axis=1)
    assert counts.argmax() == place
    assert counts[place] > 50 * np.delete(counts, place).sum()


def test_the_column_passes_spikes_from_the_thalamus_to_its_output_layers():
    net = Network.load(GALLERY / "column.yaml")
    rng = np.random.default_rng(1)
    times = np.sort(rng.uniform(0, 0.3, 300))
    given = {"thalamus": TSEvent(times, rng.integers(0, 20, 300), t_start=0, t_stop=0.3, num_channels=20)}
    given["beside"] = TSEvent([], [], t_start=0, t_stop=0.3, num_channels=20)
    heard = net.evolve(given, record=["e4", "e23", "e5"])
    assert all(len(heard[name].times) > 0 for name in ("e4", "e23", "e5"))
    silent = Network.load(GALLERY / "column.yaml").evolve({**given, "thalamus": given["beside"]}, record=["e5"])
    assert len(silent["e5"].times) == 0


def test_what_the_plant_of_control_gives_follows_its_target_and_is_predicted():
    net = Network.load(GALLERY / "control.yaml")
    target = tone(1.0, 4.0, 0.001)
    run = net.evolve(target, record=["plant", "model"])
    wanted, got, said = (one.samples[2000:, 0] for one in (target, run["plant"], run["model"]))
    assert np.corrcoef(wanted, got)[0, 1] > 0.95
    assert np.corrcoef(got, said)[0, 1] > 0.95
