"""The graph holds what the arithmetic needs and no more."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from s2s_keras.decoding import DecodingSettings
from s2s_keras.export import export_tflite
from s2s_keras.export.encoding import encode_source
from s2s_keras.export.tflite import _buckets
from s2s_keras.layers import Encoder
from s2s_keras.model import Seq2Seq
from s2s_keras.runtime import TFLiteSession, load, read_artifact
from s2s_keras.runtime.graph import constants, operators_by_part
from s2s_keras.text import CharacterTokenizer

OPERATORS = {
    "bahdanau": {"decode_step": 38, "decode_step_1": 38, "encode": 27, "encode, loop": 22},
    "cho": {"decode_step": 31, "decode_step_1": 30, "encode": 20, "encode, loop": 22},
    "luong": {"decode_step": 31, "decode_step_1": 31, "encode": 27, "encode, loop": 22},
    "sutskever": {"decode_step": 22, "decode_step_1": 22, "encode": 19, "encode, loop": 22},
}
"""What stands today, for one GRU layer a side: fewer is better, more needs a reason."""

TEXTS = ["abc", "hgfedcba", "abcdefghabcdefgh"]


def random_model(**options: Any) -> Seq2Seq:
    keras.utils.set_random_seed(5)
    tokenizer = CharacterTokenizer("abcdefgh")
    target_tokenizer = options.pop("target_tokenizer", tokenizer)
    model = Seq2Seq(tokenizer, target_tokenizer, **{"embedding_size": 12, "units": 16, **options})
    for weight in model.trainable_weights:  # biases, too, or the converter would drop them
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.3))
    return model


def export(model: Seq2Seq, path: Path, **options: Any) -> bytes:
    settings = DecodingSettings(beam_width=3, max_source_length=16, max_output_length=8)
    options = {"quantization": "none", "source_buckets": [], **options}
    export_tflite(model, path, TEXTS, settings, **options)
    return read_artifact(path).graph


@pytest.mark.parametrize("decoder", sorted(OPERATORS))
def test_graph_has_no_more_operators_than_it_needs(decoder: str, tmp_path: Path) -> None:
    operators = operators_by_part(export(random_model(decoder=decoder), tmp_path / "m.tflite"))
    assert {name: sum(found.values()) for name, found in operators.items()} == OPERATORS[decoder]
    for name in ("decode_step", "decode_step_1"):
        step = operators[name]
        assert "LOG_SOFTMAX" not in step  # slow; see `decode_token`
        assert step["TOPK_V2"] == 1
        assert step["GATHER"] == 1  # the embedding, without handling of negative indices
        assert not {"SELECT", "SELECT_V2", "LESS", "WHILE"} & set(step)


def test_graph_of_a_large_vocabulary_finds_candidates_in_two_stages(tmp_path: Path) -> None:
    """Beside the first test's: groups, their maxima, the chosen groups' columns, and their ids."""
    model = random_model(
        target_tokenizer=CharacterTokenizer("".join(map(chr, range(0x4E00, 0x5200))))
    )
    operators = operators_by_part(export(model, tmp_path / "m.tflite"))
    for name in ("decode_step", "decode_step_1"):
        assert operators[name]["TOPK_V2"] == 2
        assert sum(operators[name].values()) <= OPERATORS["bahdanau"][name] + 14


def test_graph_weights_are_stored_once_for_all_signatures(tmp_path: Path) -> None:
    model = random_model()
    graphs = {
        buckets: export(model, tmp_path / f"{buckets}.tflite", source_buckets=list(buckets))
        for buckets in ((), (2, 4, 8))
    }
    sizes = {buckets: sum(t.size_bytes for t in constants(g)) for buckets, g in graphs.items()}
    assert sizes[()] >= 4 * model.count_params()
    # Shapes, and zeros of the memory's size, come with each source length; weights do not.
    assert sizes[(2, 4, 8)] - sizes[()] < 3000


@pytest.mark.parametrize("stateful", [False, True])
def test_file_is_little_larger_than_its_weights(stateful: bool, tmp_path: Path) -> None:
    model = random_model(embedding_size=64, units=256)
    path = tmp_path / "m.tflite"
    options = {"quantization": "dynamic_range", "source_buckets": None, "min_same_best": 0.0}
    export(model, path, stateful=stateful, **options)
    matrices = sum(int(np.prod(w.shape)) for w in model.weights if len(w.shape) > 1)
    biases = 4 * sum(int(np.prod(w.shape)) for w in model.weights if len(w.shape) == 1)
    assert matrices > 1_000_000
    assert path.stat().st_size <= 1.05 * (matrices + biases) + 150_000


@pytest.mark.parametrize(
    ("longest", "lengths"), [(16, [16]), (63, [63]), (64, [16, 64]), (300, [18, 75, 300])]
)
def test_source_lengths_default_to_quarters(longest: int, lengths: list[int]) -> None:
    assert _buckets(longest, None) == lengths


@pytest.mark.parametrize("stateful", [False, True])
def test_source_lengths_the_smallest_that_holds_the_source_is_taken(
    stateful: bool, tmp_path: Path
) -> None:
    path = tmp_path / "m.tflite"
    export(random_model(), path, source_buckets=[4, 8], stateful=stateful)
    session = TFLiteSession(read_artifact(path))
    assert session.source_lengths == [4, 8, 16]
    first = "start" if stateful else "encode"
    calls: list[str] = []
    for length, runner in session._starts.items():

        def note(runner: Any = runner, length: int = length, **inputs: Any) -> Any:
            calls.append(f"{first} {length}")
            return runner(**inputs)

        session._starts[length] = note  # type: ignore[assignment]
    for length in (1, 4, 5, 8, 9, 16):
        session.start(np.full((1, length), 4, np.int32), 3)
        output = session.step(np.full(3, 1, np.int32), np.arange(3))
        assert output.attention is not None
        assert output.attention.shape == (3, length)
        np.testing.assert_allclose(output.attention.sum(axis=1), 1.0, atol=1e-5)
    assert calls == [f"{first} {n}" for n in (4, 4, 8, 8, 16, 16)]
    with pytest.raises(ValueError, match="at most 16 tokens. Received: 17"):
        session.start(np.full((1, 17), 4, np.int32), 3)


@pytest.mark.parametrize("decoder", ["bahdanau", "luong", "cho", "sutskever"])
def test_flavours_and_source_lengths_give_the_same_beams(decoder: str, tmp_path: Path) -> None:
    model = random_model(decoder=decoder)
    found = []
    for name, options in {
        "plain": {},
        "buckets": {"source_buckets": [4, 8]},
        "stateful": {"stateful": True},
        "both": {"stateful": True, "source_buckets": [4, 8]},
    }.items():
        path = tmp_path / f"{name}.tflite"
        export(model, path, **options)
        predictor = load(path, DecodingSettings(beam_width=3, n_best=3, max_output_length=8))
        found.append([[(p.text, p.score) for p in best] for best in predictor.predict(TEXTS)])
    for other in found[1:]:
        for expected, beams in zip(found[0], other, strict=True):
            assert [text for text, _ in beams] == [text for text, _ in expected]
            np.testing.assert_allclose(
                [score for _, score in beams], [score for _, score in expected], atol=1e-5
            )


def test_stateful_session_parents_reorder_the_state(tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    export(random_model(), path, stateful=True)
    session = TFLiteSession(read_artifact(path))

    def two_steps(parents: list[int]) -> np.ndarray:
        session.start(np.array([[4, 5, 6]], np.int32), 3)
        session.step(np.array([1, 4, 5], np.int32), np.arange(3))
        output = session.step(np.full(3, 4, np.int32), np.array(parents))
        order = np.argsort(output.token_ids, axis=1)
        return np.take_along_axis(output.log_probs, order, axis=1)

    straight, swapped = two_steps([0, 1, 2]), two_steps([2, 2, 0])
    np.testing.assert_allclose(swapped, straight[[2, 2, 0]], atol=1e-5)
    assert np.abs(straight[0] - straight[2]).max() > 1e-3


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("direction", ["bidirectional", "forward", "backward"])
@pytest.mark.parametrize("length", [1, 4, 6])
def test_encode_source_equals_the_encoder(cell: str, direction: str, length: int) -> None:
    keras.utils.set_random_seed(2)
    encoder = Encoder(5, 3, cell=cell, direction=direction, residual=True)
    embedded = np.random.default_rng(1).normal(size=(6, 7)).astype(np.float32)
    mask = np.arange(6)[None] < length
    expected_memory, expected_states = encoder(embedded[None], mask=mask)
    memory, states = encode_source(encoder, tf.constant(embedded), tf.constant(length))
    np.testing.assert_allclose(memory[:, :length], expected_memory[:, :length], atol=1e-6)
    np.testing.assert_allclose(states, expected_states, atol=1e-6)


@pytest.mark.parametrize("buckets", [[0], [17], [4.0]])
def test_source_buckets_out_of_range_are_refused(buckets: list[Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"lengths of 1 to `max_source_length`, 16 tokens"):
        export(random_model(), tmp_path / "m.tflite", source_buckets=buckets)
