"""From running text to corrected text: train, export and correct with a few words."""

from __future__ import annotations

import io
import json
import math
import threading
from pathlib import Path

import pytest

from s2s_keras.cli import main
from s2s_keras.decoding import CorrectionSettings
from s2s_keras.errors import ArtifactError, ConfigError, DataError, InputError
from s2s_keras.recipe import load_recipe
from s2s_keras.runtime import Corrector, read_artifact
from s2s_keras.text import Lexicon, find_words
from s2s_keras.training.corpus import load_corpus

TEXTS = [
    f"{opening}{subject} {rest}"
    for opening in ("", "Today ", "Again ")
    for subject in ("The cat", "The dog", "Their cat", "Their dog", "A cat", "A dog", "She", "They")
    for rest in (
        "sat on the mat.",
        "sat there again.",
        "was there again.",
        "went there with their dog.",
        "ran together with the cat!",
        "sat on their own mat.",
        "was there with a lot of milk.",
        "slept there.",
    )
]
MISSPELLINGS = "teh\tthe\nther\ttheir\nther\tthere\ntogther\ttogether\nwnet\twent\n"
RECIPE = """
name: few-words
task: correction
data:
  text: text.txt
  folder: {folder}
  tokenizer: subword
  lowercase: true
  max_vocabulary: 60
  max_source_length: 36
  max_target_length: 16
  bucket_lengths: [20]
  target_bucket_lengths: [8]
  dev_fraction: 0.1
  words:
    lexicon: lexicon.tsv
    misspellings: [misspellings.tsv]
    rates: {{misspelling: 0.25, omission: 0.2, run_together: 0.05}}
    context_rates: {{omission: 0.02}}
    known_margin: 1.0
    unknown_margin: -1.0
model: {{embedding_size: 24, units: 48, decoder: luong, dropout: 0.0}}
training: {{epochs: 16, batch_size: 32, learning_rate: 0.01, warmup_steps: 20}}
decoding: {{beam_width: 6}}
"""


def write_data(folder: Path) -> Path:
    """Writes text, lexicon, misspellings and recipe, and returns where the recipe is."""
    words = [word.text.lower() for text in TEXTS for word in find_words(text)]
    lines = [f"{word}\t{words.count(word) / len(words)}\n" for word in sorted(set(words))]
    (folder / "lexicon.tsv").write_text("".join(lines), encoding="utf-8")
    (folder / "text.txt").write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    (folder / "misspellings.tsv").write_text(MISSPELLINGS * 2, encoding="utf-8")
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE.format(folder=folder), encoding="utf-8")
    return recipe


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("few-words")
    assert main(["train", str(write_data(folder)), "--out", str(folder / "run")]) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def file(run: Path) -> Path:
    path = run.parent / "few-words.tflite"
    assert main(["export", str(run), "--out", str(path), "--min-same-best", "0.8"]) == 0
    return path


@pytest.fixture(scope="module")
def corrector(file: Path) -> Corrector:
    return Corrector(file)


def test_a_training_on_text_measures_the_marked_words(run: Path) -> None:
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["words"] == pytest.approx(metrics["pairs"], rel=0.1)
    assert metrics["fix_rate"] > 0.8
    assert metrics["broken_rate"] < 0.05


def test_the_file_holds_the_lexicon_and_the_settings(run: Path, file: Path) -> None:
    artifact = read_artifact(file)
    assert artifact.lexicon == Lexicon.from_bytes((run / "lexicon.bin").read_bytes())
    assert "together" in artifact.lexicon and "teh" not in artifact.lexicon
    settings = CorrectionSettings.from_metadata(artifact.metadata)
    assert settings == CorrectionSettings(known_margin=1.0, unknown_margin=-1.0)


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("", ""),
        (" \r\n", " \r\n"),
        ("Teh cat saton teh mat.", "The cat sat on the mat."),
        ("They sat  on ther own mat", "They sat  on their own mat"),
        ("Their cat was ther again", "Their cat was there again"),
        ("The dog ran to gether with teh cat!", "The dog ran together with the cat!"),
        ("The cat sat on the mat.", "The cat sat on the mat."),
        ("www.teh.org #teh TEH teh1", "www.teh.org #teh TEH teh1"),
        ("\u4f60\u597d \U0001f469\u200d\U0001f4bb \ud800 caf\u00e9", None),
    ],
)
def test_errors_are_corrected_in_their_context_and_nothing_else_is(
    corrector: Corrector, text: str, corrected: str | None
) -> None:
    found = corrector.correct(text)
    assert found.text == (text if corrected is None else corrected)
    assert found.changed == (found.text != text)
    for edit in found.edits:
        assert text[edit.start : edit.end] == edit.typed != edit.corrected
        assert 0 < edit.probability <= 1
        assert edit.corrected not in edit.alternatives


def test_what_is_protected_is_corrected_where_that_is_asked_for(file: Path) -> None:
    with Corrector(file, protected=("url",)) as asked:
        assert asked.correct("TEH cat www.teh.org").text == "THE cat www.teh.org"
    with pytest.raises(ValueError, match="`protected` must be of"):
        Corrector(file, protected=("names",))


def test_aggressiveness_decides_how_readily_words_are_changed(file: Path) -> None:
    text = "The cta sat"
    changed = []
    for aggressiveness in (0.0, 0.5, 1.0):
        with Corrector(file, aggressiveness=aggressiveness) as corrector:
            changed.append(len(corrector.correct(text + " on teh mat ther.").edits))
    assert changed == sorted(changed) and changed[0] < changed[-1]
    margins = CorrectionSettings(known_margin=60.0, unknown_margin=60.0)
    with Corrector(file, correction=margins) as careful:
        assert careful.correct("Teh cat").edits == ()
    with pytest.raises(ValueError, match="`aggressiveness` must lie between 0 and 1"):
        Corrector(file, aggressiveness=2.0)


