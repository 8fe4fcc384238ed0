"""Pairs of files -> those that are not too long, or an error that names the line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from s2s_keras.config import DataConfig
from s2s_keras.config.sources import Source, SourceConfig
from s2s_keras.data import Pair, read_pairs
from s2s_keras.data.encoding import Excess, excess_of
from s2s_keras.errors import DataError
from s2s_keras.text import Tokenizer

__all__ = [
    "ExcessFinder",
    "check_parts",
    "excess_finder",
    "read_checked",
    "too_long",
    "weight_notes",
]


ExcessFinder: TypeAlias = Callable[[Pair], Excess | None]
"""Says which side of a pair has too many tokens, or `None`."""


def read_checked(
    shards: Sequence[tuple[Path, ...]],
    config: DataConfig,
    find_excess: ExcessFinder,
    notes: list[str],
) -> list[Pair]:
    """Reads pairs, and refuses those that are too long or leaves them out with a note.

    Args:
        shards: at least one file of pairs, or two that are aligned by line.
        config: the recipe's section.
        find_excess: tells what is too long of a pair.
        notes: takes a line of what is left out.
    """
    count = 0
    kept: list[Pair] = []
    for files in shards:
        for line, pair in enumerate(read_pairs(*files), 1):
            count += 1
            excess = find_excess(pair)
            if excess is None:
                kept.append(pair)
            elif config.too_long == "error":
                raise too_long(excess, files, line)
    if not kept:
        raise DataError(
            f"all {count:,} pairs are longer than `data.max_source_length` or "
            "`data.max_target_length`; raise them.",
            shards[0][0],
        )
    if len(kept) < count:
        more = [f"{len(shards) - 1} more"] if len(shards) > 1 else []
        names = " + ".join([*(path.name for path in shards[0]), *more])
        notes.append(f"{names}: {count - len(kept):,} of {count:,} pairs are too long and left out")
    return kept


def too_long(excess: Excess, files: Sequence[Path], line: int) -> DataError:
    """Returns the error that names the line of a pair."""
    return DataError(
        f"{excess.message} Raise it, remove the line, or leave all such pairs out with "
        "`data.too_long: drop`.",
        files[min(excess.side, len(files) - 1)],
        line,
    )


def excess_finder(config: DataConfig, tokenizers: Sequence[Tokenizer]) -> ExcessFinder:
    """Returns what says which side of a pair has too many tokens."""
    limits = config.max_source_length, config.max_target_length

    def find_excess(pair: Pair) -> Excess | None:
        sides = zip(tokenizers, pair, strict=True)
        return excess_of(limits, [len(tokenizer.pieces(text)) for tokenizer, text in sides])

    return find_excess


def check_parts(sources: Sequence[Source], counts: Sequence[int], dev: int) -> None:
    """Refuses sources of which none is left for training, and no dev pairs.

    Args:
        sources: of training pairs.
        counts: the training pairs of each.
        dev: the dev pairs.

    Raises:
        DataError: a part is empty; names the first file.
    """
    for source, count in zip(sources, counts, strict=True):
        if not count or not dev:
            raise DataError(
                f"no pair is left for {'dev' if count else 'training'}. Add pairs, raise "
                "`data.max_source_length` and `data.max_target_length`, change "
                "`data.dev_fraction`, or give `data.dev`.",
                source.shards[0][0],
            )


def weight_notes(sources: Sequence[SourceConfig], counts: Sequence[int]) -> list[str]:
    """Returns a line on each source: its pairs, its weight, and what an epoch sees of it."""
    return [
        f"{source.label}: {count:,} training pairs, weight {source.weight:g}: "
        f"{round(source.weight * count):,} an epoch"
        for source, count in zip(sources, counts, strict=True)
    ]
