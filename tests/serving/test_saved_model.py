"""A SavedModel made of TensorFlow's own string operators, with the signatures of a real one."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from s2s_keras.decoding import DecodingSettings
from s2s_keras.errors import ArtifactError, InputError
from s2s_keras.saved_model import write_members
from s2s_keras.serving import BatchingSettings, Service, open_servable
from s2s_keras.text import CharacterTokenizer


class Reverser(tf.Module):
    """Gives the texts' characters backwards, and how many there are."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = tf.Variable(0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")])
    def serve(self, texts: Any) -> dict[str, Any]:
        _, found = self._reversed(texts)
        scores = -tf.cast(tf.strings.length(texts), tf.float32)
        return {
            "texts": tf.stack([found, tf.fill(tf.shape(found), "")], axis=1),
            "scores": tf.stack([scores, scores - np.inf], axis=1),
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")])
    def align(self, texts: Any) -> dict[str, Any]:
        pieces, found = self._reversed(texts)
        return {
            "texts": found,
            "scores": tf.cast(tf.strings.length(texts), tf.float32),
            "source_pieces": pieces.to_tensor(""),
            "target_pieces": pieces[:, ::-1].to_tensor(""),
            "attention": self._anti_diagonal(pieces),
        }

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32, name="source_ids")])
    def ids(self, source_ids: Any) -> dict[str, Any]:
        return {
            "target_ids": source_ids[:, tf.newaxis] * 2,
            "scores": tf.cast(tf.reduce_sum(source_ids, axis=1, keepdims=True), tf.float32),
        }

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32, name="number")])
    def without_batch(self, number: Any) -> dict[str, Any]:
        return {"number": number + self.calls}

    def _reversed(self, texts: Any) -> tuple[Any, Any]:
        is_refused = tf.strings.regex_full_match(texts, ".*!.*")
        row = tf.argmax(tf.concat([is_refused, [True]], axis=0))
        message = tf.strings.join(["texts[", tf.strings.as_string(row), "] must hold no mark."])
        with tf.control_dependencies([tf.debugging.Assert(~tf.reduce_any(is_refused), [message])]):
            pieces = tf.strings.unicode_split(tf.identity(texts), "UTF-8")
        return pieces, tf.strings.reduce_join(pieces[:, ::-1], axis=-1)

    def _anti_diagonal(self, pieces: Any) -> Any:
        lengths = pieces.row_lengths()
        steps = tf.range(tf.reduce_max(lengths))
        mirrored = (lengths[:, None] - 1 - steps)[:, :, None]
        return tf.cast(mirrored == steps[None, None], tf.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version 3, and a damaged version 2."""
    folder = tmp_path_factory.mktemp("saved") / "reverser"
    module = Reverser()
    signatures = {
        "serving_default": module.serve,
        "alignments": module.align,
        "ids": module.ids,
        "without_batch": module.without_batch,
    }
    tf.saved_model.save(module, str(folder / "3"), signatures)
    (folder / "2").mkdir()
    (folder / "2" / "saved_model.pb").write_bytes(b"not a SavedModel")
    (folder / "notes").mkdir()
    return folder


@pytest.fixture(scope="module")
def described(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with `assets.extra`: letters a to f, at most 5 of them."""
    copied = tmp_path_factory.mktemp("described") / "1"
    shutil.copytree(folder / "3", copied)
    tokenizer = CharacterTokenizer("abcdef")
    metadata = {
        "task": "correction",
        "signatures": [],
        **DecodingSettings(beam_width=2, max_source_length=5).as_metadata(),
        "n_best": 2,
    }
    write_members(copied, metadata, tokenizer, tokenizer)
    return copied


def service_of(path: Path, version: int | None = None) -> Service:
    servable = open_servable(path, version=version)
    return Service(servable, "toy", batching=BatchingSettings(max_batch_size=8, max_wait_ms=50))


def ask(service: Service, document: object) -> Any:
    request = service.read(json.dumps(document).encode())
    return service.answer(request, service.submit(request).result(60))


def test_highest_version_is_served_and_signatures_without_a_batch_are_not(folder: Path) -> None:
    servable = open_servable(folder)
    assert servable.version == 3
    assert list(servable.signatures) == ["alignments", "ids", "serving_default"]
    assert servable.signatures["ids"].inputs["source_ids"].shape == (None, None)


def test_all_signatures_answer(folder: Path) -> None:
    service = service_of(folder)
    try:
        assert ask(service, {"instances": ["abc", "é€"]}) == {
            "predictions": [
                {"texts": ["cba", ""], "scores": [-3.0, -np.inf]},
                {"texts": ["€é", ""], "scores": [-5.0, -np.inf]},
            ]
        }
        found = ask(service, {"signature_name": "alignments", "inputs": ["ab"]})["outputs"]
        assert found["source_pieces"] == [["a", "b"]]
        assert found["target_pieces"] == [["b", "a"]]
        assert found["attention"] == [[[0.0, 1.0], [1.0, 0.0]]]
        found = ask(service, {"signature_name": "ids", "instances": [[1, 2, 0], [3, 0, 0]]})
        assert found["predictions"] == [
            {"target_ids": [[2, 4]], "scores": [3.0]},
            {"target_ids": [[6, 0]], "scores": [3.0]},
        ]
    finally:
        assert service.close(10)


def test_requests_share_a_batch_and_keep_their_own_answers(folder: Path) -> None:
    service = service_of(folder)
    texts = ["a" * length + "b" for length in range(1, 9)]
    requests = [
        service.read(json.dumps({"signature_name": "alignments", "instances": [text]}).encode())
        for text in texts
    ]
    futures = [service.submit(request) for request in requests]
    for text, request, future in zip(texts, requests, futures, strict=True):
        [answer] = service.answer(request, future.result(60))["predictions"]
        assert answer["texts"] == text[::-1]
        assert answer["source_pieces"] == list(text)
        assert np.shape(answer["attention"]) == (len(text), len(text))
    figures = service.metrics.text().decode()
    assert 's2s_batch_rows_count{signature="alignments"} 1.0' in figures
    assert service.close(10)


def test_a_row_that_the_graph_refuses_fails_its_own_request_alone(folder: Path) -> None:
    service = service_of(folder)
    requests = [
        service.read(json.dumps({"instances": [text]}).encode()) for text in ("ab", "c!", "de")
    ]
    first, refused, last = [service.submit(request) for request in requests]
    assert first.result(60)[0]["texts"].tolist() == [b"ba", b""]
    assert last.result(60)[0]["texts"].tolist() == [b"ed", b""]
    with pytest.raises(InputError, match=r"refuses the input. It must hold no mark\.$"):
        refused.result(60)
    assert service.close(10)


def test_rows_are_checked_by_the_tokenisers_of_the_folder(described: Path, folder: Path) -> None:
    servable = open_servable(described)
    assert servable.version == 1
    assert servable.metadata["task"] == "correction"

    def text(content: bytes) -> dict[str, Any]:
        return {"texts": np.array(content, object)}

    servable.check("serving_default", text(b"abcde"))
    for content, message in (
        (b"abcdef", "at most 5 tokens. Received 6"),
        (b"xyz", "never seen in training: 'x'"),
        (b" ", "The text is empty."),
        (b"\xff", "not valid UTF-8: byte 1."),
    ):
        with pytest.raises(InputError, match=message):
            servable.check("alignments", text(content))
    for ids, message in (
        ([4, 5, 6, 7, 8, 9], "at most 5 ids. Received: 6."),
        ([4, 99], "between 1 and 9. Received: 99."),
        ([0, 0], "holds no ids"),
    ):
        with pytest.raises(InputError, match=message):
            servable.check("ids", {"source_ids": np.array(ids, np.int32)})
    undescribed = open_servable(folder)
    undescribed.check("serving_default", text(b"xyz"))
    with pytest.raises(InputError, match="The text is empty"):
        undescribed.check("serving_default", text(b" "))


def test_folders_that_are_refused(folder: Path, described: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="there is no such file or folder"):
        open_servable(tmp_path / "none")
    with pytest.raises(ArtifactError, match=r"there is no version 7. The folder holds \[2, 3\]"):
        open_servable(folder, version=7)
    with pytest.raises(ArtifactError, match="it is damaged"):
        open_servable(folder, version=2)
    with pytest.raises(ArtifactError, match="this is not version 2"):
        open_servable(folder / "3", version=2)
    with pytest.raises(ArtifactError, match="the folder must hold versions"):
        open_servable(tmp_path)
    with pytest.raises(ValueError, match="options of .tflite files"):
        open_servable(folder, n_best=1)
    assert open_servable(folder / "3", version=3).version == 3
