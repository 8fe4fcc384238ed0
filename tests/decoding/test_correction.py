import math
import threading

import pytest

from s2s_keras.decoding.correction import CorrectionSettings, WordCorrector
from s2s_keras.text import Lexicon, SubwordTokenizer
from tests.decoding.words import SOURCES, TARGETS, MeantWords

LEXICON = Lexicon(
    {"the": 0.05, "then": 0.002, "ten": 1e-4, "their": 2e-3, "there": 2e-3, "a": 0.02}
)
EVEN = CorrectionSettings(frequency_weight=0.0, known_margin=0.0, unknown_margin=0.0)


def corrector(settings=EVEN, lexicon=LEXICON, **options):
    return WordCorrector(SOURCES, TARGETS, lexicon, settings, **options)


def judged(meant, typed, settings=EVEN, left="", right=""):
    return corrector(settings).judge(MeantWords({typed.lower(): meant}), left, typed, right)


def test_the_likelier_text_wins_and_says_how_likely_it_is():
    judgement = judged({"the": 0.6, "ten": 0.3, "teh": 0.1}, "teh")
    assert judgement.is_error and not judgement.is_known
    assert [c.text for c in judgement.others] == ["the", "ten", "then"]
    assert math.exp(judgement.others[0].log_prob) == pytest.approx(0.6, rel=1e-3)
    assert math.exp(judgement.typed.log_prob) == pytest.approx(0.1, rel=1e-3)


@pytest.mark.parametrize("typed, meant", [("then", "the"), ("thei", "the")])
def test_a_correction_must_win_by_the_margin_of_its_kind(typed, meant):
    is_known = typed == "then"
    lead = math.log(0.8 / 0.2)
    for margin, is_error in ((lead - 0.01, True), (lead + 0.01, False)):
        margins = {"known_margin": 99.0, "unknown_margin": 99.0}
        margins["known_margin" if is_known else "unknown_margin"] = margin
        settings = CorrectionSettings(frequency_weight=0.0, **margins)
        judgement = judged({meant: 0.8, typed: 0.2}, typed, settings)
        assert (judgement.is_known, judgement.is_error) == (is_known, is_error)


def test_frequencies_count_as_much_as_their_weight():
    shares = {"ten": 0.5, "the": 0.4, "teh": 0.1}
    assert judged(shares, "teh").others[0].text == "ten"
    weighted = CorrectionSettings(frequency_weight=0.5, unknown_margin=0.0)
    judgement = judged(shares, "teh", weighted)
    assert judgement.others[0].text == "the"
    expected = math.log(0.4) + 0.5 * LEXICON.log_frequency("the")
    assert judgement.others[0].score == pytest.approx(expected, abs=1e-3)
    # A word that the lexicon lacks counts as the rarest that one can hold.
    assert judgement.typed.score == pytest.approx(math.log(0.1) - 0.5 * 25.5, abs=1e-3)


def test_where_no_candidate_can_win_none_is_looked_for():
    session = MeantWords({"then": {"then": 0.9, "the": 0.1}})
    judgement = corrector().judge(session, "", "then", "")
    assert judgement.others == () and not judgement.is_error
    assert session.starts == [("then", 1)]
    readily = CorrectionSettings(frequency_weight=0.0, known_margin=-3.0)
    session = MeantWords({"then": {"then": 0.9, "the": 0.1}})
    assert corrector(readily).judge(session, "", "then", "").is_error
    assert session.starts == [("then", 1), ("then", 8)]


def test_the_same_word_in_the_same_context_is_judged_once():
    session = MeantWords({})
    words = corrector()
    first = words.judge(session, "the ", "Then", " a")
    assert words.judge(session, "the ", "then", " a") == first
    assert len(session.starts) == 1
    words.judge(session, "a ", "then", " a")
    assert len(session.starts) == 2
    words.use_words(LEXICON.changed({"x": 0.1}))
    words.judge(session, "the ", "then", " a")
    assert len(session.starts) == 3


def test_blocked_words_are_no_candidates_and_right_when_typed():
    words = corrector()
    words.use_words(LEXICON, {"ten", "the"})
    session = MeantWords({"teh": {"the": 0.6, "ten": 0.3, "teh": 0.1}, "ten": {"then": 0.9}})
    judgement = words.judge(session, "", "teh", "")
    assert not {"the", "ten", "the a"} & {c.text for c in judgement.others}
    assert words.judge(session, "", "ten", "").is_known


def test_apostrophes_of_all_kinds_are_one():
    lexicon = LEXICON.changed({"don't": 1e-3})
    session = MeantWords({})
    for typed in ("don't", "don\u2019t", "don\u00b4t"):
        judgement = corrector(lexicon=lexicon).judge(session, "Don\u2019t ", typed, "")
        assert judgement.is_known and judgement.typed.text == "don't"
    assert session.starts == [("don't", 1)] * 3


def test_a_context_that_leaves_no_room_is_refused():
    with pytest.raises(ValueError, match="context of 19 tokens leaves a word no room"):
        corrector(max_source_length=19)


