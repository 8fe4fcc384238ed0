"""An output and its references -> the words that differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz.distance import Indel

__all__ = ["LONGEST_COMPARED", "Run", "mark_differences"]

LONGEST_COMPARED = 1_000
"""Words of a text that is compared; a longer one would take long, and nobody reads it."""


class Run(NamedTuple):
    """Words in a row, with a space between two, that stand in the other text or do not."""

    text: str
    differs: bool


def mark_differences(output: str, references: Sequence[str]) -> tuple[list[Run], list[list[Run]]]:
    """Marks the words by which an output and the reference nearest to it differ.

    Args:
        output: a text; words are what stands between white space.
        references: at least one.

    Returns:
        The output in runs, and each reference in runs; only the nearest has words that differ.
    """
    words = output.split()
    wanted = [reference.split() for reference in references]
    if max(map(len, (words, *wanted))) > LONGEST_COMPARED:
        return [Run(output, False)], [[Run(reference, False)] for reference in references]
    distances = [Indel.normalized_distance(words, reference) for reference in wanted]
    nearest = distances.index(min(distances))
    blocks = Indel.opcodes(words, wanted[nearest])
    kept_words, kept_wanted = [False] * len(words), [False] * len(wanted[nearest])
    for block in blocks:
        if block.tag == "equal":
            size = block.src_end - block.src_start
            kept_words[block.src_start : block.src_end] = [True] * size
            kept_wanted[block.dest_start : block.dest_end] = [True] * size
    marked = [
        _runs(reference, kept_wanted if index == nearest else [True] * len(reference))
        for index, reference in enumerate(wanted)
    ]
    return _runs(words, kept_words), marked


def _runs(words: Sequence[str], kept: Sequence[bool]) -> list[Run]:
    runs: list[Run] = []
    for word, is_kept in zip(words, kept, strict=True):
        if runs and runs[-1].differs is not is_kept:
            runs[-1] = Run(f"{runs[-1].text} {word}", not is_kept)
        else:
            runs.append(Run(word, not is_kept))
    return runs
