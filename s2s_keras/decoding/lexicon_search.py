"""Beam search among the words of a lexicon that lie near to what was typed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding.near_words import Ahead, NearWords, Rows
from s2s_keras.decoding.session import Session, check_number
from s2s_keras.text import BOS_ID, EOS_ID, PAD_ID, UNK_ID, Lexicon, Tokenizer
from s2s_keras.text.channel import ChannelModel

__all__ = ["Candidate", "LexiconSearch", "forced_log_prob"]

_ROOT = 0


class Candidate(NamedTuple):
    """A word that may have been meant.

    Attributes:
        text: the word; two with a space between them where they were run together.
        log_prob: log p(text | source) of the model, in nats.
        score: the weighted sum of log_prob, log frequency and log p(typed | text).
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
        rows: of the tables beside the typed word.
    """

    texts: list[str]
    nodes: NDArray[np.intp]
    log_probs: NDArray[np.float64]
    log_frequencies: NDArray[np.float64]
    rows: Rows


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
    candidates. Words are ranked by

        a log p(word | source) + w log f(word) + v log p(typed | word)

    where f is a word's share of running text, and the last is that of a noisy channel; open
    prefixes by the same with the most frequent word that begins so, and the likeliest beginning of
    the typed word. Two words with a space between them are a candidate, too: a space that was left
    out.

    Args:
        lexicon: the words.
        tokenizer: the model's target tokeniser, of characters.
        frequency_weight: w, at least 0.
        max_edits: at least 0.
        blocked: words that are no candidates.
        channel: how people mistype words.
        model_weight: a, at least 0.
        channel_weight: v, at least 0; 0 where no channel is given.

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
        channel: ChannelModel | None = None,
        model_weight: float = 1.0,
        channel_weight: float = 0.0,
    ) -> None:
        self.lexicon = lexicon
        self.blocked = frozenset(blocked)
        self.channel = channel
        self.model_weight = model_weight
        self.channel_weight = channel_weight if channel is not None else 0.0
        self.frequency_weight = frequency_weight
        self.max_edits = max_edits
        self._vocabulary_size = len(tokenizer)
        self._ids = {token: i for i, token in enumerate(tokenizer.tokens) if i > UNK_ID}
        codes, places = np.unique(lexicon.characters, return_inverse=True)
        ids = np.array([self._ids.get(chr(code), PAD_ID) for code in codes])
        self._token_ids = ids[places]  # of each node's last character; PAD where it has none
        self._space_id = self._ids.get(" ", PAD_ID)
        self.near_words = NearWords(
            lexicon,
            self._token_ids != PAD_ID,
            frequency_weight,
            max_edits,
            channel,
            self.channel_weight,
        )

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
        near_words = self.near_words
        beams = _Beams(
            [""], np.zeros(1, np.intp), np.zeros(1), np.zeros(1), near_words.start(typed)
        )
        ahead = None
        if self.channel is not None and not completes:
            ahead = near_words.look_ahead(typed)
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
            rows = near_words.after(
                beams.rows.take(longer.rows), longer.characters, typed, completes
            )
            hopes = longer.hopes + self.channel_weight * rows.slips.max(axis=1)
            if ahead is not None:
                surer = self._surer(longer, rows, ahead)
                hopes = np.where(longer.log_frequencies < 0, hopes, surer)
            near = np.flatnonzero((rows.edits.min(axis=1) <= max_edits) & (hopes > floor))
            best = near[np.argsort(-hopes[near], kind="stable")[:beam_width]]
            kept = longer.rows[best]
            beams = _grown(beams, longer, rows, best)
            if beams.texts:
                parents = np.zeros(beam_width, np.intp)
                parents[: len(kept)] = kept
                tokens = np.full(beam_width, PAD_ID, np.int32)
                tokens[: len(kept)] = [self._ids[text[-1]] for text in beams.texts]
        return found

    def _surer(self, longer: _Longer, rows: Rows, ahead: Ahead) -> NDArray[np.float64]:
        """Returns what prefixes of one word may come to, given what was found ahead of them."""
        best = self.lexicon.best_log_frequencies
        space = 0.0 if self.channel is None else float(self.channel.omission(" "))
        of_two = self.frequency_weight * (
            best[longer.nodes].astype(np.float64) + float(best[_ROOT])
        )
        of_two += self.channel_weight * (rows.slips.max(axis=1) + space)
        if not len(ahead.nodes):
            return self.model_weight * longer.log_probs + of_two
        places = np.minimum(np.searchsorted(ahead.nodes, longer.nodes), len(ahead.nodes) - 1)
        is_there = ahead.nodes[places] == longer.nodes
        of_one = np.where(is_there, ahead.values[places], -np.inf)
        return self.model_weight * longer.log_probs + np.maximum(of_one, of_two)

    def _ended(
        self, beams: _Beams, log_probs: NDArray[np.float64], max_edits: int
    ) -> list[Candidate]:
        """Returns the open prefixes that are words near enough, ended."""
        is_near = beams.rows.edits[:, -1] <= max_edits
        found = []
        for i in np.flatnonzero(self.lexicon.is_word[beams.nodes] & is_near):
            if not self.blocked.isdisjoint(beams.texts[i].split(" ")):
                continue
            log_prob = float(beams.log_probs[i] + log_probs[i, EOS_ID])
            frequency = beams.log_frequencies[i] + self.lexicon.log_frequencies[beams.nodes[i]]
            score = (
                self.model_weight * log_prob
                + self.frequency_weight * float(frequency)
                + self.channel_weight * float(beams.rows.slips[i, -1])
            )
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
        hopes = self.model_weight * totals + self.frequency_weight * (
            frequencies + lexicon.best_log_frequencies[nodes]
        )
        kept = (token_ids != PAD_ID) & (hopes > floor)
        columns = (rows, nodes, characters, totals, frequencies, hopes)
        return _Longer(*(column[kept] for column in columns))


def _grown(beams: _Beams, longer: _Longer, rows: Rows, best: NDArray[np.intp]) -> _Beams:
    """Returns the prefixes `best` of those that are a character longer."""
    parents, characters = longer.rows[best], longer.characters[best]
    return _Beams(
        texts=[beams.texts[i] + chr(code) for i, code in zip(parents, characters, strict=True)],
        nodes=longer.nodes[best],
        log_probs=longer.log_probs[best],
        log_frequencies=longer.log_frequencies[best],
        rows=rows.take(best),
    )


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
