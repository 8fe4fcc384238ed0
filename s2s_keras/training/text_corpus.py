"""A recipe's running text -> pairs of a marked word and what was meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from s2s_keras.config import DataConfig
from s2s_keras.config.words import WordsConfig
from s2s_keras.data import Pair, read_pairs
from s2s_keras.data.lines import read_lines
from s2s_keras.data.marked_words import MarkedWords
from s2s_keras.data.noise import (
    ErrorModel,
    Keyboard,
    Noise,
    confusion_sets,
    find_neighbors,
    learn_channel,
)
from s2s_keras.errors import DataError
from s2s_keras.text import CharacterTokenizer, Lexicon, SubwordTokenizer, Tokenizer, normalize
from s2s_keras.text.channel import ChannelModel
from s2s_keras.text.marker import WordMarker, with_marks, without_marks
from s2s_keras.text.words import straighten

__all__ = ["TextCorpus", "learn_word_tokenizers", "load_text_corpus", "read_lexicon"]

MAX_DEV_PAIRS = 5_000


class TextCorpus(NamedTuple):
    """The words of a recipe's text.

    Attributes:
        train: words that are mistyped anew at each draw.
        dev: words of held-out texts, drawn once.
        tokenizers: the source's, with marks, and the target's.
        lexicon: the words that a correction is made of.
        channel: how people mistype words.
    """

    train: MarkedWords
    dev: list[Pair]
    tokenizers: tuple[Tokenizer, Tokenizer]
    lexicon: Lexicon
    channel: ChannelModel


def read_lexicon(path: str | Path) -> Lexicon:
    """Reads a file of `word<TAB>frequency` lines, words in lower case.

    Raises:
        DataError: the file is missing or a line is malformed; names file and line.
    """
    frequencies: dict[str, float] = {}
    for line, (word, frequency) in enumerate(read_pairs(path), 1):
        try:
            Lexicon.check(word, float(frequency))
            if word != straighten(normalize(word)).lower():
                raise ValueError(
                    "A word must be in lower case, in NFC and with straight apostrophes. "
                    f"Received: {word!r}."
                )
            frequencies[word] = float(frequency)
        except ValueError as error:
            raise DataError(f"{error}", path, line) from error
    return Lexicon(frequencies)


def learn_word_tokenizers(
    texts: Sequence[str], lexicon: Lexicon, config: DataConfig
) -> tuple[SubwordTokenizer, CharacterTokenizer]:
    """Returns the tokeniser of sources, with marks, and that of targets, of characters."""
    characters = sorted({chr(code) for code in lexicon.characters if code} | {" "})
    contexts = [without_marks(straighten(text)) for text in texts]
    learned = SubwordTokenizer.learn(
        contexts, config.min_count, config.max_vocabulary, lowercase=True
    )
    return with_marks(learned, characters), CharacterTokenizer(characters, lowercase=True)


def load_text_corpus(
    config: DataConfig, words: WordsConfig, tokenizers: tuple[Tokenizer, Tokenizer] | None
) -> TextCorpus:
    """Reads text, lexicon and misspellings, and holds texts out for dev.

    Args:
        config: the recipe's section.
        words: its section `words`.
        tokenizers: the source's and the target's; learned where none are given.

    Raises:
        DataError: a file is missing or malformed, or a part has no words.
    """
    files = config.text_files()
    lines = (text for path in files for _, text in read_lines(path) if text.strip())
    texts = list(dict.fromkeys(lines))  # none is in both parts
    lexicon = read_lexicon(config.resolve(words.lexicon))
    Random(0).shuffle(texts)
    held_out = max(1, round(config.dev_fraction * len(texts)))
    dev_texts, train_texts = texts[:held_out], texts[held_out:]
    if tokenizers is None:
        tokenizers = learn_word_tokenizers(train_texts, lexicon, config)
    source_tokenizer = tokenizers[0]
    if not isinstance(source_tokenizer, SubwordTokenizer):
        raise TypeError(f"Sources must be of subwords. Received: {source_tokenizer.kind}.")
    marker = WordMarker(source_tokenizer, words.left_tokens, words.right_tokens)
    misspellings = _misspellings(config, words, lexicon)
    noise, context_noise = _noises(config, words, lexicon, misspellings)
    limits = (config.max_source_length, config.max_target_length)
    train, dev = (
        MarkedWords(part, lexicon, noise, context_noise, marker, limits, words.completion)
        for part in (train_texts, dev_texts)
    )
    if not len(train) or not len(dev):
        raise DataError(
            f"{len(texts):,} lines give {len(train):,} training and {len(dev):,} dev words of the "
            "lexicon; give more text.",
            files[0],
        )
    step = max(1, len(dev) // MAX_DEV_PAIRS)
    drawn = ((i, dev.draw(i, Random(i))) for i in range(0, len(dev), step))
    pairs = [pair if _fits(pair, tokenizers, limits) else dev[i] for i, pair in drawn]
    return TextCorpus(train, pairs, tokenizers, lexicon, learn_channel(misspellings))


def _fits(pair: Pair, tokenizers: tuple[Tokenizer, Tokenizer], limits: tuple[int, int]) -> bool:
    """Whether neither side has too many tokens."""
    sides = zip(pair, tokenizers, limits, strict=True)
    return all(len(tokenizer.pieces(text)) <= limit for text, tokenizer, limit in sides)


def _misspellings(config: DataConfig, words: WordsConfig, lexicon: Lexicon) -> list[Pair]:
    """Returns the pairs of the recipe's files whose typed word is none of the lexicon."""
    pairs = [
        Pair(pair.source.lower(), pair.target.lower())
        for path in words.misspellings
        for pair in read_pairs(config.resolve(path))
    ]
    kept = [pair for pair in dict.fromkeys(pairs) if pair.source not in lexicon]
    if words.misspellings and not kept:
        raise DataError(
            "the misspellings must hold a line whose typed word is none of the lexicon.",
            config.resolve(words.misspellings[0]),
        )
    return kept


def _noises(
    config: DataConfig, words: WordsConfig, lexicon: Lexicon, pairs: list[Pair]
) -> tuple[Noise, Noise]:
    """Returns what happens to the marked word, and what to its context."""
    misspellings: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        misspellings[pair.target].append(pair.source)
    try:
        error_model = ErrorModel(pairs) if pairs else None
    except ValueError as error:
        raise DataError(str(error), config.resolve(words.misspellings[0])) from error
    given: dict[str, Any] = {
        "misspellings": misspellings,
        "error_model": error_model,
        "confusions": confusion_sets(),
        "neighbors": find_neighbors(lexicon),
        "keyboard": Keyboard(words.keyboard),
    }
    return Noise(words.rates, **given), Noise(words.context_rates, **given)
