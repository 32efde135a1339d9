"""What the first layers refuse, and how they say it; what they count."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from graphnet import (
    Events,
    GraphnetError,
    InputError,
    NetworkError,
    ParameterError,
    ParameterTypeError,
    Span,
    TSContinuous,
    TSEvent,
)
from layers import LIF, DeltaEncoder, ExpSyn, Linear, PassThrough, Rate, Ridge

ONE = [[1.0]]
TWO = np.ones((1, 2))

REFUSED = {
    "unstable Euler": (
        lambda: Rate(TWO, tau=[0.02, 0.0005], dt=1e-3),
        "Rate: tau must be above dt / 2 = 0.0005 s, where Euler's method is unstable, got 0.0005 s;"
        " shorten dt or use method='exact'",
    ),
    "recurrent weights of another size": (
        lambda: Rate(TWO, np.ones((3, 3))),
        "Rate: weights_rec must have shape (2, 2), got (3, 3)",
    ),
    "sparse recurrent weights of another size": (
        lambda: LIF(TWO, csr_array(np.ones((2, 3)))),
        "LIF: weights_rec must have shape (2, 2), got (2, 3)",
    ),
    "an activation that does not exist": (
        lambda: Rate(ONE, activation="swish"),
        "Rate: activation should be 'relu', 'tanh', 'sigmoid', 'identity' or one that is registered, got 'swish'",
    ),
    "a reset above the threshold": (
        lambda: LIF(TWO, threshold=[1.0, 0.5], v_reset=0.5),
        "LIF: threshold must be above v_reset for every neuron, or a spike would follow every spike",
    ),
    "a time constant of zero": (
        lambda: ExpSyn(TWO, tau=[0.01, 0.0]),
        "ExpSyn: tau should be greater than 0, got 0.0 at unit 1 (in s)",
    ),
    "a negative refractory period": (
        lambda: LIF(ONE, refractory=-0.001),
        "LIF: refractory should be greater than or equal to 0, got -0.001 (in s)",
    ),
    "one time constant too many": (
        lambda: LIF(TWO, tau_mem=[0.01, 0.02, 0.03]),
        "LIF: tau_mem must be a number or have shape (2,), got shape (3,)",
    ),
    "noise without a state": (
        lambda: Linear(ONE, noise_std=0.1),
        "Linear: noise_std must be 0: there is no state that noise could act on",
    ),
    "noise on an encoder": (
        lambda: DeltaEncoder(1, threshold=0.1, noise_std=0.1),
        "DeltaEncoder: noise_std must be 0: noise belongs to the signal that is encoded",
    ),
    "weights that are not finite": (
        lambda: Rate([[np.nan]]),
        "Rate: weights should be finite, got NaN or infinity",
    ),
    "weights of a readout of another shape": (
        lambda: Ridge(3, 2, weights=np.ones((2, 3))),
        "Ridge: weights must have shape (3, 2), got (2, 3)",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_wrong_parameter_is_refused_in_words(what):
    make, text = REFUSED[what]
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == text


def test_a_missing_threshold_is_named():
    with pytest.raises(ParameterTypeError, match="DeltaEncoder needs 'threshold'"):
        DeltaEncoder(3)


def test_an_unstable_step_is_fine_where_the_leak_is_exact():
    y = Rate(ONE, tau=1e-4, method="exact").evolve(TSContinuous.from_clocked(np.ones((5, 1)), dt=1e-3))
    assert np.max(np.abs(y.samples - 1.0)) < 1e-4  # exp(-10)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e9])
def test_a_jump_of_too_many_thresholds_is_refused_with_its_place(value):
    layer = DeltaEncoder(2, threshold=1e-3)
    x = np.zeros((4, 2))
    x[2, 1] = value
    with pytest.raises(InputError) as caught:
        layer.advance(layer.initial(), x, Span(100, 4))
    assert f"the sample {value!r} of channel 1 at step 102 is more than 1000000 thresholds" in str(caught.value)


def test_a_nan_sample_gives_no_event_and_the_level_starts_at_the_first_number():
    layer = DeltaEncoder(1, threshold=1.0)
    x = np.array([[np.nan], [3.0], [np.nan], [5.0]])
    state, events = layer.advance(layer.initial(), x, Span(0, 4))
    assert events.step.tolist() == [3, 3]
    assert state["first"].tolist() == [3.0]


@pytest.mark.parametrize("make", [lambda: Linear([[0.5]], input_type=TSEvent), lambda: ExpSyn([[0.5]])])
def test_events_repeated_in_a_step_are_counted(make):
    layer = make()
    events = Events(np.array([4, 4, 4]), np.zeros(3, dtype=np.int32))
    _, y = layer.advance(layer.initial(), events, Span(4, 1))
    assert y.tolist() == [[1.5]]


def test_pass_through_hands_on_the_block_itself_and_emits_what_it_accepts():
    layer = PassThrough(2, TSEvent)
    events = Events(np.array([4, 4]), np.array([0, 0], dtype=np.int32))
    assert layer.advance(layer.initial(), events, Span(4, 1))[1] is events
    assert layer.output_type is TSEvent
    assert PassThrough(2).output_type is TSContinuous


def test_more_spikes_than_one_buffer_holds_are_all_there():
    """2,000 neurons that fire at every one of 30 steps fill the room for 16,384 events several times."""
    layer = LIF(np.full((1, 2000), 1e3), tau_mem=0.02)
    _, events = layer.advance(layer.initial(), np.ones((30, 1)), Span(0, 30))
    assert np.array_equal(events.step, np.repeat(np.arange(30), 2000))
    assert np.array_equal(events.channel, np.tile(np.arange(2000), 30))


class TestRidge:
    x = np.random.default_rng(0).normal(size=(20, 3))
    y = np.random.default_rng(1).normal(size=(20, 2))

    def test_it_gives_zeros_before_the_first_fit(self):
        layer = Ridge(3, 2)
        assert layer.evolve(TSContinuous.from_clocked(self.x, dt=1e-3)).samples.tolist() == np.zeros((20, 2)).tolist()

    @pytest.mark.parametrize(
        ("x", "y", "text"),
        [
            (x[:, :2], y, "input to fit must have shape (n, 3), got (20, 2)"),
            (x, y[:, 0], "targets to fit must have shape (n, 2), got (20,)"),
            (x, y[:-1], "20 rows of input but 19 rows of targets"),
            (np.where(np.arange(60).reshape(20, 3) == 4, np.nan, x), y, "input to fit hold nan in row 1, channel 1"),
            (x, np.full((20, 2), np.inf), "targets to fit hold inf in row 0, channel 0"),
        ],
    )
    def test_rows_that_do_not_fit_are_refused_and_leave_nothing(self, x, y, text):
        layer, other = Ridge(3, 2), Ridge(3, 2)
        for one in (layer, other):
            one.partial_fit(self.x, self.y)
        with pytest.raises(InputError) as caught:
            layer.partial_fit(x, y)
        assert text in str(caught.value)
        for one in (layer, other):
            one.end_fit()
        assert np.array_equal(layer.weights, other.weights)

    def test_a_fit_without_data_is_refused_and_changes_nothing(self):
        layer = Ridge(3, 2, weights=np.ones((3, 2)))
        layer.begin_fit()
        with pytest.raises(NetworkError, match="no data to fit to"):
            layer.end_fit()
        assert np.all(layer.weights == 1.0)

    def test_a_singular_problem_without_penalty_is_refused_and_changes_nothing(self):
        layer = Ridge(2, 1, alpha=0.0, weights=np.ones((2, 1)))
        layer.partial_fit(np.ones((5, 2)), np.ones((5, 1)))
        with pytest.raises(GraphnetError, match=r"not positive definite at alpha 0\.0"):
            layer.end_fit()
        assert np.all(layer.weights == 1.0)

    def test_data_whose_products_overflow_are_refused_and_change_nothing(self):
        layer = Ridge(3, 2, weights=np.ones((3, 2)))
        with np.errstate(over="ignore", invalid="ignore"):
            layer.partial_fit(1e200 * self.x, self.y)
            with pytest.raises(NetworkError):
                layer.end_fit()
        assert np.all(layer.weights == 1.0)

    def test_a_new_fit_forgets_the_last_one(self):
        layer, fresh = Ridge(3, 2), Ridge(3, 2)
        layer.partial_fit(10 * self.x, self.y)
        layer.end_fit()
        for one in (layer, fresh):
            one.partial_fit(self.x, self.y)
            one.end_fit()
        assert np.array_equal(layer.weights, fresh.weights)

    def test_a_fit_given_up_is_forgotten_by_the_next(self):
        layer, fresh = Ridge(3, 2), Ridge(3, 2)
        layer.partial_fit(10 * self.x, self.y)
        for one in (layer, fresh):
            one.begin_fit()
            one.partial_fit(self.x, self.y)
            one.end_fit()
        assert np.array_equal(layer.weights, fresh.weights)

    def test_a_fitted_readout_is_read_back_with_its_result(self):
        layer = Ridge(3, 2)
        layer.partial_fit(self.x, self.y)
        layer.end_fit()
        again = Ridge.load_from_dict(layer.to_dict())
        series = TSContinuous.from_clocked(self.x, dt=1e-3)
        assert np.any(again.weights != 0.0)
        assert np.array_equal(layer.evolve(series).samples, again.evolve(series).samples)
