"""The character tokeniser: one Unicode code point, after NFC, is one token."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["BOS_ID", "EOS_ID", "PAD_ID", "UNK_ID", "CharacterTokenizer", "normalize"]

PAD_ID, BOS_ID, EOS_ID, UNK_ID = 0, 1, 2, 3
SPECIAL_TOKENS = ("<pad>", "<bos>", "<eos>", "<unk>")
UNKNOWN_CHARACTER = "\N{REPLACEMENT CHARACTER}"


def normalize(text: str) -> str:
    """Returns `text` in Unicode normalisation form C, so that one letter is one spelling of it."""
    return unicodedata.normalize("NFC", text)


class CharacterTokenizer:
    """Maps text to ids, one for each code point, and back.

    Ids 0 to 3 are padding, begin, end and unknown; the characters follow, the most frequent first,
    ties by code point, so that the same data always give the same ids.

    Args:
        characters: distinct single characters, in the order of their ids from 4.

    Raises:
        ValueError: an entry is not one character, or stands twice.
    """

    kind = "character"

    def __init__(self, characters: Sequence[str]) -> None:
        for character in characters:
            if len(character) != 1:
                raise ValueError(
                    "Each entry of `characters` must be one code point. "
                    f"Received: {character!r} of length {len(character)}."
                )
        self.tokens: tuple[str, ...] = (*SPECIAL_TOKENS, *characters)
        self._ids = {character: i for i, character in enumerate(self.tokens)}
        if len(self._ids) != len(self.tokens):
            repeated = [c for c, n in Counter(characters).items() if n > 1]
            raise ValueError(f"`characters` must be distinct. Received twice: {repeated}.")

    @classmethod
    def learn(cls, texts: Iterable[str], min_count: int = 1) -> CharacterTokenizer:
        """Learns the characters of `texts`.

        Args:
            texts: the training side of the data.
            min_count: characters seen less often than this, at least 1, become `<unk>`.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(normalize(text))
        kept = [c for c, n in counts.items() if n >= min_count]
        return cls(sorted(kept, key=lambda c: (-counts[c], c)))

    def __len__(self) -> int:
        """The vocabulary size V, special tokens included."""
        return len(self.tokens)

    def __eq__(self, other: object) -> bool:
        """Two tokenisers are equal where they give the same ids."""
        return isinstance(other, CharacterTokenizer) and self.tokens == other.tokens

    def __hash__(self) -> int:
        return hash(self.tokens)

    def encode(self, text: str) -> list[int]:
        """Returns the ids of `text`, without begin or end; characters never seen become `<unk>`."""
        return [self._ids.get(character, UNK_ID) for character in normalize(text)]

    def decode(self, ids: Iterable[int]) -> str:
        """Returns the text of `ids` up to the first end token.

        Padding and begin tokens are dropped; `<unk>` becomes U+FFFD.

        Raises:
            ValueError: an id lies outside 0 to V - 1.
        """
        characters: list[str] = []
        for i in ids:
            if i == EOS_ID:
                break
            if not 0 <= i < len(self.tokens):
                raise ValueError(
                    f"Token ids must lie between 0 and {len(self.tokens) - 1}. Received: {i}."
                )
            if i == UNK_ID:
                characters.append(UNKNOWN_CHARACTER)
            elif i >= len(SPECIAL_TOKENS):
                characters.append(self.tokens[i])
        return "".join(characters)

    def unknown(self, text: str) -> list[str]:
        """Returns the characters of `text` that have no id of their own, each once, in order."""
        return [c for c in dict.fromkeys(normalize(text)) if c not in self._ids]

    def pieces(self, text: str) -> list[str]:
        """Returns the tokens of `text` as a person would read them, one for each id."""
        return list(normalize(text))

    def definition(self) -> dict[str, Any]:
        """Returns the JSON document that every runtime reads."""
        return {
            "format": 1,
            "kind": self.kind,
            "normalization": "NFC",
            "special_tokens": list(SPECIAL_TOKENS),
            "characters": list(self.tokens[len(SPECIAL_TOKENS) :]),
        }

    @classmethod
    def from_definition(cls, document: Mapping[str, Any]) -> CharacterTokenizer:
        """Builds the tokeniser of a JSON document.

        Raises:
            ValueError: the document is of another kind, format or normalisation, or is malformed.
        """
        expected = {
            "format": 1,
            "kind": cls.kind,
            "normalization": "NFC",
            "special_tokens": list(SPECIAL_TOKENS),
        }
        for key, value in expected.items():
            if document.get(key) != value:
                raise ValueError(
                    f"A tokeniser definition must have `{key}` {value!r}. "
                    f"Received: {document.get(key)!r}."
                )
        characters = document.get("characters")
        if not isinstance(characters, list) or not all(isinstance(c, str) for c in characters):
            raise ValueError("A tokeniser definition must have a list of strings `characters`.")
        return cls(characters)

    def to_json(self) -> str:
        """Returns the definition as JSON text, non-ASCII characters escaped."""
        return json.dumps(self.definition(), indent=0) + "\n"

    @classmethod
    def from_json(cls, text: str) -> CharacterTokenizer:
        """Builds the tokeniser of JSON text.

        Raises:
            ValueError: `text` is not JSON, or its document is no tokeniser definition.
        """
        document = json.loads(text)
        if not isinstance(document, dict):
            raise ValueError(
                f"A tokeniser definition must be an object. Received: {type(document).__name__}."
            )
        return cls.from_definition(document)
