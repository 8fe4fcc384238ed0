"""Words that differ from one another by one slip, so that a mistyped word is another word."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

from rapidfuzz.distance import OSA

from s2s_keras.text import Lexicon

__all__ = ["find_neighbors"]

_LEAST_LOG_FREQUENCY = -13.8
"""Of words that are typed for others: one in a million."""


def find_neighbors(
    lexicon: Lexicon, least_log_frequency: float = _LEAST_LOG_FREQUENCY
) -> dict[str, list[str]]:
    """Returns word -> the words one omission, insertion, substitution or transposition away.

    Args:
        lexicon: the words.
        least_log_frequency: words that are rarer have no neighbours, and are none.

    Reference:
        Mays, Damerau and Mercer 1991, "Context based spelling correction" (such confusion sets).
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for word in lexicon.words(least_log_frequency):
        shorter = {word[:i] + word[i + 1 :] for i in range(len(word))}
        for key in (word, *shorter):
            alike[key].append(word)
    found: dict[str, set[str]] = defaultdict(set)
    for words in alike.values():
        for one, other in combinations(words, 2):
            if other not in found[one] and OSA.distance(one, other) == 1:
                found[one].add(other)
                found[other].add(one)
    return {word: sorted(others) for word, others in sorted(found.items()) if others}
