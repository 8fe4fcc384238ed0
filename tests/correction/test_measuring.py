"""`s2s-keras evaluate` and `s2s-keras calibrate` on a corrector."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.autocorrect import keys_saved, unknown_words
from s2s_keras.cli import main
from s2s_keras.runtime import Corrector, read_artifact


def test_evaluate_corrects_whole_texts(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = tmp_path / "pairs.tsv"
    lines = ["Teh cat sat on the mat\tThe cat sat on the mat", "the dog ran\tThe dog rans"]
    pairs.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert main(["evaluate", str(file), str(pairs), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    # One of three errors is repaired: capitals and words that are right stay as they are.
    assert (figures["words"], figures["corrupted"]) == (9, 3)
    assert figures["fix_rate"] == pytest.approx(1 / 3)
    assert figures["broken_rate"] == 0.0
    picture = tmp_path / "curve.png"
    assert main(["evaluate", str(file), str(pairs), "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main(["evaluate", str(file), str(pairs), "--task", "translation"]) == 2
    assert "Received: --task translation" in capsys.readouterr().err
    assert main(["predict", str(file), "Teh cat"]) == 2
    assert "take `s2s-keras correct --model" in capsys.readouterr().err


def test_calibrated_files_hold_the_margins_that_were_found(
    file: Path, tiny_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = tmp_path / "pairs.tsv"
    lines = ["Teh cat sat on the mat.\tThe cat sat on the mat.", "She was ther.\tShe was there."]
    pairs.write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = tmp_path / "calibrated.tflite"
    command = ["calibrate", str(file), str(pairs), "--broken", "0.2", "--out", str(out)]
    capsys.readouterr()
    assert main([*command, "--json"]) == 0
    found = {row["at_most_broken"]: row for row in json.loads(capsys.readouterr().out)}
    assert sorted(found) == [0.001, 0.002, 0.004, 0.01, 0.2]
    assert all(row["broken_rate"] <= share for share, row in found.items())
    assert found[0.2]["fix_rate"] >= found[0.001]["fix_rate"]
    before, after = read_artifact(file), read_artifact(out)
    for name in ("frequency_weight", "known_margin", "unknown_margin"):
        assert after.metadata["correction"][name] == found[0.2][name]
    changed = {"correction": after.metadata["correction"]}
    assert {**before.metadata, **changed} == after.metadata
    assert (after.lexicon, after.source_tokenizer.vocabulary) == (
        before.lexicon,
        before.source_tokenizer.vocabulary,
    )
    with Corrector(out) as calibrated:
        rates = [calibrated.correct(line.split("\t")[0]).text for line in lines]
        fixed = sum(text == line.split("\t")[1] for text, line in zip(rates, lines, strict=True))
        assert fixed / 2 == found[0.2]["fix_rate"]
    assert main(["calibrate", str(tiny_file), str(pairs)]) == 2
    assert "holds no lexicon" in capsys.readouterr().err


def test_words_outside_of_the_lexicon_are_counted(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "texts.tsv"
    texts.write_text("Teh cat sat on a rast\tThe cat sat on a rats\n")
    assert unknown_words.main([str(file), str(texts)]) == 0
    printed = capsys.readouterr().out
    counts = [int(line.split()[-2]) for line in printed.splitlines() if line.startswith("│")]
    assert counts[:2] == [2, 1] and counts[2] in (0, 1)


def test_keys_that_suggestions_save_are_counted(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "texts.tsv"
    texts.write_text("x\tThe cat sat\ny\tMiaow\n")
    assert keys_saved.main([str(file), str(texts), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    letters = len("The cat sat Miaow ")
    assert figures["words"] == 4
    # Miaow is no word: all of its letters are typed; the others take less.
    assert 3 + 6 <= round(letters * (1 - figures["keys_saved"])) < letters
    assert keys_saved.main([str(file), str(texts), "--suggestions", "200", "--json"]) == 0
    # All words of the lexicon are suggested before the first letter.
    figures = json.loads(capsys.readouterr().out)
    assert figures["next_word_accuracy"] == 3 / 4
    assert figures["keys_saved"] == pytest.approx(1 - (3 + 6) / letters)
