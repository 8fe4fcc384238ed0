"""`s2s-keras evaluate` of a translation, with a model that never learned."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from sacrebleu.metrics.chrf import CHRF

from s2s_keras.cli import main
from s2s_keras.decoding import Predictor
from s2s_keras.runtime import Seq2SeqLite, read_artifact
from tests.cli.commands import output

LINES = "abc\tabc de\nfed cab\tfed. cab\nabc\tcba ed\nhhh\thhh, a\nzzz\tab cd\n"
PREDICTED = ["abc", "fed cab", "hhh"]
"""The sources that the model takes."""


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text(LINES, encoding="utf-8")
    return path


def evaluated(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> dict:
    return json.loads(output(capfd, "evaluate", *arguments, "--json"))


def test_json_has_the_figures_of_what_the_model_predicts(
    tiny_file: Path, pairs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = evaluated(capfd, tiny_file, pairs)
    outputs = output(capfd, "predict", tiny_file, *PREDICTED).splitlines()
    streams = [["abc de", "fed. cab", "hhh, a", "ab cd"], ["cba ed", None, None, None]]
    chrf = CHRF().corpus_score([*outputs, "zzz"], streams)
    assert found["chrf"]["score"] == pytest.approx(chrf.score)
    assert 0 < chrf.score < 100
    assert [found["pairs"], found["sources"], found["unprocessed"]] == [5, 4, 1]
    assert [found["language"], found["model"]] == ["en", str(tiny_file)]
    assert "tok:moses-en" in found["tokenized_bleu"]["signature"]
    assert "fix_rate" not in found


def test_beam_width_and_language_are_those_that_were_given(
    tiny_file: Path, pairs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    greedily = evaluated(capfd, tiny_file, pairs, "--beam-width", "1", "--language", "fr")
    outputs = output(capfd, "predict", tiny_file, *PREDICTED, "--beam-width", "1").splitlines()
    streams = [["abc de", "fed. cab", "hhh, a", "ab cd"], ["cba ed", None, None, None]]
    chrf = CHRF().corpus_score([*outputs, "zzz"], streams)
    assert greedily["chrf"]["score"] == pytest.approx(chrf.score)
    assert "tok:moses-fr" in greedily["tokenized_bleu"]["signature"]


def test_tables_show_figures_lengths_and_signatures(
    tiny_file: Path, pairs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    chrf = evaluated(capfd, tiny_file, pairs)["chrf"]
    text = output(capfd, "evaluate", tiny_file, pairs)
    assert f"{chrf['score']:.2f} ({chrf['low']:.2f} to {chrf['high']:.2f})" in text
    assert "1-5" in text
    assert f"chrF: {chrf['signature']}" in text
    assert "fix rate" not in text


def test_against_itself_nothing_differs(
    tiny_file: Path, pairs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.tflite"
    shutil.copy(tiny_file, copy)
    for other in (copy, tiny_file):
        found = evaluated(capfd, tiny_file, pairs, "--against", other)
        assert found["against"]["model"] == str(other)
        assert found["against"]["chrf"] == found["chrf"]
        for figure in found["differences"].values():
            assert figure == {"difference": 0.0, "low": 0.0, "high": 0.0, "p_value": 1.0}
    text = output(capfd, "evaluate", tiny_file, pairs, "--against", copy)
    assert "+0.00 (+0.00 to +0.00)" in text
    assert "1.0000" in text


@pytest.mark.parametrize("others", [0, 1])
def test_report_shows_the_sentences(
    tiny_file: Path, pairs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], others: int
) -> None:
    folder = tmp_path / "new" / "report"
    against = ["--against", tiny_file] * others
    options = ["--report", folder, "--report-sentences", "1", *against]
    found = evaluated(capfd, tiny_file, pairs, *options)
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert [path.name for path in folder.iterdir()] == ["index.html"]
    assert f"{found['chrf']['score']:.2f} ({found['chrf']['low']:.2f}" in text
    assert "fed. cab" in text
    alike = others == 1  # then there is nothing to draw
    assert text.count("<details>") == (0 if alike else 2)
    assert ('aria-label="Alignment' in text) is not alike


def test_report_is_refused_before_decoding(
    tiny_file: Path,
    pairs: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Predictor, "predict", lambda *_: pytest.fail("decoded"))
    (tmp_path / "file").write_text("in the way")
    command = ["evaluate", str(tiny_file), str(pairs), "--report"]
    assert main([*command, str(tmp_path / "file" / "report")]) == 2
    assert "Not a directory" in capfd.readouterr().err
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert main([*command, str(tmp_path / "report")]) == 2
    assert "A report needs Jinja2" in capfd.readouterr().err


@pytest.mark.parametrize("option", ["--language", "--against", "--report"])
def test_options_of_translations_are_refused_for_a_correction(
    tiny_file: Path,
    pairs: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    option: str,
) -> None:
    metadata = {**read_artifact(tiny_file).metadata, "task": "correction"}
    monkeypatch.setattr(Seq2SeqLite, "metadata", metadata)
    assert main(["evaluate", str(tiny_file), str(pairs), option, "fr"]) == 2
    assert f"`{option}` is for translations" in capfd.readouterr().err
    assert "fix_rate" in evaluated(capfd, tiny_file, pairs)


@pytest.mark.parametrize("module", ["sacrebleu", "sacremoses"])
def test_without_the_extra_the_old_figures_and_one_line(
    tiny_file: Path,
    pairs: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    module: str,
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert main(["evaluate", str(tiny_file), str(pairs), "--json"]) == 0
    printed = capfd.readouterr()
    found = json.loads(printed.out)
    assert [found["pairs"], "bleu" in found] == [5, False]
    assert 0 <= found["exact_match"] <= found["character_error_rate"]
    [line] = printed.err.split("\n\n")[0].splitlines()
    assert "pip install 's2s-keras[evaluate]'" in line
    assert main(["evaluate", str(tiny_file), str(pairs), "--language", "fr"]) == 2
    assert "pip install 's2s-keras[evaluate]'" in capfd.readouterr().err
