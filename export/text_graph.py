"""A tokeniser's definition -> TensorFlow operators that give the same ids and the same texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from s2s_keras.export.character_cut import CharacterCut
from s2s_keras.export.lower_case import LowerCase
from s2s_keras.export.normal_form import NormalForm
from s2s_keras.export.subword_cut import SubwordCut
from s2s_keras.export.word_cut import WordCut
from s2s_keras.text import (
    EOS_ID,
    PAD_ID,
    UNK_ID,
    CharacterTokenizer,
    SubwordTokenizer,
    Tokenizer,
    WordTokenizer,
)
from s2s_keras.text.subword import BYTE_PIECES
from s2s_keras.text.tokenizer import SPECIAL_TOKENS
from s2s_keras.text.word import SPACE

__all__ = ["GraphTokenizer"]

CUTS: dict[type[Tokenizer], Callable[[Any], Callable[[tf.Tensor], Any]]] = {
    CharacterTokenizer: CharacterCut,
    SubwordTokenizer: SubwordCut,
    WordTokenizer: WordCut,
}
"""Tokeniser -> what cuts its texts in the graph."""

_SPACE_BEFORE: dict[type[Tokenizer], tuple[str, str]] = {
    SubwordTokenizer: (SPACE, " "),
    WordTokenizer: (rf"\A{SPACE}(?s:(.+))", r" \1"),  # alone it is the character itself
}
"""Tokeniser -> where U+2581 stands for a space in one of its pieces, and what that becomes."""


class GraphTokenizer(tf.Module):
    """A tokeniser inside the TensorFlow graph, for a SavedModel or `tf.data`.

    Args:
        tokenizer: whose ids and texts to give; of any kind.

    Raises:
        MissingDependencyError: tensorflow-text is not installed.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__(name="tokenizer")
        kind = type(tokenizer)
        self._normal_form = NormalForm()
        self._lower_case = LowerCase() if tokenizer.lowercase else None
        self._cut = CUTS[kind](tokenizer)
        self._space_before = _SPACE_BEFORE.get(kind)
        self._bytes = None
        if kind is SubwordTokenizer:
            content = [bytes([byte]) for byte in range(256)]
            initializer = tf.lookup.KeyValueTensorInitializer(list(BYTE_PIECES), content)
            self._bytes = tf.lookup.StaticHashTable(initializer, default_value="")
        self._tokens = tf.constant([token.encode() for token in tokenizer.tokens])
        shown = [b"" for _ in SPECIAL_TOKENS]
        shown[UNK_ID] = tokenizer.unknown_piece.encode()
        contents = [self._content(tf.constant(shown)), self._content(self._tokens[len(shown) :])]
        self._contents = tf.concat(contents, axis=0)

    def cut(self, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the ids and the pieces of texts, without begin or end.

        Args:
            texts: string (N,), UTF-8; what is none becomes U+FFFD.

        Returns:
            int32 (N, T), T the length of the longest, padded on the right with 0, and string
            (N, T), padded with empty strings; pieces of id `<unk>` are those of the text.
        """
        texts = self.normalize(tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8"))
        if self._lower_case is not None:
            texts = self.normalize(self._lower_case(texts))
        ids, pieces = self._cut(texts)
        return ids.to_tensor(PAD_ID), pieces.to_tensor("")

    def encode(self, texts: tf.Tensor) -> tf.Tensor:
        """Returns the ids, int32 (N, T), of texts; see `cut`."""
        return self.cut(texts)[0]

    def pieces(self, ids: tf.Tensor) -> tf.Tensor:
        """Returns the pieces, string of the shape of `ids`; those of special tokens, too."""
        return tf.gather(self._tokens, ids)

    def show(self, pieces: tf.Tensor) -> tf.Tensor:
        """Returns pieces of texts as an error shows them, string in their shape."""
        if self._space_before is None:
            return pieces
        return tf.strings.regex_replace(self._content(pieces), r"\A ", "", replace_global=False)

    def decode(self, ids: tf.Tensor, unknown: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the texts of ids, each up to the first end token.

        Args:
            ids: int (N, T), 0 to V - 1.
            unknown: string (N, T), pieces of any tokeniser, which take the place of `<unk>`; U+FFFD
                where not given.

        Returns:
            string (N,), UTF-8; bytes that are none become U+FFFD.
        """
        has_ended = tf.cumsum(tf.cast(ids == EOS_ID, tf.int32), axis=1) > 0
        contents = tf.gather(self._contents, ids)
        if unknown is not None:
            contents = tf.where(ids == UNK_ID, self._content(unknown), contents)
        joined = tf.strings.reduce_join(tf.where(has_ended, "", contents), axis=1)
        texts = tf.strings.unicode_transcode(joined, "UTF-8", "UTF-8")
        if self._space_before is None:
            return texts
        return tf.strings.regex_replace(texts, r"\A ", "", replace_global=False)

    def normalize(self, texts: tf.Tensor) -> tf.Tensor:
        """Returns texts, string (N,), in form C."""
        return self._normal_form(texts)

    def _content(self, pieces: tf.Tensor) -> tf.Tensor:
        """Returns what pieces add to a text, string in their shape."""
        if self._space_before is None:
            return pieces
        contents = tf.strings.regex_replace(pieces, *self._space_before)
        if self._bytes is None:
            return contents
        found = self._bytes.lookup(pieces)
        return tf.where(found == "", contents, found)
