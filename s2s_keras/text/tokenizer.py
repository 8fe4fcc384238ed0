"""What all tokenisers share: special tokens, the vocabulary, ids and the JSON definition."""

from __future__ import annotations

import json
import unicodedata
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

__all__ = [
    "BOS_ID",
    "EOS_ID",
    "PAD_ID",
    "SPECIAL_TOKENS",
    "TOKENIZERS",
    "UNK_ID",
    "Tokenizer",
    "most_frequent",
    "normalize",
]

PAD_ID, BOS_ID, EOS_ID, UNK_ID = 0, 1, 2, 3
SPECIAL_TOKENS = ("<pad>", "<bos>", "<eos>", "<unk>")

TOKENIZERS: dict[str, type[Tokenizer]] = {}
"""The subclasses of `Tokenizer` by their `kind`."""


def normalize(text: str) -> str:
    """Returns `text` in Unicode normalisation form C, so that one letter is one spelling of it."""
    return unicodedata.normalize("NFC", text)


def most_frequent(
    counts: Mapping[str, int], min_count: int = 1, max_size: int | None = None
) -> list[str]:
    """Returns the pieces in the order of a vocabulary: by count, ties by code point.

    Args:
        counts: piece -> how often it was seen.
        min_count: pieces seen less often are left out.
        max_size: pieces beyond this many are left out; none where not given.
    """
    kept = [piece for piece, n in counts.items() if n >= min_count]
    return sorted(kept, key=lambda piece: (-counts[piece], piece))[:max_size]


