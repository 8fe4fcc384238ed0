import dataclasses
import math
import re

import numpy as np
import pytest

from s2s_keras.decoding import DecodingSettings, Predictor
from s2s_keras.errors import InputError
from s2s_keras.text import BOS_ID, EOS_ID, UNK_ID, CharacterTokenizer, WordTokenizer
from tests.decoding.markov import MarkovSession, table_of

TOKENIZER = CharacterTokenizer("abcé")
A, B, C, E = TOKENIZER.encode("abcé")


class CountingSession(MarkovSession):
    """Notes how many sources each search takes."""

    def start(self, source_ids, beam_width):
        super().start(source_ids, beam_width)
        self.started = [*getattr(self, "started", []), (len(source_ids), beam_width)]


def predictor_of(**settings):
    """Turns a text that starts with a, b, c or é into b, c, é or a: p = 0.9 * 0.8."""
    table = table_of({}, len(TOKENIZER))
    for source, output in ((A, B), (B, C), (C, E), (E, A), (UNK_ID, C)):
        other = B if output == A else A
        table[source, BOS_ID, [output, other]] = np.log([0.9, 0.1])
        table[source, [output, other], EOS_ID] = np.log([0.8, 1.0])
        table[source, output, output] = np.log(0.2)
    return Predictor(CountingSession(table), TOKENIZER, TOKENIZER, DecodingSettings(**settings))


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u3000"])
def test_check_of_an_empty_text_raises(text):
    with pytest.raises(InputError, match="The text is empty"):
        predictor_of().check(text)


def test_check_of_a_text_that_is_too_long_raises():
    predictor = predictor_of(max_source_length=3)
    assert predictor.check("abc") == [A, B, C]
    with pytest.raises(InputError, match=r"at most 3 tokens. Received 4: 'abca'$"):
        predictor.check("abca")
    with pytest.raises(InputError, match=rf"Received 50: '{'a' * 40}'\.\.\.$"):
        predictor.check("a" * 50)


def test_check_counts_tokens_after_normalization():
    assert predictor_of(max_source_length=1).check("e\u0301") == [E]


def test_check_without_a_limit_takes_any_length():
    assert predictor_of().check("ab" * 500) == [A, B] * 500


def test_check_of_unknown_characters_names_each_once():
    with pytest.raises(InputError, match=r"'x' \(U\+0078\), '☃' \(U\+2603\)\.$"):
        predictor_of().check("ax☃xa")


def test_check_of_unknown_words_names_each_once():
    tokenizer = WordTokenizer.learn(["the cat"])
    predictor = Predictor(predictor_of().session, tokenizer, tokenizer, DecodingSettings())
    assert predictor.check("cat the") == [4, 5]
    message = r"holds words never seen in training: 'dog', '!' \(U\+0021\)\.$"
    with pytest.raises(InputError, match=message):
        predictor.check("the dog ! the dog")


def test_check_takes_unknown_characters_where_allowed():
    assert predictor_of(allow_unknown=True).check("a☃") == [A, UNK_ID]
    [[prediction]] = predictor_of(allow_unknown=True).predict(["☃"])
    assert (prediction.text, prediction.source_tokens) == ("c", ("☃",))


def test_check_text_takes_what_predict_takes():
    predictor = predictor_of(max_source_length=3, split_long_sources=True)
    predictor.check_text("abc abc")  # in pieces
    for text, message in (("abcabc", "at most 3 tokens"), ("abc ☃", "U+2603"), (" ", "empty")):
        with pytest.raises(InputError, match=re.escape(message)):
            predictor.check_text(text)
        with pytest.raises(InputError, match=re.escape(message)):
            predictor.predict([text])
    with pytest.raises(InputError, match="at most 3 tokens"):
        predictor_of(max_source_length=3).check_text("abc abc")


@pytest.mark.parametrize("beam_width", [1, 3])
def test_search_of_ids_finds_what_predict_finds_of_text(beam_width):
    predictor = predictor_of(beam_width=beam_width, n_best=beam_width)
    [expected] = predictor.predict(["ab"])
    found = predictor.search([A, B])
    assert [TOKENIZER.decode(hypothesis.token_ids) for hypothesis in found] == [
        prediction.text for prediction in expected
    ]
    assert [hypothesis.score for hypothesis in found] == [p.score for p in expected]


