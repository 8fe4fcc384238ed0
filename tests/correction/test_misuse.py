"""A model that tells words in their context, where whole texts are asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from s2s_keras.cli import main
from s2s_keras.errors import ArtifactError, ExportError
from s2s_keras.export import export_saved_model, export_tflite
from s2s_keras.training.run import Run, load_run


@pytest.fixture(scope="module")
def trained(run: Path) -> Run:
    return load_run(run)


def test_it_writes_no_texts(trained: Run, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ArtifactError, match="tells words in their context and writes no texts"):
        trained.model.generate(["Teh cat"])
    for path in (run, run / "model.keras"):
        assert main(["predict", str(path), "Teh cat"]) == 2
        assert "s2s-keras export" in capsys.readouterr().err


def test_it_is_no_saved_model(
    trained: Run, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = trained.recipe.decoding_settings()
    with pytest.raises(ExportError, match="a SavedModel writes whole texts"):
        export_saved_model(trained.model, tmp_path / "saved", ["the cat"], settings)
    command = ["export", str(run), "--to", "saved_model", "--out", str(tmp_path / "saved")]
    assert main(command) == 1
    assert "Export it to a .tflite file" in capsys.readouterr().err
    assert not (tmp_path / "saved").exists()
    assert main(["export", str(run), "--compare"]) == 2
    assert "--compare compares whole outputs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lexicon": None}, "looks_ahead=True, no lexicon"),
        ({"stateful": True}, "leave `candidates`, `shortlist` and `stateful` out"),
        ({"candidates": 9}, "leave `candidates`, `shortlist` and `stateful` out"),
    ],
)
def test_what_its_file_cannot_do_is_refused(
    trained: Run, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    arguments = {"lexicon": trained.lexicon, **options}
    settings = trained.recipe.decoding_settings()
    with pytest.raises(ValueError, match=message):
        export_tflite(trained.model, tmp_path / "a.tflite", ["the cat"], settings, **arguments)


def test_another_model_takes_no_lexicon(trained: Run, tmp_path: Path) -> None:
    model: Any = trained.model
    plain = type(model)(
        model.source_tokenizer, model.target_tokenizer, embedding_size=4, units=4, decoder="luong"
    )
    settings = replace(trained.recipe.decoding_settings(), beam_width=1)
    with pytest.raises(ValueError, match="looks_ahead=False, a lexicon"):
        export_tflite(plain, tmp_path / "a", ["the cat"], settings, lexicon=trained.lexicon)
