"""Which words are never in lower case."""

import pytest

from s2s_keras.data.spellings import usual_spellings

WORDS = {"i", "i'm", "london", "iphone", "may", "us", "t", "the", "mr", "rome", "march"}


@pytest.mark.parametrize(
    ("texts", "spellings"),
    [
        (["there i am"] * 3, []),
        (["there I am", "then, I go"], ["I"]),
        (["there I am"], []),  # once may be a slip
        (
            ["when I\u2019m in London", "now I'm in London; an iPhone, an iPhone"],
            ["I'm", "iPhone", "London"],
        ),
        (["The end.", "The end.", "so. The end"], []),  # a sentence begins
        (["he may go in May", "in May"], []),
        (["a T-shirt", "a T-shirt", "by T. Moore", "by T. Moore"], []),
        (["a Mr. Brown", "a Mr. Brown"], ["Mr"]),
        (["in Rome, in ROME, in RoMe"], []),
        (["IN ROME", "ALL OF ROME AND LONDON"] * 3, []),  # nothing tells of their case
        ([*["in London"] * 99, "in london"], ["London"]),
        ([*["in London"] * 20, "in london"], []),
        (["in Paris", "in Paris"], []),  # not asked for
    ],
)
def test_usual_spellings(texts: list[str], spellings: list[str]) -> None:
    assert usual_spellings(texts, WORDS) == spellings
