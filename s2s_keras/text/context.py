"""What stands before a word and behind it -> token ids, and which word each token is of."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from s2s_keras.text.split import split_sentences
from s2s_keras.text.subword import SubwordTokenizer
from s2s_keras.text.tokenizer import EOS_ID, Tokenizer
from s2s_keras.text.word import SPACE
from s2s_keras.text.words import straighten

__all__ = ["END", "WordContext", "goes_on", "with_end", "without_end", "word_steps"]

END = "\N{SYMBOL FOR END OF TEXT}"
"""Stands behind each source, so that there is something behind its last word, too."""

_BEYOND = 1e6
"""More words than a text has."""

_CHUNK_END = re.compile(r"^\S+")

_CHARACTERS = 512
"""Of the text on either side that are looked at."""

_BLOCK = 8
"""Words of a long left context that are left out together."""

_REMEMBERED = 1 << 12
"""Words whose tokens are remembered."""


def with_end(tokenizer: SubwordTokenizer) -> SubwordTokenizer:
    """Returns a tokeniser that has a piece for the end of a source, behind its own.

    >>> with_end(SubwordTokenizer(["▁", "a"])).vocabulary
    ('▁', 'a', '␃')
    """
    kept = [piece for piece in tokenizer.vocabulary if piece != END]
    return SubwordTokenizer([*kept, END], tokenizer.lowercase)


def without_end(text: str) -> str:
    """Returns a text in which nothing looks like the end."""
    return text.replace(END, " ")


def word_steps(tokenizer: Tokenizer) -> NDArray[np.float32]:
    """Returns by how much each token raises the index of its word, float32 (V,).

    The sum of the steps up to a token tells which word it is of, words being what white space
    separates. The end of a source lies behind all words of a target, its `eos` included.

    Raises:
        ValueError: the tokens are no subwords, or lack `END`.
    """
    _, end_id = _end_id(tokenizer)
    steps = np.array([token.startswith(SPACE) for token in tokenizer.tokens], np.float32)
    steps[EOS_ID] = 1
    steps[end_id] = _BEYOND
    return steps


class WordContext:
    """Cuts what stands around a word, and the words that may stand there, to subwords.

    Of the context the sentence is kept that the word stands in, and of that words that are near,
    as many as there is room for.

    >>> tokenizer = with_end(SubwordTokenizer(["▁", "▁a", "a", "b", "c", ",", "."]))
    >>> context = WordContext(tokenizer)
    >>> [tokenizer.tokens[i] for i in context.left_ids("c. A (a ", "B")]
    ['▁a', '▁', '<0x28>', 'a']
    >>> [tokenizer.tokens[i] for i in context.right_ids("B", ", a. A")]
    ['▁a', '.', '␃']

    What is joined to the word by no space belongs to it: a decoder writes it before it knows what
    follows, and so its right side is left out.

    Args:
        tokenizer: of `with_end`.
        left_tokens: room for what stands before the word, at least 0.
        right_tokens: likewise behind it, without the end.

    Raises:
        ValueError: see `word_steps`.
    """

    def __init__(self, tokenizer: Tokenizer, left_tokens: int = 32, right_tokens: int = 15) -> None:
        self.tokenizer, self.end_id = _end_id(tokenizer)
        self.left_tokens = left_tokens
        self.right_tokens = right_tokens
        self._remembered: dict[tuple[str, bool], list[int]] = {}

    def normalize(self, word: str) -> str:
        """Returns a word as a lexicon writes it."""
        return self.tokenizer.normalize(straighten(word))

    def left_ids(self, left: str, word: str) -> list[int]:
        """Returns the ids of what stands before a word, in its sentence.

        Args:
            left: the text before the word.
            word: as it was typed; tells with `left` where the sentence begins.
        """
        word = word or "a"
        sentence = split_sentences(left[-_CHARACTERS:] + word)[-1]
        chunks = self._chunks(sentence[: len(sentence) - len(word)])
        while sum(map(len, chunks)) > self.left_tokens:
            del chunks[:_BLOCK]  # not one by one: what was read can then be gone on with
        return [i for ids in chunks for i in ids]

    def right_ids(self, word: str, right: str) -> list[int]:
        """Returns the ids of what stands behind a word, in its sentence, and of the end."""
        sentence = split_sentences(word + right[:_CHARACTERS])[0] if right else ""
        behind = _CHUNK_END.sub("", sentence[len(word) :], 1) if word else sentence
        found: list[int] = []
        for ids in self._chunks(behind):
            if len(found) + len(ids) > self.right_tokens:
                break
            found += ids
        return [*found, self.end_id]

    def word_ids(self, text: str, left: str) -> list[int]:
        """Returns the ids of words that stand behind `left`, as a lexicon writes them."""
        first, *others = text.split(" ")
        ids = self._ids(first, goes_on(left))
        return (
            ids if not others else [*ids, *(i for word in others for i in self._ids(word, False))]
        )

    def word(self, token: int, left: str) -> str | None:
        """Returns the word that a token is by itself behind `left`, or `None`."""
        piece = self.tokenizer.tokens[token]
        if piece.startswith(SPACE) == goes_on(left):
            return None
        return piece.removeprefix(SPACE) or None

    def _chunks(self, text: str) -> list[list[int]]:
        """Returns the ids of each word of a text, with what is joined to it."""
        return [self._ids(chunk, False) for chunk in without_end(straighten(text)).split()]

    def _ids(self, word: str, joined: bool) -> list[int]:
        key = word, joined
        ids = self._remembered.get(key)
        if ids is None:
            ids = self.tokenizer.encode_part(word) if joined else self.tokenizer.encode(word)
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = ids
        return ids


def goes_on(left: str) -> bool:
    """Returns whether what follows a text belongs to its last word: no space is between them."""
    return bool(left) and not left[-1].isspace()


def _end_id(tokenizer: Tokenizer) -> tuple[SubwordTokenizer, int]:
    """Returns a tokeniser that has an end, and the end's id."""
    if not isinstance(tokenizer, SubwordTokenizer) or END not in tokenizer.vocabulary:
        raise ValueError(f"Words are told apart by subwords of which one is {END!r}.")
    return tokenizer, tokenizer.tokens.index(END)
