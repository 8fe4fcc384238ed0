"""A recipe's files -> a folder of records, for data that is larger than memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from s2s_keras.config import DataConfig
from s2s_keras.data import Pair, read_pairs, write_pairs
from s2s_keras.data.batches import Examples
from s2s_keras.data.encoding import Encoder, encode_all, read_chunks
from s2s_keras.data.pairs import is_held_out, iterate_pairs
from s2s_keras.data.records import (
    RECORDS_FILE,
    IdsCodec,
    RecordedExamples,
    RecordWriter,
    read_description,
)
from s2s_keras.data.weighted import WeightedExamples, WeightedSource
from s2s_keras.errors import ConfigError, DataError
from s2s_keras.files import make_folder
from s2s_keras.text import TOKENIZERS, Lexicon, Tokenizer
from s2s_keras.text.channel import ChannelModel
from s2s_keras.training.checked_pairs import (
    check_parts,
    excess_finder,
    read_checked,
    too_long,
    weight_notes,
)
from s2s_keras.training.prepared_text import open_texts, write_texts
from s2s_keras.training.tokenizer_files import read_tokenizers, write_tokenizers

__all__ = ["PreparedCorpus", "Recorded", "is_prepared", "load_prepared", "prepare"]

DEV_FILE = "dev.tsv"

_MATTERS = (
    "tokenizer",
    "lowercase",
    "shared_vocabulary",
    "min_count",
    "max_vocabulary",
    "max_source_length",
    "max_target_length",
    "too_long",
)
"""Keys of the section `data` that records hang on, beside the buckets."""


@dataclass(frozen=True)
class Recorded:
    """Training pairs in records.

    Attributes:
        examples: all of them.
        count: how many there are.
    """

    examples: Examples
    count: int

    def __len__(self) -> int:
        """The number of pairs."""
        return self.count


class PreparedCorpus(NamedTuple):
    """What `prepare` wrote.

    Attributes:
        train: the training pairs.
        dev: the dev pairs.
        tokenizers: the source's and the target's.
        notes: what a person should know of the pairs, a line each.
        sources: what each source of training pairs is called.
        lexicon: of running text; see `TextCorpus`.
        channel: likewise.
    """

    train: Recorded
    dev: list[Pair]
    tokenizers: tuple[Tokenizer, Tokenizer]
    notes: tuple[str, ...]
    sources: list[str]
    lexicon: Lexicon | None = None
    channel: ChannelModel | None = None


def prepare(
    config: DataConfig,
    folder: str | Path,
    *,
    workers: int = 0,
    report: Callable[[str], None] = lambda line: None,
    progress: Callable[[int], None] = lambda pairs: None,
) -> dict[str, Any]:
    """Encodes a recipe's pairs, or cuts its running text, into a folder that `data.folder` may
    then name.

    Memory holds a few thousand pairs and the dev pairs. The files are the same for any number of
    workers.

    Args:
        config: the recipe's section `data`, with `train`, `sources` or `text`.
        folder: to write to.
        workers: processes that encode; 0 for this one.
        report: takes a line of text for the person who waits.
        progress: called with the pairs that were done since the last call.

    Returns:
        What `records.json` says, the files apart.

    Raises:
        ConfigError: the recipe has no files, or draws subwords anew.
        DataError: a file is missing or malformed, a text is too long, or a part is empty; names
            file and line.
        OSError: the folder cannot be written.
    """
    if config.words is not None:
        matters = {"data": _what_matters(config)}
        options: Any = {"workers": workers, "report": report, "progress": progress}
        return write_texts(config, config.words, make_folder(folder), matters, **options)
    sources, dev_shards = config.train_sources(), config.dev_shards()
    if not sources:
        raise ConfigError(
            "only files can be prepared: give `data.train`, `data.sources` or `data.text`."
        )
    if config.subword_dropout:
        raise ConfigError(
            "records hold ids, and `data.subword_dropout` cuts texts anew: leave one of them out."
        )
    folder = make_folder(folder)
    report("Learning the vocabularies ...")
    shards = [source.shards for source in sources]
    tokenizers = _learn(config, [files for found in shards for files in found], not dev_shards)
    notes: list[str] = []
    find_excess = excess_finder(config, tokenizers)
    dev = read_checked(dev_shards, config, find_excess, notes) if dev_shards else []
    report("Encoding the pairs ...")
    codec = IdsCodec(_largest(config, tokenizers))
    limits = config.max_source_length, config.max_target_length
    share = 0.0 if dev_shards else config.dev_fraction
    encoder = Encoder(tokenizers, codec, limits, config.buckets, config.target_buckets, share)
    counts, tokens = [0] * len(sources), [0] * len(sources)
    left_out = done = 0
    with RecordWriter(folder) as writer:
        for chunk, encoded in encode_all(
            encoder.__call__, read_chunks(shards, iterate_pairs), workers
        ):
            if encoded.too_long and config.too_long == "error":
                place, excess = encoded.too_long[0]
                raise too_long(excess, chunk.files, chunk.line + place)
            for room, record in encoded.records:
                writer.write(chunk.source, room, record)
            dev += encoded.dev
            counts[chunk.source] += len(encoded.records)
            tokens[chunk.source] += encoded.tokens
            left_out += len(encoded.too_long)
            done += len(chunk.items)
            progress(len(chunk.items))
        if left_out:
            notes.insert(0, f"{left_out:,} of {done:,} pairs are too long and left out")
        if len(sources) > 1 and not dev_shards:  # which may have pairs in common
            dev = list(dict.fromkeys(dev))
        check_parts(sources, counts, len(dev))
        write_tokenizers(tokenizers, folder)
        write_pairs(folder / DEV_FILE, dev)
        description = {
            "data": _what_matters(config),
            "pairs": sum(counts),
            "dev_pairs": len(dev),
            "target_tokens": sum(tokens),
            "notes": notes,
        }
        described = [
            {"name": source.name, "pairs": count, "target_tokens": tokens}
            for source, count, tokens in zip(sources, counts, tokens, strict=True)
        ]
        writer.finish(description, described)
    return {**description, "sources": described}


def is_prepared(config: DataConfig) -> bool:
    """Whether `data.folder` names a folder of records."""
    return config.folder is not None and (config.folder / RECORDS_FILE).exists()


def load_prepared(config: DataConfig) -> PreparedCorpus:
    """Opens the folder of records that `data.folder` names.

    Raises:
        DataError, ArtifactError: a file is missing, truncated or damaged; names it.
        ConfigError: the recipe asks for other lengths, buckets or tokens than the folder has.
    """
    folder = config.folder or Path()
    tokenizers = read_tokenizers(folder)
    if tokenizers is None:
        raise DataError("a file of a tokeniser is missing. Prepare the data again.", folder)
    description = read_description(folder)
    before, now = description["data"], _what_matters(config)
    changed = [f"data.{key}" for key in now if now[key] != before.get(key)]
    if config.subword_dropout:
        changed.append("data.subword_dropout")
    if changed:
        raise ConfigError(
            f"{folder} was prepared by another recipe; changed: {', '.join(changed)}. Prepare the "
            "data again."
        )
    described = description["sources"]
    count, names = description["pairs"], [source["name"] for source in described]
    if config.words is not None:
        text = open_texts(config, config.words, folder, described[0], tokenizers[0])
        recorded = Recorded(text.train, count)
        return PreparedCorpus(recorded, text.dev, tokenizers, (), names, text.lexicon, text.channel)
    codec = IdsCodec(_largest(config, tokenizers))
    weights = [source.weight for source in config.sources or ()] or [1.0]
    train = WeightedExamples(
        [
            WeightedSource(
                RecordedExamples(folder, source, lambda record, rng: codec.decode(record)), weight
            )
            for source, weight in zip(described, weights, strict=True)
        ]
    )
    notes = [f"{folder}: {note}" for note in description["notes"]]
    if config.sources:
        notes += weight_notes(config.sources, [source["pairs"] for source in described])
    return PreparedCorpus(
        Recorded(train, count),
        read_pairs(folder / DEV_FILE),
        tokenizers,
        tuple(notes),
        names,
    )


def _largest(config: DataConfig, tokenizers: tuple[Tokenizer, Tokenizer]) -> int:
    """Returns the largest number of a record: an id, or the length of a source."""
    return max(*map(len, tokenizers), config.max_source_length)


def _what_matters(config: DataConfig) -> dict[str, Any]:
    found = {key: getattr(config, key) for key in _MATTERS}
    buckets = {"bucket_lengths": config.buckets, "target_bucket_lengths": config.target_buckets}
    sources = [source.label for source in config.sources or ()]
    texts: dict[str, Any] = {"words": None, "target_language": None}
    if config.words is not None:
        files = [config.words.lexicon, *config.words.misspellings]
        texts = {"words": [*map(str, files)], "target_language": config.target_language}
    result: dict[str, Any] = json.loads(
        json.dumps({**found, **buckets, "sources": sources, **texts})
    )
    return result


def _learn(
    config: DataConfig, shards: Sequence[tuple[Path, ...]], splits: bool
) -> tuple[Tokenizer, Tokenizer]:
    """Learns the tokenisers from the training pairs, of which none is kept in memory."""

    def side(place: int) -> Iterator[str]:
        for files in shards:
            for pair in iterate_pairs(*files):
                if not (splits and is_held_out(pair.source, config.dev_fraction)):
                    yield pair[place]

    sides = [chain(side(0), side(1))] if config.shared_vocabulary else [side(0), side(1)]
    learn = TOKENIZERS[config.tokenizer].learn
    learned = [
        learn(texts, config.min_count, config.max_vocabulary, config.lowercase) for texts in sides
    ]
    return learned[0], learned[-1]