@pytest.mark.parametrize(
    ("source_ids", "message"),
    [
        ([], "The source holds no ids."),
        ([A, A, A, A], "at most 3 ids. Received: 4."),
        ([A, 0], "between 1 and 7. Received: 0."),
        ([8], "between 1 and 7. Received: 8."),
        ([-1], "between 1 and 7. Received: -1."),
    ],
)
def test_search_of_bad_ids_raises(source_ids, message):
    with pytest.raises(InputError, match=message):
        predictor_of(max_source_length=3).search(source_ids)


@pytest.mark.parametrize("beam_width", [1, 3])
@pytest.mark.parametrize("batch_size", [1, 2, 10])
def test_predict_keeps_the_order_and_batches(beam_width, batch_size):
    predictor = predictor_of(beam_width=beam_width)
    texts = ["c", "aaaa", "éb", "b", "ca"]
    predictions = predictor.predict(texts, batch_size)
    assert [best.text for [best] in predictions] == ["é", "b", "a", "c", "é"]
    assert [best.source_tokens for [best] in predictions] == [tuple(text) for text in texts]
    batches = {1: [1] * 5, 2: [2, 2, 1], 10: [5]}[batch_size]
    assert predictor.session.started == [(size, beam_width) for size in batches]


def test_source_tokens_are_those_after_normalization():
    [[prediction]] = predictor_of().predict(["e\u0301"])
    assert prediction.source_tokens == ("é",)
    assert prediction.attention.shape == (2, 1)


def test_predict_of_nothing_gives_nothing():
    assert predictor_of().predict([]) == []


def test_predict_decodes_nothing_where_a_text_is_refused():
    predictor = predictor_of()
    with pytest.raises(InputError):
        predictor.predict(["a", ""])
    assert not hasattr(predictor.session, "started")


@pytest.mark.parametrize("beam_width", [1, 4])
def test_prediction_has_closed_form_values(beam_width):
    [[prediction]] = predictor_of(beam_width=beam_width, length_penalty_alpha=2.0).predict(["a"])
    assert prediction.text == "b"
    assert prediction.probability == pytest.approx(0.72)
    assert prediction.log_prob == pytest.approx(math.log(0.72))
    assert prediction.score == pytest.approx(math.log(0.72) / 4)
    assert prediction.target_tokens == ("b", "<eos>")


def test_predict_gives_the_n_best():
    settings = {"beam_width": 3, "n_best": 2, "length_penalty_alpha": 0.0}
    [predictions] = predictor_of(**settings).predict(["a"])
    assert [p.text for p in predictions] == ["b", "bb"]
    assert [p.probability for p in predictions] == pytest.approx([0.72, 0.9 * 0.2 * 0.8])


def test_target_tokens_have_no_eos_where_the_output_was_cut():
    [[prediction]] = predictor_of(max_output_length=1).predict(["a"])
    assert prediction.target_tokens == ("b",)
    assert prediction.attention.shape == (1, 1)


def test_attention_is_cut_to_the_tokens_of_each_source():
    predictions = predictor_of().predict(["abc", "b"], batch_size=2)
    assert [best.attention.shape for [best] in predictions] == [(2, 3), (2, 1)]
    for [best] in predictions:
        np.testing.assert_array_equal(best.attention.sum(axis=1), [1.0, 1.0])


def test_repr_leaves_the_attention_out():
    [[prediction]] = predictor_of().predict(["a"])
    assert repr(prediction).startswith("Prediction(text='b', log_prob=")
    assert "attention" not in repr(prediction)


def test_combining_output_has_a_token_for_each_row_of_attention():
    tokenizer = CharacterTokenizer(["e", "\N{COMBINING ACUTE ACCENT}"])
    table = table_of({BOS_ID: {4: 1.0}, 4: {5: 1.0}, 5: {EOS_ID: 1.0}}, len(tokenizer))
    predictor = Predictor(MarkovSession(table), tokenizer, tokenizer, DecodingSettings())
    [[prediction]] = predictor.predict(["e"])
    assert prediction.text == "é"
    assert prediction.target_tokens == ("e", "\N{COMBINING ACUTE ACCENT}", "<eos>")
    assert prediction.attention.shape == (3, 1)


def test_a_temperature_draws_the_same_for_a_text_wherever_it_stands():
    predictor = predictor_of(beam_width=4, n_best=4, temperature=1.0, seed=5)
    texts = ["c", "aaaa", "éb", "b", "ca"]
    alone = [[p.text for p in predictor.predict([text])[0]] for text in texts]
    assert len({text for outputs in alone for text in outputs}) > 4
    for batch_size in (1, 3):
        found = predictor.predict(texts[::-1], batch_size)[::-1]
        assert [[p.text for p in predictions] for predictions in found] == alone
    assert all(p.score <= 0 for p in predictor.predict(["a"])[0])


