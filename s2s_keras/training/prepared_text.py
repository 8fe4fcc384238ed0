"""A recipe's running text -> a folder of records, for text that is larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from s2s_keras.config import DataConfig
from s2s_keras.config.words import WordsConfig
from s2s_keras.data import Pair, read_pairs, write_pairs
from s2s_keras.data.batches import rooms_of
from s2s_keras.data.encoding import Encoded, encode_all, read_chunks
from s2s_keras.data.mistyped_texts import MistypedTexts, TextCutter
from s2s_keras.data.noise import confusion_sets, learn_channel
from s2s_keras.data.pairs import is_held_out
from s2s_keras.data.records import RecordedExamples, RecordWriter
from s2s_keras.errors import DataError
from s2s_keras.files import atomic_path, write_text
from s2s_keras.text import Lexicon, Tokenizer
from s2s_keras.text.channel import ChannelModel
from s2s_keras.training.text_corpus import (
    draw_dev,
    learn_text_tokenizer,
    make_cutter,
    make_typing,
    read_misspellings,
    read_spelled_lexicon,
    read_texts,
    too_few,
)
from s2s_keras.training.tokenizer_files import write_tokenizers

__all__ = ["PreparedText", "open_texts", "write_texts"]

DEV_FILE = "dev.txt"
LEXICON_FILE = "lexicon.bin"
MISSPELLINGS_FILE = "misspellings.tsv"


class PreparedText(NamedTuple):
    """What `write_texts` wrote.

    Attributes:
        train: texts that are mistyped anew at each draw.
        dev: held-out texts, drawn once.
        lexicon: the words that a correction is made of.
        channel: how people mistype words.
    """

    train: RecordedExamples
    dev: list[Pair]
    lexicon: Lexicon
    channel: ChannelModel


class _TextEncoder(NamedTuple):
    """Cuts chunks of texts into records, in any process: each is the UTF-8 of a part.

    Attributes:
        cutter: what cuts them.
        bucket_lengths: see `make_dataset`.
        target_bucket_lengths: likewise.
        dev_fraction: share of the lines that is held out, by a hash of their text.
    """

    cutter: TextCutter
    bucket_lengths: Sequence[int]
    target_bucket_lengths: Sequence[int] | None
    dev_fraction: float

    def __call__(self, texts: Sequence[str]) -> Encoded:
        """Encodes a chunk."""
        dev: list[str] = []
        parts: list[tuple[str, int]] = []
        for text in texts:
            if is_held_out(text, self.dev_fraction):
                dev.append(text)
            else:
                parts += self.cutter.parts(text)
        if not parts:
            return Encoded([], 0, dev, [])
        lengths = self.cutter.room(np.array([tokens for _, tokens in parts]))
        rooms = rooms_of(lengths, self.bucket_lengths, self.target_bucket_lengths).tolist()
        records = [
            ((room[0], room[1]), text.encode())
            for room, (text, _) in zip(rooms, parts, strict=True)
        ]
        return Encoded(records, int(lengths[:, 1].sum()), dev, [])


def write_texts(
    config: DataConfig,
    words: WordsConfig,
    folder: Path,
    described: dict[str, Any],
    *,
    workers: int,
    report: Callable[[str], None],
    progress: Callable[[int], None],
) -> dict[str, Any]:
    """Writes the texts of a recipe as records, with all that is needed to mistype them.

    Memory holds a few thousand lines, the dev texts, and how often each word was seen. A line that
    stands there twice stays so, but both are in the same part.

    Args:
        config: the recipe's section, with `text`.
        words: its section `words`.
        folder: to write to, which must exist.
        described: what else `records.json` is to say.
        workers: see `prepare`.
        report: likewise.
        progress: likewise.

    Returns:
        What `records.json` says, the files apart.

    Raises:
        DataError: a file is missing or malformed, or a part is empty.
        OSError: the folder cannot be written.
    """
    files = config.text_files()

    def lines(holds_out: bool) -> Iterator[str]:
        for path in files:
            for text in read_texts(path):
                if not (holds_out and is_held_out(text, config.dev_fraction)):
                    yield text

    report("Learning the vocabulary ...")
    lexicon = read_spelled_lexicon(config, words, lines(holds_out=False))
    misspellings = read_misspellings(config, words, lexicon)
    tokenizer = learn_text_tokenizer(lines(holds_out=True), config)
    make_typing(config, words, tokenizer, lexicon, misspellings)  # refuses what would fail later
    report("Cutting the texts ...")
    cutter = make_cutter(config, tokenizer)
    encoder = _TextEncoder(cutter, config.buckets, config.target_buckets, config.dev_fraction)
    shards = [(path,) for path in files]
    dev: list[str] = []
    count = tokens = done = 0
    with RecordWriter(folder) as writer:
        chunks = read_chunks([shards], read_texts)
        for chunk, encoded in encode_all(encoder.__call__, chunks, workers):
            for room, record in encoded.records:
                writer.write(0, room, record)
            dev += encoded.dev
            count += len(encoded.records)
            tokens += encoded.tokens
            done += len(chunk.items)
            progress(len(chunk.items))
        dev = list(dict.fromkeys(dev))
        if not count or not dev:
            raise too_few(done, count, len(dev), files)
        write_tokenizers((tokenizer, tokenizer), folder)
        with atomic_path(folder / LEXICON_FILE) as temporary:
            temporary.write_bytes(lexicon.to_bytes())
        (folder / MISSPELLINGS_FILE).unlink(missing_ok=True)
        if misspellings:
            write_pairs(folder / MISSPELLINGS_FILE, misspellings)
        write_text(folder / DEV_FILE, "".join(f"{text}\n" for text in dev))
        figures = {"pairs": count, "dev_pairs": len(dev), "target_tokens": tokens}
        source = {"name": " + ".join(path.name for path in files), "pairs": count}
        sources = [{**source, "target_tokens": tokens}]
        writer.finish({**described, **figures, "notes": []}, sources)
    return {**described, **figures, "notes": [], "sources": sources}


def open_texts(
    config: DataConfig, words: WordsConfig, folder: Path, source: Any, tokenizer: Tokenizer
) -> PreparedText:
    """Opens what `write_texts` wrote.

    Args:
        config: the recipe's section.
        words: its section `words`.
        folder: where it was written.
        source: what `records.json` says of the texts.
        tokenizer: of both sides.

    Raises:
        DataError: a file is missing, truncated or damaged; names it.
    """
    try:
        lexicon = Lexicon.from_bytes((folder / LEXICON_FILE).read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot be read: {error}. Prepare the data again.", folder / LEXICON_FILE
        ) from error
    path = folder / MISSPELLINGS_FILE
    misspellings = read_pairs(path) if words.misspellings else []
    mistyper, cutter = make_typing(config, words, tokenizer, lexicon, misspellings)
    dev = MistypedTexts(read_texts(folder / DEV_FILE), mistyper, cutter)
    return PreparedText(
        RecordedExamples(folder, source, lambda text, rng: mistyper.draw(text.decode(), rng)),
        draw_dev(config, dev, tokenizer),
        lexicon,
        learn_channel(misspellings, confusion_sets()),
    )
