"""A text -> the words in it that a corrector may change, where they stand, and their case."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

__all__ = ["PROTECTED_KINDS", "TypedWord", "find_words", "straighten", "with_case_of"]

_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u00b4`"), "'")
"""What is typed for an apostrophe."""

# Letters with their combining marks; within them apostrophes, and what breaks a word at a line end.
_WORD = re.compile(
    r"[^\W\d_][\u0300-\u036f]*(?:['\u2018\u2019\u02bc\u00b4`\u00ad]?[^\W\d_][\u0300-\u036f]*)*"
)

# As many backticks before it as behind it; only three and more reach over lines.
_CODE_SPAN = re.compile(
    r"(?s:(?<!`)(`{3,})(?!`).*?(?<!`)\1(?!`))|(?<!`)(`{1,2})(?!`)[^\n]+?(?<!`)\2(?!`)"
)
_CHUNK = re.compile(r"\S+")

_CHUNK_KINDS: dict[str, re.Pattern[str]] = {
    "url": re.compile(
        r"\w://|www\.|[^\W\d_]\.[^\W\d_]{2}|(?<![\w/])[~.]{0,2}/\w|\w[/\\]\w+[/\\]\w"
    ),
    "email": re.compile(r"\w@\w"),
    "mention": re.compile(r"(?<!\w)@\w"),
    "hashtag": re.compile(r"(?<!\w)#\w"),
    "code": re.compile(r"[_\\{}<>=|^$]|::|\(\)|->|\w\[|--\w|[^\W\d_]{2}\.[^\W\d_](?![\w.])"),
    "abbreviation": re.compile(r"(?<!\w)(?:[^\W\d_]\.){2}"),
    "number": re.compile(r"\d"),
}
"""What a run of characters without white space is, by what is found in it."""

PROTECTED_KINDS = (*_CHUNK_KINDS, "capitals", "inner_capitals")
"""What no corrector changes unless asked; `capitals` are words of two capitals or more."""


class TypedWord(NamedTuple):
    """A word of a text.

    Attributes:
        start: its first character's position in the text.
        end: the position behind its last.
        text: the word as it stands there.
    """

    start: int
    end: int
    text: str


def find_words(text: str, protected: Collection[str] = PROTECTED_KINDS) -> list[TypedWord]:
    """Returns the words of a text, in order, without what is protected.

    A word is made of letters, with apostrophes and soft hyphens within. Parts between hyphens are
    words of their own.

    >>> [word.text for word in find_words("Don't e-mail me@home.org, call HQ.")]
    ["Don't", 'e', 'mail', 'call']

    Args:
        text: any text.
        protected: some of `PROTECTED_KINDS`.

    Raises:
        ValueError: there is no such kind.
    """
    unknown = sorted(set(protected) - set(PROTECTED_KINDS))
    if unknown:
        raise ValueError(f"`protected` must be of {list(PROTECTED_KINDS)}. Received: {unknown}.")
    chunk_kinds = [pattern for kind, pattern in _CHUNK_KINDS.items() if kind in protected]
    if "code" in protected:  # spaces keep every position
        text = _CODE_SPAN.sub(lambda match: " " * len(match.group()), text)
    found: list[TypedWord] = []
    for chunk in _CHUNK.finditer(text):
        content = chunk.group()
        if not content.isalpha() and any(pattern.search(content) for pattern in chunk_kinds):
            continue
        for match in _WORD.finditer(text, *chunk.span()):
            word = match.group()
            kind = _capitals(word)
            if kind is None or kind not in protected:
                found.append(TypedWord(*match.span(), word))
    return found


def straighten(text: str) -> str:
    """Returns a text with the apostrophes of typewriters, with which lexicons are written."""
    return text.translate(_APOSTROPHES)


def with_case_of(typed: str, word: str) -> str:
    """Returns a lower-case word with the case of what was typed for it: all, first or none.

    Capitals that the word has itself, as names have, stay.

    >>> with_case_of("Recieve", "receive"), with_case_of("LONDN", "London")
    ('Receive', 'LONDON')
    """
    if _capitals(typed) == "capitals":
        return word.upper()
    if typed[:1].isupper():
        return word[:1].upper() + word[1:]
    return word


def _capitals(word: str) -> str | None:
    """Returns which of the kinds of capitals a word has, or `None` for at most the first letter."""
    if word.islower():  # most are
        return None
    letters = [character for character in word if character.isalpha()]
    if len(letters) > 1 and all(not letter.islower() for letter in letters):
        has_case = any(letter.isupper() for letter in letters)
        return "capitals" if has_case else None
    return "inner_capitals" if any(letter.isupper() for letter in letters[1:]) else None
