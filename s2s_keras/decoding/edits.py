"""A text and a judgement of each of its words -> edits of the text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from s2s_keras.decoding.correction import Judgement
from s2s_keras.text.words import TypedWord, with_case_of

__all__ = ["Edit", "Judge", "apply_edits", "edit_word", "find_edits"]

CONTEXT_CHARACTERS = 256
"""Of the text on either side of a word, handed on to who judges it."""

Judge: TypeAlias = Callable[[str, str, str], Judgement | None]
"""Left context, typed, right context -> what is thought of it; `None` for no opinion."""


class Edit(NamedTuple):
    """A change of a text.

    Attributes:
        start: the position in the text of the first character that is replaced.
        end: the position behind the last.
        typed: what stands there.
        corrected: what takes its place.
        probability: the correction's share among all candidates, 0 to 1.
        alternatives: what else may have been meant, the best first.
    """

    start: int
    end: int
    typed: str
    corrected: str
    probability: float
    alternatives: tuple[str, ...]


def find_edits(
    text: str, words: Sequence[TypedWord], judge: Judge, may_join: Callable[[str, str], bool]
) -> Iterator[Edit]:
    """Yields the edits of a text, in order; none of them touch.

    A word's left context is the text as it was corrected so far. Two words with one space between
    them are judged together first where `may_join` says that the space may be one too many.

    Args:
        text: any text.
        words: those of it that may be changed, in order.
        judge: gives an opinion of a word, or of two with their space.
        may_join: whether two words may be one.
    """
    left, done = "", 0
    index = 0
    while index < len(words):
        word = words[index]
        left = (left + text[done : word.start])[-CONTEXT_CHARACTERS:]
        done = word.start
        edit = None
        if index + 1 < len(words):
            following = words[index + 1]
            if text[word.end : following.start] == " " and may_join(word.text, following.text):
                both = TypedWord(word.start, following.end, text[word.start : following.end])
                edit = edit_word(text, both, left, judge)
        if edit is None:
            edit = edit_word(text, word, left, judge)
        else:
            index += 1
        index += 1
        if edit is not None:
            yield edit
            left, done = left + edit.corrected, edit.end


def edit_word(text: str, word: TypedWord, left: str, judge: Judge) -> Edit | None:
    """Returns how a word is to be changed, or `None` where it is not.

    Args:
        text: that the word stands in.
        word: of it.
        left: what stands before it, as it was corrected.
        judge: gives an opinion of it.
    """
    judgement = judge(left, word.text, text[word.end : word.end + CONTEXT_CHARACTERS])
    if judgement is None or not judgement.is_error:
        return None
    best, *others = judgement.others
    corrected = _as_typed(word.text, best.text)
    if corrected == word.text:
        return None
    return Edit(
        word.start,
        word.end,
        word.text,
        corrected,
        math.exp(best.log_prob),
        tuple(_as_typed(word.text, other.text) for other in others),
    )


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Returns a text with its edits, in order; all else stays as it is, character by character."""
    parts, done = [], 0
    for edit in edits:
        parts += [text[done : edit.start], edit.corrected]
        done = edit.end
    return "".join([*parts, text[done:]])


def _as_typed(typed: str, word: str) -> str:
    """Returns a word in the case of the typed one, with its kind of apostrophe."""
    if "\N{RIGHT SINGLE QUOTATION MARK}" in typed:
        word = word.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
    return with_case_of(typed, word)
