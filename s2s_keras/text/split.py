"""A text longer than a model takes -> pieces that it does take."""

from __future__ import annotations

import re
from itertools import zip_longest

from s2s_keras.text.tokenizer import Tokenizer

__all__ = ["split_sentences", "split_text"]

SPACELESS_ENDS = "\u3002\uff01\uff1f"
"""Full stop, exclamation and question mark of scripts that put no space behind them."""

SPACELESS_PAUSES = "\u3001\uff0c\uff1b\uff1a"
"""Their enumeration comma, comma, semicolon and colon."""

SENTENCE_ENDS = tuple(".!?\N{HORIZONTAL ELLIPSIS}" + SPACELESS_ENDS)
PAUSES = tuple(",;:\N{EN DASH}\N{EM DASH}" + SPACELESS_PAUSES)
LINE_ENDS = tuple("\n\r\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}")
OPENERS = "\"'([{\u00ab\u2039\u201c\u2018\u201e\u00bf\u00a1-\u2013\u2014"
"""Marks that may stand before the first letter of a sentence."""
CLOSERS = "\"')]}\u00bb\u203a\u201d\u2019\u300d\u300f\uff09"
"""Quotation marks and brackets that may stand between a mark and the end of a part."""

_SPACELESS = SPACELESS_ENDS + SPACELESS_PAUSES

# A part reaches to the next place where a text may be split, white space included.
_PART = re.compile(
    rf"\s*(?:[^\s{_SPACELESS}]*[{_SPACELESS}]+[{re.escape(CLOSERS)}]*|[^\s{_SPACELESS}]+)\s*|\s+"
)

_ABBREVIATION = re.compile(r"[^\W\d_]\.|[A-Z][b-df-hj-np-tv-xz]{1,2}\.")


def split_text(text: str, tokenizer: Tokenizer, longest: int) -> list[str]:
    """Splits a text into pieces of at most `longest` tokens, and loses nothing.

    Each piece but the last reaches as far as it can to the end of a sentence or of a line; where
    none is in reach, to another punctuation mark; where none is either, to white space. ASCII
    marks count only in front of white space, so that numbers and addresses stay whole. A word that
    is too long by itself becomes a piece that is too long.

    Args:
        text: any text.
        tokenizer: counts the tokens of a piece, without the white space around it.
        longest: tokens a piece, at least 1.

    Returns:
        Pieces whose concatenation is `text`, each with the white space behind it; the first also
        with that before it.
    """

    def fits(start: int, end: int) -> bool:
        return len(tokenizer.encode("".join(parts[start:end]).strip())) <= longest

    parts = _PART.findall(text)
    ranks = [_rank(part) for part in parts]
    alone = [len(tokenizer.encode(part.strip())) for part in parts]
    followed = [len(tokenizer.encode(part.lstrip())) for part in parts]
    pieces: list[str] = []
    start = 0
    while start < len(parts):
        end = start + 1
        tokens = followed[start]
        while end < len(parts) and tokens + alone[end] <= longest:
            tokens += followed[end]
            end += 1
        # How a part is cut into subwords hangs on what stands before it: the sum is near the truth.
        while end > start + 1 and not fits(start, end):
            end -= 1
        while end < len(parts) and fits(start, end + 1):
            end += 1
        if end < len(parts):
            best = min(ranks[start:end])
            end = max(i for i in range(start, end) if ranks[i] == best) + 1
        pieces.append("".join(parts[start:end]))
        start = end
    return pieces


def split_sentences(text: str) -> list[str]:
    """Splits a text into its sentences, and loses nothing.

    One ends where a line does, and behind a full stop, a question or an exclamation mark. What
    goes on in lower case goes on; and there are full stops that end no sentence: behind a single
    letter, and behind a capital with one or two consonants, such as "Mrs." or "Dr.".

    Args:
        text: any text.

    Returns:
        Sentences whose concatenation is `text`, each with the white space behind it; the first
        also with that before it.
    """
    sentences: list[str] = []
    sentence = ""
    parts = _PART.findall(text)
    for part, following in zip_longest(parts, parts[1:], fillvalue=""):
        sentence += part
        if not following or _ends_sentence(part, following):
            sentences.append(sentence)
            sentence = ""
    return sentences


def _ends_sentence(part: str, following: str) -> bool:
    if _rank(part) > 0:
        return False
    body = part.rstrip()
    if any(end in part[len(body) :] for end in LINE_ENDS):
        return True
    if following.lstrip(OPENERS)[:1].islower():
        return False
    marks = body.rstrip(CLOSERS)
    return not (marks.endswith(".") and _ABBREVIATION.fullmatch(marks.strip().lstrip(OPENERS)))


def _rank(part: str) -> int:
    """How good a place to split the end of a part is, 0 the best."""
    body = part.rstrip()
    marks = body.rstrip(CLOSERS)
    if marks.endswith(SENTENCE_ENDS) or any(end in part[len(body) :] for end in LINE_ENDS):
        return 0
    return 1 if marks.endswith(PAUSES) else 2
