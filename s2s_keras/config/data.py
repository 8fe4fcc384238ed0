"""Where the pairs come from: the section `data`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from s2s_keras.config.base import Count, Flag, Section, Share
from s2s_keras.config.words import WordsConfig

__all__ = ["DataConfig"]

Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]


def _check_pair_files(value: Any, info: ValidationInfo) -> Any:
    """Refuses what is neither one name nor two, before the union's cases report one by one."""
    is_pair = isinstance(value, list | tuple) and len(value) == 2
    if value is None or all(
        isinstance(name, str | Path) for name in (value if is_pair else [value])
    ):
        return value
    raise ValueError(
        f"`data.{info.field_name}` must be a file of pairs, or a list of two files that are "
        f"aligned by line. Received: {value!r}"
    )


PairFiles = Annotated[Path | tuple[Path, Path], BeforeValidator(_check_pair_files)]
"""A file of `source<TAB>target`, or a file of sources and one of targets."""


class DataConfig(Section):
    """Where the pairs come from and how they become batches."""

    dataset: str | None = None
    """A built-in data set, see `s2s-keras data`; or give `train`."""
    train: PairFiles | None = None
    """File of training pairs, or a list of two that are aligned by line: sources and targets."""
    dev: PairFiles | None = None
    """Dev pairs, likewise; where not given, `dev_fraction` of the sources is held out."""
    text: Path | list[Path] | None = None
    """Running text in place of pairs, a file or several, a sentence or paragraph a line: its words,
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
        if [self.dataset, self.train, self.text].count(None) != 2:
            raise ValueError(
                "exactly one of `data.dataset`, `data.train` and `data.text` must be given"
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

    def files(self, part: Literal["train", "dev"]) -> tuple[Path, ...]:
        """Returns the file, or the two, of `train` or `dev`; none where none is given."""
        given = getattr(self, part)
        paths = (given,) if isinstance(given, Path) else given or ()
        return tuple(map(self.resolve, paths))

    def text_files(self) -> list[Path]:
        """Returns the files of `text`."""
        given = [self.text] if isinstance(self.text, Path) else self.text or []
        return list(map(self.resolve, given))

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
