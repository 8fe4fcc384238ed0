import json

import keras
import numpy as np
import pytest

from s2s_keras.config import TrainingConfig
from s2s_keras.training import InverseSqrtDecay
from s2s_keras.training.schedules import make_schedule


def rates(schedule, steps) -> list[float]:
    return [float(schedule(keras.ops.convert_to_tensor(step))) for step in steps]


@pytest.mark.parametrize(
    ("decay", "expected"),
    [  # at steps 0, 50, 100, 400, 1100
        ("cosine", [0, 0.5, 1, 0.02 + 0.98 * (1 + np.cos(0.3 * np.pi)) / 2, 0.02]),
        ("inverse_sqrt", [0, 0.5, 1, 0.5, 11**-0.5]),
        ("constant", [0, 0.5, 1, 1, 1]),
    ],
)
def test_schedule_rises_to_its_peak_and_decays(decay, expected):
    settings = TrainingConfig(decay=decay, learning_rate=0.01, warmup_steps=100)
    schedule = make_schedule(settings, total_steps=1100)
    actual = rates(schedule, [0, 50, 100, 400, 1100])
    np.testing.assert_allclose(actual, 0.01 * np.array(expected), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(("decay", "last"), [("cosine", 0.02), ("constant", 1.0)])
def test_schedule_without_warmup_starts_at_its_peak(decay, last):
    settings = TrainingConfig(decay=decay, learning_rate=0.01, warmup_steps=0)
    np.testing.assert_allclose(rates(make_schedule(settings, 9), [0, 9]), [0.01, 0.01 * last])


@pytest.mark.parametrize("decay", ["cosine", "inverse_sqrt", "constant"])
@pytest.mark.parametrize("total_steps", [1, 8])
def test_schedule_of_a_short_training_reaches_its_peak(decay, total_steps):
    settings = TrainingConfig(decay=decay, learning_rate=0.01, warmup_steps=100)
    schedule = make_schedule(settings, total_steps)
    assert max(rates(schedule, range(total_steps + 1))) == pytest.approx(0.01)


@pytest.mark.parametrize("decay", ["cosine", "inverse_sqrt", "constant"])
def test_schedule_survives_the_config_of_its_optimizer(decay):
    schedule = make_schedule(TrainingConfig(decay=decay, warmup_steps=3), 20)
    text = json.dumps(keras.optimizers.serialize(keras.optimizers.Adam(schedule)))
    copy = keras.optimizers.deserialize(json.loads(text))
    assert json.dumps(keras.optimizers.serialize(copy)) == text
    for step in range(0, 21, 4):
        copy.iterations.assign(step)
        assert float(copy.learning_rate) == rates(schedule, [step])[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 10), "`peak` must be more than 0. Received: peak=0.0"),
        ((0.1, 0), "`warmup_steps` must be at least 1. Received: warmup_steps=0"),
    ],
)
def test_inverse_sqrt_decay_refuses_impossible_values(arguments, message):
    with pytest.raises(ValueError, match=message):
        InverseSqrtDecay(*arguments)
