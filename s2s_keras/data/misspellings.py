"""The built-in data set `misspellings`: real misspellings of English words, one word a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import resources

from s2s_keras.data.pairs import Pair, split_pairs

__all__ = ["DESCRIPTION", "LICENCE", "build", "read_codespell"]

DESCRIPTION = (
    "Misspellings with one correction from the dictionary of the PyPI package `codespell`, and the "
    "correct words themselves, repeated by their frequency in the PyPI package `wordfreq`."
)
LICENCE = "codespell dictionary: CC BY-SA 3.0; wordfreq data: CC BY-SA 4.0"


def build(
    dev_fraction: float, fits: Callable[[Pair], bool] = lambda pair: True
) -> tuple[list[Pair], list[Pair]]:
    """Builds train and dev pairs from installed packages.

    A misspelling maps to its correction, and every correct word that is not also listed as a
    misspelling maps to itself: once in dev, and in train once for every point of its Zipf
    frequency above 2 (log10 of occurrences in 10^9 words), at least once. The split is by correct
    word: no target of dev is a target of train.

    Args:
        dev_fraction: share of the correct words that goes to dev.
        fits: pairs for which this is false are left out.

    Raises:
        ModuleNotFoundError: `codespell` or `wordfreq` is not installed.
    """
    from wordfreq import zipf_frequency

    listed = (Pair(typed, others[0]) for typed, others in read_codespell() if len(others) == 1)
    misspelled = [pair for pair in listed if fits(pair)]
    train, dev = split_pairs(misspelled, dev_fraction, key=lambda pair: pair.target.lower())
    typed = {pair.source for pair in misspelled}
    for part, weighted in ((train, True), (dev, False)):
        for word in sorted({pair.target for pair in part} - typed):
            zipf = zipf_frequency(word, "en") if weighted else 0.0
            if fits(Pair(word, word)):
                part.extend([Pair(word, word)] * max(1, round(zipf) - 2))
    return train, dev


def read_codespell() -> Iterator[tuple[str, list[str]]]:
    """Yields the misspellings of `codespell`, each with its corrections.

    Several are followed by another item, empty or a remark.

    Raises:
        ModuleNotFoundError: `codespell` is not installed.
    """
    dictionary = resources.files("codespell_lib").joinpath("data/dictionary.txt")
    for line in dictionary.read_text(encoding="utf-8").splitlines():
        typed, arrow, corrections = line.partition("->")
        if arrow and corrections.strip():
            yield typed.strip(), [text.strip() for text in corrections.split(",")]