def test_the_context_decides():
    session = MeantWords(
        {
            "a⟦⟦t⟦h⟦e⟦r": {"their": 0.9, "there": 0.1},
            "⟦⟦t⟦h⟦e⟦r a": {"there": 0.9, "their": 0.1},
        },
        of_source=True,
    )
    words = corrector()
    assert words.judge(session, "a ", "ther", "").others[0].text == "their"
    assert words.judge(session, "", "ther", " a").others[0].text == "there"


def test_suggestions_are_corrections_and_completions_the_best_first():
    session = MeantWords({"the": {"the": 0.5, "their": 0.3, "there": 0.15, "then": 0.05}})
    found = corrector().suggest(session, "", "the", "", 3)
    assert [c.text for c in found] == ["the", "their", "there"]
    session = MeantWords({"": {"a": 0.7, "there": 0.3}})
    assert [c.text for c in corrector().suggest(session, "the ", "", "", 2)] == ["a", "there"]


def test_where_the_lexicon_has_too_few_the_model_writes_what_it_likes():
    session = MeantWords({"kowlski": {"kowalski": 0.7, "kowlski": 0.2, "kovalski": 0.1}})
    found = corrector().suggest(session, "", "kowlski", "", 2)
    assert [c.text for c in found] == ["kowalski", "kowlski"]
    assert math.exp(found[0].log_prob) == pytest.approx(0.7, rel=1e-3)
    words = corrector()
    words.use_words(LEXICON, {"kowalski"})
    assert [c.text for c in words.suggest(session, "", "kowlski", "", 1)] == ["kowlski"]
    # Alone, such a word corrects nothing.
    assert words.judge(session, "", "kowlski", "").others == ()


def test_words_with_characters_of_which_the_model_knows_none_are_not_taken():
    words = corrector()
    assert words.takes("Don't")
    assert not words.takes("café")
    assert not words.takes("")
    short = corrector(max_source_length=23)  # 18 for the context, and one for the lone mark
    assert short.takes("then") and not short.takes("there")


def test_threads_share_a_corrector():
    words = corrector()
    failures = []

    def judge():
        try:
            for i in range(50):
                session = MeantWords({"teh": {"the": 0.9, "teh": 0.1}})
                assert words.judge(session, "a " * (i % 5), "teh", "").is_error
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=judge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("aggressiveness, shift", [(0.0, 4.0), (0.5, 0.0), (1.0, -4.0)])
def test_aggressiveness_moves_both_margins(aggressiveness, shift):
    settings = CorrectionSettings(known_margin=5.0, unknown_margin=-4.0)
    moved = [settings.margin(is_known, aggressiveness) for is_known in (True, False)]
    assert moved == [5.0 + shift, -4.0 + shift]


def test_a_word_is_judged_anew_where_a_lower_margin_asks_for_others():
    session = MeantWords({"then": {"then": 0.7, "the": 0.3}})
    words = corrector(CorrectionSettings(frequency_weight=0.0, known_margin=0.0))
    found = [words.judge(session, "", "then", "", aggressiveness=a) for a in (0.0, 1.0, 0.0, 1.0)]
    assert [judgement.is_error for judgement in found] == [False, True, False, True]
    assert len(session.starts) == 3  # forced, forced, search


def test_settings_come_back_from_metadata():
    settings = CorrectionSettings(known_margin=1.5, left_tokens=3)
    assert CorrectionSettings.from_metadata({"correction": settings.as_metadata()}) == settings
    newer = {"correction": {**settings.as_metadata(), "of_a_newer_version": 1}}
    assert CorrectionSettings.from_metadata(newer) == settings


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("max_edits", -1, "at least 0. Received: -1"),
        ("n_best", 0, "at least 1. Received: 0"),
        ("left_tokens", 1.5, "whole number"),
        ("dial_span", -1.0, "at least 0. Received: -1.0"),
        ("frequency_weight", -0.1, "at least 0. Received: -0.1"),
        ("known_margin", math.nan, "finite number. Received: nan"),
        ("unknown_margin", "high", "finite number. Received: 'high'"),
    ],
)
def test_impossible_settings_are_refused(name, value, message):
    with pytest.raises(ValueError, match=f"`{name}` must be .*{message}"):
        CorrectionSettings(**{name: value})


@pytest.mark.parametrize("document", [{}, {"correction": None}, {"correction": [1]}])
def test_metadata_without_settings_are_refused(document):
    with pytest.raises(ValueError, match="`correction` must be an object"):
        CorrectionSettings.from_metadata(document)


@pytest.mark.parametrize("aggressiveness", [-0.1, 1.1, math.nan])
def test_impossible_aggressiveness_is_refused(aggressiveness):
    with pytest.raises(ValueError, match="`aggressiveness` must lie between 0 and 1"):
        CorrectionSettings().margin(True, aggressiveness)


def test_a_vocabulary_without_marks_is_refused():
    with pytest.raises(ValueError, match="must hold marks"):
        WordCorrector(SubwordTokenizer(["a"]), TARGETS, LEXICON, EVEN)
