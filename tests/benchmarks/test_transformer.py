"""The Transformer that we measure against is honest: its steps are what it was trained to."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from benchmarks.claims.contestants import load_model, train
from benchmarks.claims.recurrent_against_transformer import Timed, step_difference
from benchmarks.claims.transformer import Transformer
from benchmarks.claims.transformer_file import TransformerSession, export_transformer
from s2s_keras.data import Pair
from s2s_keras.decoding import DecodingSettings, Predictor
from s2s_keras.errors import ArtifactError
from s2s_keras.text import BOS_ID, CharacterTokenizer

LENGTH = 8
PAIRS = [Pair(a + b + c, c + b + a) for a in "abc" for b in "abc" for c in "abcd"]


@pytest.fixture(scope="module")
def model() -> Transformer:
    keras.utils.set_random_seed(1)
    tokenizer = CharacterTokenizer.learn(text for pair in PAIRS for text in pair)
    return Transformer(tokenizer, width=16, heads=2, hidden=24, layers=2, max_length=LENGTH)


def test_decode_step_equals_teacher_forcing(model: Transformer) -> None:
    source_ids = np.array([[4, 5, 6, 0, 0], [7, 6, 5, 4, 4]], np.int32)
    target_ids = np.array([[6, 5, 4, 2], [4, 7, 5, 2]], np.int32)
    logits = model({"source_ids": source_ids, "target_ids": target_ids})
    expected = ops.convert_to_numpy(ops.log_softmax(logits))
    source = model.encode(source_ids)
    keys, values = (np.zeros((2, 2, 2, LENGTH, 8), np.float32) for _ in range(2))
    token = np.full(2, BOS_ID, np.int32)
    for position in range(target_ids.shape[1]):
        log_probs, new_keys, new_values = model.decode_step(token, position, keys, values, source)
        np.testing.assert_allclose(log_probs, expected[:, position], atol=1e-5)
        keys[:, :, :, position : position + 1] = new_keys
        values[:, :, :, position : position + 1] = new_values
        token = target_ids[:, position]


def test_a_later_target_token_changes_no_earlier_logits(model: Transformer) -> None:
    source_ids = np.array([[4, 5, 6]], np.int32)
    one, other = np.array([[6, 5, 4, 2]], np.int32), np.array([[6, 5, 7, 2]], np.int32)
    a, b = (model({"source_ids": source_ids, "target_ids": ids}).numpy() for ids in (one, other))
    np.testing.assert_allclose(a[:, :3], b[:, :3], atol=1e-6)
    assert np.abs(a[:, 3] - b[:, 3]).max() > 1e-3


def test_padding_changes_nothing(model: Transformer) -> None:
    target_ids = np.array([[6, 5, 4, 2]], np.int32)
    short, long = np.array([[4, 5, 6]], np.int32), np.array([[4, 5, 6, 0, 0, 0]], np.int32)
    a, b = (model({"source_ids": ids, "target_ids": target_ids}).numpy() for ids in (short, long))
    np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.slow
def test_trained_files_decode_as_the_model_does(model: Transformer, tmp_path: Path) -> None:
    train(model, PAIRS, epochs=60, peak=1e-2, batch_size=12)
    settings = DecodingSettings(beam_width=1, max_output_length=LENGTH, max_source_length=LENGTH)
    for quantization in ("none", "dynamic_range"):
        graph = export_transformer(
            model, tmp_path / "model.tflite", max_length=LENGTH, quantization=quantization
        )
        session = TransformerSession(graph)
        if quantization == "none":
            assert step_difference(model, session, PAIRS[::6]) < 1e-4
        timed = Timed(session)
        predictor = Predictor(timed, model.tokenizer, model.tokenizer, settings)
        found = [p[0].text for p in predictor.predict([pair.source for pair in PAIRS])]
        assert np.mean([a == pair.target for a, pair in zip(found, PAIRS, strict=True)]) > 0.9
        assert len(timed.encode_ms) == len(PAIRS)
        assert len(timed.step_ms) >= 4 * len(PAIRS) * 0.9
    with pytest.raises(ValueError, match="one source"):
        session.start(np.ones((2, 3), np.int32), 1)


def test_load_model_gives_the_same_logits_and_checks_the_vocabulary(
    model: Transformer, tmp_path: Path
) -> None:
    path = tmp_path / "model.keras"
    assert load_model(path, model.tokenizer) is None
    model.save(path)
    loaded = load_model(path, model.tokenizer)
    inputs = {
        "source_ids": np.array([[4, 5, 6]], np.int32),
        "target_ids": np.array([[6, 5, 4, 2]], np.int32),
    }
    np.testing.assert_allclose(loaded(inputs), model(inputs), atol=1e-6)
    with pytest.raises(ArtifactError, match="other data"):
        load_model(path, CharacterTokenizer("xyz"))
