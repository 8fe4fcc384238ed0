import pytest

from s2s_keras.data import Pair
from s2s_keras.decoding import CorrectionSettings, WordCorrector
from s2s_keras.evaluation.calibration import (
    SPANS,
    Sides,
    Word,
    best_margins,
    calibrate,
    judged_words,
    settings_for_judging,
)
from s2s_keras.text import Lexicon
from tests.decoding.words import TOKENIZER, LikelyWords, always

LOW = CorrectionSettings(
    model_weight=1.0,
    frequency_weight=0.0,
    channel_weight=0.0,
    known_margin=-9.0,
    unknown_margin=-9.0,
)


def test_words_carry_what_changing_them_repairs_and_breaks():
    lexicon = Lexicon({"the": 0.05, "then": 1e-3, "ten": 1e-4})
    words = WordCorrector(TOKENIZER, lexicon, LOW)
    session = always({"the": 0.6, "ten": 0.3})
    wrong, right = judged_words(words, session, Pair("teh ten", "the ten"))
    assert (wrong.is_known, right.is_known) == (False, True)
    assert [other[1:] for other in wrong.others] == [(1, 0), (0, 0), (0, 0)]
    assert right.others[0][1:] == (0, 1)


def test_what_may_be_a_name_is_left_out():
    words = WordCorrector(TOKENIZER, Lexicon({"the": 0.05, "ten": 1e-4}), LOW)
    session = always({"the": 0.6, "ten": 0.3})
    assert len([*judged_words(words, session, Pair("the teh", "the ten"))]) == 1
    assert len([*judged_words(words, session, Pair("the Teh", "the Ten"))]) == 0


def test_margins_repair_most_within_what_may_break():
    def word(is_known, lead, gained, lost):
        return Word(is_known, (0.0, 0.0, 0.0), [((lead, 0.0, 0.0), gained, lost)])

    judged = [
        word(False, 5.0, 1, 0),
        word(False, 4.0, 0, 1),
        word(False, 3.0, 1, 0),
        word(True, 2.0, 1, 0),
        word(True, 1.0, 0, 1),
        word(True, 0.0, 1, 0),
    ]
    none = best_margins(Sides.of(judged), (4, 100), LOW, 0.0)
    assert (none.fix_rate, none.broken_rate) == (0.5, 0.0)
    assert 1.0 < none.settings.known_margin < 2.0 and 4.0 < none.settings.unknown_margin < 5.0
    one = best_margins(Sides.of(judged), (4, 100), LOW, 0.01)
    assert (one.fix_rate, one.broken_rate) == (0.75, 0.01)
    both = best_margins(Sides.of(judged), (4, 100), LOW, 0.02)
    assert (both.fix_rate, both.broken_rate) == (1.0, 0.02)
    assert best_margins(Sides.of([]), (4, 100), LOW, 0.02).fix_rate == 0.0


def test_the_dial_reaches_ten_times_what_may_break():
    def word(lead, lost):
        return Word(False, (0.0, 0.0, 0.0), [((lead, 0.0, 0.0), 0 if lost else 1, lost)])

    judged = [word(5.0, 0), *(word(4.95 - i / 10, 1) for i in range(30))]
    for share, reached in ((0.01, 1.0), (0.02, 2.0)):
        found = best_margins(Sides.of(judged), (1, 100), LOW, share).settings
        assert found.margin(False, 1.0) == pytest.approx(found.unknown_margin - found.dial_span)
        broken = sum(4.95 - i / 10 > found.margin(False, 1.0) for i in range(30))
        assert broken <= 10 * reached and found.dial_span == pytest.approx(reached, abs=0.11)
    assert best_margins(Sides.of(judged[:1]), (1, 100), LOW, 0.01).settings.dial_span == max(SPANS)


def test_calibrated_settings_repair_what_they_say():
    lexicon = Lexicon({"the": 0.05, "then": 1e-3, "ten": 1e-4})
    likely = {
        ("", "then"): {"the": 0.6, "ten": 0.4},
        ("the", ""): {"then": 0.8, "the": 0.2},
        ("", "a"): {"then": 0.9},
    }
    session = LikelyWords(lambda left, right: likely.get((left, right), {}))
    pairs = [Pair("teh then", "the then"), Pair("ten a", "then a")]
    words = WordCorrector(TOKENIZER, lexicon, settings_for_judging(CorrectionSettings()))
    seen = []
    found = calibrate(words, session, pairs, [0.0, 0.5], progress=lambda *done: seen.append(done))
    assert seen == [(1, 2), (2, 2)]
    for calibration in found:
        assert (calibration.fix_rate, calibration.broken_rate) == (1.0, 0.0)
        judging = WordCorrector(TOKENIZER, lexicon, calibration.settings)
        contexts = [("", "teh", " then"), ("the ", "then", ""), ("", "ten", " a")]
        judged = [judging.judge(session, *words).is_error for words in contexts]
        assert judged == [True, False, True]
        assert calibration.settings.left_tokens == CorrectionSettings().left_tokens
