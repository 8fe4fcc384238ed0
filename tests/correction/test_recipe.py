"""Recipes of running text, and the files that they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from s2s_keras.errors import ConfigError, DataError
from s2s_keras.recipe import load_recipe
from s2s_keras.training.corpus import load_corpus
from tests.correction.few_words import write_data


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("lexicon.tsv", "the\t0.1\ncat\tmany\n", r"lexicon.tsv:2: could not convert .*'many'"),
        ("lexicon.tsv", "the\t0.1\ncat\t2\n", r"lexicon.tsv:2: A frequency must be above 0"),
        ("lexicon.tsv", "the\n", r"lexicon.tsv:1: "),
        ("lexicon.tsv", "the\t0.1\nCat\t0.1\n", r"lexicon.tsv:2: A word must be in lower case"),
        ("text.txt", "word\n" * 9, r"text.txt: 1 lines give 0 training and 1 dev texts"),
        ("misspellings.tsv", "teh\tthe\n", r"misspellings.tsv: .* must hold an edit 2 times"),
        ("misspellings.tsv", "the\tthen\n", r"misspellings.tsv: .* none of the lexicon"),
        ("text.txt", b"\xff\n", r"text.txt:1: byte 1 of the line is not valid UTF-8"),
    ],
)
def test_bad_files_are_named_with_their_line(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    recipe = load_recipe(write_data(tmp_path), ["data.words.rates={error_model: 0.1}"])
    raw = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(DataError, match=message):
        load_corpus(recipe.data)


def test_the_lexicon_is_spelled_as_the_text_spells_it(tmp_path: Path) -> None:
    recipe = load_recipe(write_data(tmp_path))
    lexicon = load_corpus(recipe.data).lexicon
    assert lexicon is not None
    assert lexicon.spellings == ("She", "They")  # as in "Today She slept there."
    assert "she" in lexicon and "She" not in lexicon


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("data.words=null", "`data.text` and `data.words` need one another"),
        ("data.tokenizer=word", "`data.text` needs `data.tokenizer: subword`"),
        ("data.train=x.tsv", "exactly one of `data.dataset`, `data.train`, `data.sources`"),
        ("data.words.rates={typo: 0.1}", r"Rates must be of .*Received: \['typo'\]"),
        ("data.words.rates={doubling: 0.9, omission: 0.2}", "sum to at most 1"),
        ("data.words.rates={split: 0.1}", "must stay in their places: no rate of split"),
        ("data.lowercase=false", "`data.text` needs `data.lowercase: true`"),
        ("data.shared_vocabulary=false", "needs `data.shared_vocabulary: true`"),
        ("data.dev=dev.tsv", "`data.dev` is for pairs"),
        ("data.subword_dropout=0.1", "`data.subword_dropout` is for pairs"),
        ("model.looks_ahead=false", "`data.text` and `model.looks_ahead: true` need one another"),
        ("model.bridge=dense", "`looks_ahead` needs the decoder `luong`"),
        ("model.input_feeding=true", "`looks_ahead` needs the decoder `luong`"),
        ("training.scheduled_sampling={}", "`looks_ahead` needs teacher forcing"),
        ("export.stateful=true", "leave `export.stateful` out"),
        ("export.candidates=9", "leave `export.candidates` out"),
        ("export.shortlist={size: 9}", "leave `export.shortlist` out"),
        ("data.words.misspellings=[]", "a rate of misspelling needs `data.words.misspellings`"),
    ],
)
def test_recipes_that_mean_nothing_are_refused(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_recipe(write_data(tmp_path), [override])
