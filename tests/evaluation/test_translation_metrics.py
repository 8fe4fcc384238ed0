import sys

import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from s2s_keras.errors import MissingDependencyError
from s2s_keras.evaluation.references import ReferencedSource
from s2s_keras.evaluation.translation_metrics import (
    LONGEST_WITH_SHIFTS,
    TITLES,
    can_measure_translations,
    translation_metric,
    translation_metrics,
)

OUTPUTS = [
    "Un homme joue de la guitare.",
    "Deux chiens courent dans l'eau .",
    "",
    "Une fille, en rouge, saute !",
    "le le le le",
]
REFERENCES = [
    ("Un homme joue de la guitare sur scène.", "Un homme est en train de jouer."),
    ("Deux chiens courent dans l'eau.",),
    ("Rien.",),
    ("Une fille en rouge saute.", "Une fillette saute !", "La fille, en rouge, saute."),
    ("Le chat dort.",),
]
SOURCES = [ReferencedSource("x", references) for references in REFERENCES]
STREAMS = [[(*refs, None, None)[k] for refs in REFERENCES] for k in range(3)]
"""As sacreBLEU takes them: a reference of each source, `None` where it has no more."""


def measure(outputs, references, language="fr"):
    sources = [ReferencedSource("x", refs) for refs in references]
    return {m.name: m.measure(outputs, sources) for m in translation_metrics(language)}


@pytest.fixture(scope="module")
def found():
    return measure(OUTPUTS, REFERENCES)


@pytest.mark.parametrize(("name", "metric"), [("bleu", BLEU()), ("chrf", CHRF()), ("ter", TER())])
def test_score_and_signature_are_those_of_sacrebleu(found, name, metric):
    expected = metric.corpus_score(OUTPUTS, STREAMS)
    assert found[name].score == pytest.approx(expected.score)
    assert found[name].signature == str(metric.get_signature())
    assert "nrefs:var" in found[name].signature


@pytest.mark.parametrize(
    ("name", "metric"), [("bleu", BLEU(effective_order=True)), ("chrf", CHRF()), ("ter", TER())]
)
def test_sentence_score_is_that_of_sacrebleu(found, name, metric):
    for index, (output, references) in enumerate(zip(OUTPUTS, REFERENCES, strict=True)):
        expected = metric.sentence_score(output, list(references)).score
        assert found[name].sentence_score(index) == pytest.approx(expected)


def test_bleu_of_several_references_by_hand():
    # Matched in some reference: 9 of 9 words, 7 of 7 pairs, 5 of 5 triples, 2 of 3 quadruples.
    outputs = ["a b c d e", "f g h i"]
    references = [("a b c d e",), ("f g h x", "y g h i")]
    assert measure(outputs, references)["bleu"].score == pytest.approx(100 * (2 / 3) ** 0.25)
    fewer = [("a b c d e",), ("f g h x",)]  # 8 of 9, 6 of 7, 4 of 5, 2 of 3
    expected = 100 * (8 / 9 * 6 / 7 * 4 / 5 * 2 / 3) ** 0.25
    figures = measure(outputs, fewer)
    assert figures["bleu"].score == pytest.approx(expected)
    assert figures["bleu"].signature.startswith("nrefs:1|")


def test_length_of_the_nearest_reference_counts_and_no_reference_has_none():
    # One word too few of five; a missing second reference is none, not an empty one.
    references = [("a b c d e",), ("f g h i", "f g")]
    found = measure(["a b c d", "f g h i"], references)["bleu"]
    assert found.score == pytest.approx(100 * 2.718281828 ** (1 - 9 / 8))


@pytest.mark.parametrize("outputs", [["Un homme court vite.", "Il pleut, dit-elle."]])
def test_outputs_equal_to_a_reference_are_perfect(outputs):
    references = [("Une femme marche.", outputs[0]), (outputs[1],)]
    found = measure(outputs, references)
    assert {name: m.score for name, m in found.items()} == pytest.approx(
        {"bleu": 100.0, "chrf": 100.0, "ter": 0.0, "tokenized_bleu": 100.0}
    )
    assert [found["ter"].higher_is_better, found["bleu"].higher_is_better] == [False, True]


def test_empty_outputs_have_nothing_right():
    found = measure(["", ""], [("un chien",), ("deux chats noirs",)])
    assert {name: m.score for name, m in found.items()} == pytest.approx(
        {"bleu": 0.0, "chrf": 0.0, "ter": 100.0, "tokenized_bleu": 0.0}
    )


