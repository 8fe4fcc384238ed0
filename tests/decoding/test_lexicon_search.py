import itertools
import math

import numpy as np
import pytest
from rapidfuzz.distance import OSA

from s2s_keras.decoding import StepOutput
from s2s_keras.decoding.lexicon_search import LexiconSearch, forced_log_prob
from s2s_keras.text import BOS_ID, EOS_ID, CharacterTokenizer, Lexicon
from s2s_keras.text.channel import ALPHABET, ChannelModel
from tests.decoding.markov import HistorySession

LETTERS = "abc"
TOKENIZER = CharacterTokenizer([*LETTERS, " "])
SOURCE = np.array([[4, 5, 6]], np.int32)


class Typing(HistorySession):
    """A model of which each log-probability hangs on the whole prefix."""

    def __init__(self):
        super().__init__(np.zeros(len(TOKENIZER)))


def lexicon_of(seed, count):
    rng = np.random.default_rng(seed)
    words = ["".join(w) for n in range(1, 6) for w in itertools.product(LETTERS, repeat=n)]
    chosen = rng.choice(words, count, replace=False)
    return Lexicon({str(word): float(10 ** rng.uniform(-6, -1)) for word in chosen})


def log_prob_of(text):
    session = Typing()
    columns = {int(token): i for i, token in enumerate(session.candidates)}
    history, total = (BOS_ID,), 0.0
    for token in [*TOKENIZER.encode(text), EOS_ID]:
        total += float(session.row(SOURCE[0], history)[columns[token]])
        history = (*history, token)
    return total


def every_candidate(lexicon, typed, weight, max_edits):
    """Returns the score of each word near to what was typed, and of each two words."""
    words = [w for n in range(1, 6) for w in map("".join, itertools.product(LETTERS, repeat=n))]
    known = {word: lexicon.log_frequency(word) for word in words if word in lexicon}
    texts = {word: f for word, f in known.items() if OSA.distance(word, typed) <= max_edits}
    for one, two in itertools.product(known, repeat=2):
        if OSA.distance(f"{one} {two}", typed) <= max_edits:
            texts[f"{one} {two}"] = known[one] + known[two]
    return {text: log_prob_of(text) + weight * f for text, f in texts.items()}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("typed", ["abcab", "ba", "c", "aabb", "bcacbac", "ab ca"])
