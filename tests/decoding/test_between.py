import math

import numpy as np
import pytest

from s2s_keras.decoding import StepOutput
from s2s_keras.decoding.between import Between, LeftStates
from s2s_keras.text import WordContext
from tests.decoding.words import TOKENIZER, LikelyWords, always

CONTEXT = WordContext(TOKENIZER)


def between(session, left="", right="", states=None, width=4):
    left_ids, right_ids = CONTEXT.left_ids(left, "a"), CONTEXT.right_ids("a", right)
    states = states or LeftStates()
    return Between(session, left_ids, right_ids, states, len(TOKENIZER), width)


def shares(found, words):
    ids = [CONTEXT.word_ids(word, "") for word in words]
    return np.exp(found.log_probs(ids))


def test_words_of_any_length_have_the_probability_that_the_model_gives():
    likely = {"the": 0.4, "ten": 0.2, "their": 0.15, "there": 0.1, "zebra": 0.05, "zeal": 0.05}
    session = always(likely)
    expected = pytest.approx([*likely.values(), 0.0], abs=1e-6)
    assert shares(between(session), [*likely, "cat"]) == expected
    # What goes on from a word and is not asked for counts as the word.
    assert shares(between(session), ["the", "their"]) == pytest.approx([0.5, 0.15], rel=1e-4)


def test_words_that_begin_alike_share_their_steps():
    session = always({"their": 0.5, "there": 0.3, "zebra": 0.1, "zeal": 0.1})
    found = between(session)
    before = session.steps
    shares(found, ["their", "there"])
    assert session.steps == before + 1
    shares(found, ["zebra", "zeal"])  # as many steps as the longer one has tokens, less one
    assert session.steps == before + 1 + len(TOKENIZER.encode("zebra")) - 1


def test_more_beginnings_than_rows_are_asked_for_in_turn():
    words = ["bat", "cat", "dog", "eel", "fox", "gnu", "hen"]
    session = always({word: 1 / 7 for word in words})
    for width in (1, 2, 3, 8):
        assert shares(between(session, width=width), words) == pytest.approx([1 / 7] * 7, rel=1e-4)


def test_both_contexts_count():
    session = LikelyWords(
        lambda left, right: {"ten": 0.9} if (left, right) == ("the", "a") else {"then": 0.8}
    )
    found = between(session, "the ", " a")
    assert math.exp(found.first[TOKENIZER.encode("ten")[0]]) == pytest.approx(0.9, rel=1e-3)
    assert shares(between(session, "the ", " the"), ["then"]) == pytest.approx([0.8], rel=1e-3)


def test_what_was_read_is_not_read_again():
    session, states = always({"the": 1.0}), LeftStates()
    between(session, "a the then ", states=states)
    assert session.steps == 4  # bos, and each of three
    between(session, "a the then ", " a", states=states)
    assert session.steps == 5  # the last one again, beside what follows now
    between(session, "a the then ten ", states=states)
    assert session.steps == 6
    between(session, "the then ", states=states)
    assert session.steps == 8
    same = [between(session, "a the ", states=s).first for s in (states, LeftStates())]
    np.testing.assert_array_equal(*same)


def test_few_left_contexts_are_kept():
    states = LeftStates()
    for i in range(2000):
        states.keep((i,), np.zeros((1, 1, 2)))
    assert states.longest((0,)) == (0, None)
    assert states.longest((1999, 5))[0] == 1


class Partial(LikelyWords):
    def step(self, tokens, parents):
        output = super().step(tokens, parents)
        return StepOutput(output.log_probs[:, :5], output.token_ids[:, :5], None)


class Sorted(LikelyWords):
    def step(self, tokens, parents):
        log_probs, _, _ = super().step(tokens, parents)
        order = np.argsort(-log_probs, axis=1)
        return StepOutput(np.take_along_axis(log_probs, order, axis=1), order, None)


def test_a_step_must_tell_of_every_token_in_any_order():
    def likely(left, right):
        return {"the": 0.6, "zebra": 0.4}

    with pytest.raises(ValueError, match="must give the log-probability of every token"):
        between(Partial(likely))
    words = ["the", "zebra"]
    np.testing.assert_allclose(
        shares(between(Sorted(likely)), words), shares(between(LikelyWords(likely)), words)
    )


def test_nan_is_refused():
    session = always({"the": 1.0})
    session.row = lambda history: np.full(len(TOKENIZER), np.nan)
    with pytest.raises(ValueError, match="must be numbers. Received: NaN"):
        between(session)
