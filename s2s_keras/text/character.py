"""The character tokeniser: one Unicode code point, after NFC, is one token."""

from __future__ import annotations

from collections.abc import Iterable

from s2s_keras.text.tokenizer import Tokenizer

__all__ = ["CharacterTokenizer"]


class CharacterTokenizer(Tokenizer):
    """Cuts text into its code points.

    For short words, spelling and numbers: the vocabulary is small, and few characters are new to
    a model. The arguments are those of `Tokenizer`.
    """

    kind = "character"
    piece_rule = "one code point"

    def pieces(self, text: str) -> list[str]:
        """Returns the characters of `text`, one for each id."""
        return list(self.normalize(text))

    def join(self, pieces: Iterable[str]) -> str:
        """Returns the text of characters."""
        return "".join(pieces)

    def _is_piece(self, text: str) -> bool:
        return len(text) == 1
