import math

import keras
import numpy as np
import pytest
from keras import ops

from s2s_keras.layers import ScheduledSampling


def make_sampling(*arguments, **options) -> ScheduledSampling:
    layer = ScheduledSampling(*arguments, **options)
    layer.build()
    return layer


def teacher_forcing(layer, step):
    layer.steps.assign(step)
    return float(layer.teacher_forcing_probability())


@pytest.mark.parametrize("schedule", ["linear", "exponential", "inverse_sigmoid"])
def test_schedule_falls_from_one_to_its_floor_and_stays(schedule):
    layer = make_sampling(schedule, 0.75, 200)
    found = [teacher_forcing(layer, step) for step in (0, 50, 100, 150, 200, 1000)]
    assert found[0] == pytest.approx(1.0, abs=0.03)
    assert found[4] == pytest.approx(0.25, abs=1e-3)
    assert found[5] == pytest.approx(0.25, abs=1e-6)
    assert found[:5] == sorted(found[:5], reverse=True)


def test_schedules_follow_their_equations():
    assert teacher_forcing(make_sampling("linear", 0.5, 100), 30) == pytest.approx(0.85)
    exponential = make_sampling("exponential", 0.5, 100)
    assert teacher_forcing(exponential, 30) == pytest.approx(0.5**0.3)
    # The paper's k: k / (k + exp(100 / k)) = 0.5 for k log k = 100.
    k = 29.5366
    assert k * math.log(k) == pytest.approx(100, abs=0.01)
    sigmoid = make_sampling("inverse_sigmoid", 0.5, 100)
    assert teacher_forcing(sigmoid, 40) == pytest.approx(k / (k + math.exp(40 / k)), abs=1e-4)
    assert teacher_forcing(make_sampling("constant", 0.3), 12345) == pytest.approx(0.7)


def test_tokens_are_true_or_drawn_by_the_coins():
    layer = make_sampling("constant", 0.5)
    logits = np.log(np.array([[0.1, 0.2, 0.7]] * 6, np.float32))
    uniforms = np.array(
        [[0.4, 0.0], [0.6, 0.05], [0.6, 0.15], [0.6, 0.35], [0.6, 0.99], [0.6, 1.0]], np.float32
    )
    ids = layer(np.full(6, 9, np.int32), logits, uniforms)
    np.testing.assert_array_equal(ids, [9, 0, 1, 2, 2, 2])


def test_drawn_tokens_follow_the_models_distribution():
    layer = make_sampling("constant", 1.0, seed=1)
    probabilities = np.array([0.5, 0.3, 0.15, 0.05], np.float32)
    logits = np.tile(np.log(probabilities), (4000, 1))
    ids = layer(np.full(4000, 9, np.int32), logits, layer.uniforms((4000,)))
    counts = np.bincount(ops.convert_to_numpy(ids), minlength=4) / 4000
    np.testing.assert_allclose(counts, probabilities, atol=0.03)


def test_advance_counts_and_the_count_is_saved(tmp_path):
    layer = make_sampling("linear", 0.5, 10)
    for _ in range(3):
        layer.advance()
    assert float(layer.steps) == 3
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.sampling = layer
    model.save_weights(tmp_path / "m.weights.h5")
    layer.steps.assign(0)
    model.load_weights(tmp_path / "m.weights.h5")
    assert float(layer.steps) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cosine",), "`schedule` must be one of.*Received: schedule='cosine'"),
        (("linear", 0.0), "must lie above 0 and be at most 1.*probability=0.0"),
        (("linear", 1.1), "must lie above 0 and be at most 1.*probability=1.1"),
        (("exponential", 1.0), "below 1 for the schedule 'exponential'.*probability=1.0"),
        (("linear", 0.5, 0), "`decay_steps` must be at least 1. Received: decay_steps=0"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ScheduledSampling(*arguments)
