"""`export --shortlist`: learned from the run's training pairs, and kept in the file."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from s2s_keras.cli import main
from s2s_keras.config import ShortlistConfig
from s2s_keras.runtime import load, read_artifact
from s2s_keras.training.corpus import make_shortlist
from s2s_keras.training.run import load_run
from tests.cli.commands import output


@pytest.fixture
def run_with(toy_run: Path, tmp_path: Path) -> Path:
    """A copy of the toy's run, whose recipe asks for a shortlist of the whole vocabulary."""
    folder = tmp_path / "run"
    shutil.copytree(toy_run, folder)
    change(folder, "export", "shortlist", {"size": 9, "per_token": 2})
    return folder


def change(folder: Path, section: str, key: str, value: object) -> None:
    recipe = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    recipe[section][key] = value
    (folder / "config.json").write_text(json.dumps(recipe), encoding="utf-8")


def exported(path: Path, run: Path, *options: str) -> int:
    return main(["export", str(run), "--out", str(path), *options])


def test_shortlist_of_the_recipe_is_in_the_file(
    run_with: Path, toy_dev: list[list[str]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.tflite"
    report = json.loads(output(capfd, "export", run_with, "--out", path, "--json"))
    assert report["parity"]["same_unrestricted"] >= 0.95
    inspected = json.loads(output(capfd, "inspect", path, "--json"))
    assert inspected["metadata"]["shortlist"] == {"size": 9, "per_token": 2}
    assert inspected["signatures"]["decode_step"]["inputs"]["candidate_ids"] == ["int32", [9]]
    found = [best[0].text for best in load(path).predict([source for source, _ in toy_dev])]
    right = sum(text == target for text, (_, target) in zip(found, toy_dev, strict=True))
    assert right >= 0.9 * len(toy_dev)


def test_shortlist_of_the_command_line_replaces_the_recipes(
    run_with: Path, toy_run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.tflite"
    assert exported(path, run_with, "--shortlist", "0", "--quantize", "none") == 0
    assert read_artifact(path).shortlist is None
    arguments = ["--shortlist", "8", "--quantize", "none"]
    shown = output(capfd, "export", toy_run, "--out", path, *arguments)
    assert "same as without a shortlist" in shown
    listed = read_artifact(path).shortlist
    assert listed is not None
    assert (listed.size, listed.per_token) == (8, 16)


def test_learned_letters_propose_themselves(toy_run: Path) -> None:
    run = load_run(toy_run)
    tokenizers = (run.model.source_tokenizer, run.model.target_tokenizer)
    config = ShortlistConfig(size=5, per_token=1)
    listed = make_shortlist(run.recipe.data, config, *tokenizers)
    for letter in "abcdé":
        [letter_id] = tokenizers[0].encode(letter)
        assert tokenizers[1].encode(letter) == [letter_id]
        assert listed.candidates(np.array([letter_id])).tolist() == [0, 1, 2, 3, letter_id]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--shortlist", "10"], "the size of the target vocabulary, 9. Received: size=10"),
        (["--shortlist", "4"], "`size` must lie between 5 and"),
        (["--shortlist", "6", "--beam-width", "7"], "returns 7 candidates, and `shortlist` must"),
        (["--shortlist", "-1"], "should be greater than or equal to 0"),
    ],
)
def test_shortlist_that_does_not_fit_is_refused(
    options: list[str],
    message: str,
    toy_run: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert exported(tmp_path / "m.tflite", toy_run, *options) == 2
    assert message in " ".join(capfd.readouterr().err.split())
    assert list(tmp_path.iterdir()) == []


def test_training_pairs_that_are_gone_are_named(
    run_with: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    change(run_with, "data", "train", str(tmp_path / "gone.tsv"))
    assert exported(tmp_path / "m.tflite", run_with) == 2
    line = " ".join(capfd.readouterr().err.split())
    assert f"{tmp_path / 'gone.tsv'}: a shortlist is learned from the training pairs" in line
    assert "export without a shortlist" in line
    assert not (tmp_path / "m.tflite").exists()


@pytest.mark.parametrize("shortlist", ["{}", "{size: 0}", "{size: 8, per_token: 0}", "9", "{n: 1}"])
def test_recipe_whose_shortlist_is_none_is_refused(
    shortlist: str, toy_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", str(toy_folder / "recipe.yaml"), "--out", str(tmp_path / "run")]
    assert main([*arguments, "--set", f"export.shortlist={shortlist}"]) == 2
    assert "export.shortlist" in " ".join(capfd.readouterr().err.split())
