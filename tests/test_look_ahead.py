"""A decoder that tells what fits between what it wrote and what follows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2s_keras.keras_session import KerasSession
from s2s_keras.model import Seq2Seq
from s2s_keras.text import BOS_ID, EOS_ID, SubwordTokenizer, with_end
from s2s_keras.text.context import END

TOKENIZER = with_end(SubwordTokenizer(["▁", *"abcdefgh", "▁a", "▁b", "▁c", "▁d"], lowercase=True))
OPTIONS: dict[str, Any] = {
    "looks_ahead": True,
    "decoder": "luong",
    "encoder_direction": "backward",
    "bridge": "zeros",
    "share_embeddings": True,
    "embedding_size": 8,
    "units": 12,
    "dropout": 0.0,
}
TARGET = "ab cd b abc"
ENDS = np.array([2, 4, 5, 8, 9])  # tokens of the target up to the end of each word, and its `eos`


@pytest.fixture(scope="module")
def model() -> Seq2Seq:
    model = Seq2Seq(TOKENIZER, TOKENIZER, **OPTIONS)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.normal(0, 0.5, weight.shape))
    return model


def logits(model: Seq2Seq, source: str, target: str = TARGET) -> Any:
    source_ids = np.array([[*TOKENIZER.encode(source + END), 0, 0]], np.int32)
    target_ids = np.array([[*TOKENIZER.encode(target), EOS_ID]], np.int32)
    return np.array(model({"source_ids": source_ids, "target_ids": target_ids}))[0]


@pytest.mark.parametrize("place", range(4))
def test_words_see_what_follows_them_and_neither_themselves_nor_what_stands_before(
    model: Seq2Seq, place: int
) -> None:
    words = TARGET.split()
    words[place] = "hgf"
    changed = np.abs(logits(model, " ".join(words)) - logits(model, TARGET)).max(axis=1) > 1e-5
    word_of_token = np.searchsorted(ENDS, np.arange(len(changed)), side="right")
    np.testing.assert_array_equal(changed, word_of_token < place)


def test_a_source_of_what_follows_gives_what_training_saw(model: Seq2Seq) -> None:
    expected = logits(model, TARGET)
    expected = expected - np.log(np.exp(expected).sum(axis=1, keepdims=True))
    words = TARGET.split()
    session = KerasSession(model)
    read, state = [BOS_ID], None
    for place, word in enumerate(words):
        right = [*TOKENIZER.encode(" ".join(words[place + 1 :])), TOKENIZER.encode("a" + END)[-1]]
        session.start(np.array([right], np.int32), 1)
        if state is not None:
            session.resume(state)
        for token in TOKENIZER.encode(word):
            output = session.step(np.array([read[-1]], np.int32), np.zeros(1, np.intp))
            np.testing.assert_allclose(output.log_probs[0], expected[len(read) - 1], atol=1e-5)
            read.append(token)
        state = session.state()


@pytest.mark.parametrize(
    "option",
    [
        {"decoder": "bahdanau"},
        {"input_feeding": True},
        {"attention_window": 3},
        {"encoder_direction": "bidirectional"},
        {"bridge": "dense"},
    ],
)
def test_what_would_show_the_word_is_refused(option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="`looks_ahead` needs the decoder `luong`"):
        Seq2Seq(TOKENIZER, TOKENIZER, **{**OPTIONS, **option})


def test_vocabularies_without_words_are_refused() -> None:
    plain = SubwordTokenizer(["▁", "a"])
    with pytest.raises(ValueError, match="Words are told apart by subwords"):
        Seq2Seq(plain, plain, **OPTIONS)
