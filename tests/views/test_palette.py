"""The colours: words can be read on them, and no kind of colour blindness makes two of them one."""

from itertools import combinations

import numpy as np
import pytest

from graphnet.errors import UnknownName
from graphnet.views.palette import DARK, FAMILIES, LIGHT, STROKES, mixed, theme

# What dichromats see of linear RGB: Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation
# of color vision deficiency", IEEE Trans. Visualization and Computer Graphics 15(6), severity 1.0.
SIGHT = {
    "all colours": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])  # IEC 61966-2-1
THEMES = [LIGHT, DARK]


def linear(colour):
    """Linear RGB of a colour of sRGB (IEC 61966-2-1)."""
    v = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIELAB of linear RGB (CIE 15:2004, 8.2.1), white D65."""
    t = TO_XYZ @ np.clip(rgb, 0, 1) / TO_XYZ.sum(axis=1)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one, other):
    """The contrast ratio of WCAG 2.1."""
    dark, light = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_has_the_contrast_that_wcag_states():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("paper", THEMES, ids=lambda one: one.name)
def test_words_can_be_read_on_every_fill(paper):
    fills = [paper.page, *map(paper.fill, FAMILIES), *(paper.measured(part / 20) for part in range(21))]
    for fill in fills:
        assert contrast(paper.ink, fill) >= 4.5
    for fill in [paper.page, *map(paper.fill, FAMILIES)]:
        assert contrast(paper.soft, fill) >= 4.5  # WCAG 2.1, 1.4.3
    for colour in [*paper.signals.values(), *paper.severities.values()]:
        assert contrast(colour, paper.page) >= 4.5


@pytest.mark.parametrize("paper", THEMES, ids=lambda one: one.name)
def test_borders_can_be_seen_on_the_page(paper):
    for family in FAMILIES:
        assert contrast(paper.colour(family), paper.page) >= 3.0  # WCAG 2.1, 1.4.11


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("paper", THEMES, ids=lambda one: one.name)
def test_no_two_families_look_alike_to_anybody(paper, sight):
    """A distance of 12 in CIELAB is about five times what can just be noticed (2.3: Mahy et al. 1994)."""
    seen = {family: lab(np.array(SIGHT[sight]) @ linear(paper.colour(family))) for family in FAMILIES}
    for one, other in combinations(FAMILIES, 2):
        assert np.linalg.norm(seen[one] - seen[other]) > 12, (one, other)
    kinds = [lab(np.array(SIGHT[sight]) @ linear(colour)) for colour in paper.signals.values()]
    assert np.linalg.norm(kinds[0] - kinds[1]) > 20


@pytest.mark.parametrize("paper", THEMES, ids=lambda one: one.name)
def test_a_greater_value_stands_out_more_from_the_page_also_in_grey(paper):
    ratios = [contrast(paper.measured(part / 10), paper.page) for part in range(11)]
    assert ratios == sorted(ratios)
    assert ratios[-1] / ratios[0] > 1.5


def test_events_and_continuous_signals_differ_in_their_stroke():
    assert STROKES["TSContinuous"] == "solid"
    assert STROKES["TSEvent"] != "solid"


def test_a_family_of_somebody_else_is_drawn_as_other():
    assert LIGHT.colour("mine") == LIGHT.soft
    assert LIGHT.fill("mine") == LIGHT.page


def test_an_unknown_theme_is_named():
    assert theme("dark") is DARK
    with pytest.raises(UnknownName, match="no theme named 'drak'; did you mean 'dark'"):
        theme("drak")


def test_a_mixture_begins_and_ends_with_its_colours():
    assert [mixed("#102030", "#ffeedd", part) for part in (0, 1)] == ["#102030", "#ffeedd"]
