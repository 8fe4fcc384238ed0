"""The SavedModel of a trained run, from the command line."""

import json
from pathlib import Path

import pytest

from s2s_keras.cli import main
from tests.cli.commands import output


@pytest.fixture(scope="module")
def served(toy_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SavedModel with the recipe's beam, 2 outputs a text."""
    folder = tmp_path_factory.mktemp("saved_model") / "served"
    options = ["--to", "saved_model", "--n-best", "2", "--out", str(folder)]
    assert main(["export", str(toy_run), *options]) == 0
    return folder


@pytest.mark.slow
def test_verbs_take_a_saved_model(
    served: Path,
    toy_folder: Path,
    toy_run: Path,
    toy_dev: list[list[str]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    sources = [source for source, _ in toy_dev[:5]]
    for model in (served, served / "1"):
        assert output(capfd, "predict", model, *sources) == output(
            capfd, "predict", toy_run, *sources
        )
    found, expected = (
        json.loads(output(capfd, "predict", model, sources[0], "--json", "--n-best", "2"))
        for model in (served, toy_run)
    )
    texts = [[p["text"] for p in document["predictions"]] for document in (found, expected)]
    assert texts[0] == texts[1]
    dev = toy_folder / "dev.tsv"
    figures, wanted = (
        json.loads(output(capfd, "evaluate", model, dev, "--json")) for model in (served, toy_run)
    )
    assert figures["exact_match"] == pytest.approx(wanted["exact_match"], abs=0.02)
    document = json.loads(output(capfd, "inspect", served, "--json"))
    assert document["signatures"]["serving_default"] == {
        "inputs": {"texts": ["string", [None]]},
        "outputs": {"scores": ["float32", [None, 2]], "texts": ["string", [None, 2]]},
    }
    assert document["metadata"]["task"] == "translation"
    assert "serving_default" in output(capfd, "inspect", served)


@pytest.mark.slow
def test_what_the_export_fixed_cannot_be_overridden(
    served: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(served), "abc", "--beam-width", "2"]) == 2
    assert "`beam_width` of a SavedModel is fixed" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--to", "saved_model", "--quantize", "int8"], "takes no --quantize"),
        (["--to", "saved_model", "--stateful"], "takes no --stateful/--stateless"),
        (["--to", "saved_model", "--shortlist", "64", "--compare"], "no --shortlist, --compare"),
        (["--to", "tflite", "--n-best", "2"], "takes no --n-best"),
        (["--no-text"], "takes no --text/--no-text"),
    ],
)
def test_options_of_the_other_format_are_refused(
    options: list[str], named: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(tmp_path), "--out", str(tmp_path / "m"), *options]) == 2
    assert named in " ".join(capfd.readouterr().err.split())