def test_suggestions_complete_and_correct(corrector: Corrector) -> None:
    assert corrector.suggest("tog", "The dog ran ")[0].text == "together"
    assert corrector.suggest("", "She was there with a ", k=1)[0].text == "lot"
    found = corrector.suggest("Teh", "", " cat sat")
    assert found[0].text == "The" and found[0].probability > 0.5
    assert len(found) == 3
    assert corrector.suggest("caf\u00e9") == []
    with pytest.raises(ValueError, match="`k` must be a positive integer"):
        corrector.suggest("a", k=0)


def test_personal_words_are_left_alone_and_blocked_ones_are_not_suggested(
    file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "words.txt"
    with Corrector(file, personal_words=path) as corrector:
        assert corrector.correct("Teh cat sat").edits
        corrector.learn("teh")
        assert corrector.correct("Teh cat sat").edits == ()
        corrector.forget("teh")
        corrector.block("the")
        assert all(edit.corrected != "The" for edit in corrector.correct("Teh cat sat").edits)
    assert path.read_text(encoding="utf-8") == "-the\n"
    with Corrector(file) as corrector, pytest.raises(ValueError, match="with `personal_words`"):
        corrector.learn("word")


def test_corrupt_personal_words_are_an_error_that_names_the_line(
    file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(b"good\n\xff\n")
    with pytest.raises(DataError, match=r"words.txt:2: personal words must be text in UTF-8"):
        Corrector(file, personal_words=path)


def test_threads_share_a_corrector(corrector: Corrector) -> None:
    text = "They sat on ther own mat. Teh dog ran togther with the cat."
    expected = corrector.correct(text).text
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(corrector.correct("the " * n + text).text))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted("the " * n + expected for n in range(4))


def test_very_long_texts_and_words_are_corrected(corrector: Corrector) -> None:
    text = "The cat sat on teh mat. " * 200
    assert corrector.correct(text).text == text.replace("teh", "the")
    endless = "thecat" * 10_000
    for word in (endless, endless + "."):
        assert corrector.correct(f"Teh cat sat on {word} mat").text == f"The cat sat on {word} mat"


def test_a_file_without_a_lexicon_takes_no_settings_for_one(tiny_file: Path) -> None:
    artifact = read_artifact(tiny_file)
    artifact.metadata["task"] = "correction"
    with pytest.raises(ValueError, match="holds no lexicon: leave out"):
        Corrector(artifact, aggressiveness=0.9)
    with Corrector(artifact) as corrector, pytest.raises(ValueError, match="holds no lexicon"):
        corrector.suggest("a")


@pytest.mark.parametrize(
    ("correction", "message"),
    [
        (None, "`correction` must be an object"),
        ({"known_margin": math.inf}, "`known_margin` must be a finite number"),
        ({"left_tokens": -1}, "`left_tokens` must be a whole number"),
    ],
)
def test_a_file_with_unusable_settings_is_refused(
    file: Path, correction: object, message: str
) -> None:
    artifact = read_artifact(file)
    artifact.metadata["correction"] = correction
    with pytest.raises(ArtifactError, match=message):
        Corrector(artifact)


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


def test_learning_is_an_input_error_for_what_is_no_word(file: Path, tmp_path: Path) -> None:
    with (
        Corrector(file, personal_words=tmp_path / "words.txt") as corrector,
        pytest.raises(InputError, match="must hold 1 to 48 characters"),
    ):
        corrector.learn("two words")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("lexicon.tsv", "the\t0.1\ncat\tmany\n", r"lexicon.tsv:2: could not convert .*'many'"),
        ("lexicon.tsv", "the\t0.1\ncat\t2\n", r"lexicon.tsv:2: A frequency must be above 0"),
        ("lexicon.tsv", "the\n", r"lexicon.tsv:1: "),
        ("lexicon.tsv", "missing\t0.1\n", r"text.txt: 192 lines give 0 training and 0 dev words"),
        ("misspellings.tsv", "teh\tthe\n", r"misspellings.tsv: .* must hold an edit 2 times"),
        ("misspellings.tsv", "the\tthen\n", r"misspellings.tsv: .* none of the lexicon"),
        ("text.txt", b"\xff\n", r"text.txt:1: byte 1 of the line is not valid UTF-8"),
    ],
)
def test_bad_files_are_named_with_their_line(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    recipe = load_recipe(write_data(tmp_path), ["data.words.rates={error_model: 0.1}"])
    raw = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(DataError, match=message):
        load_corpus(recipe.data)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("data.words=null", "`data.text` and `data.words` need one another"),
        ("data.tokenizer=word", "`data.text` needs `data.tokenizer: subword`"),
        ("data.train=x.tsv", "exactly one of `data.dataset`, `data.train` and `data.text`"),
        ("data.words.rates={typo: 0.1}", r"Rates must be of .*Received: \['typo'\]"),
        ("data.words.rates={split: 0.9, omission: 0.2}", "sum to at most 1"),
        ("data.words.misspellings=[]", "a rate of misspelling needs `data.words.misspellings`"),
    ],
)
def test_recipes_that_mean_nothing_are_refused(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_recipe(write_data(tmp_path), [override])
