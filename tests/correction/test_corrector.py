"""From running text to corrected text: a file with a lexicon, in Python."""

from __future__ import annotations

import json
import math
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from s2s_keras.decoding import CorrectionSettings
from s2s_keras.errors import ArtifactError, DataError, InputError
from s2s_keras.runtime import Corrector, read_artifact
from s2s_keras.runtime.corrector import word_corrector
from s2s_keras.text import CharacterTokenizer, Lexicon


def test_a_training_on_text_tells_how_sure_the_model_is(run: Path) -> None:
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["pairs"] == 19
    assert 1 < metrics["perplexity"] < 6


def test_the_file_holds_the_lexicon_and_the_settings(run: Path, file: Path) -> None:
    artifact = read_artifact(file)
    assert artifact.lexicon == Lexicon.from_bytes((run / "lexicon.bin").read_bytes())
    assert "together" in artifact.lexicon and "teh" not in artifact.lexicon
    assert CorrectionSettings.from_metadata(artifact.metadata) == CorrectionSettings(
        model_weight=0.5,
        channel_weight=0.3,
        known_margin=1.0,
        unknown_margin=-1.0,
        dial_span=4.0,
    )


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


def test_a_keyboard_corrects_the_word_that_was_just_typed(corrector: Corrector) -> None:
    edit = corrector.correct_word("Teh", "", " cat sat")
    assert edit is not None
    assert (edit.start, edit.end, edit.typed, edit.corrected) == (0, 3, "Teh", "The")
    found = corrector.correct_word("ther", "They sat on ", " own mat")
    assert found is not None and found.corrected == "their"
    found = corrector.correct_word("ther", "Their cat was ", " again")
    assert found is not None and found.corrected == "there"
    for word in ("The", "", " ", "teh cat", "teh1", "TEH", "#teh", "\U0001f469"):
        assert corrector.correct_word(word, "", " cat sat") is None
    with pytest.raises(ValueError, match="`aggressiveness` must lie between 0 and 1"):
        corrector.correct_word("teh", aggressiveness=1.5)


def test_suggestions_complete_and_correct(corrector: Corrector) -> None:
    assert corrector.suggest("tog", "The dog ran ")[0].text == "together"
    assert corrector.suggest("", "She was there with a ", " of milk.", 1)[0].text == "lot"
    assert corrector.suggest("", "She was there with ", k=1)[0].text in ("a", "their")
    found = corrector.suggest("Teh", "", " cat sat")
    assert found[0].text == "The" and found[0].probability > 0.5
    assert len(found) == 3
    assert corrector.suggest("caf\u00e9") == []
    with pytest.raises(ValueError, match="`k` must be a positive integer"):
        corrector.suggest("a", k=0)


def test_names_have_their_capitals(file: Path, tmp_path: Path) -> None:
    text = "today teh cat was there with TODAY i.e. today."
    with Corrector(file, capitals=True) as corrector:
        lexicon = corrector.lexicon.changed({}, spellings=["Today"])
        corrector._with_lexicon().use_words(lexicon)
        corrected = "Today the cat was there with TODAY i.e. Today."
        assert corrector.correct(text).text == corrected
        assert corrector.correct("today)").text == "today)"
        [edit] = corrector.correct("today the cat sat there.").edits
        assert (edit.typed, edit.corrected) == ("today", "Today") and edit.probability > 0.3
        assert corrector.suggest("tod")[0].text == "Today"
        corrector.capitals = False
        assert corrector.correct("she was there today.").edits == ()
    careful = CorrectionSettings(known_margin=99.0, unknown_margin=99.0)
    with Corrector(file, capitals=True, correction=careful) as corrector:
        lexicon = corrector.lexicon.changed({}, spellings=["maT"])
        corrector._with_lexicon().use_words(lexicon)
        assert corrector.correct("the Mat was there with the mat").text[-7:] == "the maT"
        assert corrector.correct("the Mat").edits == ()
    with Corrector(file, capitals=True, personal_words=tmp_path / "words.txt") as corrector:
        corrector.learn("McDuff")
        assert corrector.correct("mcduff sat").text == "mcduff sat"  # it is left alone
        assert "McDuff" in [found.text for found in corrector.suggest("mcdu")]
        corrector.learn("J\u030cim")  # whose small letter is one character
        assert corrector.correct("J\u030cim sat").edits == ()


def test_sentences_of_other_languages_are_left_alone(file: Path) -> None:
    artifact = read_artifact(file)
    text = "Teh cat sat. Er was nicht da, teh ist gut. Teh dog ran with teh cat."
    with Corrector(artifact) as corrector:
        assert len(corrector.correct(text).edits) > 3  # of no language that is known
    artifact.metadata["source_language"] = "en"
    with Corrector(artifact) as corrector:
        found = corrector.correct(text)
        assert found.text == text.replace("Teh", "The").replace("with teh", "with the")
        assert [edit.typed for edit in found.edits] == ["Teh", "Teh", "teh"]
        assert corrector.correct_word("teh", "Er was nicht da, ", " ist gut.") is None
        edit = corrector.correct_word("teh", "Er ist nicht da. The dog ran with ", " cat.")
        assert edit is not None and (edit.start, edit.end, edit.corrected) == (0, 3, "the")
        assert corrector.correct_word("teh", "x" * 300 + " ran with ") is not None


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


def test_threads_share_a_corrector(file: Path, corrector: Corrector) -> None:
    texts = ["the " * n + "They sat on ther own mat. Teh dog ran togther." for n in range(4)]
    expected = [corrector.correct(text).text for text in texts]
    assert all("ther " not in text and "Teh" not in text for text in expected)
    found: list[str] = []
    with Corrector(file) as shared:
        threads = [
            threading.Thread(target=lambda text=text: found.append(shared.correct(text).text))
            for text in texts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == sorted(expected)


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
    with pytest.raises(ValueError, match="`capitals`"):
        Corrector(artifact, capitals=True)
    with Corrector(artifact) as corrector, pytest.raises(ValueError, match="holds no lexicon"):
        corrector.suggest("a")


@pytest.mark.parametrize(
    ("correction", "message"),
    [
        (None, "`correction` must be an object"),
        ({"known_margin": math.inf}, "`known_margin` must be a finite number"),
        ({"left_tokens": -1}, "`left_tokens` must be a whole number"),
        ({"right_tokens": 20}, "`right_tokens` 20 and an end are more than .* at most 20 tokens"),
    ],
)
def test_a_file_with_unusable_settings_is_refused(
    file: Path, correction: object, message: str
) -> None:
    artifact = read_artifact(file)
    artifact.metadata["correction"] = correction
    with pytest.raises(ArtifactError, match=message):
        Corrector(artifact)


def test_a_file_that_no_word_can_be_judged_with_is_refused(file: Path) -> None:
    artifact = read_artifact(file)
    artifact.metadata["signatures"] = {"start": {}, "step": {}}
    with pytest.raises(ArtifactError, match="must be exported stateless"):
        word_corrector(artifact)
    artifact = read_artifact(file)
    other = replace(artifact, target_tokenizer=CharacterTokenizer("abc"))
    with pytest.raises(ArtifactError, match="must have one tokeniser"):
        word_corrector(other)
    with pytest.raises(ArtifactError, match="holds no lexicon"):
        word_corrector(replace(artifact, lexicon=None))


def test_learning_is_an_input_error_for_what_is_no_word(file: Path, tmp_path: Path) -> None:
    with (
        Corrector(file, personal_words=tmp_path / "words.txt") as corrector,
        pytest.raises(InputError, match="must hold 1 to 48 characters"),
    ):
        corrector.learn("two words")
