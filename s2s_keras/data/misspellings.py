"""The built-in data set `misspellings`: real misspellings of English words, one word a line."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

from s2s_keras.data.pairs import Pair, split_pairs
from s2s_keras.errors import MissingDependencyError

__all__ = ["DESCRIPTION", "LICENCE", "build"]

DESCRIPTION = (
    "Misspellings with one correction from the dictionary of the PyPI package `codespell`, and the "
    "correct words themselves, repeated by their frequency in the PyPI package `wordfreq`."
)
LICENCE = "codespell dictionary: CC BY-SA 3.0; wordfreq data: CC BY-SA 4.0"


def build(dev_fraction: float, max_length: int) -> tuple[list[Pair], list[Pair]]:
    """Builds train and dev pairs from installed packages.

    A misspelling maps to its correction, and every correct word that is not also listed as a
    misspelling maps to itself: once in dev, and in
    train once for every point of its Zipf frequency above 2 (log10 of occurrences in 10^9 words),
    at least once. The split is by correct word: no target of dev is a target of train.

    Args:
        dev_fraction: share of the correct words that goes to dev.
        max_length: longer words, in characters, are left out.

    Raises:
        MissingDependencyError: `codespell` or `wordfreq` is not installed.
    """
    try:
        from wordfreq import zipf_frequency

        dictionary = resources.files("codespell_lib").joinpath("data/dictionary.txt")
        lines = dictionary.read_text(encoding="utf-8").splitlines()
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"The data set `misspellings` needs {error.name}: pip install 's2s-keras[train]'."
        ) from error
    misspelled = [
        pair for pair in _parse_dictionary(lines) if max(len(text) for text in pair) <= max_length
    ]
    train, dev = split_pairs(misspelled, dev_fraction, key=lambda pair: pair.target.lower())
    typed = {pair.source for pair in misspelled}
    for part, weighted in ((train, True), (dev, False)):
        for word in sorted({pair.target for pair in part} - typed):
            zipf = zipf_frequency(word, "en") if weighted else 0.0
            part.extend([Pair(word, word)] * max(1, round(zipf) - 2))
    return train, dev


def _parse_dictionary(lines: list[str]) -> Iterator[Pair]:
    """Yields the pairs of `typed->correct` lines; several corrections are split by commas."""
    for line in lines:
        typed, arrow, correct = line.partition("->")
        if arrow and "," not in correct and correct.strip():
            yield Pair(typed.strip(), correct.strip())
