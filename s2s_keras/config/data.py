"""Where the pairs come from: the section `data`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from s2s_keras.config.base import Count, Flag, Section, Share
from s2s_keras.config.sources import PairFiles, Source, SourceConfig, find_shards
from s2s_keras.config.words import WordsConfig

__all__ = ["DataConfig"]

Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]


class DataConfig(Section):
    """Where the pairs come from and how they become batches."""

    dataset: str | None = None
    """A built-in data set, see `s2s-keras data`; or give `train`."""
    train: PairFiles | None = None
    """File of training pairs, or a list of two that are aligned by line: sources and targets. A
    pattern such as `parts/*.tsv` stands for all files that it matches, in the order of their
    names."""
    sources: Annotated[list[SourceConfig], Field(min_length=1)] | None = None
    """In place of `train`, several sources of training pairs, each with a weight."""
    dev: PairFiles | None = None
    """Dev pairs, likewise; where not given, `dev_fraction` of the sources is held out."""
    text: Path | list[Path] | None = None
    """Running text in place of pairs, files or patterns, a sentence or paragraph a line: its words,
    each in its context, become pairs as `words` says."""
    words: WordsConfig | None = None
    """How, for `text`."""
    folder: Path | None = None
    """What all files are relative to; the working folder where not given. Set by `train --data`."""
    dev_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Share of the sources (built-in data sets: of their split keys) held out for dev."""
    name: str | None = None
    """Name of the data in the model card inside the exported file; that of its file where not
    given."""
    licence: str | None = None
    """Licence of the training data, for that card, with whom it asks to name."""
    source_language: Language | None = None
    """ISO 639-1 code of the sources, such as `en`, for that card."""
    target_language: Language | None = None
    """ISO 639-1 code of the targets, likewise."""
    max_source_length: Annotated[int, Field(ge=1, le=1024, strict=True)] = 64
    """S: tokens of the longest source."""
    max_target_length: Annotated[int, Field(ge=1, le=1024, strict=True)] = 64
    """Tokens of the longest target, without `eos`."""
    too_long: Literal["error", "drop"] = "error"
    """What to do with a pair of a file that is longer: refuse it, naming its line, or leave it out
    and say how many there were."""
    tokenizer: Literal["character", "subword", "word"] = "character"
    """What a token is; see `s2s_keras.text`."""
    lowercase: Flag = False
    """Changes both sides to lower case: outputs have no capitals, and those of a target count as
    errors."""
    shared_vocabulary: Flag = True
    """One tokeniser for both sides."""
    min_count: Count = 1
    """Tokens seen less often than this in training become `<unk>`; of subwords, smaller ones or
    bytes."""
    max_vocabulary: Count | None = None
    """Most frequent tokens that have an id in a vocabulary, special tokens apart; the others
    become `<unk>`. All have one where not given. Subwords to learn, bytes apart; 8,000 where not
    given."""
    bucket_lengths: list[Count] | None = None
    """Tokens to pad batches to; where not given, a quarter, a half, three quarters and all of the
    longest."""
    target_bucket_lengths: list[Count] | None = None
    """Tokens to pad targets to, where they have buckets of their own: worth it where they are
    much shorter than sources."""
    subword_dropout: Share = 0.0
    """Share of the subwords that are cut into smaller ones in training, drawn anew each epoch: a
    regulariser where pairs are few; see `SubwordTokenizer.sample`."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if [self.dataset, self.train, self.sources, self.text].count(None) != 3:
            raise ValueError(
                "exactly one of `data.dataset`, `data.train`, `data.sources` and `data.text` must "
                "be given"
            )
        if (self.text is None) != (self.words is None):
            raise ValueError("`data.text` and `data.words` need one another")
        if self.text is not None and self.tokenizer != "subword":
            raise ValueError(
                "`data.text` needs `data.tokenizer: subword`, which its contexts are cut by. "
                f"Received: {self.tokenizer!r}"
            )
        unused = {"dev": self.dev is not None, "subword_dropout": self.subword_dropout > 0}
        for name in [name for name, is_given in unused.items() if is_given and self.text]:
            raise ValueError(f"`data.{name}` is for pairs, and means nothing to `data.text`")
        if self.text is not None and not self.lowercase:
            raise ValueError(
                "`data.text` needs `data.lowercase: true`: words are corrected in lower case, and "
                "get the case of what was typed"
            )
        if self.dataset is not None and self.folder is not None:
            raise ValueError(
                "`data.folder` is where the files of `data.train` are, and a built-in data set has "
                f"none; leave it out. Received: {self.folder} with the data set {self.dataset!r}"
            )
        return self

    @model_validator(mode="after")
    def _subwords_are_dropped(self) -> Self:
        if self.subword_dropout and self.tokenizer != "subword":
            raise ValueError(
                "`data.subword_dropout` needs `data.tokenizer: subword`. "
                f"Received: {self.subword_dropout} with {self.tokenizer!r}"
            )
        return self

    def train_sources(self) -> list[Source]:
        """Returns the sources of training pairs, `train` as one of weight 1; none of other data.

        Raises:
            DataError: no file matches a pattern.
        """
        folder = self.folder or Path()
        if self.train is not None:
            shards = find_shards(self.train, folder)
            names = [self.train] if isinstance(self.train, Path) else self.train
            return [Source(" + ".join(path.name for path in names), shards, 1.0)]
        return [
            Source(source.label, find_shards(source.train, folder), source.weight)
            for source in self.sources or ()
        ]

    def dev_shards(self) -> list[tuple[Path, ...]]:
        """Returns the files of `dev`: each one of pairs, or two that are aligned by line.

        Raises:
            DataError: no file matches a pattern.
        """
        return find_shards(self.dev, self.folder or Path())

    def pair_files(self) -> list[Path]:
        """Returns all files of pairs, for training and dev."""
        shards = [shard for source in self.train_sources() for shard in source.shards]
        return [path for shard in (*shards, *self.dev_shards()) for path in shard]

    def text_files(self) -> list[Path]:
        """Returns the files of `text`.

        Raises:
            DataError: no file matches a pattern.
        """
        given = [self.text] if isinstance(self.text, Path) else self.text or []
        shards = [find_shards(name, self.folder or Path()) for name in given]
        return [path for found in shards for [path] in found]

    def resolve(self, path: Path) -> Path:
        """Returns where a file of the recipe is."""
        return (self.folder or Path()) / path

    @property
    def buckets(self) -> list[int]:
        """The lengths in tokens that batches are padded to; the last holds every example."""
        longest = max(self.max_source_length, self.max_target_length + 1)
        lengths = self.bucket_lengths or [longest // 4, longest // 2, 3 * longest // 4]
        return _up_to(longest, lengths)

    @property
    def target_buckets(self) -> list[int] | None:
        """The lengths that targets are padded to where they have their own; `None` where not."""
        lengths = self.target_bucket_lengths
        return None if lengths is None else _up_to(self.max_target_length + 1, lengths)


def _up_to(longest: int, lengths: Iterable[int]) -> list[int]:
    """Returns lengths that are below the longest, ascending, and the longest."""
    return sorted({n for n in lengths if 0 < n < longest} | {longest})
