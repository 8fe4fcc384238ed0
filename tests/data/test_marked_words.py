from collections import Counter
from random import Random

import numpy as np
import pytest

from s2s_keras.data.marked_words import MarkedWords
from s2s_keras.data.noise import Noise
from s2s_keras.text import Lexicon, SubwordTokenizer
from s2s_keras.text.marker import MARK, WordMarker, marked_word, with_marks

TEXTS = [
    "The cat sat, and the cats did NOT sit.",
    "See www.cat.org: don\u2019t sit there!",
    "",
    "A very very long text about a cat that sat and sat and sat near the other cat all day.",
]
WORDS = ["the", "cat", "sat", "and", "cats", "did", "not", "sit", "don't", "there", "see", "very"]
LEXICON = Lexicon(dict.fromkeys(WORDS, 0.01))
TOKENIZER = with_marks(
    SubwordTokenizer.learn(TEXTS, max_size=60, lowercase=True), "abcdefghijklmnopqrstuvwxyz' "
)
CLEAN = Noise({})


def marked_words(noise=CLEAN, context_noise=CLEAN, left=8, right=6, texts=TEXTS, **options):
    marker = WordMarker(TOKENIZER, left, right)
    return MarkedWords(texts, LEXICON, noise, context_noise, marker, **options)


def typed_in(source):
    """Returns what is spelled in marks."""
    return marked_word(source)


def test_every_word_of_the_lexicon_is_an_example_unless_protected():
    found = Counter(target for _, target in list(marked_words()))
    expected = "the cat sat and the cats did sit see don't sit there very very cat sat and sat and"
    assert found == Counter([*expected.split(), "sat", "the", "cat"])


def drawn(words, rng):
    return [words.draw(i, rng) for i in range(len(words))]


def test_as_they_are_sources_hold_the_text_and_the_word_in_marks():
    pairs = list(marked_words())
    assert pairs[1] == ("The\u27e6c\u27e6a\u27e6t sat, and the cats", "cat")
    assert all(typed_in(source) == target for source, target in pairs)


def test_what_is_typed_is_mistyped_and_what_was_meant_is_not():
    noise = Noise({"doubling": 1.0})
    for (source, target), (_, meant) in zip(
        drawn(marked_words(noise, completion=0.0), Random(0)), list(marked_words()), strict=True
    ):
        assert len(typed_in(source)) == len(target) + 1
        assert target == meant


def test_only_the_context_is_mistyped_by_its_noise():
    words = marked_words(context_noise=Noise({"case": 1.0}), completion=0.0)
    source, target = words.draw(1, Random(0))
    assert typed_in(source) == target == "cat"
    assert source.startswith("the\u27e6") and "sat" not in source and "cats" not in source


def test_words_run_together_are_meant_with_their_space():
    words = marked_words(Noise({"run_together": 1.0}), completion=0.0)
    found = dict(drawn(words, Random(0)))
    assert (
        found[
            "The cat sat, and the\u27e6\u27e6c\u27e6a\u27e6t\u27e6s\u27e6d\u27e6i\u27e6d NOT sit."
        ]
        == "cats did"
    )
    # A comma keeps words apart.
    assert found["The\u27e6\u27e6c\u27e6a\u27e6t\u27e6s\u27e6a\u27e6t , and the cats"] == "cat sat"
    assert any(typed_in(source) == "sit" for source in found)


def test_words_that_the_lexicon_lacks_have_a_mark_of_their_own():
    for source, _ in drawn(marked_words(Noise({"doubling": 1.0}), completion=0.0), Random(0)):
        assert (MARK + MARK in source) == (typed_in(source) not in LEXICON)


def test_words_that_are_only_begun_have_nothing_behind_them():
    for source, target in drawn(marked_words(completion=1.0), Random(0)):
        assert target.startswith(typed_in(source)) and typed_in(source) != target
        assert source.endswith(MARK + typed_in(source)[-1:])


def test_lengths_hold_what_is_clean_and_little_more():
    words = marked_words()
    sources, targets = zip(*words, strict=True)
    spare = words.lengths()[:, 0] - [len(TOKENIZER.encode(source)) for source in sources]
    assert spare.min() == 4  # for what a draw adds
    assert np.median(spare) <= 6  # words of a context are kept whole or not at all
    assert words.lengths()[:, 1].tolist() == [len(target) + 4 for target in targets]


def test_draws_hang_on_their_random_numbers_alone():
    noise = Noise({"omission": 0.3, "doubling": 0.3, "split": 0.2})
    words = marked_words(noise, Noise({"case": 0.5}))
    first = [words.draw(i, Random(i)) for i in range(len(words))]
    assert first == [words.draw(i, Random(i)) for i in range(len(words))]
    assert first != [words.draw(i, Random(-i - 1)) for i in range(len(words))]


def test_frequent_words_become_examples_less_often(monkeypatch):
    monkeypatch.setattr("s2s_keras.data.marked_words._ENOUGH", 5)
    texts = ["the the the the cat"] * 5_000 + ["sit"] * 3
    counts = Counter(target for _, target in marked_words(texts=texts))
    # 20,000 of 25,003 words are "the": sqrt(3e-4 / 0.8) of them are kept.
    assert counts["the"] == pytest.approx(20_000 * (3e-4 / 0.8) ** 0.5, rel=0.2)
    assert counts["cat"] == pytest.approx(5_000 * (3e-4 / 0.2) ** 0.5, rel=0.3)
    assert counts["sit"] == 3


def test_the_seed_chooses_the_examples(monkeypatch):
    monkeypatch.setattr("s2s_keras.data.marked_words._ENOUGH", 5)
    texts = [f"the cat sat{'.' * n}" for n in range(9)] * 50
    chosen = [list(marked_words(texts=texts, seed=seed)) for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1]
    assert len(chosen[0]) != len(chosen[2]) or chosen[0] != chosen[2]


def test_texts_without_words_give_no_examples():
    words = marked_words(texts=["", "123 @you", "\u4f60\u597d"])
    assert len(words) == 0
    assert words.lengths().shape == (0, 2)
    assert np.issubdtype(words.lengths().dtype, np.integer)
