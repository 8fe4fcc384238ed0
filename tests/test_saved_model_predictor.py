from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from s2s_keras.decoding import DecodingSettings, Prediction, Predictor
from s2s_keras.errors import ArtifactError, InputError, MissingDependencyError
from s2s_keras.export import export_saved_model
from s2s_keras.keras_session import KerasSession
from s2s_keras.model import Seq2Seq
from s2s_keras.saved_model import is_saved_model, read_saved_model
from s2s_keras.saved_model_predictor import SavedModelPredictor
from tests.export.models import random_model

SETTINGS = DecodingSettings(beam_width=3, n_best=2, max_source_length=6, max_output_length=7)
COVERAGE = replace(SETTINGS, coverage_penalty_beta=0.3, length_penalty="gnmt")
TEXTS = ["abc", "h", "gfedcb", "ba"]


@pytest.fixture(scope="module")
def model() -> Seq2Seq:
    return random_model()


@pytest.fixture(scope="module")
def folder(model: Seq2Seq, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    for settings in (COVERAGE, SETTINGS):
        export_saved_model(model, folder, TEXTS, settings)
    return folder


@pytest.fixture(scope="module")
def opened(folder: Path) -> SavedModelPredictor:
    return SavedModelPredictor(folder)


def expect(model: Seq2Seq, settings: DecodingSettings) -> list[list[Prediction]]:
    tokenizers = (model.source_tokenizer, model.target_tokenizer)
    return Predictor(KerasSession(model), *tokenizers, settings).predict(TEXTS)


def check_same(found: Prediction, expected: Prediction) -> None:
    for name in ("text", "source_tokens", "target_tokens", "is_complete", "timed_out"):
        assert getattr(found, name) == getattr(expected, name)
    assert found.score == pytest.approx(expected.score, abs=1e-5)
    assert found.log_prob == pytest.approx(expected.log_prob, abs=1e-4)


def test_highest_version_is_opened(folder: Path, opened: SavedModelPredictor) -> None:
    assert opened.folder.path == folder / "2"
    assert opened.settings == replace(SETTINGS, n_best=1)
    assert is_saved_model(folder)
    assert is_saved_model(folder / "1")
    assert not is_saved_model(folder.parent)


def test_one_output_has_all_that_a_prediction_has(
    model: Seq2Seq, opened: SavedModelPredictor
) -> None:
    found = opened.predict(TEXTS, batch_size=3)
    for [prediction], [expected, *_] in zip(found, expect(model, SETTINGS), strict=True):
        check_same(prediction, expected)
        np.testing.assert_allclose(prediction.attention, expected.attention, atol=1e-5)


def test_several_outputs_have_no_alignment(model: Seq2Seq, folder: Path) -> None:
    opened = SavedModelPredictor(folder)
    opened.settings = SETTINGS
    found = opened.predict(TEXTS, batch_size=32)
    for predictions, expected in zip(found, expect(model, SETTINGS), strict=True):
        for one, other in zip(predictions, expected, strict=True):
            check_same(one, other)
            assert one.attention is None


def test_log_prob_is_without_coverage_and_length_penalty(model: Seq2Seq, folder: Path) -> None:
    opened = SavedModelPredictor(folder / "1")
    for [prediction], [expected, *_] in zip(
        opened.predict(TEXTS), expect(model, COVERAGE), strict=True
    ):
        check_same(prediction, expected)
    with pytest.raises(ValueError, match="`n_best` must be 1 where.*coverage.*n_best=2"):
        opened.settings = replace(opened.settings, n_best=2)


def test_stream_gives_the_output_at_once(opened: SavedModelPredictor) -> None:
    assert [p.text for p in opened.stream("abc")] == [opened.predict(["abc"])[0][0].text]


def test_long_text_is_split_before_it_reaches_the_graph(
    model: Seq2Seq, opened: SavedModelPredictor
) -> None:
    with pytest.raises(InputError, match="at most 6 tokens"):
        opened.predict(["abcdefg"])
    settings = replace(opened.settings, split_long_sources=True, allow_unknown=False)
    opened.settings = settings
    [[found]] = opened.predict(["abcd\nhgfe"])
    opened.settings = replace(settings, split_long_sources=False)
    pieces = [opened.predict([piece])[0][0].text for piece in ("abcd", "hgfe")]
    assert found.text == "\n".join(pieces)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"beam_width": 2}, "`beam_width`.*fixed when it is exported.*beam_width=2, and .* has 3"),
        ({"temperature": 1.0}, "`temperature`.*fixed.*has None"),
        ({"n_best": 3}, "at most that of its export, 2. Received: n_best=3"),
    ],
)
def test_settings_of_the_graph_cannot_be_changed(
    opened: SavedModelPredictor, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        opened.settings = replace(opened.settings, **change)


def test_session_makes_no_steps(opened: SavedModelPredictor) -> None:
    with pytest.raises(ValueError, match="searches by itself"):
        opened.session.start(np.zeros((1, 2), np.int32), 1)


def copied(folder: Path, tmp_path: Path) -> Path:
    for path in (folder / "2").rglob("*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(folder / "2")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return tmp_path


def test_damaged_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = copied(folder, tmp_path)
    assert read_saved_model(copy).settings == SETTINGS
    weights = copy / "variables" / "variables.data-00000-of-00001"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match="checksum of variables/variables.data.*damaged"):
        read_saved_model(copy)
    (copy / "assets.extra" / "model.json").write_text('{"format_version": 99}')
    with pytest.raises(ArtifactError, match="`format_version` must be 2.*Received: 99"):
        read_saved_model(copy)
    (copy / "assets.extra" / "model.json").unlink()
    with pytest.raises(ArtifactError, match="was not made by `s2s-keras export"):
        read_saved_model(copy)
    with pytest.raises(ArtifactError, match="there is no SavedModel"):
        read_saved_model(tmp_path / "nothing")


def test_missing_package_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tensorflow_text", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 's2s-keras\[saved-model\]'"):
        SavedModelPredictor(folder)


def test_nothing_is_traced_again_for_other_shapes(opened: SavedModelPredictor) -> None:
    function = opened.signatures["serving_default"]
    graph = function.graph
    for texts in (["a"], ["abc", "h"], ["abcdef"] * 5):
        function(texts=tf.constant(texts))
    assert opened.signatures["serving_default"].graph is graph
