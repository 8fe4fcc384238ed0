"""Pairs of files -> those that are not too long, or an error that names the line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from s2s_keras.config import DataConfig
from s2s_keras.data import Pair, read_pairs
from s2s_keras.data.encoding import Excess, excess_of
from s2s_keras.errors import DataError
from s2s_keras.text import Tokenizer

__all__ = ["ExcessFinder", "excess_finder", "read_checked", "too_long"]


ExcessFinder: TypeAlias = Callable[[Pair], Excess | None]
"""Says which side of a pair has too many tokens, or `None`."""


def read_checked(
    files: tuple[Path, ...], config: DataConfig, find_excess: ExcessFinder, notes: list[str]
) -> list[Pair]:
    """Reads pairs, and refuses those that are too long or leaves them out with a note."""
    pairs = read_pairs(*files)
    kept: list[Pair] = []
    for line, pair in enumerate(pairs, 1):
        excess = find_excess(pair)
        if excess is None:
            kept.append(pair)
        elif config.too_long == "error":
            raise too_long(excess, files, line)
    if not kept:
        raise DataError(
            f"all {len(pairs):,} pairs are longer than `data.max_source_length` or "
            "`data.max_target_length`; raise them.",
            files[0],
        )
    if len(kept) < len(pairs):
        names = " + ".join(path.name for path in files)
        notes.append(
            f"{names}: {len(pairs) - len(kept):,} of {len(pairs):,} pairs are too long and left out"
        )
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