@pytest.mark.parametrize(
    ("output", "reference", "edits"),
    [("b c a", "a b c", 1), ("a c", "a b c", 1), ("a x c", "a b c", 1), ("a b c d", "a b c", 1)],
    ids=["shift", "missing", "wrong", "extra"],
)
def test_ter_counts_each_kind_of_edit_once(output, reference, edits):
    assert measure([output], [(reference,)])["ter"].score == pytest.approx(100 * edits / 3)


def test_tokenized_bleu_is_that_of_tokens_by_hand():
    outputs = ["L’homme « court » vers Paris .", "Deux chiens , dont l'un dort"]
    references = [('L\'homme "court" vers paris.',), ("Trois chiens, dont l'un dort.",)]
    tokenised = [
        'l\' homme " court " vers paris .',
        "deux chiens , dont l' un dort",
        "trois chiens , dont l' un dort .",
    ]
    expected = BLEU(tokenize="none", force=True, smooth_method="none").corpus_score(
        tokenised[:2], [[tokenised[0], tokenised[2]]]
    )
    figures = measure(outputs, references)
    found = figures["tokenized_bleu"]
    assert found.score == pytest.approx(expected.score)
    assert 80 < found.score < 100
    assert figures["bleu"].score < found.score  # cased, and quotes are others
    for part in ("case:lc", "tok:moses-fr", "norm:moses-fr", "smooth:none", "sacremoses:"):
        assert part in found.signature


def test_tokenized_bleu_is_not_smoothed():
    found = measure(["a b x d e"], [("a b c d e",)])
    assert found["bleu"].score > 0
    assert found["tokenized_bleu"].score == 0


def test_ter_of_long_texts_has_no_shifts_and_says_so():
    def third_word_first(words):
        tokens = [f"w{i}" for i in range(words)]
        return " ".join([tokens[2], *tokens[:2], *tokens[3:]]), " ".join(tokens)

    output, reference = third_word_first(LONGEST_WITH_SHIFTS)
    within = measure([output], [(reference,)])["ter"]
    assert within.statistics.tolist() == [[1.0, 100.0]]
    assert within.remark == ""
    output, reference = third_word_first(LONGEST_WITH_SHIFTS + 1)
    beyond = measure([output, "a"], [(reference, "x"), ("a",)])["ter"]
    assert beyond.statistics.tolist() == [[2.0, 51.0], [0.0, 1.0]]
    assert beyond.remark.startswith("1 with more than 100 words measured without shifts")


@pytest.mark.slow
def test_lines_of_100_kilobytes_do_not_hang():
    output, reference = "un " * 33_000, "." * 100_000
    found = measure([output, reference], [(reference,), (output,)])
    assert all(m.statistics.shape[0] == 2 for m in found.values())


@pytest.mark.parametrize(
    ("language", "tokenizer"), [("fr", "13a"), ("zh", "zh"), ("ja", "char"), ("xx", "13a")]
)
def test_tokenizer_of_the_language(language, tokenizer):
    metric = translation_metric("bleu", language)
    found = metric.measure(["一 二"], [ReferencedSource("x", ("一 二",))])
    assert f"tok:{tokenizer}|" in found.signature


@pytest.mark.parametrize("language", ["", "fr-FR", "French", "F"])
def test_language_that_is_no_code_raises(language):
    with pytest.raises(ValueError, match="must be an ISO 639-1 code"):
        translation_metrics(language)


@pytest.mark.parametrize("module", ["sacrebleu", "sacremoses"])
def test_metrics_without_their_packages_name_the_remedy(monkeypatch, module):
    assert can_measure_translations()
    monkeypatch.setitem(sys.modules, module, None)
    assert not can_measure_translations()
    with pytest.raises(MissingDependencyError, match=r"pip install 's2s-keras\[evaluate\]'"):
        translation_metrics()


def test_every_metric_has_a_title(found):
    assert {m.name: m.title for m in found.values()} == TITLES


def test_metric_of_another_name_raises():
    with pytest.raises(ValueError, match="must be one of .*Received: 'meteor'"):
        translation_metric("meteor")


def test_measure_reports_its_progress():
    done = []
    translation_metrics()[0].measure(OUTPUTS, SOURCES, done.append)
    assert done == [1] * len(OUTPUTS)
