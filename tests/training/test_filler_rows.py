"""Rows of padding alone, which make the shares of several devices equal, count nowhere."""

import keras
import numpy as np
import pytest
from keras import ops

from s2s_keras.data import Pair
from s2s_keras.data.batches import encode_pairs, pad_batch
from s2s_keras.model import Seq2Seq
from s2s_keras.text import CharacterTokenizer
from s2s_keras.training import (
    ExactMatch,
    MaskedCrossentropy,
    NegativeLogLikelihood,
    TokenAccuracy,
)

SYSTEMS = {
    "bahdanau": {"deep_output": "maxout"},
    "luong, local-p": {"decoder": "luong", "encoder_direction": "forward", "attention_window": 2},
    "cho": {"decoder": "cho", "encoder_direction": "forward"},
    "sutskever": {"decoder": "sutskever", "encoder_direction": "backward", "bridge": "copy"},
}
PAIRS = [Pair("ab", "ba"), Pair("abc", "cba"), Pair("c", "c"), Pair("bcabc", "cbacb")]


def make_model(**options) -> Seq2Seq:
    keras.utils.set_random_seed(1)
    tokenizer = CharacterTokenizer("abc")
    model = Seq2Seq(tokenizer, tokenizer, embedding_size=4, units=5, **options)
    model.compile(
        optimizer=keras.optimizers.SGD(1.0),
        loss=MaskedCrossentropy(0.1),
        metrics=[NegativeLogLikelihood(), TokenAccuracy(), ExactMatch()],
    )
    return model


def batches(model: Seq2Seq, rows: int | None) -> list:
    examples = encode_pairs(PAIRS, model.source_tokenizer, model.target_tokenizer)
    return [pad_batch(part, 6, rows=rows) for part in (examples[:3], examples[3:])]


def one_by_one(batches: list):
    yield from batches


def test_pad_batch_puts_rows_of_padding_behind():
    inputs, target_ids = batches(make_model(), 5)[0]
    assert inputs["source_ids"].shape == target_ids.shape == (5, 6)
    assert not inputs["source_ids"][3:].any()
    assert not target_ids[3:].any()


@pytest.mark.parametrize("kind", [NegativeLogLikelihood, TokenAccuracy, ExactMatch])
def test_metric_with_filler_rows_is_the_same(kind):
    y_true = np.array([[3, 1, 2], [2, 0, 0], [1, 2, 0]], np.int32)
    y_pred = 2.0 * np.eye(4, dtype=np.float32)[np.array([[3, 1, 2], [3, 3, 3], [1, 3, 0]])]
    filled = [np.pad(y_true, [(0, 2), (0, 0)]), np.pad(y_pred, [(0, 2), (0, 0), (0, 0)])]
    np.testing.assert_allclose(kind()(*filled), kind()(y_true, y_pred), rtol=1e-6)


def test_exact_match_weighs_examples():
    y_true = np.array([[3, 1], [2, 0], [1, 2]], np.int32)
    y_pred = np.eye(4, dtype=np.float32)[np.array([[3, 1], [3, 3], [1, 2]])]
    assert float(ExactMatch()(y_true, y_pred, np.array([1.0, 1.0, 2.0]))) == 0.75


@pytest.mark.parametrize("system", SYSTEMS)
def test_figures_and_steps_with_filler_rows_are_the_same(system):
    model, filled = make_model(**SYSTEMS[system]), make_model(**SYSTEMS[system])
    first, first_filled = batches(model, None)[0], batches(filled, 4)[0]
    logs = model.test_on_batch(*first, return_dict=True)
    assert filled.test_on_batch(*first_filled, return_dict=True) == pytest.approx(logs, rel=1e-5)
    model.train_on_batch(*first)
    filled.train_on_batch(*first_filled)
    for one, other in zip(model.trainable_variables, filled.trainable_variables, strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(one), ops.convert_to_numpy(other), atol=1e-5, rtol=0
        )


def test_mean_loss_of_an_epoch_weighs_batches_by_their_examples():
    figures = []
    for rows in (None, 4):
        model = make_model()
        logs = model.evaluate(
            one_by_one(batches(model, rows)), steps=2, verbose=0, return_dict=True
        )
        losses = [
            float(model.compute_loss(y=ids, y_pred=model(inputs)))
            for inputs, ids in batches(model, rows)
        ]
        assert logs["loss"] == pytest.approx((3 * losses[0] + losses[1]) / 4, rel=1e-5)
        figures.append(logs)
    assert figures[1] == pytest.approx(figures[0], rel=1e-5)
