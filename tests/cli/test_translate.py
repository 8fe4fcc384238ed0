"""`translate`, with a file of random weights as the model that ships."""

import io
import json
import shutil
from pathlib import Path

import pytest

from s2s_keras.cli import main
from s2s_keras.runtime import shipped
from tests.cli.commands import output


@pytest.fixture(autouse=True)
def file(tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shipped, "MODELS", tmp_path)
    return shutil.copy(tiny_file, tmp_path / "en-fr.tflite")


def test_translate_is_predict_with_the_model_that_ships(
    file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for options in (
        [],
        ["--beam-width", "1"],
        ["--n-best", "3"],
        ["--temperature", "5", "--seed", "3", "--n-best", "2"],
        ["--length-penalty", "gnmt", "--length-penalty-alpha", "3"],
        ["--coverage-penalty-beta", "2", "--min-output-length", "5"],
    ):
        expected = output(capfd, "predict", file, "abcd", "cab", *options)
        assert output(capfd, "translate", "--to", "fr", "abcd", "cab", *options) == expected
    found = json.loads(output(capfd, "translate", "--to", "FR", "--from", "en", "abcd", "--json"))
    assert found["source"] == "abcd"
    assert "probability" in output(capfd, "translate", "--to", "fr", "abcd", "--table")


def test_translate_takes_paragraphs_of_standard_input(
    file: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def translated(text: str, *options: str) -> str:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        return output(capfd, "translate", "--to", "fr", *options)

    def predicted(text: str) -> str:
        return output(capfd, "predict", file, text).rstrip("\n")

    first, second = predicted("abc."), predicted(",gag")
    assert first != second  # what is compared below is no constant
    long = "bad. abc. bad. abc. bad."  # twice what the model takes
    expected = [f"{first}  {second}", "", " ", predicted(long)]
    assert translated(f"abc.  ,gag\n\n \n{long}\n").splitlines() == expected
    assert translated("abc.  ,gag", "--no-split-sentences") == predicted("abc.  ,gag") + "\n"


def test_translate_draws_the_attention_of_a_text(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "attention.png"
    output(capfd, "translate", "--to", "fr", "abc. bad", "--attention", picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["abc"], "Missing option '--to'"),
        (["--to", "de", "abc"], "that ships: en to fr. Received: en to de. Train and export"),
        (["--to", "fr", "--from", "de", "abc"], "Received: de to fr."),
        (["--to", "fr", "--json", "--table", "abc"], "exclude each other"),
        (["--to", "fr", "--n-best", "9", "abc"], "`n_best` must be at most `beam_width`"),
        (["--to", "fr", "abc", "x\u00e9"], "text 2: The text holds"),
    ],
)
def test_translate_of_what_is_not_there_is_refused(
    arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["translate", *arguments]) == 2
    assert message in " ".join(capfd.readouterr().err.split())


def test_translate_copies_what_it_cannot_take_where_asked(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["translate", "--to", "fr", "x\u00e9", "--on-error", "copy"]) == 0
    printed = capfd.readouterr()
    assert printed.out == "x\u00e9\n"
    assert "warning: text 1: " in printed.err
