"""A typed word -> the words of a lexicon that lie near to it, and how likely they are typed so."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2s_keras.text import Lexicon
from s2s_keras.text.channel import ChannelModel
from s2s_keras.text.lexicon import MAX_WORD_CHARACTERS

__all__ = ["MAX_EDITS", "Near", "NearWords"]

MAX_EDITS = 7
"""The largest edit distance: the rows that it may reach in a table must have a bit each of 64."""

_BREAK = ord("\n")
"""Stands behind each word, and for typed characters that no word of the lexicon can hold."""

_CLASSES = 32
"""Of characters, in signatures."""

_ASCII = "".join(map(chr, range(128)))

_AT_ONCE = 2048
"""Words that are compared at a time, so that their tables stay small."""

_REMEMBERED = 1 << 16
"""Near words that are remembered, of all typed words together."""

_WORTH = 16
"""As many near words take the memory that a typed word takes itself."""


class Near(NamedTuple):
    """C words of a lexicon that lie near to a typed one, in the lexicon's order.

    The arrays are not writable.

    Attributes:
        indices: int64 (C,), of the words in the lexicon.
        slips: float64 (C,), log p(typed | word) of the channel in nats; 0 without a channel.
        edits: int64 (C,), the distance of the word, or of its nearest beginning.
    """

    indices: NDArray[np.int64]
    slips: NDArray[np.float64]
    edits: NDArray[np.int64]


class NearWords:
    """Finds the words of a lexicon within some edits of what was typed.

    Edits are omissions, insertions, substitutions and transpositions of neighbours; none touches
    what another has changed (optimal string alignment). All words of a fitting length are compared
    at once, in two steps:

    - A word's signature tells which classes of characters it holds, and which more than once. An
      edit takes at most one bit from it and brings at most one: where signatures differ by more,
      words are left out.
    - Of the others each diagonal of the table of edit distances has a word of bits, which tell
      where what was typed matches. By the carry of an addition a run of them is followed to its
      end, and so the farthest row that each number of edits reaches is found on each diagonal.

    Args:
        lexicon: the words.
        channel: how people mistype words; without one all slips are free.

    Attributes:
        lengths: uint8 (N,), the characters of each word.

    Reference:
        Ukkonen 1985, "Algorithms for approximate string matching" (the farthest row of each
        diagonal); Hyyrö 2003, "A bit-vector algorithm for computing Levenshtein and Damerau edit
        distances" (transpositions, and bits for matches).
    """

    def __init__(self, lexicon: Lexicon, channel: ChannelModel | None) -> None:
        self._channel = channel
        if channel is not None:
            self._codes = channel.codes(_ASCII)
        letters = lexicon.letters()
        ends = np.flatnonzero(letters == _BREAK)
        starts = np.append(0, ends[:-1] + 1)
        self._starts = (starts + MAX_EDITS).astype(np.uint32)
        self.lengths = (ends - starts).astype(np.uint8)
        self._longest = int(self.lengths.max())
        self._last_letter = int(letters.max())
        beyond = MAX_EDITS, MAX_WORD_CHARACTERS + 2 * MAX_EDITS  # where diagonals lead
        self._letters = np.pad(letters, beyond, constant_values=_BREAK)
        # Shorter words stand first in what all words are looked through by.
        self._by_length = np.argsort(self.lengths, kind="stable").astype(np.uint32)
        counts = np.bincount(self.lengths, minlength=self._longest + 1)
        self._firsts = np.append(0, counts.cumsum()).tolist()  # place of each length
        self._shared = self._share()
        self._shared_by_length = self._shared[self._by_length]
        self._signatures = self._sign()
        self._bit_counts = _bit_counts(self._signatures)
        self._remembered: dict[tuple[str, int, bool], Near] = {}
        self._room = _REMEMBERED

    def find(self, typed: str, max_edits: int, completes: bool = False) -> Near:
        """Returns the words within some edits of a typed one, itself excepted.

        What was found is remembered.

        Args:
            typed: any text, as the lexicon writes words.
            max_edits: 0 to `MAX_EDITS`.
            completes: whether to find the words that are longer than `typed` and of which some
                beginning lies within `max_edits` of it. What follows behind all that was typed then
                costs nothing.

        Raises:
            ValueError: `max_edits` lies outside its range.
        """
        if not 0 <= max_edits <= MAX_EDITS:
            raise ValueError(
                f"`max_edits` must lie between 0 and {MAX_EDITS}. Received: max_edits={max_edits}."
            )
        shortest = len(typed) + 1 if completes else max(len(typed) - max_edits, 0)
        if shortest > self._longest:
            return _near(*np.zeros((3, 0)))
        key = typed, max_edits, completes
        near = self._remembered.get(key)
        if near is None:
            longest = self._longest if completes else len(typed) + max_edits
            ends = self._firsts[shortest], self._firsts[min(longest, self._longest) + 1]
            near = self._find(typed, max_edits, completes, *ends)
            self._remember(key, near)
        return near

    def _remember(self, key: tuple[str, int, bool], near: Near) -> None:
        taken = _WORTH + len(near.indices)
        if taken > self._room:
            self._remembered.clear()
            self._room = _REMEMBERED
        if taken <= self._room:
            self._remembered[key] = near
            self._room -= taken

    def _find(self, typed: str, max_edits: int, completes: bool, first: int, end: int) -> Near:
        """Looks at the words from one place up to another, in the order of their lengths."""
        alike = self._alike(typed, max_edits, completes, first, end)
        distances = [
            self._distances(alike[i : i + _AT_ONCE], typed, max_edits, completes)
            for i in range(0, len(alike), _AT_ONCE)
        ]
        edits = np.concatenate([np.zeros(0, np.int64), *distances])
        is_near = edits <= max_edits
        if not completes:
            is_near &= edits > 0
        indices, edits = alike[is_near], edits[is_near]
        if completes:
            indices, edits = self._with_same_beginning(indices, edits, _beginning(typed, max_edits))
        slips = self._slips(indices, edits, typed, completes)
        order = np.argsort(indices)
        return _near(indices[order], slips[order], edits[order])

    def _alike(
        self, typed: str, max_edits: int, completes: bool, first: int, end: int
    ) -> NDArray[np.intp]:
        """Returns the indices of words whose signatures fit, shorter ones first.

        With `completes`, of words that begin alike, as far as that counts, it is the first.
        """
        once = twice = 0
        for character in typed:
            bit = 1 << ord(character) % _CLASSES
            twice |= once & bit
            once |= bit
        signature = once | twice << _CLASSES
        needed = np.uint8(signature.bit_count())
        common = _bit_counts(self._signatures[first:end] & np.uint64(signature))
        common += np.uint8(max_edits)
        if completes:  # what follows may hold anything
            fits = common >= needed
            fits &= self._shared_by_length[first:end] < _beginning(typed, max_edits)
        else:
            fits = common >= np.maximum(self._bit_counts[first:end], needed)
        return self._by_length[np.flatnonzero(fits) + first].astype(np.intp)

    def _with_same_beginning(
        self, indices: NDArray[np.intp], edits: NDArray[np.int64], size: int
    ) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Adds to each word those behind it that begin with as many of its characters."""
        firsts = np.append(np.flatnonzero(self._shared < size), len(self._shared))
        counts = firsts[np.searchsorted(firsts, indices, side="right")] - indices
        within = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
        return np.repeat(indices, counts) + within, np.repeat(edits, counts)

    def _distances(
        self, indices: NDArray[np.intp], typed: str, max_edits: int, completes: bool
    ) -> NDArray[np.int64]:
        """Returns the edits of each word, int64 (C,); more than `max_edits` where it is no nearer.

        Row i of diagonal d stands for the first i characters of what was typed beside the first
        i + d of the word. A row is a bit, and of none reached, all are 0.
        """
        matches = self._matches(indices, typed, max_edits)
        swaps = np.zeros_like(matches)
        swaps[1:-1] = matches[2:] & (matches[:-2] >> 1)
        diagonals = np.arange(-max_edits, max_edits + 1)[:, None]
        last = self.lengths[indices].astype(np.int64) - len(typed)
        is_end = diagonals <= last if completes else diagonals == last
        rows = np.zeros_like(matches)
        rows[max_edits] = 1
        edits = np.zeros(len(indices), np.int64)
        for edit in range(max_edits + 1):
            if edit:
                farther = np.maximum(rows << 1, (rows & swaps) << 2)
                np.maximum(farther[:-1], rows[1:] << 1, out=farther[:-1])  # typed too many
                np.maximum(farther[1:], rows[:-1], out=farther[1:])  # left out
                rows = farther
            runs = matches | (rows - 1)
            rows = ~runs & (runs + 1)
            edits += ~((rows >= 1 << len(typed)) & is_end).any(axis=0)
        return edits

    def _matches(
        self, indices: NDArray[np.intp], typed: str, max_edits: int
    ) -> NDArray[np.unsignedinteger]:
        """Returns which typed characters match on each diagonal, uint32 or uint64 (2 k + 1, C).

        Bit i of diagonal d tells whether typed character i is that of the word at i + d.
        """
        size, count = len(typed), 2 * max_edits + 1
        points = [ord(character) for character in typed]
        known = [point if point <= self._last_letter else _BREAK for point in points]
        around = self._around(indices, -max_edits, size + count - 1)
        [across, along] = around.strides
        shifted: NDArray[np.unsignedinteger] = np.ndarray(
            (len(indices), count, size), around.dtype, around, strides=(across, along, along)
        )
        packed = np.packbits(shifted == np.array(known, around.dtype), axis=2, bitorder="little")
        width = 4 if size + max_edits < 32 else 8  # bytes
        matches = np.zeros((count, len(indices), width), np.uint8)
        matches[:, :, : packed.shape[2]] = packed.swapaxes(0, 1)
        return matches.view(f"<u{width}")[:, :, 0]

    def _slips(
        self, indices: NDArray[np.intp], edits: NDArray[np.int64], typed: str, completes: bool
    ) -> NDArray[np.float64]:
        """Returns log p(typed | word), float64 (C,)."""
        slips = np.zeros(len(indices))
        if self._channel is None:
            return slips
        mistyped = np.flatnonzero(edits)  # all else is for free
        mistyped = mistyped[np.argsort(self.lengths[indices[mistyped]])]
        for i in range(0, len(mistyped), _AT_ONCE):
            some = mistyped[i : i + _AT_ONCE]
            lengths = self.lengths[indices[some]]
            letters = self._around(indices[some], 0, int(lengths[-1]))
            codes = self._codes.take(np.minimum(letters.T, len(_ASCII) - 1))
            slips[some] = self._channel.log_probs(typed, codes, lengths, completes)
        return slips

    def _around(
        self, indices: NDArray[np.intp], start: int, width: int
    ) -> NDArray[np.unsignedinteger]:
        """Returns as many letters of each word from one place in it on, (C, width)."""
        [step] = self._letters.strides
        shape = len(self._letters) - width + 1, width
        windows: NDArray[np.unsignedinteger] = np.ndarray(
            shape, self._letters.dtype, self._letters, strides=(step, step)
        )
        return windows[self._starts[indices].astype(np.intp) + start]

    def _share(self) -> NDArray[np.uint8]:
        """Returns how many characters each word begins with that the one before has too."""
        shared = np.zeros(len(self._starts), np.uint8)
        alike = np.arange(1, len(shared))
        while len(alike):
            places = self._starts[alike] + shared[alike]
            before = self._starts[alike - 1] + shared[alike]
            alike = alike[self._letters[places] == self._letters[before]]
            shared[alike] += 1
        return shared

    def _sign(self) -> NDArray[np.uint64]:
        """Returns the signatures of all words, shorter ones first, uint64 (N,)."""
        once, twice = np.zeros((2, len(self._starts)), np.uint64)
        starts = self._starts[self._by_length]
        for i in range(self._longest):
            first = self._firsts[i + 1]  # of the words that have as many characters
            letters = self._letters[starts[first:] + i]
            bits = np.left_shift(1, letters % _CLASSES, dtype=np.uint64)
            twice[first:] |= once[first:] & bits
            once[first:] |= bits
        return once | twice << np.uint64(_CLASSES)


def _beginning(typed: str, max_edits: int) -> int:
    """Returns how many characters of longer words count."""
    return len(typed) + max(max_edits, 1)


def _near(
    indices: NDArray[np.number], slips: NDArray[np.float64], edits: NDArray[np.number]
) -> Near:
    near = Near(indices.astype(np.int64), slips, edits.astype(np.int64))
    for column in near:
        column.setflags(write=False)
    return near


def _bit_counts(bits: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Returns how many bits are set in each number, uint8."""
    counts: NDArray[np.uint8]
    if hasattr(np, "bitwise_count"):
        counts = np.bitwise_count(bits)
    else:  # NumPy 1
        pairs = bits - (bits >> 1 & 0x5555555555555555)
        fours = (pairs & 0x3333333333333333) + (pairs >> 2 & 0x3333333333333333)
        eights = fours + (fours >> 4) & 0x0F0F0F0F0F0F0F0F
        counts = (eights * 0x0101010101010101 >> 56).astype(np.uint8)
    return counts
