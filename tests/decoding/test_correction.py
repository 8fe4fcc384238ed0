import math
import threading
from dataclasses import replace

import pytest

from s2s_keras.data import Pair
from s2s_keras.data.noise import learn_channel
from s2s_keras.decoding.correction import CorrectionSettings, WordCorrector
from s2s_keras.text import Lexicon, SubwordTokenizer
from tests.decoding.words import ELSE, TOKENIZER, LikelyWords, always

LEXICON = Lexicon(
    {"the": 0.05, "then": 0.002, "ten": 1e-4, "their": 2e-3, "there": 2e-3, "a": 0.02}
)
EVEN = CorrectionSettings(
    model_weight=1.0, frequency_weight=0.0, channel_weight=0.0, unknown_margin=0.0
)


def corrector(settings=EVEN, lexicon=LEXICON, channel=None):
    return WordCorrector(TOKENIZER, lexicon, settings, channel)


def judged(likely, typed, settings=EVEN, **options):
    return corrector(settings, **options).judge(always(likely), "", typed, "")


def test_the_likelier_word_wins_and_says_its_share():
    judgement = judged({"ten": 0.6, "then": 0.3}, "tehn")
    assert judgement.is_error and not judgement.is_known
    assert [c.text for c in judgement.others][:2] == ["ten", "then"]
    assert math.exp(judgement.others[0].log_prob) == pytest.approx(0.6 / 0.9, rel=1e-3)
    assert judgement.others[0].features[0] == pytest.approx(math.log(0.6), rel=1e-3)
    everything = [judgement.typed, *judgement.others]
    assert sum(math.exp(c.log_prob) for c in everything) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("typed", ["then", "thei"])
def test_a_correction_must_win_by_the_margin_of_its_kind(typed):
    is_known = typed == "then"
    lead = math.log(0.8 / 0.2)
    likely = {"ten": 0.8, "then": 0.2} if is_known else {"there": 0.8, "thei": 0.2}
    for margin, is_error in ((lead - 0.01, True), (lead + 0.01, False)):
        margins = {"known_margin": 99.0, "unknown_margin": 99.0}
        margins["known_margin" if is_known else "unknown_margin"] = margin
        settings = replace(EVEN, **margins)
        judgement = judged(likely, typed, settings)
        assert (judgement.is_known, judgement.is_error) == (is_known, is_error)


def test_what_may_be_a_name_must_be_beaten_by_more():
    settings = replace(EVEN, name_margin=300.0)
    words, session = corrector(settings), always({"then": 0.9})
    cases = [
        ("a ", "Thne", True),
        ("", "Thne", False),
        ("a ", "thne", False),
        ("then. ", "Thne", False),
        ("a ", "Ten", True),
        ("a ", "ten", False),
    ]
    for left, typed, is_name in cases:
        judgement = words.judge(session, left, typed, "")
        assert (judgement.is_name, judgement.is_error) == (is_name, not is_name)
    assert settings.margin(False, 1.0, is_name=True) == 300.0 - settings.dial_span


def test_neither_spelling_of_a_word_corrects_the_other():
    likely = {"then": 0.9}
    assert judged(likely, "ten").is_error
    lexicon = LEXICON.changed({}, variants=[("ten", "then")])
    judgement = corrector(lexicon=lexicon).judge(always(likely), "", "ten", "")
    assert not judgement.is_error
    assert "then" not in [candidate.text for candidate in judgement.others]
    assert corrector(lexicon=lexicon).judge(always(likely), "", "tenh", "").is_error


def test_scores_are_the_weighted_sum_of_what_is_known():
    channel = learn_channel([Pair("tehn", "then")] * 9)
    settings = CorrectionSettings(model_weight=0.7, frequency_weight=0.2, channel_weight=0.4)
    judgement = judged({"ten": 0.5, "then": 0.4}, "tehn", settings, channel=channel)
    for candidate, share in zip(judgement.others, (0.4, 0.5), strict=False):
        expected = (
            0.7 * math.log(share)
            + 0.2 * LEXICON.log_frequency(candidate.text)
            + 0.4 * channel.log_prob("tehn", candidate.text)
        )
        assert candidate.score == pytest.approx(expected, abs=1e-3)
    assert [c.text for c in judgement.others][:2] == ["then", "ten"]
    # A word that the lexicon lacks counts as the rarest that one can hold.
    tokens = len(TOKENIZER.encode("tehn"))
    expected = 0.7 * tokens * math.log(ELSE) - 0.2 * 25.5
    assert judgement.typed.score == pytest.approx(expected, rel=1e-5)


def test_a_word_that_the_lexicon_lacks_stays_where_the_model_holds_it_likely():
    session = LikelyWords(
        lambda left, right: {"thea": 0.6, "the": 0.3} if left == "a" else {"the": 0.9}
    )
    words = corrector()
    assert not words.judge(session, "a ", "thea", "").is_error
    judgement = words.judge(session, "ten ", "thea", "")
    assert judgement.is_error and judgement.others[0].text == "the"