class Tokenizer(ABC):
    """Maps text to ids and back, by way of pieces: the strings that have an id each.

    Ids 0 to 3 are padding, begin, end and unknown; the vocabulary follows, the most frequent piece
    first, ties by code point, so that the same data always give the same ids.

    A subclass says how a text is cut into pieces and put together again, and names itself by
    `kind`, by which definitions and recipes find it.

    Args:
        vocabulary: distinct pieces, in the order of their ids, from 4 or behind `fixed_pieces`.
        lowercase: changes every text to lower case, the decoder's targets and outputs included.

    Raises:
        ValueError: an entry is no piece of this kind, or stands twice.
    """

    kind: ClassVar[str]
    piece_rule: ClassVar[str]
    fixed_pieces: ClassVar[tuple[str, ...]] = ()
    """Pieces between the special tokens and the vocabulary that all of this kind have."""
    cuts_by_vocabulary: ClassVar[bool] = False
    """Whether `pieces` hangs on the vocabulary: a text's length is then known only after it."""
    fixed_entries: ClassVar[Mapping[str, str]] = {}
    """What the definitions of this kind say beside the entries that all kinds have."""
    unknown_piece: ClassVar[str] = "\N{REPLACEMENT CHARACTER}"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "kind" in vars(cls):
            TOKENIZERS[cls.kind] = cls

    def __init__(self, vocabulary: Sequence[str], lowercase: bool = False) -> None:
        for piece in vocabulary:
            if not self._is_piece(piece):
                raise ValueError(
                    f"Each entry of `{self.kind}s` must be {self.piece_rule}. "
                    f"Received: {piece!r} of length {len(piece)}."
                )
        self.lowercase = lowercase
        self.tokens: tuple[str, ...] = (*SPECIAL_TOKENS, *self.fixed_pieces, *vocabulary)
        self._ids = {piece: i for i, piece in enumerate(self.tokens)}
        if len(self._ids) != len(self.tokens):
            repeated = [piece for piece, n in Counter(vocabulary).items() if n > 1]
            raise ValueError(f"`{self.kind}s` must be distinct. Received twice: {repeated}.")

    @abstractmethod
    def pieces(self, text: str) -> list[str]:
        """Returns the pieces of `text`, one for each id, as a person would read them."""

    @abstractmethod
    def join(self, pieces: Iterable[str]) -> str:
        """Returns the text of pieces: the inverse of `pieces`."""

    @abstractmethod
    def _is_piece(self, text: str) -> bool:
        """Whether `pieces` can return `text`."""

    @classmethod
    def learn(
        cls,
        texts: Iterable[str],
        min_count: int = 1,
        max_size: int | None = None,
        lowercase: bool = False,
    ) -> Self:
        """Learns the pieces of `texts`.

        Args:
            texts: the training side of the data.
            min_count: pieces seen less often than this, at least 1, become `<unk>`.
            max_size: pieces beyond this many most frequent ones, at least 1, become `<unk>`;
                special tokens do not count. All are kept where not given.
            lowercase: see the class.

        Raises:
            ValueError: `min_count` or `max_size` is below 1.
        """
        for name, value in (("min_count", min_count), ("max_size", max_size)):
            if value is not None and value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {value}.")
        return cls(cls._learned(texts, min_count, max_size, lowercase), lowercase)

    @classmethod
    def _learned(
        cls, texts: Iterable[str], min_count: int, max_size: int | None, lowercase: bool
    ) -> list[str]:
        """Returns the vocabulary that `learn` gives; see there."""
        empty = cls((), lowercase)
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(empty.pieces(text))
        return most_frequent(counts, min_count, max_size)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The pieces that the data gave, without special tokens and `fixed_pieces`."""
        return self.tokens[len(SPECIAL_TOKENS) + len(self.fixed_pieces) :]

    def __len__(self) -> int:
        """The vocabulary size V, special tokens included."""
        return len(self.tokens)

    def __eq__(self, other: object) -> bool:
        """Two tokenisers are equal where they give the same ids."""
        return (
            isinstance(other, Tokenizer)
            and (self.kind, self.lowercase) == (other.kind, other.lowercase)
            and self.tokens == other.tokens
        )

    def __hash__(self) -> int:
        return hash((self.kind, self.lowercase, self.tokens))

    def normalize(self, text: str) -> str:
        """Returns `text` in form C and, where `lowercase`, in lower case: what is cut to pieces."""
        text = normalize(text)
        return normalize(text.lower()) if self.lowercase else text

    def encode(self, text: str) -> list[int]:
        """Returns the ids of `text`, without begin or end; pieces never seen become `<unk>`."""
        return [self._ids.get(piece, UNK_ID) for piece in self.pieces(text)]

    def decode(self, ids: Iterable[int]) -> str:
        """Returns the text of `ids` up to the first end token.

        Padding and begin tokens are dropped; `<unk>` becomes U+FFFD.

        Raises:
            ValueError: an id lies outside 0 to V - 1.
        """
        pieces: list[str] = []
        for i in ids:
            if i == EOS_ID:
                break
            if not 0 <= i < len(self.tokens):
                raise ValueError(
                    f"Token ids must lie between 0 and {len(self.tokens) - 1}. Received: {i}."
                )
            if i == UNK_ID:
                pieces.append(self.unknown_piece)
            elif i >= len(SPECIAL_TOKENS):
                pieces.append(self.tokens[i])
        return self.join(pieces)

    def unknown(self, text: str) -> list[str]:
        """Returns the pieces of `text` that have no id of their own, each once, in order."""
        return [piece for piece in dict.fromkeys(self.pieces(text)) if piece not in self._ids]

    def describe(self, piece: str) -> str:
        """Returns how an error names a piece: quoted, a single character with its code point."""
        text = self.join([piece])
        return f"{text!r} (U+{ord(text):04X})" if len(text) == 1 else repr(text)

    def definition(self) -> dict[str, Any]:
        """Returns the JSON document that every runtime reads.

        `lowercase` stands in it only where it is true.
        """
        return {
            "format": 1,
            "kind": self.kind,
            "normalization": "NFC",
            **({"lowercase": True} if self.lowercase else {}),
            "special_tokens": list(SPECIAL_TOKENS),
            **self.fixed_entries,
            f"{self.kind}s": list(self.vocabulary),
        }

    @classmethod
    def from_definition(cls, document: Mapping[str, Any]) -> Self:
        """Builds the tokeniser of a JSON document, of the subclass that its `kind` names.

        Raises:
            ValueError: the document is of another kind, format or normalisation, or is malformed.
        """
        known = {kind: found for kind, found in TOKENIZERS.items() if issubclass(found, cls)}
        kind = document.get("kind")
        if not isinstance(kind, str) or kind not in known:
            raise ValueError(
                f"A tokeniser definition must have a `kind` of {sorted(known)}. Received: {kind!r}."
            )
        expected = {
            "format": 1,
            "normalization": "NFC",
            "special_tokens": list(SPECIAL_TOKENS),
            **known[kind].fixed_entries,
        }
        for key, value in expected.items():
            if document.get(key) != value:
                raise ValueError(
                    f"A tokeniser definition must have `{key}` {value!r}. "
                    f"Received: {document.get(key)!r}."
                )
        lowercase = document.get("lowercase", False)
        if not isinstance(lowercase, bool):
            raise ValueError(f"`lowercase` must be true or false. Received: {lowercase!r}.")
        vocabulary = document.get(f"{kind}s")
        if not isinstance(vocabulary, list) or not all(isinstance(p, str) for p in vocabulary):
            raise ValueError(f"A tokeniser definition must have a list of strings `{kind}s`.")
        return known[kind](vocabulary, lowercase)

    def to_json(self) -> str:
        """Returns the definition as JSON text, non-ASCII characters escaped."""
        return json.dumps(self.definition(), indent=0) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Builds the tokeniser of JSON text, of the subclass that its `kind` names.

        Raises:
            ValueError: `text` is not JSON, or its document is no tokeniser definition.
        """
        document = json.loads(text)
        if not isinstance(document, dict):
            raise ValueError(
                f"A tokeniser definition must be an object. Received: {type(document).__name__}."
            )
        return cls.from_definition(document)
