"""A file with a shortlist computes what the Keras model does among a source's candidates."""

import string
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from s2s_keras.decoding import DecodingSettings
from s2s_keras.export import export_tflite
from s2s_keras.keras_session import KerasSession, restrict
from s2s_keras.model import Seq2Seq
from s2s_keras.runtime import Predictor, TFLiteSession, load, read_artifact
from s2s_keras.runtime.compatibility import missing_operators
from s2s_keras.runtime.graph import constants, operator_versions, operators, signature_subgraphs
from s2s_keras.runtime.inspection import inspect_artifact
from s2s_keras.text import CharacterTokenizer, Shortlist

TOKENIZER = CharacterTokenizer(string.ascii_lowercase + string.digits)
VOCABULARY = len(TOKENIZER)
SETTINGS = DecodingSettings(beam_width=3, n_best=3, max_source_length=6, max_output_length=6)
TEXTS = ["abc", "hgf9", "zz", "z"]
WHOLE = Shortlist(np.arange(VOCABULARY), np.zeros((VOCABULARY, 2), int), VOCABULARY)
PROPOSED = np.random.default_rng(0).integers(4, VOCABULARY, (VOCABULARY, 3))
PART = Shortlist(np.arange(12), PROPOSED, VOCABULARY)


def random_model(**options: Any) -> Seq2Seq:
    """A model whose embedding and kernels are large enough to become int8."""
    keras.utils.set_random_seed(1)
    model = Seq2Seq(TOKENIZER, TOKENIZER, **{"embedding_size": 32, "units": 32, **options})
    for weight in model.trainable_weights:
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.3))
    return model


def export(path: Path, shortlist: Shortlist | None, **options: Any) -> Any:
    model = random_model(**options.pop("model", {}))
    options = {"quantization": "none", "source_buckets": [], "min_same_best": 0.0, **options}
    return export_tflite(model, path, TEXTS, SETTINGS, shortlist=shortlist, **options)


