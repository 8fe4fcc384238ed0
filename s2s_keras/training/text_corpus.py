"""A recipe's running text -> pairs of it as it is typed and as it was meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple, cast

from s2s_keras.config import DataConfig
from s2s_keras.config.words import WordsConfig
from s2s_keras.data import Pair, read_pairs
from s2s_keras.data.lines import read_lines
from s2s_keras.data.mistyped_texts import MistypedTexts, Mistyper, TextCutter
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

__all__ = [
    "TextCorpus",
    "draw_dev",
    "learn_text_tokenizer",
    "load_text_corpus",
    "make_cutter",
    "make_typing",
    "read_lexicon",
    "read_misspellings",
    "read_spelled_lexicon",
    "read_texts",
    "too_few",
]


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


def learn_text_tokenizer(texts: Iterable[str], config: DataConfig) -> SubwordTokenizer:
    """Returns the tokeniser of both sides."""
    plain = (without_end(straighten(text)) for text in texts)
    return with_end(
        SubwordTokenizer.learn(plain, config.min_count, config.max_vocabulary, lowercase=True)
    )


def read_texts(path: Path) -> Iterator[str]:
    """Yields the lines of a file that are not empty.

    Raises:
        DataError: see `read_lines`.
    """
    return (text for _, text in read_lines(path) if text.strip())


def read_spelled_lexicon(config: DataConfig, words: WordsConfig, texts: Iterable[str]) -> Lexicon:
    """Reads the lexicon of a recipe, with the spellings that its texts have.

    Raises:
        DataError: see `read_lexicon`.
    """
    lexicon = read_lexicon(config.resolve(words.lexicon))
    return lexicon.changed(
        {},
        spellings=usual_spellings(texts, lexicon),
        variants=spelling_variants(lexicon.words()) if config.target_language == "en" else (),
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
    # None is in both parts.
    texts = list(dict.fromkeys(text for path in files for text in read_texts(path)))
    Random(0).shuffle(texts)
    held_out = max(1, round(config.dev_fraction * len(texts)))
    dev_texts, train_texts = texts[:held_out], texts[held_out:]
    lexicon = read_spelled_lexicon(config, words, texts)
    misspellings = read_misspellings(config, words, lexicon)
    tokenizer = learn_text_tokenizer(train_texts, config) if tokenizers is None else tokenizers[0]
    typing = make_typing(config, words, tokenizer, lexicon, misspellings)
    train, dev = (MistypedTexts(part, *typing) for part in (train_texts, dev_texts))
    if not len(train) or not len(dev):
        raise too_few(len(texts), len(train), len(dev), files)
    channel = learn_channel(misspellings, confusion_sets())
    pairs = draw_dev(config, dev, tokenizer)
    return TextCorpus(train, pairs, (tokenizer, tokenizer), lexicon, channel)


def too_few(lines: int, train: int, dev: int, files: Sequence[Path]) -> DataError:
    """Returns the error of texts of which a part is empty."""
    return DataError(
        f"{lines:,} lines give {train:,} training and {dev:,} dev texts; give more text.", files[0]
    )


def draw_dev(config: DataConfig, texts: MistypedTexts, tokenizer: Tokenizer) -> list[Pair]:
    """Draws each dev text once; one that gets too long comes as it is."""
    pairs = [texts.mistype(i, Random(i)) for i in range(len(texts))]
    return [
        pair if len(tokenizer.encode(pair.source)) <= config.max_source_length else texts[i]
        for i, pair in enumerate(pairs)
    ]


def make_cutter(config: DataConfig, tokenizer: Tokenizer) -> TextCutter:
    """Returns what cuts texts that are longer than the recipe has it.

    Raises:
        TypeError: the tokeniser is none of subwords.
    """
    if not isinstance(tokenizer, SubwordTokenizer):
        raise TypeError(f"Texts must be of subwords. Received: {tokenizer.kind}.")
    return TextCutter(tokenizer, min(config.max_source_length - 1, config.max_target_length))


def make_typing(
    config: DataConfig,
    words: WordsConfig,
    tokenizer: Tokenizer,
    lexicon: Lexicon,
    misspellings: list[Pair],
) -> tuple[Mistyper, TextCutter]:
    """Returns what mistypes texts as the recipe says, and what cuts them before.

    Raises:
        DataError: the misspellings are too few for `error_model`.
        TypeError: the tokeniser is none of subwords.
    """
    cutter = make_cutter(config, tokenizer)
    noise = _noise(config, words, lexicon, misspellings)
    return Mistyper(noise, cast("SubwordTokenizer", tokenizer), words.unfinished), cutter


def read_misspellings(config: DataConfig, words: WordsConfig, lexicon: Lexicon) -> list[Pair]:
    """Returns the pairs of the recipe's files whose typed word is none of the lexicon.

    Raises:
        DataError: a file is missing or malformed, or there is no such pair.
    """
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