@pytest.mark.parametrize("beam_width", [1, 3])
def test_a_model_without_attention_predicts_without_an_alignment(beam_width):
    predictor = predictor_of(beam_width=beam_width)
    expected = [best.text for [best] in predictor.predict(["abc", "b"])]
    predictor.session.attends = False
    predictions = predictor.predict(["abc", "b"], batch_size=2)
    assert [best.text for [best] in predictions] == expected
    assert all(best.attention is None for [best] in predictions)


@pytest.mark.parametrize("beam_width", [1, 3])
def test_replacing_unknown_without_attention_raises(beam_width):
    predictor = predictor_of(beam_width=beam_width, replace_unknown=True)
    predictor.session.attends = False
    with pytest.raises(ValueError, match="need a model with attention.*replace_unknown=True"):
        predictor.predict(["a"])


class Copying(MarkovSession):
    """Writes b, `<unk>`, `<unk>`, and looks at the source from its end to its start.

    It looks most at the padding, as no model would.
    """

    def __init__(self):
        chances = {BOS_ID: {B: 1.0}, B: {UNK_ID: 1.0}, UNK_ID: {UNK_ID: 0.2, EOS_ID: 0.8}}
        super().__init__(table_of(chances, len(TOKENIZER)), unknown=True)

    def attention(self, source, history):
        weights = np.full(len(source) + 1, 0.01)
        weights[np.count_nonzero(source) - len(history)] = 0.4
        weights[np.count_nonzero(source) :] = 0.5
        return weights.astype(np.float32)


COPYING = {"allow_unknown": True, "min_output_length": 3, "max_output_length": 4}


@pytest.mark.parametrize("beam_width", [1, 2])
@pytest.mark.parametrize("temperature", [None, 0.01])
def test_unknown_tokens_are_replaced_by_the_source_tokens_looked_at(beam_width, temperature):
    settings = DecodingSettings(beam_width, temperature=temperature, **COPYING)
    predictor = Predictor(Copying(), TOKENIZER, TOKENIZER, settings)
    [[plain], [also_plain]] = predictor.predict(["ax☃é", "abcab"], batch_size=2)
    assert (plain.text, also_plain.text) == ("b\ufffd\ufffd", "b\ufffd\ufffd")
    predictor.settings = dataclasses.replace(settings, replace_unknown=True)
    [[replaced], [other]] = predictor.predict(["ax☃é", "abcab"], batch_size=2)
    assert (replaced.text, other.text) == ("b☃x", "bac")
    assert replaced.target_tokens == ("b", "<unk>", "<unk>", "<eos>")
    assert replaced.log_prob == plain.log_prob


def test_unknown_tokens_are_replaced_by_the_tokens_of_any_tokenizer():
    class Words:
        """Space-separated words, each with its space, as a tokeniser of words might have them."""

        tokens = ("<pad>", "<bos>", "<eos>", "<unk>", " is", " it")

        def pieces(self, text):
            return [f" {word}" for word in text.split()]

        def join(self, tokens):
            return "".join(tokens).removeprefix(" ")

        def encode(self, text):
            return [self.tokens.index(p) if p in self.tokens else UNK_ID for p in self.pieces(text)]

    settings = DecodingSettings(1, replace_unknown=True, **COPYING)
    predictor = Predictor(Copying(), Words(), Words(), settings)
    [[prediction]] = predictor.predict(["is Ljubljana Oslo it"])
    assert prediction.text == "it Oslo Ljubljana"
    assert prediction.source_tokens == (" is", " Ljubljana", " Oslo", " it")


def test_a_replaced_text_is_in_normalization_form_c():
    tokenizer = CharacterTokenizer(["e"])
    chances = {BOS_ID: {4: 1.0}, 4: {UNK_ID: 1.0}, UNK_ID: {EOS_ID: 1.0}}
    session = MarkovSession(table_of(chances, len(tokenizer)), unknown=True)
    settings = DecodingSettings(1, replace_unknown=True, allow_unknown=True)
    predictor = Predictor(session, tokenizer, tokenizer, settings)
    [[prediction]] = predictor.predict(["\N{COMBINING ACUTE ACCENT}"])
    assert prediction.text == "é"
