import sys

import numpy as np
import pytest
import tensorflow as tf

from s2s_keras.export.lower_case import LowerCase
from tests.text.golden import SIGMAS, golden_texts


@pytest.fixture(scope="module")
def lower_case() -> LowerCase:
    return LowerCase()


def lowered(lower_case: LowerCase, texts: list[str]) -> list[str]:
    found = lower_case(tf.constant([text.encode() for text in texts], tf.string)).numpy()
    return [text.decode() for text in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ΟΔΟΣ ΟΔΟΣ", "οδος οδος"),
        ("Σ ΑΣΑ", "σ ασα"),
        ("Α.Σ\u0301Α", "α.σ\u0301α"),
        ("Α.Σ\u0301 Α", "α.ς\u0301 α"),
        ("İI", "i\u0307i"),
        ("A\0B", "a\0b"),
        ("\u2c2f", "\u2c5f"),  # new in Unicode 14
        ("", ""),
    ],
)
def test_lower_case_of(lower_case: LowerCase, text: str, expected: str) -> None:
    assert lowered(lower_case, [text]) == [expected] == [text.lower()]


def test_lower_case_is_that_of_python(lower_case: LowerCase) -> None:
    texts = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000]
    texts += golden_texts()
    rng = np.random.default_rng(0)
    drawn = rng.choice(list(SIGMAS), (5000, 7))
    texts += ["".join(row) for row in drawn]
    wrong = [
        text
        for text, found in zip(texts, lowered(lower_case, texts), strict=True)
        if found != text.lower()
    ]
    assert wrong == []


def test_lower_case_a_sigma_does_not_see_the_next_text(lower_case: LowerCase) -> None:
    assert lowered(lower_case, ["ΑΣ", "Α", "", "Σ", "\u0301", "Α"]) == [
        "ας",
        "α",
        "",
        "σ",
        "\u0301",
        "α",
    ]
    assert lowered(lower_case, []) == []
    assert lowered(lower_case, ["\u0301"]) == ["\u0301"]
