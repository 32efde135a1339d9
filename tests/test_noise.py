"""The noise room: the published answers, independence of blocks, and honest statistics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.noise import noise_key, normal, philox, uniform


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0, 0, 0), 0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 4, 0xFFFFFFFF_FFFFFFFF, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            0x299F31D0_A4093822,
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
@pytest.mark.parametrize("face", ["compiled", "python"])
def test_philox_gives_the_known_answers_of_its_authors(counter, key, answer, face):
    """Known-answer vectors of philox4x32-10 published with Random123 (kat_vectors)."""
    words = getattr(philox, face)(*(np.uint64(word) for word in counter), np.uint64(key))
    assert " ".join(f"{int(word):08x}" for word in words) == answer


@given(cut=st.integers(0, 20), size=st.integers(1, 9), start=st.integers(0, 2**40), stream=st.integers(0, 9))
def test_a_draw_depends_on_its_step_and_column_alone(cut, size, start, stream):
    whole = normal(7, stream, start, 20, size)
    parts = np.concatenate([normal(7, stream, start, cut, size), normal(7, stream, start + cut, 20 - cut, size)])
    assert np.array_equal(whole, parts)
    assert np.array_equal(normal(7, stream, start, 20, size + 3)[:, :size], whole)


def test_normals_have_the_moments_of_a_standard_normal():
    """Each sample moment within 5 standard errors: var of x, x^2, x^3, x^4 is 1, 2, 15, 96."""
    x = normal(noise_key("moments"), 0, 0, 50_000, 4).ravel()
    for power, mean, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs(np.mean(x**power) - mean) < 5 * np.sqrt(variance / len(x))


def test_columns_steps_and_streams_are_uncorrelated():
    x, y = normal(1, 0, 0, 40_000, 3), normal(1, 1, 0, 40_000, 3)
    bound = 5 / np.sqrt(40_000)
    pairs = [(x[:, 0], x[:, 1]), (x[:, 0], x[:, 2]), (x[:-1, 0], x[1:, 0]), (x[:, 0], y[:, 0])]
    assert all(abs(np.mean(a * b)) < bound for a, b in pairs)


def test_uniforms_fill_the_open_interval_evenly():
    u = uniform(3, 0, 0, 20_000, 5).ravel()
    assert u.min() > 0 and u.max() < 1
    observed = np.bincount((u * 20).astype(int), minlength=20)
    expected = len(u) / 20
    assert np.sum((observed - expected) ** 2 / expected) < 50  # chi-squared of 19 degrees: p of about 1e-4
