"""Translators that ship: a folder of the test's own with a file of random weights."""

import shutil
from pathlib import Path

import pytest

from s2s_keras.decoding import DecodingSettings
from s2s_keras.errors import ArtifactError
from s2s_keras.runtime import Translator, load, shipped, shipped_languages, shipped_model


@pytest.fixture
def models(tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shipped, "MODELS", tmp_path)
    for name in ("en-fr.tflite", "de-en.tflite"):
        shutil.copy(tiny_file, tmp_path / name)
    for name in ("README.md", "en-fr.md", "misspellings.tflite"):
        (tmp_path / name).touch()
    return tmp_path


def test_languages_are_those_of_the_files(models: Path) -> None:
    assert shipped_languages() == [("de", "en"), ("en", "fr")]
    assert shipped_model("EN", "fr") == models / "en-fr.tflite"


@pytest.mark.parametrize("pair", [("fr", "en"), ("en", ""), ("..", "x"), ("en", "f?")])
def test_other_languages_are_refused_with_those_there_are(
    models: Path, pair: tuple[str, str]
) -> None:
    with pytest.raises(ArtifactError, match=r"that ships: de to en, en to fr\. Received: "):
        shipped_model(*pair)


def test_an_installation_without_models_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        monkeypatch.setattr(shipped, "MODELS", folder)
        assert shipped_languages() == []
        with pytest.raises(ArtifactError, match="No translator ships with this installation"):
            Translator.shipped("en", "fr")


def test_shipped_translator_translates_each_sentence_by_itself(models: Path) -> None:
    text = "abc. ,bad.\n gag "
    with Translator.shipped("en", "fr") as translator, load(models / "en-fr.tflite") as plain:
        parts = [plain.predict([part])[0][0].text for part in ("abc.", ",bad.", "gag")]
        assert translator.translate(text).text == f"{parts[0]} {parts[1]}\n {parts[2]} "
        assert len(translator.translate(text).pieces) == 3
    settings = DecodingSettings(beam_width=1, max_source_length=12)
    with Translator.shipped("en", "fr", settings, num_threads=2) as translator:
        assert translator.settings == settings
