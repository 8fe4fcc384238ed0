"""A recipe's running text -> pairs of it as it is typed and as it was meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from s2s_keras.config import DataConfig
from s2s_keras.config.words import WordsConfig
from s2s_keras.data import Pair, read_pairs
from s2s_keras.data.lines import read_lines
from s2s_keras.data.mistyped_texts import MistypedTexts
from s2s_keras.data.noise import (
    ErrorModel,
    Keyboard,
    Noise,
    confusion_sets,
    find_neighbors,
    learn_channel,
)
from s2s_keras.data.spellings import usual_spellings
from s2s_keras.data.variants import spelling_variants
from s2s_keras.errors import DataError
from s2s_keras.text import Lexicon, SubwordTokenizer, Tokenizer, normalize
from s2s_keras.text.channel import ChannelModel
from s2s_keras.text.context import with_end, without_end
from s2s_keras.text.words import straighten

__all__ = ["TextCorpus", "learn_text_tokenizer", "load_text_corpus", "read_lexicon"]


class TextCorpus(NamedTuple):
    """A recipe's text.

    Attributes:
        train: texts that are mistyped anew at each draw.
        dev: held-out texts, drawn once.
        tokenizers: the source's and the target's, which are one.
        lexicon: the words that a correction is made of, spelled as the text spells them.
        channel: how people mistype words.
    """

    train: MistypedTexts
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


def learn_text_tokenizer(texts: Sequence[str], config: DataConfig) -> SubwordTokenizer:
    """Returns the tokeniser of both sides."""
    plain = [without_end(straighten(text)) for text in texts]
    return with_end(
        SubwordTokenizer.learn(plain, config.min_count, config.max_vocabulary, lowercase=True)
    )


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
    tokenizer = learn_text_tokenizer(train_texts, config) if tokenizers is None else tokenizers[0]
    if not isinstance(tokenizer, SubwordTokenizer):
        raise TypeError(f"Texts must be of subwords. Received: {tokenizer.kind}.")
    lexicon = lexicon.changed(
        {},
        spellings=usual_spellings(texts, lexicon),
        variants=spelling_variants(lexicon.words()) if config.target_language == "en" else (),
    )
    misspellings = _misspellings(config, words, lexicon)
    noise = _noise(config, words, lexicon, misspellings)
    longest = min(config.max_source_length - 1, config.max_target_length)
    train, dev = (
        MistypedTexts(part, noise, tokenizer, longest, words.unfinished)
        for part in (train_texts, dev_texts)
    )
    if not len(train) or not len(dev):
        raise DataError(
            f"{len(texts):,} lines give {len(train):,} training and {len(dev):,} dev texts; give "
            "more text.",
            files[0],
        )
    pairs = [dev.mistype(i, Random(i)) for i in range(len(dev))]
    pairs = [
        pair if len(tokenizer.encode(pair.source)) <= config.max_source_length else dev[i]
        for i, pair in enumerate(pairs)
    ]
    channel = learn_channel(misspellings, confusion_sets())
    return TextCorpus(train, pairs, (tokenizer, tokenizer), lexicon, channel)


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


def _noise(config: DataConfig, words: WordsConfig, lexicon: Lexicon, pairs: list[Pair]) -> Noise:
    """Returns what happens to the words of a source."""
    misspellings: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        misspellings[pair.target].append(pair.source)
    try:
        error_model = ErrorModel(pairs) if pairs else None
    except ValueError as error:
        raise DataError(str(error), config.resolve(words.misspellings[0])) from error
    return Noise(
        words.rates,
        misspellings=misspellings,
        error_model=error_model,
        confusions=confusion_sets(),
        neighbors=find_neighbors(lexicon),
        keyboard=Keyboard(words.keyboard),
    )
