"""What the command line says of the training's data: where it is, and what a card says of it."""

import json
from pathlib import Path

import pytest

from s2s_keras.cli import main
from s2s_keras.cli.export import _card
from s2s_keras.recipe import parse_recipe
from s2s_keras.training.run import Run
from tests.test_config import RECIPES

RECIPE = "name: x\ndata: {train: [a.en, a.fr], dev: dev.tsv}\n"


@pytest.mark.parametrize("overrides", [[], ["--set", "data.folder=/elsewhere"]])
def test_train_reads_the_files_of_the_folder_that_is_given(
    overrides: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The folder is made absolute: what is stored must hold from anywhere."""
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    corpus = tmp_path / "cor: pus"
    corpus.mkdir()
    monkeypatch.chdir(tmp_path)
    arguments = ["train", "recipe.yaml", *overrides, "--data", corpus.name, "--out", "run"]
    assert main(arguments) == 2
    assert f"error: {corpus}/a.en: cannot be read" in capfd.readouterr().err
    for name in ("a.en", "a.fr"):
        (corpus / name).write_text("one\n")
    assert main(arguments) == 2
    assert f"error: {corpus}/dev.tsv: cannot be read" in capfd.readouterr().err
    (tmp_path / "recipe.yaml").write_text("data: {dataset: dates}\n")
    assert main(arguments) == 2
    assert "a built-in data set has none; leave it out" in capfd.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("languages", "expected"),
    [({}, {}), ({"source_language": "en"}, {"source_language": "en"})],
)
def test_card_names_the_languages_that_the_recipe_names(
    languages: dict[str, str], expected: dict[str, str]
) -> None:
    recipe = parse_recipe({"name": "x", "data": {"train": "a.tsv", **languages}})
    card = _card(Run(Path(), recipe, None, {"pairs": 3}))
    quality = {"quality": {"pairs": 3}}
    assert card == {"name": "x", "task": "correction", **expected, **quality}
    assert json.loads(json.dumps(card)) == card


@pytest.mark.parametrize("missing", ["train.en", "val.de"])
def test_train_of_a_public_corpus_says_how_to_get_it(
    missing: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    [recipe] = [path for path in RECIPES if path.stem == "multi30k-en-de"]
    for name in {"train.en", "train.de", "val.en", "val.de"} - {missing}:
        (tmp_path / name).write_text("one\n")
    arguments = ["train", str(recipe), "--data", str(tmp_path), "--out", str(tmp_path / "run")]
    assert main(arguments) == 2
    place, remedy = f"error: {tmp_path / missing}: ", "`s2s-keras data multi30k-en-de --out FOLDER`"
    error = capfd.readouterr().err
    assert error.startswith(place)
    assert remedy in error
    assert not (tmp_path / "run").exists()
