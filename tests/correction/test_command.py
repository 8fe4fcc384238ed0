"""`s2s-keras correct`: texts, streams, files, differences, questions."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from s2s_keras.cli import main


def test_the_command_corrects_texts_and_lines(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["correct", "--model", str(file)]
    assert main([*command, "Teh cat sat", "the dog ran"]) == 0
    assert capsys.readouterr().out == "The cat sat\nthe dog ran\n"
    assert main([*command, "--json", "Teh cat sat"]) == 0
    document = json.loads(capsys.readouterr().out)
    [edit] = document.pop("edits")
    assert document == {"source": "Teh cat sat", "text": "The cat sat"}
    assert (edit["start"], edit["end"], edit["typed"], edit["corrected"]) == (0, 3, "Teh", "The")
    assert "The" not in edit["alternatives"]
    assert main([*command, "Teh cat\n\n\n"]) == 0
    assert capsys.readouterr().out == "The cat\n\n\n"
    lines = b"Teh cat sat\r\n\r\nThey sat on ther own mat"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines), encoding="utf-8"))
    assert main([*command]) == 0
    assert capsys.readouterr().out == "The cat sat\r\n\r\nThey sat on their own mat"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Teh\n\xff")))
    assert main([*command]) == 2
    assert "<stdin>:2: byte 1 of the line is not valid" in capsys.readouterr().err


def test_the_command_checks(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["correct", "--model", str(file), "--check"]
    assert main([*command, "The cat sat"]) == 0
    assert capsys.readouterr().out == ""
    assert main([*command, "The cat sat", "Again\nteh cat sat on teh mat"]) == 1
    found = capsys.readouterr().out
    assert found == "<text>:2:1: teh -> the\n<text>:2:16: teh -> the\n"
    assert main([*command, "--json", "Teh cat sat"]) == 1
    assert json.loads(capsys.readouterr().out)["text"] == "The cat sat"
    assert main([*command, "--aggressiveness", "2", "a"]) == 2
    assert main([*command, "--diff", "--json", "a"]) == 2
    assert "--json and --diff exclude one another" in capsys.readouterr().err


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"The cat sat.\r\nTeh dog ran\r\n\r\nThey sat on ther own mat")
    path.chmod(0o640)
    return path


def test_the_command_shows_what_would_change(
    file: Path, letter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["correct", "--model", str(file), "--diff", "--file", str(letter)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[0] == "---" and str(letter) in lines[0]
    assert [line.strip() for line in lines if line[:1] in "-+"][2:] == [
        "-Teh dog ran",
        "+The dog ran",
        "-They sat on ther own mat",
        "+They sat on their own mat",
    ]
    assert lines.count("\\ No newline at end of file") == 2


def test_the_command_corrects_files_in_place(
    file: Path, letter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["correct", "--model", str(file), "--in-place"]
    before = letter.read_bytes()
    assert main([*command, "--file", str(letter)]) == 0
    after = b"The cat sat.\r\nThe dog ran\r\n\r\nThey sat on their own mat"
    assert letter.read_bytes() == after
    assert letter.stat().st_mode & 0o777 == 0o640
    copy = letter.with_name("letter.txt.orig")
    assert copy.read_bytes() == before
    copy.unlink()
    assert main([*command, "--file", str(letter)]) == 0  # nothing to do, nothing written
    assert [path.name for path in letter.parent.iterdir()] == ["letter.txt"]
    assert main([*command, "a text"]) == 2
    bad = letter.with_name("bad.txt")
    bad.write_bytes(b"Teh cat\n\xff\n")
    capsys.readouterr()
    assert main([*command, "--file", str(bad)]) == 2
    assert "bad.txt:2: byte 1 of the line is not valid UTF-8" in capsys.readouterr().err
    assert bad.read_bytes() == b"Teh cat\n\xff\n"
    assert main([*command, "--file", str(letter.with_name("missing.txt"))]) == 2
    assert "missing.txt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answers", "corrected"),
    [
        ("y\nn\n", "The cat sat on teh mat"),
        ("n\ny\n", "Teh cat sat on the mat"),
        ("a\n", "The cat sat on the mat"),
        ("q\n", "Teh cat sat on teh mat"),
        ("?\nw\nTen\nn\n", "Ten cat sat on teh mat"),
        ("l\n", "Teh cat sat on teh mat"),
    ],
)
def test_the_command_asks_a_person(
    file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answers: str,
    corrected: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))
    words = tmp_path / "words.txt"
    command = ["correct", "--model", str(file), "--interactive", "--personal-words", str(words)]
    assert main([*command, "Teh cat sat on teh mat"]) == 0
    printed = capsys.readouterr()
    assert printed.out == corrected + "\n"
    assert ("y or nothing takes the correction" in printed.err) == answers.startswith("?")
    assert words.exists() == answers.startswith("l")
