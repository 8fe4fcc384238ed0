import sys
import unicodedata
from itertools import product

import pytest
import tensorflow as tf

from s2s_keras.export.normal_form import NormalForm
from s2s_keras.text import normalize
from tests.text.golden import golden_texts

WITH_MARKS = ("\u0334", "\u0323", "\u0301", "\u0345", "\u3099", "\u05b0")


@pytest.fixture(scope="module")
def normal_form() -> NormalForm:
    return NormalForm()


def wrong(normal_form: NormalForm, texts: list[str]) -> list[str]:
    found = normal_form(tf.constant([text.encode() for text in texts], tf.string)).numpy()
    pairs = zip(texts, found, strict=True)
    return [text for text, content in pairs if content.decode() != normalize(text)]


def test_normal_form_of_every_character_is_that_of_python(normal_form: NormalForm) -> None:
    codes = [c for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000]
    assert wrong(normal_form, [f"{chr(c)}\u0334" for c in codes]) == []
    assert wrong(normal_form, [f"\u0301{chr(c)}\u0307" for c in codes]) == []


def test_normal_form_of_marks_in_any_order_is_that_of_python(normal_form: NormalForm) -> None:
    marks = [chr(c) for c in range(sys.maxunicode + 1) if unicodedata.combining(chr(c))]
    texts = [f"e{a}{b}" for a, b in product(marks, WITH_MARKS)]
    texts += [f"e{b}{a}" for a, b in product(marks, WITH_MARKS)]
    assert wrong(normal_form, texts) == []


def test_normal_form_of_awkward_texts_is_that_of_python(normal_form: NormalForm) -> None:
    assert wrong(normal_form, golden_texts()) == []
    assert wrong(normal_form, []) == []
    # A mark and a letter that Unicode 16 added, which this Python does not put in order.
    for text in ("\u0897\u0334", "\U000105d2\u0307", "", "\0e\u0301\0"):
        assert wrong(normal_form, [text]) == []