def test_words_that_are_taken_for_one_another_are_told_apart_by_the_context():
    channel = learn_channel([], {"there": ("their",), "their": ("there",)})
    settings = replace(EVEN, channel_weight=0.3)
    words = corrector(settings, channel=channel)
    session = LikelyWords(
        lambda left, right: {"their": 0.9, "there": 0.02} if right == "ten" else {"there": 0.9}
    )
    assert words.judge(session, "", "there", " ten").others[0].text == "their"
    assert words.judge(session, "", "there", " ten").is_error
    assert not words.judge(session, "", "there", " a").is_error
    assert not corrector(settings).judge(session, "", "there", " ten").is_error


def test_the_same_word_in_the_same_context_is_judged_once():
    session = always({"ten": 0.5})
    words = corrector()
    first = words.judge(session, "the ", "Then", " a")._replace(is_name=False)
    asked = session.steps
    assert words.judge(session, "the ", "then", " a") == first
    assert session.steps == asked
    for left, right in (("a ", " a"), ("the ", " the"), ("the (", " a")):
        words.judge(session, left, "then", right)
        assert session.steps > asked
        asked = session.steps
    words.use_words(LEXICON.changed({"x": 0.1}))
    words.judge(session, "the ", "then", " a")
    assert session.steps > asked


def test_where_nothing_is_near_the_model_is_not_asked():
    session = always({})
    judgement = corrector().judge(session, "", "kowalski", "")
    assert judgement.others == () and not judgement.is_error and session.starts == []


def test_blocked_words_are_no_candidates_and_right_when_typed():
    words = corrector()
    words.use_words(LEXICON, {"ten", "the"})
    session = always({"the": 0.6, "ten": 0.3})
    judgement = words.judge(session, "", "teh", "")
    assert not {"the", "ten", "the a"} & {c.text for c in judgement.others}
    assert words.judge(session, "", "ten", "").is_known
    assert not {"the", "ten"} & {c.text for c in words.suggest(session, "", "t", "", 5)}
    assert not {"the", "ten"} & {c.text for c in words.suggest(session, "", "", "", 5)}


def test_apostrophes_of_all_kinds_are_one():
    words = corrector(lexicon=LEXICON.changed({"don't": 1e-3, "dont": 1e-6}))
    session, steps = always({}), []
    for typed in ("don't", "don\u2019t", "don\u00b4t"):
        judgement = words.judge(session, "Don\u2019t ", typed, "")
        assert judgement.is_known and judgement.typed.text == "don't"
        steps.append(session.steps)
    assert steps[0] == steps[-1]


def test_the_context_decides():
    session = LikelyWords(
        lambda left, right: {"their": 0.9, "there": 0.1} if left else {"there": 0.9, "their": 0.1}
    )
    words = corrector()
    assert words.judge(session, "a ", "ther", "").others[0].text == "their"
    assert words.judge(session, "", "ther", " a").others[0].text == "there"


def test_suggestions_are_corrections_and_completions_the_best_first():
    session = always({"the": 0.5, "their": 0.3, "there": 0.15, "then": 0.04})
    found = corrector().suggest(session, "", "the", "", 4)
    assert [c.text for c in found] == ["the", "their", "there", "then"]
    found = corrector().suggest(session, "", "thr", "", 2)
    assert [c.text for c in found] == ["the", "their"]


def test_the_next_word_is_the_likeliest_that_the_lexicon_has():
    session = always({"a": 0.5, "the": 0.2, "cat": 0.3})
    found = corrector().suggest(session, "the ", "", "", 2)
    assert [c.text for c in found] == ["a", "the"]
    assert math.exp(found[0].log_prob) == pytest.approx(0.5, rel=1e-3)


def test_words_that_no_lexicon_could_hold_are_not_taken():
    words = corrector()
    assert words.takes("Then") and words.takes("ten a") and words.takes("t" * 48)
    assert not words.takes("") and not words.takes("t" * 49)
    assert not words.takes("caf\u00e9") and not words.takes("cat")
    words.use_words(LEXICON.changed({"caf\u00e9": 0.1}))
    assert words.takes("Caf\u00e9")


def test_threads_share_a_corrector():
    words = corrector()
    failures = []

    def judge():
        try:
            for i in range(50):
                session = always({"then": 0.9})
                assert words.judge(session, "a " * (i % 5), "thne", "").is_error
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
    settings = CorrectionSettings(known_margin=5.0, unknown_margin=-4.0, dial_span=4.0)
    moved = [settings.margin(is_known, aggressiveness) for is_known in (True, False)]
    assert moved == [5.0 + shift, -4.0 + shift]


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


def test_a_vocabulary_without_an_end_is_refused():
    with pytest.raises(ValueError, match="Words are told apart by subwords"):
        WordCorrector(SubwordTokenizer(["a"]), LEXICON, EVEN)