@pytest.mark.parametrize("max_edits", [0, 1, 2])
def test_wide_search_finds_the_best_of_all_near_words(seed, typed, max_edits):
    lexicon = lexicon_of(seed, 60)
    search = LexiconSearch(lexicon, TOKENIZER, frequency_weight=0.4, max_edits=max_edits)
    found = search(Typing(), SOURCE, typed, beam_width=400, n_best=5)
    expected = every_candidate(lexicon, typed, 0.4, max_edits)
    best = sorted(expected, key=expected.get, reverse=True)[:5]
    assert [candidate.text for candidate in found] == best
    assert [c.score for c in found] == pytest.approx([expected[text] for text in best], abs=1e-5)
    assert [c.log_prob for c in found] == pytest.approx(list(map(log_prob_of, best)), abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("typed", ["", "a", "bc", "bca", "abca"])
def test_completions_are_the_best_of_all_words_with_such_a_beginning(seed, typed):
    lexicon = lexicon_of(seed, 60)
    search = LexiconSearch(lexicon, TOKENIZER, frequency_weight=0.4)
    found = search(Typing(), SOURCE, typed, beam_width=900, n_best=5, completes=True)
    expected = {
        text: score
        for text, score in every_candidate(lexicon, "", 0.4, 99).items()
        if any(OSA.distance(text[:n], typed) <= len(typed) // 3 for n in range(len(text) + 1))
    }
    best = sorted(expected, key=expected.get, reverse=True)[:5]
    assert [candidate.text for candidate in found] == best
    assert [c.score for c in found] == pytest.approx([expected[text] for text in best], abs=1e-5)


def test_narrow_search_keeps_what_a_frequent_word_lies_behind():
    lexicon = Lexicon({"a": 1e-9, "bc": 0.5, "ba": 1e-9, "cc": 1e-8})
    search = LexiconSearch(lexicon, TOKENIZER, frequency_weight=10.0)
    assert search(Typing(), SOURCE, "aa", beam_width=1, n_best=1)[0].text == "bc"


def random_channel(seed):
    tables = -np.random.default_rng(seed).uniform(1.0, 9.0, (4, len(ALPHABET), len(ALPHABET)))
    return ChannelModel(tables.astype(np.float32))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("typed", ["abcab", "ba", "c", "aabb", "bcacbac"])
def test_with_a_channel_the_best_are_those_of_the_weighted_sum(seed, typed):
    lexicon, channel = lexicon_of(seed, 60), random_channel(seed)
    weights = {"model_weight": 0.3, "frequency_weight": 0.4, "channel_weight": 0.7}
    search = LexiconSearch(lexicon, TOKENIZER, channel=channel, **weights)
    found = search(Typing(), SOURCE, typed, beam_width=400, n_best=5)
    expected = {
        text: 0.3 * log_prob_of(text)
        + 0.4 * sum(lexicon.log_frequency(word) for word in text.split(" "))
        + 0.7 * channel.log_prob(typed, text)
        for text in every_candidate(lexicon, typed, 0.0, 2)
    }
    best = sorted(expected, key=expected.get, reverse=True)[:5]
    assert [c.score for c in found] == pytest.approx([expected[text] for text in best], abs=1e-5)
    assert [candidate.text for candidate in found] == best


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("typed", ["abcab", "ba", "aabb"])
def test_looking_ahead_finds_what_the_model_alone_would_lose(seed, typed):
    lexicon, channel = lexicon_of(seed, 60), random_channel(seed)
    weights = {"model_weight": 1e-3, "frequency_weight": 0.4, "channel_weight": 0.7}
    search = LexiconSearch(lexicon, TOKENIZER, channel=channel, **weights)
    ahead = search.near_words.look_ahead(typed)
    values = {
        word: 0.4 * lexicon.log_frequency(word) + 0.7 * channel.log_prob(typed, word)
        for word in lexicon.words()
        if OSA.distance(word, typed) <= 2
    }
    others = [value for word, value in values.items() if word != typed]
    assert ahead.best_other == pytest.approx(max(others), abs=1e-5)
    assert ahead.values.max() == pytest.approx(max(values.values()), abs=1e-5)
    for prefix in ("a", "b", "ab"):
        below = [value for word, value in values.items() if word.startswith(prefix)]
        place = np.flatnonzero(ahead.nodes == lexicon.find(prefix))
        best = max(ahead.values[place], default=-np.inf)
        assert best == pytest.approx(max(below, default=-np.inf), abs=1e-5)
    found = search(Typing(), SOURCE, typed, beam_width=3, n_best=1)
    assert found[0].text == max(values, key=values.get)


def test_forced_log_prob_is_that_of_the_tokens():
    ids = TOKENIZER.encode("abca")
    assert forced_log_prob(Typing(), SOURCE, ids) == pytest.approx(log_prob_of("abca"), abs=1e-5)


def test_characters_without_a_token_are_no_candidates():
    lexicon = Lexicon({"abx": 0.5, "abc": 0.001})
    found = LexiconSearch(lexicon, TOKENIZER)(Typing(), SOURCE, "abx", beam_width=8, n_best=3)
    assert [candidate.text for candidate in found] == ["abc"]


def test_a_session_that_leaves_tokens_out_is_refused():
    class Likeliest(Typing):
        def step(self, tokens, parents):
            output = super().step(tokens, parents)
            return StepOutput(output.log_probs[:, :3], output.token_ids[:, :3], None)

    with pytest.raises(ValueError, match="log-probability of every token"):
        forced_log_prob(Likeliest(), SOURCE, TOKENIZER.encode("abc"))


def test_nan_is_refused():
    class Broken(Typing):
        def row(self, source, history):
            return np.full(len(self.candidates), math.nan, np.float32)

    with pytest.raises(ValueError, match="NaN"):
        LexiconSearch(lexicon_of(0, 9), TOKENIZER)(Broken(), SOURCE, "ab", 2, 1)
