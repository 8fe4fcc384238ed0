"""One word of a text, marked, and its context -> `source_ids`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from s2s_keras.text.subword import MAX_PIECE_CHARACTERS, SubwordTokenizer
from s2s_keras.text.tokenizer import Tokenizer
from s2s_keras.text.words import straighten

__all__ = ["MARK", "WordMarker", "marked_word", "with_marks", "without_marks"]

MARK = "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}"
"""Stands before each character of the marked word, and alone for one that has no mark."""

_SPACE = "_"
"""Is written for a space in the marked word: a piece holds none."""

_COUNTED_WORDS = 1 << 16
"""Words whose tokens are remembered."""


def with_marks(tokenizer: SubwordTokenizer, characters: Iterable[str]) -> SubwordTokenizer:
    """Returns a tokeniser with a mark for each of `characters` behind its own pieces.

    >>> with_marks(SubwordTokenizer(["▁", "a"]), "ab").vocabulary
    ('▁', 'a', 'b', '⟦', '⟦a', '⟦b')
    """
    written = sorted({character.replace(" ", _SPACE) for character in characters})
    known = set(tokenizer.vocabulary)
    missing = [character for character in written if character not in known]
    marks = [MARK + character for character in written]
    vocabulary = [*tokenizer.vocabulary, *missing, MARK, *marks]
    return SubwordTokenizer(vocabulary, tokenizer.lowercase)


def without_marks(text: str) -> str:
    """Returns a text in which nothing looks like a mark."""
    return text.replace(MARK, "[")


def marked_word(source: str) -> str:
    """Returns the word that a source of `WordMarker.mark` spells.

    >>> marked_word("I have a⟦p⟦a⟦n here.")
    'pan'
    """
    both = pairwise(source)
    characters = (after for before, after in both if before == MARK and after not in (MARK, " "))
    return "".join(characters).replace(_SPACE, " ")


class WordMarker:
    """Writes a word and its context as one source: a text in which the word is spelled in marks.

    The context is cut to subwords as any text is; each character of the word is a token of its own
    that no context holds. An encoder then sees which word is meant, and each of its characters:

    >>> marker = WordMarker(with_marks(SubwordTokenizer(["▁", "▁a", "a"]), "ab"))
    >>> marker.mark("a ", "ba", " a")
    'a⟦b⟦a a'
    >>> marker.tokenizer.pieces("a⟦b⟦a a")
    ['▁a', '⟦b', '⟦a', '▁a']

    A word that no lexicon has gets a mark by itself before its characters, because what is meant
    by it is never the word itself. A model then need not know all words by heart:

    >>> marker.mark("a ", "ba", " a", is_known=False)
    'a⟦⟦b⟦a a'

    Of the context the nearest words are kept, whole: as many as there is room for. One space stands
    before each of them, so that they are as many tokens as by themselves. Apostrophes are written
    as typewriters have them.

    Args:
        tokenizer: of `with_marks`.
        left_tokens: room for the context before the word, at least 0.
        right_tokens: likewise behind it.

    Raises:
        ValueError: the tokeniser is none of subwords, or its vocabulary holds no marks.
    """

    def __init__(self, tokenizer: Tokenizer, left_tokens: int = 10, right_tokens: int = 8) -> None:
        if not isinstance(tokenizer, SubwordTokenizer):
            raise ValueError(f"Contexts must be of subwords. Received: {tokenizer.kind}s.")
        known = set(tokenizer.vocabulary)
        if MARK not in known:
            raise ValueError(f"The vocabulary must hold marks; it lacks {MARK!r}.")
        self.tokenizer = tokenizer
        self.left_tokens = left_tokens
        self.right_tokens = right_tokens
        self._marks = {piece[1]: piece for piece in known if len(piece) == 2 and piece[0] == MARK}
        self._counts: dict[str, int] = {}

    def mark(self, left: str, typed: str, right: str, is_known: bool = True) -> str:
        """Returns the source of a word in its context.

        Args:
            left: the text before the word; white space at its end does not count.
            typed: the word; empty where nothing is typed yet. Characters that have no mark of their
                own share one.
            right: the text behind it.
            is_known: whether the lexicon has the word.
        """
        left, right = straighten(left), straighten(right)
        before = self._nearest(reversed(left.rsplit(maxsplit=self.left_tokens)), self.left_tokens)
        behind = self._nearest(right.split(maxsplit=self.right_tokens), self.right_tokens)
        typed = self.normalize(typed).replace(" ", _SPACE)
        word = "".join(self._marks.get(character, MARK) for character in typed)
        if not is_known or not word:
            word = MARK + word
        return " ".join([" ".join(reversed(before)) + word, *behind])

    def normalize(self, word: str) -> str:
        """Returns a word as a lexicon writes it."""
        return self.tokenizer.normalize(straighten(word))

    def source_ids(self, left: str, typed: str, right: str, is_known: bool = True) -> list[int]:
        """Returns the ids of `mark`."""
        return self.tokenizer.encode(self.mark(left, typed, right, is_known))

    def _nearest(self, words: Iterable[str], room: int) -> list[str]:
        """Returns the first words that have room, with nothing in them that looks like a mark."""
        found: list[str] = []
        for word in words:
            if len(word) > room * MAX_PIECE_CHARACTERS:  # also where there is no room left
                break
            word = without_marks(word)
            room -= self.count_tokens(word)
            if room < 0:
                break
            found.append(word)
        return found

    def count_tokens(self, word: str) -> int:
        """Returns how many tokens a word of a context is; what was counted is remembered."""
        count = self._counts.get(word)
        if count is None:
            count = len(self.tokenizer.encode(word))
            if len(self._counts) < _COUNTED_WORDS:
                self._counts[word] = count
        return count
