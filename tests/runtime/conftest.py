"""Tiny files with random weights, and graphs that s2s-keras did not make, to be refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import pytest

from s2s_keras.decoding import DecodingSettings
from s2s_keras.export import export_tflite
from s2s_keras.model import Seq2Seq
from s2s_keras.runtime import write_artifact
from s2s_keras.text import BOS_ID, EOS_ID, UNK_ID, CharacterTokenizer

FIRST_LETTER = UNK_ID + 1


@pytest.fixture(scope="session")
def odd_graph(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A graph of `encode`, of steps that fit to it, and of steps that are wrong in one way each.

    `good` answers with any of 7 ids; `says_a` with the first letter, and then `eos`.
    """
    import tensorflow as tf

    source = tf.TensorSpec((1, 4), tf.int32, name="source_ids")
    token = tf.TensorSpec((1,), tf.int32, name="token")
    state = tf.TensorSpec((1, 1, 5), tf.float32, name="state")
    memory = tf.TensorSpec((1, 4, 5), tf.float32, name="memory")

    def answer(token, state, memory, columns=7, ids=None):
        scores = tf.reduce_sum(memory) + tf.reduce_sum(state) + tf.cast(token, tf.float32)[:, None]
        ids = tf.range(columns) if ids is None else ids
        return {
            "log_probs": tf.nn.log_softmax(scores * tf.range(columns, dtype=tf.float32)[None]),
            "token_ids": tf.identity(ids)[None] + 0 * token[:, None],
            "state": state + 1.0,
        }

    def encode(source_ids):
        embedded = tf.cast(source_ids, tf.float32)[..., None] * tf.ones(5)
        return {"state": embedded[:, :1] + 0.5, "memory": embedded}

    def steps():
        yield "good", answer, [token, state, memory]
        yield (
            "says_a",
            lambda token, state, memory: {
                **answer(token, state, memory),
                "log_probs": tf.where(
                    tf.range(7)[None] == tf.where(token == BOS_ID, FIRST_LETTER, EOS_ID)[:, None],
                    tf.zeros((1, 7)) - 0.1,
                    tf.zeros((1, 7)) - 9.0,
                ),
            },
            [token, state, memory],
        )
        yield "no_memory", lambda token, state: answer(token, state, state), [token, state]
        floats = tf.TensorSpec((1,), tf.float32, name="token")
        yield (
            "float_token",
            lambda token, state, memory: answer(tf.cast(token, tf.int32), state, memory),
            [floats, state, memory],
        )
        wide = tf.TensorSpec((1, 1, 6), tf.float32, name="state")
        yield "other_state", answer, [token, wide, memory]
        pair = tf.TensorSpec((2,), tf.int32, name="token")
        yield "two_tokens", answer, [pair, state, memory]
        for name in ("log_probs", "token_ids", "state"):
            yield (
                f"no_{name}",
                lambda token, state, memory, name=name: {
                    key: value for key, value in answer(token, state, memory).items() if key != name
                },
                [token, state, memory],
            )
        yield (
            "one_more",
            lambda token, state, memory: {**answer(token, state, memory), "more": state * 2.0},
            [token, state, memory],
        )
        yield (
            "fewer_ids",
            lambda token, state, memory: {
                **answer(token, state, memory),
                "token_ids": answer(token, state, memory, 5)["token_ids"],
            },
            [token, state, memory],
        )
        yield (
            "foreign_ids",
            lambda token, state, memory: answer(token, state, memory, ids=tf.range(3, 10)),
            [token, state, memory],
        )
        yield (
            "negative_ids",
            lambda token, state, memory: answer(token, state, memory, ids=tf.range(-1, 6)),
            [token, state, memory],
        )
        yield (
            "not_numbers",
            lambda token, state, memory: answer(token, state + float("nan"), memory),
            [token, state, memory],
        )

    module = tf.Module()
    signatures = {"encode": tf.function(encode, [source]).get_concrete_function()}
    for name, step, specs in steps():
        signatures[name] = tf.function(step, specs).get_concrete_function()
    folder = tmp_path_factory.mktemp("odd")
    tf.saved_model.save(module, str(folder), signatures)
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(folder), signature_keys=list(signatures)
    )
    return bytes(converter.convert())


@pytest.fixture
def odd_file(tmp_path: Path, odd_graph: bytes) -> Callable[..., Path]:
    """Returns a file of three letters whose step is a signature of `odd_graph`."""

    def of_step(step: str, lowercase: bool = False, **metadata: object) -> Path:
        path = tmp_path / f"{step}.tflite"
        document = {
            "max_source_length": 4,
            "max_output_length": 5,
            "beam_width": 1,
            "length_penalty_alpha": 1.0,
            "signatures": {"encode": {"4": "encode"}, "decode_step": {"4": {"1": step}}},
            **metadata,
        }
        tokenizer = CharacterTokenizer("abc", lowercase)
        write_artifact(path, odd_graph, document, tokenizer, tokenizer)
        return path

    return of_step


FLAVOURS = {
    "float32": {"quantization": "none"},
    "int8": {"quantization": "dynamic_range"},
    "stateful": {"quantization": "dynamic_range", "stateful": True},
}


@pytest.fixture(scope="session")
def tiny_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of each of `FLAVOURS`, for sources of 4 and 8 tokens and beams of 1 and 3."""
    keras.utils.set_random_seed(7)
    tokenizer = CharacterTokenizer("abcdefgh")
    model = Seq2Seq(tokenizer, tokenizer, embedding_size=24, units=32)
    folder = tmp_path_factory.mktemp("tiny")
    settings = DecodingSettings(beam_width=3, max_source_length=8, max_output_length=9)
    for name, options in FLAVOURS.items():
        arguments = {"source_buckets": [4], "min_same_best": 0.0, **options}
        export_tflite(model, folder / f"{name}.tflite", ["abc"], settings, **arguments)
    return {name: folder / f"{name}.tflite" for name in FLAVOURS}