@pytest.fixture(scope="module")
def part_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A float32 file with `PART`, of which a step puts out every candidate."""
    path = tmp_path_factory.mktemp("part") / "m.tflite"
    export(path, PART)
    return path


def beams(path: Path) -> list[list[tuple[str, float]]]:
    found = load(path, SETTINGS).predict(TEXTS)
    return [[(p.text, p.score) for p in predictions] for predictions in found]


ROWS: list[dict[str, Any]] = [
    {"candidates": 5},
    {"model": {"tie_output": False}, "stateful": True},
    {"model": {"decoder": "luong", "share_embeddings": True}, "source_buckets": [3]},
    {"model": {"decoder": "cho"}, "stateful": True, "source_buckets": [3]},
    {
        "model": {
            "decoder": "sutskever",
            "encoder_direction": "backward",
            "bridge": "copy",
            "tie_output": False,
            "cell": "lstm",
        }
    },
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_float32_file_equals_keras_among_the_candidates(
    row: dict[str, Any], tmp_path: Path
) -> None:
    report = export(tmp_path / "m.tflite", PART, **row)
    assert report.parity.max_difference < 1e-4
    assert report.parity.same_beams == 1.0
    for text, found in zip(TEXTS, beams(tmp_path / "m.tflite"), strict=True):
        allowed = set(PART.candidates(np.array(TOKENIZER.encode(text))).tolist())
        assert len(found) == 3
        for output, _ in found:
            assert set(TOKENIZER.encode(output)) <= allowed


@pytest.mark.parametrize(
    "options", [{}, {"stateful": True, "quantization": "float16"}], ids=["plain", "stateful"]
)
def test_shortlist_of_the_whole_vocabulary_changes_no_beam(
    options: dict[str, Any], tmp_path: Path
) -> None:
    paths = [tmp_path / "none.tflite", tmp_path / "whole.tflite"]
    for path, shortlist in zip(paths, (None, WHOLE), strict=True):
        report = export(path, shortlist, **options)
    assert report.parity.same_unrestricted == 1.0
    for expected, found in zip(*map(beams, paths), strict=True):
        assert [text for text, _ in found] == [text for text, _ in expected]
        scores = [[score for _, score in beam] for beam in (found, expected)]
        np.testing.assert_allclose(*scores, atol=1e-4)


@pytest.mark.parametrize("quantization", ["dynamic_range", "dynamic_range_per_channel", "int8"])
def test_candidates_rows_stay_int8_up_to_the_product(quantization: str, tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    report = export(path, PART, quantization=quantization)
    assert report.parity.max_difference < 0.3  # as without a shortlist
    graph = read_artifact(path).graph
    if quantization != "dynamic_range_per_channel":
        assert not any(missing_operators(operator_versions(graph)).values())
    step = operators(graph, signature_subgraphs(graph)["decode_step"])
    products = [op for op in step if op.name == "FULLY_CONNECTED"]
    of_the_candidates = [op for op in products if op.inputs[1].shape == (12, 32)]
    assert [op.inputs[1].dtype for op in of_the_candidates] == ["int8"]
    assert of_the_candidates[0].inputs[0].dtype == "float32"
    for op in step:  # no table is made float32 to look one row up
        assert not (op.name == "DEQUANTIZE" and op.inputs[0].size_bytes)
    tables = [t for t in constants(graph) if t.shape == (VOCABULARY, 32)]
    assert {t.dtype for t in tables} == {"int8"}
    assert len({t.buffer for t in tables}) == 2  # the source's, and one of the target's


def test_products_with_candidates_rows_follow_the_source(tmp_path: Path) -> None:
    """The rows change from source to source: nothing of the last ones may be kept."""
    path = tmp_path / "m.tflite"
    export(path, PART, quantization="dynamic_range")
    in_turn = beams(path)
    alone = [load(path, SETTINGS).predict([text])[0] for text in TEXTS]
    for found, expected in zip(in_turn, alone, strict=True):
        assert found == [(p.text, p.score) for p in expected]


def test_session_candidates_are_vocabulary_ids(part_file: Path) -> None:
    session = TFLiteSession(read_artifact(part_file))
    assert session.signatures()["decode_step"]["inputs"]["candidate_ids"] == ("int32", [12])
    source = np.array([TOKENIZER.encode("hgf9")], np.int32)
    session.start(source, 3)
    output = session.step(np.full(3, 1, np.int32), np.arange(3))
    expected = PART.candidates(source[0])
    for token_ids, log_probs in zip(output.token_ids, output.log_probs, strict=True):
        assert sorted(token_ids.tolist()) == expected.tolist()
        assert np.exp(log_probs).sum() == pytest.approx(1.0, abs=1e-5)


def test_keras_session_chooses_among_the_same_candidates(part_file: Path) -> None:
    reference = Predictor(KerasSession(random_model(), PART), TOKENIZER, TOKENIZER, SETTINGS)
    together = reference.predict(TEXTS, batch_size=4)
    for found, expected in zip(beams(part_file), together, strict=True):
        assert [text for text, _ in found] == [p.text for p in expected]


def test_restrict_is_a_softmax_over_what_is_left() -> None:
    logits = np.log(np.array([[0.5, 0.25, 0.125, 0.125]], np.float32))
    found = restrict(logits, np.array([[3, 1]]))
    np.testing.assert_allclose(np.exp(found), [[1 / 3, 2 / 3]], atol=1e-6)


def test_inspection_shows_size_and_bytes_of_the_shortlist(part_file: Path) -> None:
    document = inspect_artifact(read_artifact(part_file))
    assert document["metadata"]["shortlist"] == {"size": 12, "per_token": 3}
    sizes = document["size_bytes"]
    assert 0 < sizes["shortlist"] <= len(PART.to_bytes()) + 64
    assert sum(sizes.values()) == 2 * sizes["total"]


def test_proof_reports_outputs_that_the_shortlist_changes(part_file: Path) -> None:
    """Of random weights hardly an output keeps to twelve tokens; the file is still proved equal."""
    parity = read_artifact(part_file).metadata["parity"]
    assert parity["same_best"] == 1.0
    whole = random_model().generate(TEXTS, SETTINGS)
    listed = beams(part_file)
    same = [a[0].text == b[0][0] for a, b in zip(whole, listed, strict=True)]
    assert parity["same_unrestricted"] == np.mean(same) < 1


@pytest.mark.parametrize(
    ("shortlist", "options", "message"),
    [
        (Shortlist(np.arange(9), PROPOSED[:5], VOCABULARY), {}, "of 40 and 40 tokens. Received: "),
        (Shortlist(np.arange(9), PROPOSED * 0, 20), {}, "Received: one of 40 and 20"),
        (PART, {"candidates": 13}, "returns 13 candidates, .* at least as many. Received: 12"),
    ],
)
def test_shortlist_that_does_not_fit_is_refused(
    shortlist: Shortlist, options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        export(tmp_path / "m.tflite", shortlist, **options)
