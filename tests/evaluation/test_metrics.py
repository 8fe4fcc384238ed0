import json
import math
import time

import pytest

from s2s_keras.data import Pair
from s2s_keras.decoding import DecodingSettings, Predictor
from s2s_keras.evaluation import WordRates, character_error_rate, evaluate, word_rates
from s2s_keras.text import BOS_ID, EOS_ID, CharacterTokenizer
from tests.decoding.markov import MarkovSession, table_of


@pytest.mark.parametrize(
    ("outputs", "targets", "expected"),
    [
        (["abc"], ["abc"], 0.0),
        (["abd"], ["abc"], 1 / 3),
        (["ab", "x"], ["abc", "xyz"], 3 / 6),
        (["abcd"], ["ab"], 1.0),
        ([""], ["ab"], 1.0),
        (["ab"], [""], 2.0),
    ],
)
def test_character_error_rate_closed_form(outputs, targets, expected):
    assert character_error_rate(outputs, targets) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("source", "target", "output", "corrupted", "fix_rate", "broken_rate"),
    [
        ("teh cat sat", "the cat sat", "the cat sat", 1, 1.0, 0.0),
        ("teh cat sat", "the cat sat", "teh cat sat", 1, 0.0, 0.0),
        ("teh cta sat", "the cat sat", "the cat sit", 2, 1.0, 1.0),
        ("teh cta sat on", "the cat sat on", "the cut sit on", 2, 0.5, 0.5),
        ("we swa it", "we saw it", "saw it we", 1, 0.0, 1.0),
        ("The cat", "the cat", "the cat", 1, 1.0, 0.0),
        ("teh  cat\n", "the cat", " the\tcat", 1, 1.0, 0.0),
    ],
)
def test_word_rates_where_the_word_counts_agree(
    source, target, output, corrupted, fix_rate, broken_rate
):
    rates = word_rates([source], [target], [output])
    expected = WordRates(len(target.split()), corrupted, fix_rate, broken_rate)
    assert rates == expected


@pytest.mark.parametrize(
    ("source", "output", "corrupted", "fix_rate", "broken_rate"),
    [
        # Target: we saw the red fox. A missing word leaves the others with their partners.
        ("we saw red fox", "we saw the red fox", 1, 1.0, 0.0),
        ("we saw red fox", "we saw red fox", 1, 0.0, 0.0),
        ("we saw the red fox", "we saw red fox", 0, math.nan, 0.2),
        ("we saw the red fox", "oh we saw the red fox", 0, math.nan, 0.0),
        ("we saw teh red big fox", "we saw the red fox", 1, 1.0, 0.0),
        ("we saw teh red big fox", "we saw teh red big fox", 1, 0.0, 0.0),
        ("wesaw the red fox", "we saw the red fox", 2, 1.0, 0.0),
        ("we saw the red fox", "", 0, math.nan, 1.0),
    ],
)
def test_word_rates_aligns_by_longest_runs_where_the_counts_differ(
    source, output, corrupted, fix_rate, broken_rate
):
    rates = word_rates([source], ["we saw the red fox"], [output])
    assert (rates.words, rates.corrupted) == (5, corrupted)
    assert rates.fix_rate == pytest.approx(fix_rate, nan_ok=True)
    assert rates.broken_rate == pytest.approx(broken_rate, nan_ok=True)


def test_word_rates_aligns_long_texts_of_frequent_words():
    refrain = "na " * 300
    rates = word_rates([f"we {refrain}"], [f"we {refrain}"], [refrain])
    assert rates.broken_rate == pytest.approx(1 / 301)


def test_word_rates_aligns_texts_of_100_kilobytes_in_time():
    words = [f"w{k % 300}" for k in range(20_000)]
    source = " ".join(["x", *words[1:]])
    target = " ".join([*words, "end"])
    started = time.perf_counter()
    rates = word_rates([source], [target], [target])
    assert (rates.words, rates.corrupted, rates.fix_rate) == (20_001, 2, 1.0)
    assert word_rates([source], [target], [source]).fix_rate == 0.0
    assert time.perf_counter() - started < 60


def test_word_rates_sums_over_texts():
    sources = ["teh cat", "teh dog", "a fxo"]
    targets = ["the cat", "the dog", "a fox"]
    outputs = ["the cut", "teh dog", "a fox"]
    assert word_rates(sources, targets, outputs) == WordRates(6, 3, 2 / 3, 1 / 3)


def test_word_rates_of_texts_of_different_number_raises():
    with pytest.raises(ValueError, match="shorter"):
        word_rates(["a", "b"], ["a", "b"], ["a"])


@pytest.mark.parametrize("batch_size", [1, 3])
def test_evaluate_counts_unprocessed_sources_as_unchanged(predictor, batch_size):
    # fixed, kept, broken; then two that the model refuses (unknown, too long) and one blank.
    pairs = [
        Pair("a", "b"),
        Pair("b", "b"),
        Pair("c", "c"),
        Pair("z", "z"),
        Pair("aa", "b"),
        Pair(" ", "b"),
    ]
    evaluation = evaluate(predictor, pairs, batch_size)
    assert evaluation.as_dict() == {
        "pairs": 6,
        "unprocessed": 3,
        "exact_match": pytest.approx(3 / 6),
        "character_error_rate": pytest.approx((1 + 2 + 1) / 6),
        "words": 6,
        "corrupted": 3,
        "fix_rate": pytest.approx(1 / 3),
        "broken_rate": pytest.approx(1 / 3),
    }


@pytest.mark.parametrize(
    ("pair", "undefined"),
    [(Pair("b", "b"), "fix_rate"), (Pair("a", "b"), "broken_rate")],
    ids=["nothing corrupted", "nothing correct"],
)
def test_as_dict_gives_none_for_a_rate_without_words(predictor, pair, undefined):
    figures = evaluate(predictor, [pair]).as_dict()
    assert [key for key, value in figures.items() if value is None] == [undefined]
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


@pytest.mark.parametrize(("batch_size", "expected"), [(1, [16, 1]), (2, [17])])
def test_evaluate_reports_its_progress(predictor, batch_size, expected):
    done = []
    evaluate(predictor, [Pair("a", "b")] * 17, batch_size, done.append)
    assert done == expected


def test_evaluate_compares_in_one_normalisation_form():
    tokenizer = CharacterTokenizer("é")
    table = table_of({BOS_ID: {4: 1.0}, 4: {EOS_ID: 1.0}}, len(tokenizer))
    predictor = Predictor(MarkovSession(table), tokenizer, tokenizer, DecodingSettings())
    figures = evaluate(predictor, [Pair("e\N{COMBINING ACUTE ACCENT}", "é")])
    assert figures.exact_match == 1.0
    assert figures.character_error_rate == 0.0
    assert (figures.word_rates.corrupted, figures.word_rates.broken_rate) == (0, 0.0)
