"""What people get wrong in a word, counted in a list of misspellings."""

from __future__ import annotations

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

from rapidfuzz.distance import Levenshtein

from s2s_keras.data.pairs import Pair

__all__ = ["Edit", "ErrorModel", "edits_between"]

_MAX_PART = 4
"""The longest part of a word that is replaced at once."""

_SMOOTHING = 4.0
"""Occurrences of a part between its two neighbours at which half of what is believed of it comes
from its occurrences anywhere."""

_CACHED_PARTS = 1 << 16


class Edit(NamedTuple):
    """A part of a word, `word[start:end]`, and what is typed in its place; either may be empty."""

    start: int
    end: int
    typed: str


class _Choices(NamedTuple):
    """What is typed for a part of a word, how probably, and the running sums of that."""

    typed: list[str]
    weights: list[float]
    sums: list[float]


def edits_between(word: str, typed: str) -> list[Edit]:
    """Returns the edits that make `typed` of `word`, fewest characters first, in order.

    A character that is left out and comes back behind the next one is one edit, a transposition:

    >>> edits_between("their", "thier")
    [Edit(start=2, end=4, typed='ie')]
    """
    found: list[Edit] = []
    for block in Levenshtein.opcodes(word, typed):
        if block.tag == "equal":
            continue
        start, end = block.src_start, block.src_end
        edit = Edit(start, end, typed[block.dest_start : block.dest_end])
        last = found[-1] if found else edit
        left_out = word[last.start : last.end], word[start:end]
        if start - last.end == 1 and left_out == (edit.typed, last.typed):
            found.pop()
            edit = Edit(last.start, end, last.typed + word[last.end : start] + edit.typed)
        found.append(edit)
    return found


class ErrorModel:
    """Draws misspellings of any word, with the edits of the misspellings that it has seen.

    An edit replaces a part a of a word by b. How probable it is there hangs on the characters to
    the left and right, l and r:

        p(a -> b | l, r) = (n(l a->b r) + k p(a -> b)) / (n(l a r) + k)
        p(a -> b)        = n(a->b) / n(a)

    where n counts in the list, the ends of a word count as characters, and k is 4.

    Args:
        pairs: misspelling and correct word. Pairs without a difference tell nothing.
        min_count: edits that stand in fewer pairs are taken for chance.

    Raises:
        ValueError: no edit of at most 4 characters is seen `min_count` times.

    Reference:
        Brill and Moore 2000, "An Improved Error Model for Noisy Channel Spelling Correction",
        section 3: edits of several characters that know their place; with one character of context
        here, and no more than one alignment.
    """

    def __init__(self, pairs: Iterable[Pair], min_count: int = 2) -> None:
        bare: dict[str, Counter[str]] = defaultdict(Counter)
        placed: dict[str, Counter[str]] = defaultdict(Counter)
        occurrences: Counter[str] = Counter()
        number: Counter[int] = Counter()
        for typed, word in pairs:
            edits = edits_between(word, typed)
            if not edits or any(edit.end - edit.start > _MAX_PART for edit in edits):
                continue
            number[min(len(edits), 3)] += 1
            ends = _with_ends(word)
            for start, end in _spans(word):
                occurrences[word[start:end]] += 1
                occurrences[_placed(ends, start, end)] += 1
            for start, end, part in edits:
                bare[word[start:end]][part] += 1
                placed[_placed(ends, start, end)][part] += 1
        self._bare = {
            part: kept
            for part, edits in bare.items()
            if (kept := {typed: n for typed, n in edits.items() if n >= min_count})
        }
        if not self._bare:
            raise ValueError(
                f"A list of misspellings must hold an edit {min_count} times or more; this one "
                "does not."
            )
        self._placed, self._occurrences = dict(placed), occurrences
        self._number = list(accumulate(number[n] for n in (1, 2, 3)))
        self._remember_choices()

    def _remember_choices(self) -> None:
        self._choices_at = lru_cache(_CACHED_PARTS)(self._find_choices)

    def __getstate__(self) -> dict[str, Any]:
        """Returns what another process needs: all but what is remembered."""
        return {name: value for name, value in vars(self).items() if name != "_choices_at"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._remember_choices()

    def probabilities(self, word: str) -> dict[Edit, float]:
        """Returns the edits of a word that the list knows, each with its probability."""
        return {
            Edit(start, end, typed): weight
            for start, end, choices in self._places(word)
            for typed, weight in zip(choices.typed, choices.weights, strict=True)
        }

    def corrupt(self, word: str, rng: Random) -> str:
        """Returns a misspelling of `word`, or `word` where the list knows no edit of it.

        The number of edits, at most 3, is drawn as the list has them.
        """
        number = 1 + bisect(self._number, rng.random() * self._number[-1])
        for _ in range(number):
            places = list(self._places(word))
            if not places:
                break
            sums = list(accumulate(choices.sums[-1] for _, _, choices in places))
            start, end, choices = places[bisect(sums, rng.random() * sums[-1])]
            typed = choices.typed[bisect(choices.sums, rng.random() * choices.sums[-1])]
            word = word[:start] + typed + word[end:]
        return word

    def _places(self, word: str) -> Iterator[tuple[int, int, _Choices]]:
        """Yields the parts of a word for which the list has others, and those."""
        ends = _with_ends(word)
        for start, end in _spans(word):
            if word[start:end] in self._bare:
                yield start, end, self._choices_at(_placed(ends, start, end), word[start:end])

    def _find_choices(self, key: str, part: str) -> _Choices:
        """Returns what is typed for a part between its neighbours."""
        here = self._placed.get(key, Counter[str]())
        total = self._occurrences[key] + _SMOOTHING
        anywhere = self._bare[part]
        share = _SMOOTHING / self._occurrences[part]
        weights = [(here[typed] + share * n) / total for typed, n in anywhere.items()]
        return _Choices(list(anywhere), weights, list(accumulate(weights)))


def _with_ends(word: str) -> str:
    return f"\n{word}\n"


def _placed(ends: str, start: int, end: int) -> str:
    """Returns a part between its neighbours, by which it cannot be taken for a bare one."""
    return f"{ends[start]}\t{ends[start + 1 : end + 1]}\t{ends[end + 1]}"


def _spans(word: str) -> Iterator[tuple[int, int]]:
    """Yields the parts of a word that an edit may replace; between characters are empty ones."""
    for start in range(len(word) + 1):
        for end in range(start, min(start + _MAX_PART, len(word)) + 1):
            yield start, end
