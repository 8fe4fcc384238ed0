"""Running text -> the words that are never written in lower case: names, `I`, `iPhone`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable

from s2s_keras.text import normalize
from s2s_keras.text.words import straighten

__all__ = ["usual_spellings"]

_LEAST_COUNT = 2
"""Times that a word must have been read within sentences."""

_LEAST_SHARE = 0.8
"""Of those times, the share that its usual spelling must have."""

_LOWER_SHARE = 0.02
"""The share that may be in lower case: slips of the text."""

_WITHIN = re.compile(r"(?<=[^\W\d_A-Z] |, |; )[^\W\d_]+(?:'[^\W\d_]+)*(?![-\w])(?!(?<=\b\w)\.)")
"""A word behind a lower-case letter or a comma, so none that begins a sentence; no initial."""


def usual_spellings(texts: Iterable[str], words: Container[str]) -> list[str]:
    """Returns how words are spelled that are hardly ever in lower case, in the order of the words.

    >>> usual_spellings(["when I am in Rome", "now I go", "as I said, I am"], {"i", "rome", "am"})
    ['I']

    Args:
        texts: running text.
        words: those that are asked for, in lower case.
    """
    forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for form in _WITHIN.findall(straighten(normalize(text))):
            forms[form.lower()][form] += 1
    return [
        spelling
        for word, counts in sorted(forms.items())
        if word in words and (spelling := _usual(word, counts)) is not None
    ]


def _usual(word: str, counts: Counter[str]) -> str | None:
    total = counts.total()
    [(form, count)] = counts.most_common(1)
    if form == word or total < _LEAST_COUNT or counts[word] > _LOWER_SHARE * total:
        return None
    return form if count >= _LEAST_SHARE * total else None
