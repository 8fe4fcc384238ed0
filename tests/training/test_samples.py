import contextlib
import html.parser

import keras
import numpy as np
import pytest

from s2s_keras.data import Pair
from s2s_keras.decoding import DecodingSettings, Prediction
from s2s_keras.model import Seq2Seq
from s2s_keras.text import CharacterTokenizer
from s2s_keras.training import quantized_weights
from s2s_keras.training.samples import Sample, decode_samples, evenly_spread, markdown_table
from tests.test_look_ahead import OPTIONS, TOKENIZER

PAIRS = [Pair("ab", "ba"), Pair("xyz", "zyx"), Pair("bcab", "bacb")]
SETTINGS = DecodingSettings(
    beam_width=3, n_best=2, temperature=2.0, max_source_length=6, max_output_length=5
)


def make_model(**options: object) -> Seq2Seq:
    tokenizer = CharacterTokenizer("abc ")
    options = {"embedding_size": 8, "units": 32, "dropout": 0.5, **options}
    keras.utils.set_random_seed(1)
    model = Seq2Seq(tokenizer, tokenizer, **options)
    for weight in model.trainable_weights:
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.5))
    return model


def test_samples_are_greedy_outputs_with_alignments() -> None:
    model = make_model()
    samples = decode_samples(model, PAIRS, SETTINGS)
    assert [(sample.source, sample.reference) for sample in samples] == PAIRS
    assert samples[1].prediction is None  # the model knows none of its letters
    greedy = DecodingSettings(beam_width=1, max_source_length=6, max_output_length=5)
    for index in (0, 2):
        [expected] = model.generate([PAIRS[index].source], greedy)[0]
        found = samples[index].prediction
        assert found.text == expected.text
        assert found.log_prob == pytest.approx(expected.log_prob, abs=1e-4)
        assert found.attention.shape == (len(found.target_tokens), len(PAIRS[index].source))


def test_samples_leave_weights_and_random_states_alone() -> None:
    model = make_model()
    before = [np.array(variable) for variable in model.variables]
    decode_samples(model, PAIRS, SETTINGS)
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, np.array(variable))


def test_samples_are_made_of_the_weights_that_the_model_reads() -> None:
    model = make_model()
    exact = decode_samples(model, PAIRS[:1], SETTINGS)[0].prediction
    model.reading = lambda: quantized_weights(model)
    rounded = decode_samples(model, PAIRS[:1], SETTINGS)[0].prediction
    model.reading = contextlib.nullcontext
    assert abs(exact.log_prob - rounded.log_prob) > 1e-4
    with quantized_weights(model):
        assert decode_samples(model, PAIRS[:1], SETTINGS)[0].prediction.log_prob == pytest.approx(
            rounded.log_prob, abs=1e-6
        )


def test_samples_of_a_model_that_looks_ahead_are_none() -> None:
    pairs = [Pair("ab cd", "ab cd")]
    assert decode_samples(Seq2Seq(TOKENIZER, TOKENIZER, **OPTIONS), pairs, SETTINGS) == []
    options = {**OPTIONS, "looks_ahead": False}
    assert len(decode_samples(Seq2Seq(TOKENIZER, TOKENIZER, **options), pairs, SETTINGS)) == 1


@pytest.mark.parametrize(
    ("count", "expected"), [(0, ""), (1, "a"), (2, "ac"), (3, "abc"), (9, "abcde")]
)
def test_pairs_are_spread_over_all(count: int, expected: str) -> None:
    pairs = [Pair(letter, letter) for letter in "abcde"]
    assert "".join(pair.source for pair in evenly_spread(pairs, count)) == expected


@pytest.mark.filterwarnings("ignore:html5lib's sanitizer is deprecated")
def test_table_shows_texts_as_they_are() -> None:
    from tensorboard.plugin_util import markdown_to_safe_html

    texts = ["<script>alert(1)</script> & co", "a|b `c` *d* _e_ [f](http://g) \\ ~h~"]
    prediction = Prediction("**x** | <b>y</b> &amp;", -1.0, -1.0, ("a",), ("b",), None)
    samples = [Sample(*texts, prediction), Sample("one", "two", None)]
    page = Cells(markdown_to_safe_html(markdown_table(samples)))
    assert page.rows == [
        ["source", "reference", "output"],
        [*texts, prediction.text],
        ["one", "two", "(not taken)"],
    ]
    assert page.inner == ["em"]


class Cells(html.parser.HTMLParser):
    """The texts of a table's cells, and the elements that stand in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inner: list[str] = []
        self._is_in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._is_in_cell = True
        elif self._is_in_cell:
            self.inner.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._is_in_cell = False

    def handle_data(self, data: str) -> None:
        if self._is_in_cell:
            self.rows[-1][-1] += data
