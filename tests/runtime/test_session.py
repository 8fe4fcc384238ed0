import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from s2s_keras.decoding import DecodingSettings
from s2s_keras.errors import ArtifactError, InputError
from s2s_keras.runtime import TFLiteSession, default_settings, load, read_artifact
from s2s_keras.text import pad_ids


def signatures(encode: str, steps: dict[str, str]) -> dict[str, object]:
    """What `model.json` says of a file for sources of up to 8 tokens."""
    return {"encode": {"8": encode}, "decode_step": {"8": steps}}


def test_load_predicts_what_was_learned(
    toy_files: dict[str, Path], toy_dev: list[list[str]]
) -> None:
    for path in toy_files.values():
        predictor = load(path)
        outputs = [found[0].text for found in predictor.predict([source for source, _ in toy_dev])]
        right = sum(output == target for output, (_, target) in zip(outputs, toy_dev, strict=True))
        assert right >= 0.9 * len(toy_dev)


def test_load_settings_are_those_of_the_file(toy_files: dict[str, Path]) -> None:
    settings = load(toy_files["none"]).settings
    assert (settings.beam_width, settings.max_source_length) == (4, 8)
    assert (settings.max_output_length, settings.length_penalty_alpha) == (9, 1.0)


def test_load_settings_given_keep_the_longest_source_of_the_file(
    toy_files: dict[str, Path],
) -> None:
    predictor = load(toy_files["none"], DecodingSettings(n_best=2))
    assert (predictor.settings.n_best, predictor.settings.max_source_length) == (2, 8)
    with pytest.raises(InputError, match="at most 8 tokens"):
        predictor.predict(["abcdabcda"])


def test_session_greedy_signature_equals_the_first_beam(toy_files: dict[str, Path]) -> None:
    session = TFLiteSession(read_artifact(toy_files["none"]))
    assert session.beam_widths == [1, 4]
    results = []
    for width in session.beam_widths:
        session.start(pad_ids([[4, 5, 6]], 3), width)
        first = session.step(np.full(width, 1, np.int32), np.arange(width))
        best = first.token_ids[0, :1].astype(np.int32)
        second = session.step(np.repeat(best, width), np.zeros(width, np.intp))
        results.append((second.token_ids[0], second.log_probs[0], second.attention[0]))
    (ids, log_probs, attention), (beam_ids, beam_log_probs, beam_attention) = results
    np.testing.assert_array_equal(ids, beam_ids)
    np.testing.assert_allclose(log_probs, beam_log_probs, atol=1e-5)
    np.testing.assert_allclose(attention, beam_attention, atol=1e-5)
    np.testing.assert_allclose(attention.sum(), 1.0, atol=1e-5)
    assert np.exp(log_probs).sum() == pytest.approx(1.0, abs=1e-4)  # all of a small vocabulary
    assert (np.diff(log_probs) <= 0).all()


def test_session_that_keeps_what_was_encoded_answers_the_same(toy_files: dict[str, Path]) -> None:
    artifact = read_artifact(toy_files["none"])
    sessions = [TFLiteSession(artifact) for _ in range(2)]
    sessions[0].keeps_encoded = True
    encoded = []
    for length, start in sessions[0]._starts.items():
        sessions[0]._starts[length] = lambda start=start, **inputs: (
            encoded.append(1) or start(**inputs)
        )
    for source, width in (([4, 5, 6], 1), ([4, 5, 6], 4), ([4, 5], 4)):
        outputs = []
        for session in sessions:
            session.start(pad_ids([source], 3), width)
            for _ in range(2):  # the second step must not change what the next start gets
                output = session.step(np.full(width, 5, np.int32), np.arange(width))
            outputs.append(output)
        np.testing.assert_array_equal(outputs[0].log_probs, outputs[1].log_probs)
        np.testing.assert_array_equal(outputs[0].attention, outputs[1].attention)
    assert len(encoded) == 2


