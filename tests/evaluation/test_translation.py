import json

import pytest
from sacrebleu.metrics.bleu import BLEU

from s2s_keras.data import Pair
from s2s_keras.evaluation import (
    compare_translations,
    evaluate_translation,
    evaluate_translations,
    group_references,
)

SOURCES = group_references(
    [
        Pair("one two three", "un deux trois quatre"),
        Pair("one two three four five six", "un deux trois quatre cinq"),
        Pair("a b c d e f g", "le chat noir dort bien"),
        Pair("a b c d e f g", "le chat noir dort"),
        Pair(" ".join("x" * 31), "rien de rien du tout"),
    ]
)
OUTPUTS = ["un deux trois quatre", "un deux trois six", "le chat noir dort", "rien"]


@pytest.fixture(scope="module")
def found():
    return evaluate_translations(SOURCES, OUTPUTS, language="fr")


def test_evaluate_translation_decodes_each_source_once_against_all_its_references(predictor):
    pairs = [Pair("a", "c"), Pair("c", "a"), Pair("a", "b"), Pair("zz", "zz"), Pair("b", "a")]
    decoded, measured = [], []
    found = evaluate_translation(predictor, pairs, 1, decoded.append, measured.append)
    assert found.outputs == ("b", "a", "zz", "b")
    assert (found.pairs, len(found.sources), found.unprocessed) == (5, 4, 1)
    assert found.exact_match == 3 / 4
    assert found.character_error_rate == 1 / 5  # of b, a, zz and a
    assert [p and p.text for p in found.predictions] == ["b", "a", None, "b"]
    assert (sum(decoded), sum(measured)) == (4, 4)


@pytest.mark.parametrize("alignments", [False, True])
def test_evaluate_translation_keeps_alignments_where_asked(predictor, alignments):
    found = evaluate_translation(
        predictor, [Pair("a", "b"), Pair("zz", "b")], alignments=alignments
    )
    taken, refused = found.predictions
    assert (taken.attention is not None) is alignments
    assert refused is None


def test_as_dict_is_json_with_score_interval_and_signature(found):
    figures = found.as_dict()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert [figures["pairs"], figures["sources"], figures["unprocessed"]] == [5, 4, 0]
    assert figures["exact_match"] == 0.5
    assert figures["resampling"] == {"samples": 1000, "trials": 10_000, "seed": 12345}
    for name in ("bleu", "chrf", "ter", "tokenized_bleu"):
        part = figures[name]
        assert part["low"] < part["score"] < part["high"]
        assert part["signature"] == found[name].signature


def test_by_source_length_counts_words_and_measures_each_bucket(found):
    buckets = found.by_source_length
    assert [(b.words, b.sources) for b in buckets] == [("1-5", 1), ("6-10", 2), ("31+", 1)]
    streams = [["un deux trois quatre cinq", "le chat noir dort bien"], [None, "le chat noir dort"]]
    expected = BLEU().corpus_score(OUTPUTS[1:3], streams).score
    assert buckets[1].bleu == pytest.approx(expected)
    assert buckets[0].chrf == pytest.approx(100)
    assert buckets[2].as_dict() == {
        "words": "31+",
        "sources": 1,
        "bleu": pytest.approx(0.0),
        "chrf": pytest.approx(found["chrf"].sentence_score(3)),
    }


@pytest.mark.parametrize(("words", "bucket"), [(5, "1-5"), (6, "6-10"), (30, "21-30"), (31, "31+")])
def test_by_source_length_at_the_edges(words, bucket):
    sources = group_references([Pair(" ".join("x" * words), "y")])
    assert [b.words for b in evaluate_translations(sources, ["y"]).by_source_length] == [bucket]


@pytest.mark.parametrize("output", ["", "un chat", "tout autre chose que cela"])
def test_one_sentence_has_a_point_as_interval(output):
    found = evaluate_translations(group_references([Pair("a cat", "un chat")]), [output])
    for name, interval in found.intervals.items():
        assert interval.low == interval.high == pytest.approx(found[name].score)
    same = compare_translations(found, found)
    assert {name: d.p_value for name, d in same.items()} == dict.fromkeys(same, 1.0)


def test_compare_translations_gives_each_figure_ours_less_theirs(found):
    worse = evaluate_translations(SOURCES, ["rien"] * 4, language="fr")
    differences = compare_translations(found, worse)
    for name, difference in differences.items():
        assert difference.difference == pytest.approx(found[name].score - worse[name].score)
    assert differences["bleu"].difference > 0 > differences["ter"].difference
    back = compare_translations(worse, found)
    assert back["bleu"].difference == -differences["bleu"].difference
    assert back["bleu"].p_value == differences["bleu"].p_value


def test_compare_translations_of_other_references_raises(found):
    other = evaluate_translations(
        [source._replace(references=("x",)) for source in SOURCES], OUTPUTS
    )
    with pytest.raises(ValueError, match="on the same sources, with the same references"):
        compare_translations(found, other)


@pytest.mark.parametrize("count", [0, 3])
def test_outputs_that_are_fewer_than_sources_raise(count):
    with pytest.raises(ValueError, match=f"Received: {count} outputs, 4 sources"):
        evaluate_translations(SOURCES, OUTPUTS[:count])


def test_no_source_raises():
    with pytest.raises(ValueError, match="0 sources"):
        evaluate_translations([], [])
