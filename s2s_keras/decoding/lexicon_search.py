"""Beam search among the words of a lexicon that lie near to what was typed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding.session import Session, check_number
from s2s_keras.text import BOS_ID, EOS_ID, PAD_ID, UNK_ID, Lexicon, Tokenizer

__all__ = ["Candidate", "LexiconSearch", "forced_log_prob"]

_ROOT = 0


class Candidate(NamedTuple):
    """A word that may have been meant.

    Attributes:
        text: the word; two with a space between them where they were run together.
        log_prob: log p(text | source) of the model, in nats.
        score: log_prob and the weighted log frequency.
    """

    text: str
    log_prob: float
    score: float


@dataclass
class _Beams:
    """The prefixes that are open, A of them, in the order of the session's rows.

    Attributes:
        texts: the prefixes.
        nodes: int (A,), of the lexicon.
        log_probs: float64 (A,).
        log_frequencies: float64 (A,), of the words before the last space.
        edits: int (A, m + 1), the edit distance of the prefix from each prefix of the typed word.
        edits_before: int (A, m + 1), that of the prefix without its last character.
    """

    texts: list[str]
    nodes: NDArray[np.intp]
    log_probs: NDArray[np.float64]
    log_frequencies: NDArray[np.float64]
    edits: NDArray[np.int64]
    edits_before: NDArray[np.int64]


class _Longer(NamedTuple):
    """C prefixes that are a character longer: the row that each continues, and so on."""

    rows: NDArray[np.intp]
    nodes: NDArray[np.intp]
    characters: NDArray[np.int64]
    log_probs: NDArray[np.float64]
    log_frequencies: NDArray[np.float64]
    hopes: NDArray[np.float64]


class LexiconSearch:
    """Finds the words of a lexicon that a model holds likeliest, given what was typed.

    A prefix stays open while it begins a word and some word that begins with it may lie within
    `max_edits` of the typed one: omissions, insertions, substitutions and transpositions of
    neighbours (Damerau 1964). Prefixes share their decoder's states, so that B rows stand for all
    candidates. Open prefixes are ranked by

        log p(prefix | source) + w max log f(word)    over the words that begin with the prefix,

    and words by log p(word | source) + w log f(word), where f is a word's share of running text.
    Two words with a space between them are a candidate, too: a space that was left out.

    Args:
        lexicon: the words.
        tokenizer: the model's target tokeniser, of characters.
        frequency_weight: w, at least 0.
        max_edits: at least 0.
        blocked: words that are no candidates.

    Reference:
        Ortmanns, Ney and Eiden 1996, "Language-model look-ahead for large vocabulary speech
        recognition" (the best word behind a prefix); Oflazer 1996, "Error-tolerant finite-state
        recognition" (the edit distance that cuts branches off).
    """

    def __init__(
        self,
        lexicon: Lexicon,
        tokenizer: Tokenizer,
        frequency_weight: float = 0.3,
        max_edits: int = 2,
        blocked: Collection[str] = (),
    ) -> None:
        self.lexicon = lexicon
        self.blocked = frozenset(blocked)
        self.frequency_weight = frequency_weight
        self.max_edits = max_edits
        self._vocabulary_size = len(tokenizer)
        self._ids = {token: i for i, token in enumerate(tokenizer.tokens) if i > UNK_ID}
        codes, places = np.unique(lexicon.characters, return_inverse=True)
        ids = np.array([self._ids.get(chr(code), PAD_ID) for code in codes])
        self._token_ids = ids[places]  # of each node's last character; PAD where it has none
        self._space_id = self._ids.get(" ", PAD_ID)

    def __call__(
        self,
        session: Session,
        source_ids: NDArray[np.int32],
        typed: str,
        beam_width: int,
        n_best: int,
        *,
        completes: bool = False,
    ) -> list[Candidate]:
        """Returns the best candidates, the best first; the typed word is not treated specially.

        Args:
            session: the model.
            source_ids: int32 (1, S).
            typed: what was typed, as the lexicon writes words.
            beam_width: B, rows of the session.
            n_best: candidates wanted, at least 1.
            completes: looks for words whose beginning is near to `typed`, of which a third of the
                characters may be wrong.
        """
        session.start(source_ids, beam_width)
        max_edits = min(self.max_edits, len(typed) // 3) if completes else self.max_edits
        codes = np.array([ord(c) for c in typed], np.int64)
        start = np.arange(len(typed) + 1)
        never = np.full(len(typed) + 1, len(typed) + max_edits + 9)
        beams = _Beams(
            [""], np.zeros(1, np.intp), np.zeros(1), np.zeros(1), start[None], never[None]
        )
        tokens = np.full(beam_width, BOS_ID, np.int32)
        parents = np.zeros(beam_width, np.intp)
        found: list[Candidate] = []
        while beams.texts:
            output = session.step(tokens, parents)
            check_number(np.add.reduce(output.log_probs, None))
            count = len(beams.texts)
            log_probs = np.full((count, self._vocabulary_size), -np.inf)
            np.put_along_axis(
                log_probs, output.token_ids[:count].astype(np.intp), output.log_probs[:count], 1
            )
            found += self._ended(beams, log_probs, max_edits)
            found.sort(key=lambda candidate: -candidate.score)
            del found[n_best:]
            floor = found[-1].score if len(found) == n_best else -np.inf
            longer = self._extended(beams, log_probs, floor)
            edits = _edits_after(beams, longer, codes, completes)
            beams, kept = _nearest(beams, longer, edits, max_edits, beam_width)
            if beams.texts:
                parents = np.zeros(beam_width, np.intp)
                parents[: len(kept)] = kept
                tokens = np.full(beam_width, PAD_ID, np.int32)
                tokens[: len(kept)] = [self._ids[text[-1]] for text in beams.texts]
        return found

    def _ended(
        self, beams: _Beams, log_probs: NDArray[np.float64], max_edits: int
    ) -> list[Candidate]:
        """Returns the open prefixes that are words near enough, ended."""
        is_near = beams.edits[:, -1] <= max_edits
        found = []
        for i in np.flatnonzero(self.lexicon.is_word[beams.nodes] & is_near):
            if not self.blocked.isdisjoint(beams.texts[i].split(" ")):
                continue
            log_prob = float(beams.log_probs[i] + log_probs[i, EOS_ID])
            frequency = beams.log_frequencies[i] + self.lexicon.log_frequencies[beams.nodes[i]]
            score = log_prob + self.frequency_weight * float(frequency)
            found.append(Candidate(beams.texts[i], log_prob, score))
        return found

    def _extended(self, beams: _Beams, log_probs: NDArray[np.float64], floor: float) -> _Longer:
        """Returns all prefixes one character longer that may still come to more than `floor`."""
        lexicon = self.lexicon
        nodes, rows = lexicon.children(beams.nodes)
        token_ids, characters = self._token_ids[nodes], lexicon.characters[nodes].astype(np.int64)
        frequencies = beams.log_frequencies[rows]
        if self._space_id != PAD_ID:  # behind a word a second one may begin, once
            ends = np.flatnonzero(
                lexicon.is_word[beams.nodes] & (beams.log_frequencies == 0) & (beams.nodes != _ROOT)
            )
            nodes = np.concatenate([nodes, np.full(len(ends), _ROOT)])
            rows = np.concatenate([rows, ends])
            token_ids = np.concatenate([token_ids, np.full(len(ends), self._space_id)])
            characters = np.concatenate([characters, np.full(len(ends), ord(" "))])
            frequencies = np.concatenate([frequencies, lexicon.log_frequencies[beams.nodes[ends]]])
        totals = beams.log_probs[rows] + log_probs[rows, token_ids]
        hopes = totals + self.frequency_weight * (frequencies + lexicon.best_log_frequencies[nodes])
        kept = (token_ids != PAD_ID) & (hopes > floor)
        columns = (rows, nodes, characters, totals, frequencies, hopes)
        return _Longer(*(column[kept] for column in columns))


def _nearest(
    beams: _Beams, longer: _Longer, edits: NDArray[np.int64], max_edits: int, beam_width: int
) -> tuple[_Beams, NDArray[np.intp]]:
    """Returns the best prefixes that something near begins with, and the row each continues."""
    near = np.flatnonzero(edits.min(axis=1) <= max_edits)
    best = near[np.argsort(-longer.hopes[near], kind="stable")[:beam_width]]
    rows, characters = longer.rows[best], longer.characters[best]
    texts = [beams.texts[row] + chr(code) for row, code in zip(rows, characters, strict=True)]
    kept = (longer.nodes[best], longer.log_probs[best], longer.log_frequencies[best])
    return _Beams(texts, *kept, edits[best], beams.edits[rows]), rows


def _edits_after(
    beams: _Beams, longer: _Longer, codes: NDArray[np.int64], completes: bool
) -> NDArray[np.int64]:
    """Returns the edit distances of prefixes that are a character longer, int (C, m + 1)."""
    rows, characters = longer.rows, longer.characters
    before, earlier = beams.edits[rows], beams.edits_before[rows]
    places = np.arange(len(codes) + 1)
    after = before + 1  # the character was left out
    is_other = characters[:, None] != codes
    np.minimum(after[:, 1:], before[:, :-1] + is_other, out=after[:, 1:])
    if len(codes) > 1:
        last = np.array([ord(beams.texts[row][-1]) if beams.texts[row] else 0 for row in rows])
        is_swapped = (characters[:, None] == codes[:-1]) & (last[:, None] == codes[1:])
        swapped = np.where(is_swapped, earlier[:, :-2] + 1, after[:, 2:])
        np.minimum(after[:, 2:], swapped, out=after[:, 2:])
    if completes:  # what follows behind the typed characters costs nothing
        np.minimum(after[:, -1], before[:, -1], out=after[:, -1])
    # A typed character too many: the best on the way to each place.
    return np.minimum.accumulate(after - places, axis=1) + places


def forced_log_prob(session: Session, source_ids: NDArray[np.int32], token_ids: list[int]) -> float:
    """Returns log p(token_ids, eos | source) in nats, in as many steps.

    Args:
        session: the model.
        source_ids: int32 (1, S).
        token_ids: without `eos`.

    Raises:
        ValueError: a step gives the likeliest tokens alone.
    """
    session.start(source_ids, 1)
    total, row = 0.0, np.zeros(1, np.intp)
    for token, wanted in zip([BOS_ID, *token_ids], [*token_ids, EOS_ID], strict=True):
        output = session.step(np.array([token], np.int32), row)
        is_wanted = output.token_ids[0] == wanted
        if not is_wanted.any():
            raise ValueError("To judge words a step must give the log-probability of every token.")
        total += float(output.log_probs[0, is_wanted][0])
    check_number(total)
    return total
