"""Sources that are longer than the model takes, in pieces."""

import itertools

import numpy as np
import pytest

from s2s_keras.decoding import DecodingSettings, Predictor
from s2s_keras.decoding.predictor import MAX_TEXT_CHARACTERS
from s2s_keras.errors import InputError
from s2s_keras.text import CharacterTokenizer
from tests.decoding.markov import HistorySession, random_table

TOKENIZER = CharacterTokenizer("abc .BC")


def predictor_of(**settings):
    settings = {"max_source_length": 6, "max_output_length": 4, **settings}
    session = HistorySession(random_table(0, letters=7))
    return Predictor(session, TOKENIZER, TOKENIZER, DecodingSettings(**settings))


@pytest.mark.parametrize("beam_width", [1, 3])
@pytest.mark.parametrize("batch_size", [1, 2, 8])
def test_pieces_are_decoded_each_and_joined_with_their_white_space(beam_width, batch_size):
    predictor = predictor_of(beam_width=beam_width)
    parts = [predictor.predict([part])[0][0] for part in ("ab. c.", "ca cb", "bbb")]
    predictor.settings = DecodingSettings(
        **{**vars(predictor.settings), "split_long_sources": True}
    )
    [[short], [joined], [also]] = predictor.predict(
        ["bbb", "\tab. c.\n\nca cb  bbb ", "ca cb"], batch_size
    )
    assert joined.text == f"\t{parts[0].text}\n\n{parts[1].text}  {parts[2].text} "
    assert (short.text, also.text) == (parts[2].text, parts[1].text)
    assert [piece.text for piece in joined.pieces] == [part.text for part in parts]
    assert joined.log_prob == pytest.approx(sum(part.log_prob for part in parts))
    assert joined.score == pytest.approx(sum(part.score for part in parts))
    assert joined.source_tokens == tuple("ab. c.ca cbbbb")
    assert joined.target_tokens == sum((part.target_tokens for part in parts), ())
    assert joined.attention is None
    for piece, part in zip(joined.pieces, parts, strict=True):
        np.testing.assert_array_equal(piece.attention, part.attention)
    assert joined.is_complete == all(part.is_complete for part in parts)
    assert not joined.timed_out
    assert short.pieces == ()


def test_n_best_are_those_of_the_largest_sum_over_all_choices():
    predictor = predictor_of(beam_width=3, n_best=3, split_long_sources=True)
    parts = predictor.predict(["ab. c.", "ca cb", "bbb"])
    [found] = predictor.predict(["ab. c. ca cb bbb"])
    scores = sorted((sum(p.score for p in c) for c in itertools.product(*parts)), reverse=True)
    assert [joined.score for joined in found] == pytest.approx(scores[:3])
    assert len({joined.text for joined in found}) == 3
    assert found[0].text == " ".join(part[0].text for part in parts)


def test_a_long_source_is_refused_unless_it_may_be_split():
    with pytest.raises(InputError, match="at most 6 tokens. Received 7: 'ab ab c'$"):
        predictor_of().predict(["ab ab c"])


def test_a_long_word_is_refused_before_anything_is_decoded():
    predictor = predictor_of(split_long_sources=True)
    with pytest.raises(InputError, match="at most 6 tokens. Received 7: 'aaaaaaa'$"):
        predictor.predict(["ab", "ab aaaaaaa ab"])
    with pytest.raises(InputError, match="at most 6 tokens. Received 7: 'aaaaaaa'$"):
        predictor.stream("ab aaaaaaa ab")
    assert predictor.session.steps == 0


def test_an_unknown_character_of_a_later_piece_is_refused():
    with pytest.raises(InputError, match=r"never seen in training: '☃'"):
        predictor_of(split_long_sources=True).predict(["ab. c. ca cb ☃"])


@pytest.mark.parametrize("split_long_sources", [False, True])
@pytest.mark.parametrize(
    "text", ["ab " * 350_000, "a" * 10**6, " " * 10**6, "\u0301\u0316" * 10**6]
)
def test_a_text_of_a_megabyte_is_refused_at_once(split_long_sources, text):
    predictor = predictor_of(split_long_sources=split_long_sources)
    with pytest.raises(InputError, match=rf"at most {MAX_TEXT_CHARACTERS} characters|is empty"):
        predictor.predict([text])


def test_a_text_of_many_pieces_is_decoded():
    predictor = predictor_of(split_long_sources=True, beam_width=1)
    [[joined]] = predictor.predict(["ab. c. " * 300], batch_size=100)
    assert len(joined.pieces) == 300
    assert joined.text == f"{joined.pieces[0].text} " * 300


@pytest.mark.parametrize("beam_width", [1, 3])
def test_a_stream_of_pieces_ends_with_the_prediction(beam_width):
    predictor = predictor_of(beam_width=beam_width, split_long_sources=True)
    [[expected]] = predictor.predict(["ab. c. ca cb bbb"])
    *first, last = predictor.stream("ab. c. ca cb bbb")
    assert (last.text, last.log_prob, last.pieces[0].text) == (
        expected.text,
        expected.log_prob,
        expected.pieces[0].text,
    )
    assert last.is_complete == expected.is_complete
    assert not any(prediction.is_complete for prediction in first)
    assert [len(prediction.pieces) for prediction in first] == sorted(
        len(prediction.pieces) for prediction in first
    )


@pytest.mark.parametrize("beam_width", [1, 3])
def test_sentences_are_decoded_each_by_itself_where_asked(beam_width):
    predictor = predictor_of(beam_width=beam_width)
    parts = [predictor.predict([part])[0][0].text for part in ("ab.", "Bab.", "bbb a", "ca")]
    predictor.settings = DecodingSettings(**{**vars(predictor.settings), "split_sentences": True})
    texts = [" ab. Bab.\n", "Bab. bbb a ca", "bbb a", " ab.", "ab."]
    found = [best.text for [best] in predictor.predict(texts, batch_size=2)]
    assert found == [
        f" {parts[0]} {parts[1]}\n",
        f"{parts[1]} {parts[2]} {parts[3]}",
        parts[2],
        f" {parts[0]}",
        parts[0],
    ]
    assert list(predictor.stream(texts[0]))[-1].text == found[0]
    with pytest.raises(InputError, match="at most 6 tokens"):
        predictor.predict(["ab. abcabca"])


def test_sentences_need_no_limit():
    predictor = predictor_of(max_source_length=None, split_sentences=True)
    [[best]] = predictor.predict(["ab. Bab. Cacacacaca"])
    assert [piece.source_tokens for piece in best.pieces] == [
        tuple("ab."),
        tuple("Bab."),
        tuple("Cacacacaca"),
    ]
