import sys
import time

import pytest

from s2s_keras.errors import MissingDependencyError
from s2s_keras.evaluation.moses import LONGEST_MOSES_SLICE, MosesText


@pytest.mark.parametrize(
    ("language", "text", "tokens"),
    [
        ("en", "Mr. Smith doesn't run (much).", "mr. smith doesn 't run ( much ) ."),
        ("en", "It’s 5 %, isn`t it?", "it 's 5 % , isn 't it ?"),
        ("fr", "L’homme court vers l'arc-en-ciel.", "l' homme court vers l' arc-en-ciel ."),
        ("fr", "Il dit : « Été ».", 'il dit : " été " .'),
        ("de", "Das kostet z.B. 3 Euro – fast…", "das kostet z.b. 3 euro - fast ..."),
        ("xx", "Mr. X & co.", "mr. x & co ."),
        ("en", "  a\tb ", "a b"),
        ("en", "", ""),
    ],
)
def test_moses_text_by_hand(language, text, tokens):
    assert MosesText(language)(text) == tokens


def test_moses_text_of_a_long_text_is_that_of_its_words():
    words = [f"mot{i}" for i in range(LONGEST_MOSES_SLICE)]
    text = " ".join(words)
    assert len(text) > 5 * LONGEST_MOSES_SLICE
    assert MosesText("fr")(text).split() == words
    assert MosesText("fr")("é" * 2500) == " ".join(["é" * 1000, "é" * 1000, "é" * 500])


def test_moses_text_of_dots_does_not_hang():
    started = time.perf_counter()
    MosesText("en")("." * 30_000)  # minutes in one go
    assert time.perf_counter() - started < 60


def test_moses_text_without_sacremoses_names_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacremoses", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 's2s-keras\[evaluate\]'"):
        MosesText("en")