def test_session_parents_reorder_the_state(toy_files: dict[str, Path]) -> None:
    session = TFLiteSession(read_artifact(toy_files["none"]))

    def two_steps(parents: list[int]) -> np.ndarray:
        session.start(pad_ids([[4, 5, 6]], 3), 4)
        session.step(np.full(4, 1, np.int32), np.arange(4))
        session.step(np.array([4, 5, 6, 7], np.int32), np.arange(4))
        output = session.step(np.full(4, 4, np.int32), np.array(parents))
        order = np.argsort(output.token_ids, axis=1)
        return np.take_along_axis(output.log_probs, order, axis=1)

    straight, swapped = two_steps([0, 1, 2, 3]), two_steps([3, 3, 0, 1])
    np.testing.assert_allclose(swapped, straight[[3, 3, 0, 1]], atol=1e-5)
    assert np.abs(straight[0] - straight[3]).max() > 1e-3


def test_session_resumes_in_all_rows_from_the_first(toy_files: dict[str, Path]) -> None:
    session = TFLiteSession(read_artifact(toy_files["none"]))
    rows = np.arange(4)
    session.start(pad_ids([[4, 5, 6]], 3), 4)
    session.step(np.array([1, 4, 5, 6], np.int32), rows)  # the rows are no longer equal
    state = session.state()
    expected = session.step(np.full(4, 7, np.int32), np.zeros(4, np.intp))
    session.resume(state)
    found = session.step(np.full(4, 7, np.int32), rows)
    np.testing.assert_array_equal(found.log_probs, expected.log_probs)
    with pytest.raises(ValueError, match="A state must be of shape"):
        session.resume(state[:, :, 1:])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("abcdabcda", "at most 8 tokens. Received 9"),
        ("ab☃", r"never seen in training: '☃' \(U\+2603\)"),
    ],
)
def test_predict_bad_text_is_refused(toy_files: dict[str, Path], text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(toy_files["none"]).predict(["abc", text])


def test_predict_other_beam_width_names_those_of_the_file(toy_files: dict[str, Path]) -> None:
    predictor = load(toy_files["none"])
    predictor.settings = replace(predictor.settings, beam_width=3)
    with pytest.raises(ValueError, match=r"holds beam widths \[1, 4\]. Received: beam_width=3"):
        predictor.predict(["abc"])


def test_session_two_sources_at_once_are_refused(toy_files: dict[str, Path]) -> None:
    session = TFLiteSession(read_artifact(toy_files["none"]))
    with pytest.raises(ValueError, match="one source at a time. Received: 2"):
        session.start(pad_ids([[4], [5]], 1), 4)


@pytest.mark.parametrize(
    "change",
    [
        {"max_source_length": 9},
        {"signatures": signatures("encode", {"2": "decode_step"})},
        {"signatures": signatures("decode_step", {"4": "decode_step"})},
        {"signatures": {**signatures("encode", {"4": "decode_step"}), "encode": {}}},
        {"signatures": {**signatures("encode", {"4": "decode_step"}), "decode_step": {}}},
        {"signatures": {**signatures("encode", {}), "start": {"8": "encode"}}},
    ],
)
def test_session_metadata_that_does_not_fit_the_graph_is_refused(
    toy_files: dict[str, Path], change: dict[str, object]
) -> None:
    artifact = read_artifact(toy_files["none"])
    artifact = replace(artifact, metadata={**artifact.metadata, **change})
    with pytest.raises(ArtifactError, match="do not fit"):
        TFLiteSession(artifact)


def test_session_unknown_signature_is_refused(toy_files: dict[str, Path]) -> None:
    artifact = read_artifact(toy_files["none"])
    change = {"signatures": signatures("encode", {"4": "nonesuch"})}
    artifact = replace(artifact, metadata={**artifact.metadata, **change})
    with pytest.raises(ArtifactError, match="nonesuch"):
        TFLiteSession(artifact)


def test_metadata_of_an_export_holds_all_settings(toy_files: dict[str, Path]) -> None:
    artifact = read_artifact(toy_files["none"])
    expected = DecodingSettings(max_source_length=8, max_output_length=9)
    assert default_settings(artifact) == expected
    assert artifact.metadata.items() >= expected.as_metadata().items()


def test_metadata_of_an_export_names_data_and_quality(toy_files: dict[str, Path]) -> None:
    metadata = read_artifact(toy_files["dynamic_range"]).metadata
    assert metadata["quality"]["exact_match"] >= 0.9
    assert metadata["quality"]["data"] == {"name": "train.tsv", "licence": "not stated"}
    assert metadata["parity"]["same_best"] >= 0.9
    json.dumps(metadata)
