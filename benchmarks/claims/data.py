"""The pair files that the recipes read, drawn or collected the same at each call."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from s2s_keras.data import Pair, build_dataset, write_pairs
from s2s_keras.data.lines import read_lines
from s2s_keras.errors import DataError
from s2s_keras.files import make_folder
from s2s_keras.text import WordTokenizer

__all__ = [
    "LONGEST",
    "MULTI30K_HELP",
    "SHORTEST",
    "count_words",
    "draw_dev_lists",
    "draw_train_lists",
    "read_multi30k",
    "spread",
    "write_builtin",
    "write_split",
]

SHORTEST, LONGEST = 4, 48
"""Word tokens of a list of numbers."""

MULTI30K_HELP = (
    "folder with train.en, train.fr, val.en and val.fr: the raw text of Multi30k, task 1 (Elliott "
    "et al. 2016 and 2017), published at https://github.com/multi30k/dataset for research use"
)


def count_words(text: str) -> int:
    """Returns the word tokens of a text."""
    return len(WordTokenizer(()).pieces(text))


def draw_dev_lists(per_length: int, seed: int = 1) -> list[Pair]:
    """Draws `per_length` lists of numbers of each length from `SHORTEST` to `LONGEST`.

    A list such as "two hundred and one, seven" becomes "deux cent un, sept". No source occurs
    twice, and they are in the order of their lengths.

    Args:
        per_length: lists of each length.
        seed: of the draws.
    """
    draw = random.Random(seed)
    found: dict[str, Pair] = {}
    for length in range(SHORTEST, LONGEST + 1):
        wanted = len(found) + per_length
        while len(found) < wanted:
            pair = _draw_list(draw, length)
            found.setdefault(pair.source, pair)
    return list(found.values())


def draw_train_lists(
    dev: Sequence[Pair], target_words: int, longest: int = LONGEST, seed: int = 0
) -> list[Pair]:
    """Draws lists of numbers until they hold a number of target tokens.

    Lengths fall off evenly towards `LONGEST`, as those of sentences do, so that twice the median
    still lies inside.

    Args:
        dev: no source of these is drawn.
        target_words: word tokens of all targets together, at least.
        longest: word tokens of a source; longer ones are left out.
        seed: of the draws.
    """
    draw = random.Random(seed)
    held_out = {pair.source for pair in dev}
    pairs: list[Pair] = []
    words = 0
    while words < target_words:
        length = round(draw.triangular(SHORTEST, LONGEST, SHORTEST))
        if length > longest:
            continue
        pair = _draw_list(draw, length)
        if pair.source not in held_out:
            pairs.append(pair)
            words += count_words(pair.target)
    return pairs


def _draw_list(draw: random.Random, length: int) -> Pair:
    """Draws until a list has exactly `length` source tokens."""
    words = _number_words()
    while True:
        chosen: list[tuple[str, str]] = []
        left = length
        while left > 0:
            english, french, size = draw.choice(words)
            chosen.append((english, french))
            left -= size + 1 if len(chosen) > 1 else size  # a comma before all but the first
        if left == 0:
            return Pair(*(", ".join(side) for side in zip(*chosen, strict=True)))


@cache
def _number_words() -> list[tuple[str, str, int]]:
    """The numbers 0 to 999 in English and in French, and their English word tokens."""
    from num2words import num2words

    both = [(num2words(n, lang="en"), num2words(n, lang="fr")) for n in range(1000)]
    return [(english, french, count_words(english)) for english, french in both]


def read_multi30k(folder: Path, part: str, target: str, longest: int | None = None) -> list[Pair]:
    """Reads English captions and their translations.

    Args:
        folder: see `MULTI30K_HELP`.
        part: `train` or `val`.
        target: `fr` or `de`.
        longest: word tokens a side; longer pairs are left out.

    Raises:
        DataError: a file is missing, or the two do not have the same number of lines.
    """
    sides = [list(_texts(folder / f"{part}.{language}")) for language in ("en", target)]
    if len(sides[0]) != len(sides[1]):
        raise DataError(
            f"{part}.en and {part}.{target} must have as many lines. "
            f"Received: {len(sides[0])} and {len(sides[1])}.",
            folder,
        )
    pairs = [Pair(*texts) for texts in zip(*sides, strict=True)]
    if longest is None:
        return pairs
    return [pair for pair in pairs if max(map(count_words, pair)) <= longest]


def _texts(path: Path) -> Iterator[str]:
    return (" ".join(line.split()) for _, line in read_lines(path))


def write_builtin(name: str, folder: Path, train_pairs: int, dev_pairs: int) -> dict[str, str]:
    """Writes an even sample of a built-in data set; see `write_split`."""
    built = build_dataset(name)
    return write_split(folder, spread(built.train, train_pairs), spread(built.dev, dev_pairs))


def write_split(folder: Path, train: Sequence[Pair], dev: Sequence[Pair]) -> dict[str, str]:
    """Writes `train.tsv` and `dev.tsv`, and returns what a recipe's `data` says of them."""
    make_folder(folder)
    paths = {"train": folder / "train.tsv", "dev": folder / "dev.tsv"}
    write_pairs(paths["train"], train)
    write_pairs(paths["dev"], dev)
    return {part: str(path) for part, path in paths.items()}


def spread(pairs: Sequence[Pair], count: int) -> list[Pair]:
    """Returns `count` pairs at even distances, or all where there are fewer."""
    count = min(count, len(pairs))
    return [pairs[i * len(pairs) // count] for i in range(count)]
