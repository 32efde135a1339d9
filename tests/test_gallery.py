"""The networks of the gallery are sound, run, and do what their pages say."""

import numpy as np
import pytest
from draw_gallery import FOLDER, NETWORKS, THEMES, image, page
from matplotlib.image import imread

from graphnet import Network, TSContinuous, TSEvent
from graphnet.seeing import save

GALLERY = FOLDER
ALLOWED = 0.00005  # of a picture's points may differ: letters are smoothed otherwise where FreeType is another
PARTS = {"ear", "column", "area"}  # of other documents
DOCUMENTS = sorted(path.stem for path in GALLERY.glob("*.yaml") if path.stem not in PARTS)


def tone(frequency: float, duration: float, dt: float, lag: float = 0.0) -> TSContinuous:
    """A sine of one channel that comes ``lag`` seconds later."""
    t = np.arange(0, duration, dt)
    return TSContinuous.from_clocked(np.sin(2 * np.pi * frequency * (t - lag))[:, None], dt=dt)


@pytest.mark.parametrize("name", DOCUMENTS)
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


# ---------------------------------------------------------------------- pictures


def differing(picture, other):
    """The share of points that differ by more than a tenth in any colour; all where the sizes are not the same."""
    if picture.shape != other.shape:
        return 1.0
    return float((np.abs(picture - other).max(axis=2) > 0.1).mean())


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("entry", NETWORKS, ids=lambda entry: entry.name)
def test_a_picture_of_the_gallery_is_what_is_drawn_today(entry, theme, tmp_path):
    drawn = tmp_path / "now.png"
    save(Network.load(entry.document), [drawn], theme=theme, open=entry.open)
    share = differing(imread(drawn), imread(image(entry, theme)))
    assert share <= ALLOWED, f"draw it again: python docs/draw_gallery.py {entry.name}"


def test_another_digit_in_one_label_is_a_difference(tmp_path):
    written = (GALLERY / "balance.yaml").read_text(encoding="utf-8")
    pictures = []
    for delay in ("3", "4"):
        document, drawn = tmp_path / "balance.yaml", tmp_path / f"{delay}.png"
        document.write_text(written.replace("@ 3 ms", f"@ {delay} ms"), encoding="utf-8")
        save(Network.load(document), [drawn])
        pictures.append(imread(drawn))
    assert pictures[0].shape == pictures[1].shape
    assert differing(*pictures) > ALLOWED


def test_the_page_of_the_gallery_is_what_its_documents_say():
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == page()


def test_every_document_of_the_gallery_is_in_it():
    assert {path.stem for path in FOLDER.glob("*.yaml")} - PARTS <= {entry.name for entry in NETWORKS}
    assert len(NETWORKS) >= 12
