"""The subword tokeniser: learned parts of words, by longest match, and bytes for all else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import ClassVar

from s2s_keras.errors import INSTALL_TRAINING, MissingDependencyError
from s2s_keras.text.tokenizer import SPECIAL_TOKENS, Tokenizer, most_frequent, normalize
from s2s_keras.text.word import SPACE, WordTokenizer

__all__ = ["BYTE_PIECES", "MAX_PIECE_CHARACTERS", "SubwordTokenizer"]

BYTE_PIECES = tuple(f"<0x{byte:02X}>" for byte in range(256))
"""The bytes of UTF-8, ids 4 to 259, for characters that the vocabulary lacks."""

MAX_PIECE_CHARACTERS = 32
"""The longest piece, U+2581 included: it bounds what a longest match has to look at."""

DEFAULT_SIZE = 8000
"""Pieces that are learned where no number is given."""

_WORDS_A_LINE = 1000
_BYTES = {piece: bytes([byte]) for byte, piece in enumerate(BYTE_PIECES)}
_NO_PIECES = {*SPECIAL_TOKENS, *BYTE_PIECES}
_SWAP = {ord(" "): SPACE, ord(SPACE): " "}
_SURROGATE = re.compile("[\ud800-\udfff]")


class SubwordTokenizer(Tokenizer):
    """Cuts text into the longest pieces of its vocabulary, from left to right, and loses nothing.

    The space before a word belongs to its first piece and is written as U+2581, which stands
    nowhere else in a piece: none reaches from one word into the next. The beginning of a text
    counts as a space. A character that the vocabulary lacks becomes the bytes of its UTF-8, each
    a piece; so does U+2581 itself. `<unk>` never comes about.

    >>> SubwordTokenizer(["▁", "l", "o", "w", "▁lo", "we", "e"]).pieces("low lower!")
    ['▁lo', 'w', '▁lo', 'we', '<0x72>', '<0x21>']

    Lone surrogates, which no UTF-8 has, become U+FFFD. `learn` needs the library `tokenizers`; it
    gives at most 8,000 pieces where `max_size` is not given, and leaves to bytes the characters
    that it does not keep.

    Args:
        vocabulary: distinct pieces, in the order of their ids from 260, each of their characters
            among them: whether a character becomes bytes then hangs on nothing but itself.
        lowercase: see `Tokenizer`.

    Raises:
        ValueError: an entry is no piece or stands twice, or a character of one is missing.

    Reference:
        Kudo and Richardson 2018, "SentencePiece", section 3.2 (the visible space); Wu et al. 2016,
        section 4.1 (longest match); Wang et al. 2020, "Neural Machine Translation with Byte-Level
        Subwords" (bytes).
    """

    kind = "subword"
    piece_rule = (
        f"1 to {MAX_PIECE_CHARACTERS} characters in NFC, {SPACE!r} at most the first, no space, no "
        "special token and no byte"
    )
    fixed_pieces = BYTE_PIECES
    cuts_by_vocabulary = True
    fixed_entries: ClassVar[Mapping[str, str]] = {"fallback": "byte"}

    def __init__(self, vocabulary: Sequence[str], lowercase: bool = False) -> None:
        super().__init__(vocabulary, lowercase)
        self._subwords = frozenset(vocabulary)
        missing = sorted(set(chain.from_iterable(vocabulary)) - self._subwords)
        if missing:
            raise ValueError(
                "Each character of `subwords` must be one of them, too. "
                f"Missing: {', '.join(map(repr, missing[:5]))}."
            )
        self._longest: dict[str, int] = {}
        for piece in vocabulary:
            self._longest[piece[0]] = max(len(piece), self._longest.get(piece[0], 0))

    def normalize(self, text: str) -> str:
        """Returns `text` as `Tokenizer.normalize` does, lone surrogates replaced by U+FFFD."""
        return super().normalize(_SURROGATE.sub(self.unknown_piece, text))

    def pieces(self, text: str) -> list[str]:
        """Returns the pieces of `text`, one for each id, U+2581 for a space."""
        text = self.normalize(text)
        # U+2581 and the space change places: that of the text is then in no piece.
        return self._cut((" " + text).translate(_SWAP)) if text else []

    def encode_part(self, text: str) -> list[int]:
        """Returns the ids of a text that goes on where another ends, with no space between them."""
        text = self.normalize(text)
        return [self._ids[piece] for piece in self._cut(text.translate(_SWAP))]

    def sample(self, text: str, dropout: float, random: Callable[[], float]) -> list[int]:
        """Returns ids of `text` in which, at random, shorter pieces stand where longer ones could.

        Each time that a piece of several characters matches, it is passed over with probability
        `dropout`. `decode` gives the same text for all of them.

        Args:
            text: any text.
            dropout: 0 to 1, where 1 leaves single characters.
            random: returns a number from 0 to 1, below 1, at each call.

        Reference:
            Hiraoka 2022, "MaxMatch-Dropout: Subword Regularization for WordPiece", section 3; after
            Provilkov et al. 2020, "BPE-Dropout".
        """
        text = self.normalize(text)
        if not text:
            return []
        pieces = self._cut((" " + text).translate(_SWAP), lambda: random() < dropout)
        return [self._ids[piece] for piece in pieces]

    def join(self, pieces: Iterable[str]) -> str:
        """Returns the text of pieces, without the space before the first.

        `join(pieces(text))` is `normalize(text)`. Bytes that are no UTF-8 become U+FFFD.
        """
        content = b"".join(
            _BYTES.get(piece) or piece.replace(SPACE, " ").encode(errors="replace")
            for piece in pieces
        )
        return content.decode(errors="replace").removeprefix(" ")

    def _is_piece(self, text: str) -> bool:
        return (
            0 < len(text) <= MAX_PIECE_CHARACTERS
            and " " not in text
            and SPACE not in text[1:]
            and text not in _NO_PIECES
            and not _SURROGATE.search(text)
            and text == normalize(text)
        )

    def _cut(self, text: str, passes: Callable[[], bool] | None = None) -> list[str]:
        """Returns the longest pieces of a text in which U+2581 stands for the space.

        Args:
            text: of which nothing is lost.
            passes: whether to pass over a piece that matches, asked for each of several characters.
        """
        found: list[str] = []
        start = 0
        while start < len(text):
            end = min(start + self._longest.get(text[start], 0), len(text))
            while end > start and (
                text[start:end] not in self._subwords
                or (passes is not None and end > start + 1 and passes())
            ):
                end -= 1
            if end > start:
                found.append(text[start:end])
            else:
                end += 1
                found += _byte_pieces(text[start])
            start = end
        return found

    @classmethod
    def _learned(
        cls, texts: Iterable[str], min_count: int, max_size: int | None, lowercase: bool
    ) -> list[str]:
        """Returns the characters of `texts` and what byte pair encoding puts together of them.

        Characters go first where `max_size`, 8,000 where not given, has no room for more. A piece
        lies within one of the word tokeniser's.
        """
        size = max_size or DEFAULT_SIZE
        empty, cutter = cls((), lowercase), WordTokenizer((), lowercase)
        characters: Counter[str] = Counter()
        words: Counter[str] = Counter()
        for text in map(empty.normalize, texts):
            if text:
                characters.update((" " + text).translate(_SWAP))
                words.update(cutter.pieces(text))
        del characters[" "]  # U+2581 in the text
        alphabet = most_frequent(characters, min_count, size)
        parts: Counter[str] = Counter()
        known = re.compile(f"[{re.escape(''.join(alphabet))}]+") if alphabet else None
        for word, n in words.items():
            for part in known.findall(word) if known and SPACE not in word[1:] else ():
                parts[part] += n
        learned = _byte_pair_encoding(parts, alphabet, size, min_count)
        tokenizer = cls(learned, lowercase)
        counts = Counter(dict.fromkeys(learned, 0))
        for part, n in parts.items():
            for piece in tokenizer._cut(part):
                counts[piece] += n
        return most_frequent(counts, 0)


def _byte_pieces(character: str) -> list[str]:
    """Returns the bytes of a character of a text in which U+2581 stands for the space."""
    return [BYTE_PIECES[byte] for byte in character.translate(_SWAP).encode()]


def _byte_pair_encoding(
    words: Counter[str], alphabet: Sequence[str], size: int, min_count: int
) -> list[str]:
    """Returns the alphabet and merges of it, `size` pieces at most, of words and their counts."""
    try:
        from tokenizers import Tokenizer as Trained
        from tokenizers import models, pre_tokenizers, trainers
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"Learning subwords needs {error.name}: {INSTALL_TRAINING}."
        ) from error
    trained = Trained(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Split("\n", "removed")
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=min_count,
        initial_alphabet=list(alphabet),
        limit_alphabet=len(alphabet),
        max_token_length=MAX_PIECE_CHARACTERS,
        show_progress=False,
    )
    lines = (
        "\n".join([word] * min(n - start, _WORDS_A_LINE))
        for word, n in words.items()
        for start in range(0, n, _WORDS_A_LINE)
    )
    trained.train_from_iterator(lines, trainer)
    return sorted(trained.get_vocab())
