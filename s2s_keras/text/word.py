"""The word tokeniser: a word, or one other character, is one token, with the space before it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from s2s_keras.text.tokenizer import Tokenizer

__all__ = ["SPACE", "WordTokenizer", "cut_words"]

SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
"""Stands at the beginning of a piece that has white space, or nothing, before it in the text."""


class WordTokenizer(Tokenizer):
    """Cuts text into words and single other characters, so that nothing but white space is lost.

    A word is a run of letters, digits, marks and underscores; every other character that is not
    white space is a piece of its own. Apostrophes and hyphens are such characters, inside a word
    too: French `l'homme` and English `twenty-one` then share their parts with `homme` and `one`,
    at the price of three tokens for `don't`.

    The space before a piece belongs to it and is written as U+2581, so that output needs no rules
    of spacing. The beginning of a text counts as a space: the first word has the id that it has
    elsewhere. A lone U+2581 is the character itself.

    >>> WordTokenizer(()).pieces("L'eau, vite !")
    ['▁L', "'", 'eau', ',', '▁vite', '▁!']

    The arguments are those of `Tokenizer`.

    Reference:
        Kudo and Richardson 2018, "SentencePiece", section 3.2, for the visible space.
    """

    kind = "word"
    piece_rule = f"a word or one other character, after {SPACE!r} where it follows a space"
    unknown_piece = SPACE + Tokenizer.unknown_piece

    def pieces(self, text: str) -> list[str]:
        """Returns words and other characters, one for each id, U+2581 for the space before them."""
        return [SPACE * len(space) + body for space, body in cut_words(" " + self.normalize(text))]

    def join(self, pieces: Iterable[str]) -> str:
        """Returns the text of pieces, without the space before the first.

        `join(pieces(text))` is `text` with each run of white space as one space, none at the ends.
        """
        spaced = (
            " " + piece[1:] if len(piece) > 1 and piece.startswith(SPACE) else piece
            for piece in pieces
        )
        return "".join(spaced).removeprefix(" ")

    def _is_piece(self, text: str) -> bool:
        body = text[1:] if len(text) > 1 and text.startswith(SPACE) else text
        return cut_words(body) == [("", body)]


def cut_words(text: str) -> list[tuple[str, str]]:
    """Returns pairs of the white-space character before a piece, or nothing, and the piece."""
    return _pattern().findall(text)


@cache
def _pattern() -> re.Pattern[str]:
    """Compiled at the first use: `re` has no class of marks, and to list them takes a moment."""
    # All marks but the last variation selectors lie below U+20000.
    marks = (chr(code) for code in range(0x300, 0x20000))
    marks = (mark for mark in marks if unicodedata.category(mark).startswith("M"))
    return re.compile(rf"(\s?)([\w{''.join(marks)}\U000E0100-\U000E01EF]+|\S)")
