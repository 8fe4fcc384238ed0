import math

import numpy as np
import pytest

from s2s_keras.data import Pair
from s2s_keras.data.noise import learn_channel
from s2s_keras.decoding.candidates import UNKNOWN_LOG_FREQUENCY, CandidateFinder, joined
from s2s_keras.text import Lexicon

LEXICON = Lexicon(
    {"the": 0.05, "then": 2e-3, "their": 2e-3, "there": 2e-3, "a": 0.02, "lot": 1e-3, "threw": 1e-4}
)
CHANNEL = learn_channel(
    [Pair("teh", "the")] * 9, {"their": ("there",), "there": ("their",), "threw": ("through",)}
)


def finder(channel=CHANNEL, max_edits=2, blocked=(), weights=(0.3, 0.5), count=16):
    return CandidateFinder(LEXICON, channel, max_edits, *weights, count, blocked)


def test_an_unknown_word_may_be_any_that_is_near_or_two_without_their_space():
    found = finder().corrections("teh")
    assert set(found.texts) == {"the", "then"}
    assert found.log_frequencies[found.texts.index("the")] == pytest.approx(
        math.log(0.05), abs=0.05
    )
    assert found.slips[found.texts.index("the")] == pytest.approx(CHANNEL.log_prob("teh", "the"))
    found = finder().corrections("alot")
    assert {"lot", "a lot"} <= set(found.texts)
    place = found.texts.index("a lot")
    assert found.slips[place] == pytest.approx(CHANNEL.omission(" "))
    assert found.log_frequencies[place] == pytest.approx(math.log(0.02 * 1e-3), abs=0.1)
    assert "the" in finder().corrections("th e").texts


def test_a_known_word_may_be_one_within_an_edit_or_one_that_it_is_taken_for():
    found = finder().corrections("there")
    assert set(found.texts) == {"their"}  # "the", "then" are two edits away, "threw" is, too
    assert found.slips.tolist() == [CHANNEL.confusion_log_prob]
    assert set(finder().corrections("then").texts) == {"the"}
    assert finder().corrections("threw").texts == []  # the lexicon has no "through"
    assert finder(channel=None).corrections("there").texts == []


def test_blocked_words_are_never_found():
    blocked = finder(blocked=["the", "lot"])
    assert set(blocked.corrections("teh").texts) == {"then"}
    assert not any("lot" in text for text in blocked.corrections("alot").texts)
    assert "the" not in blocked.completions("t").texts


def test_completions_go_on_from_what_was_typed():
    assert set(finder().completions("the").texts) == {"then", "their", "there"}
    assert set(finder().completions("").texts) >= {"a", "lot"}
    assert "there" in finder().completions("thre").texts  # a slip in four
    assert "lot" not in finder().completions("to").texts
    found = finder().completions("the")
    slips = dict(zip(found.texts, found.slips, strict=True))
    assert slips["then"] == -0.5 and slips["there"] == -1.0
    [beginning] = (
        CandidateFinder(Lexicon({"thereabouts": 0.1}), None, 2, 0.3, 0.5, 16)
        .completions("therr")
        .slips
    )
    assert beginning == -4.0 - 0.5 * 6


def test_without_edits_nothing_is_near():
    assert finder(max_edits=0).corrections("teh").texts == []
    assert finder(max_edits=0).corrections("alot").texts == []


def test_the_best_by_both_weights_come_first_and_the_others_not_at_all():
    assert finder(weights=(1.0, 0.0), count=1).corrections("teh").texts == ["the"]
    every = finder().completions("t")
    for count in (1, 2, 3, 5):
        for blocked in ((), ("the",)):
            kept = [text for text in every.texts if text not in blocked][:count]
            assert finder(count=count, blocked=blocked).completions("t").texts == kept
    values = 0.3 * every.log_frequencies + 0.5 * every.slips
    assert (np.diff(values) <= 0).all() and len(values) == 5


def test_frequencies_of_several_words_add_up():
    assert finder().log_frequency("the xyz") == pytest.approx(
        math.log(0.05) + UNKNOWN_LOG_FREQUENCY, abs=0.1
    )


def test_what_is_found_twice_keeps_its_likeliest_slips():
    completions, corrections = finder().completions("the"), finder().corrections("the")
    assert set(completions.texts) & set(corrections.texts) == {"then"}
    both = joined([corrections, completions, finder().as_typed("the")])
    assert sorted(both.texts) == sorted({*completions.texts, *corrections.texts, "the"})
    assert both.slips[both.texts.index("then")] == max(
        part.slips[part.texts.index("then")] for part in (completions, corrections)
    )
    assert both.slips[both.texts.index("the")] == 0.0
    assert both.log_frequencies[both.texts.index("the")] == finder().log_frequency("the")
    assert joined([]).texts == []


def test_of_words_that_tie_the_first_of_the_lexicon_are_found():
    words = [f"{letter}b{i}" for letter in "acde" for i in range(100, 180)]
    tied = Lexicon({word: 1e-3 for word in words} | {"xb150": 2e-3})
    everything = CandidateFinder(tied, None, 2, 1.0, 1.0, 1000).corrections("yb150").texts
    assert everything == ["xb150", *sorted(everything[1:])]
    assert len(everything) > 50
    found = CandidateFinder(tied, None, 2, 1.0, 1.0, 5).corrections("yb150").texts
    assert found == everything[:5]
