"""Text as it was typed -> text as it was meant."""

from __future__ import annotations

import math
import re
import threading
from bisect import bisect_right
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self

from s2s_keras.decoding import DecodingSettings, ResumableSession
from s2s_keras.decoding.correction import CorrectionSettings, Judgement, WordCorrector
from s2s_keras.decoding.edits import CONTEXT_CHARACTERS, Edit, apply_edits, edit_word, find_edits
from s2s_keras.errors import ArtifactError, InputError
from s2s_keras.runtime.artifact import Artifact
from s2s_keras.runtime.personal_words import PersonalWords
from s2s_keras.runtime.seq2seq_lite import Seq2SeqLite
from s2s_keras.runtime.session import TFLiteSession
from s2s_keras.runtime.shipped import shipped_corrector
from s2s_keras.text import Lexicon, normalize
from s2s_keras.text.channel import ChannelModel
from s2s_keras.text.languages import foreign_spans
from s2s_keras.text.words import PROTECTED_KINDS, find_words, straighten, with_case_of

__all__ = ["Correction", "Corrector", "Suggestion", "word_corrector"]

_NO_SENTENCE = re.compile(r"\.\w|[-)]")
"""What follows a letter that is part of an abbreviation, as in `i.e.`, or counts: `i)`."""

_PERSONAL_FREQUENCY = 1e-6
"""Of a personal word in running text, as long as nothing better is known."""


@dataclass(frozen=True)
class Correction:
    """What became of a text.

    Attributes:
        source: the text as it was given.
        text: the corrected text; where nothing was corrected, `source` itself.
        edits: what was changed, in order.
    """

    source: str
    text: str
    edits: tuple[Edit, ...] = field(repr=False)

    @property
    def changed(self) -> bool:
        """Whether anything was corrected."""
        return self.text != self.source


class Suggestion(NamedTuple):
    """A word that may have been meant.

    Attributes:
        text: the word.
        probability: its share among all candidates; for the next word, of all words; 0 to 1.
    """

    text: str
    probability: float


class Corrector(Seq2SeqLite):
    """Opens a file whose task is `correction`; see `Seq2SeqLite`.

    A file with a lexicon corrects texts of any length word by word, each in its context: see
    `WordCorrector` for when a word is changed. A file without one takes a word or a short text as
    a whole.

    >>> with Corrector("model.tflite") as corrector:
    ...     print(corrector.correct("recieve").text)

    Args:
        path: see `Seq2SeqLite`.
        settings: see `Seq2SeqLite`; with a lexicon only the beam width counts.
        correction: when a word is changed; where not given, as the file says.
        aggressiveness: how readily, 0 to 1; see `CorrectionSettings.margin`.
        capitals: whether right words get the capitals that they always have: `i` becomes `I`,
            `london` becomes `London`. Words that are corrected get them in any case.
        personal_words: a person's own words, or the file that holds them; none where not given.
        protected: what is never changed, of `PROTECTED_KINDS`.
        num_threads: see `Seq2SeqLite`.
        interpreter: see `Seq2SeqLite`.

    Raises:
        ArtifactError, MissingDependencyError: see `Seq2SeqLite`.
        DataError: the personal words cannot be read; see `PersonalWords`.
        ValueError: a value lies outside its range, or means nothing to a file without a lexicon.
    """

    task = "correction"

    def __init__(
        self,
        path: str | Path | Artifact,
        settings: DecodingSettings | None = None,
        *,
        correction: CorrectionSettings | None = None,
        aggressiveness: float = 0.5,
        capitals: bool = False,
        personal_words: PersonalWords | str | Path | None = None,
        protected: Collection[str] = PROTECTED_KINDS,
        num_threads: int = 1,
        interpreter: str | Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(path, settings, num_threads=num_threads, interpreter=interpreter)
        find_words("", protected)  # refuses what is no kind
        self.protected = protected
        self.aggressiveness = aggressiveness
        self.capitals = capitals
        if isinstance(personal_words, str | Path):
            personal_words = PersonalWords(personal_words)
        self.personal_words = personal_words
        self._personal_words: frozenset[str] = frozenset()
        self._words_lock = threading.Lock()
        self._words: WordCorrector | None = None
        if self._artifact.lexicon is not None:
            self._words = word_corrector(self._artifact, correction)
            self._words.settings.margin(True, aggressiveness)  # refuses what is no such number
            self._take_personal_words()
        elif (correction, personal_words, aggressiveness, capitals) != (None, None, 0.5, False):
            raise ValueError(
                f"{self._artifact.path} holds no lexicon: leave out `correction`, "
                "`aggressiveness`, `capitals` and `personal_words`."
            )

    @classmethod
    def shipped(cls, language: str = "en", **options: Any) -> Self:
        """Opens the corrector that ships with the package: `Corrector.shipped("en")`.

        Args:
            language: ISO 639-1 code.
            options: see the class.

        Raises:
            ArtifactError: none ships for that language; names those that do.
        """
        return cls(shipped_corrector(language), **options)

    def check(self, text: str) -> list[int]:
        """Returns the ids of a text that `predict` and `stream` take.

        Raises:
            InputError: see `Seq2SeqLite`; or the file holds a lexicon, and corrects words.
        """
        if self._words is not None:
            raise InputError("This model corrects words in their context: take `correct`.")
        return super().check(text)

    def correct(self, text: str, aggressiveness: float | None = None) -> Correction:
        """Corrects a text; all that is not corrected stays as it is, character by character.

        With a lexicon, so do sentences in another language than the model's; see `foreign_spans`.
        Without a lexicon, an output of the same tokens is no correction: white space and, where the
        model knows no capitals, letter case stay as they were. Neither is one that the model did
        not end, for want of time or length: half a word corrects nothing.

        Args:
            text: any text.
            aggressiveness: for this text; the corrector's own where not given. Without a lexicon
                it means nothing.

        Raises:
            InputError: see `predict`; never with a lexicon.
            ValueError: `aggressiveness` does not lie between 0 and 1.
        """
        if self._words is None:
            edits = self._correct_whole(text)
        else:
            words = find_words(text, self.protected)
            with self._borrowed() as session:
                dial = self.aggressiveness if aggressiveness is None else aggressiveness
                judge = partial(self._judge, self._words, session, dial)
                edits = tuple(find_edits(text, words, judge, self._may_join))
            edits = self._of_its_language(text, edits)
        return Correction(text, apply_edits(text, edits), edits)

    def correct_word(
        self, word: str, left: str = "", right: str = "", aggressiveness: float | None = None
    ) -> Edit | None:
        """Corrects one word in its context, as a keyboard does where a word ends.

        What stands before it is not read again where it was read before.

        Args:
            word: one word, or anything: what is no word, or is protected, is left alone.
            left: the text before it.
            right: the text behind it.
            aggressiveness: see `correct`.

        Returns:
            The change, with positions in `word`; `None` where there is none.

        Raises:
            ValueError: `aggressiveness` does not lie between 0 and 1, or the file holds no lexicon.
        """
        words = self._with_lexicon()
        dial = self.aggressiveness if aggressiveness is None else aggressiveness
        words.settings.margin(True, dial)  # refuses what is no such number
        found = find_words(word, self.protected)
        if [part.text for part in found] != [word]:
            return None
        with self._borrowed() as session:
            judge = partial(self._judge, words, session, dial)
            edit = edit_word(word + right, found[0], left, judge)
        if edit is not None:
            left = left[-CONTEXT_CHARACTERS:]
            there = edit._replace(start=len(left), end=len(left) + len(word))
            if not self._of_its_language(left + word + right[:CONTEXT_CHARACTERS], (there,)):
                return None
        return edit

    @property
    def lexicon(self) -> Lexicon:
        """The words that a correction is made of, personal ones included.

        Raises:
            ValueError: the file holds none.
        """
        return self._with_lexicon().lexicon

    def suggest(self, word: str, left: str = "", right: str = "", k: int = 3) -> list[Suggestion]:
        """Returns what may have been meant by a word, or what it may become, the best first.

        Args:
            word: what was typed so far; empty for the next word.
            left: the text before it.
            right: the text behind it.
            k: suggestions wanted, at least 1.

        Returns:
            At most k; none for what the model cannot read.

        Raises:
            ValueError: `k` is below 1, or the file holds no lexicon.
        """
        if k < 1:
            raise ValueError(f"`k` must be a positive integer. Received: k={k}.")
        words = self._with_lexicon()
        if word and not words.takes(word):
            return []
        width = self.settings.beam_width
        with self._borrowed() as session:
            found = words.suggest(session, left, word, right, k, width)
        spelled = words.lexicon.spelled
        return [
            Suggestion(with_case_of(word, spelled(c.text)), math.exp(c.log_prob)) for c in found
        ]

    def learn(self, word: str) -> None:
        """Adds a personal word, which is then left alone, and may be suggested.

        Raises:
            InputError, DataError, OSError: see `PersonalWords.learn`.
            ValueError: the corrector was opened without personal words.
        """
        self._personal().learn(word)
        self._take_personal_words()

    def forget(self, word: str) -> None:
        """Removes a personal word, or lifts a block.

        Raises:
            InputError, DataError, OSError, ValueError: see `learn`.
        """
        self._personal().forget(word)
        self._take_personal_words()

    def block(self, word: str) -> None:
        """Sees to it that a word is never suggested.

        Raises:
            InputError, DataError, OSError, ValueError: see `learn`.
        """
        self._personal().block(word)
        self._take_personal_words()

    def _new_session(self) -> TFLiteSession:
        session = super()._new_session()
        session.keeps_encoded = True  # a word is looked at twice: as typed, and among others
        return session

    def _correct_whole(self, text: str) -> tuple[Edit, ...]:
        [[best, *others]] = self.predict([text])
        pieces = self.source_tokenizer.pieces
        if not best.is_complete or pieces(best.text) == pieces(text):
            return ()
        alternatives = tuple(other.text for other in others)
        return (Edit(0, len(text), text, best.text, math.exp(best.log_prob), alternatives),)

    def _of_its_language(self, text: str, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """Leaves out the edits of sentences in another language than the model's."""
        language = self.metadata.get("source_language")
        if not edits or not isinstance(language, str):
            return edits
        spans = list(foreign_spans(text, language))
        ends = [end for _, end in spans]
        places = [bisect_right(ends, edit.start) for edit in edits]
        return tuple(
            edit
            for edit, place in zip(edits, places, strict=True)
            if place == len(spans) or edit.start < spans[place][0]
        )

    def _with_lexicon(self) -> WordCorrector:
        if self._words is None:
            raise ValueError(f"{self._artifact.path} holds no lexicon, which this needs.")
        return self._words

    def _personal(self) -> PersonalWords:
        if self.personal_words is None:
            raise ValueError("Open the corrector with `personal_words`, a file to keep them in.")
        return self.personal_words

    def _take_personal_words(self) -> None:
        shipped = self._artifact.lexicon
        if self.personal_words is None or shipped is None:
            return
        with self._words_lock:  # or a slower thread would bring back what was there before
            words = self._with_lexicon()
            learned = self.personal_words.learned
            spellings = {words.context.normalize(w): straighten(normalize(w)) for w in learned}
            frequencies = dict.fromkeys(spellings, _PERSONAL_FREQUENCY)
            lexicon = shipped.changed(
                frequencies, spellings=[s for w, s in spellings.items() if s.lower() == w]
            )
            words.use_words(lexicon, {*map(words.context.normalize, self.personal_words.blocked)})
            self._personal_words = frozenset(spellings)

    def _judge(
        self,
        words: WordCorrector,
        session: ResumableSession,
        aggressiveness: float,
        left: str,
        typed: str,
        right: str,
    ) -> Judgement | None:
        if words.context.normalize(typed) in self._personal_words or not words.takes(typed):
            return None
        judgement = words.judge(
            session, left, typed, right, self.settings.beam_width, aggressiveness
        )
        itself, *others = [
            c._replace(text=words.lexicon.spelled(c.text))
            for c in (judgement.typed, *judgement.others)
        ]
        if self.capitals and not judgement.is_error and typed.islower():
            is_error = itself.text != judgement.typed.text and not _NO_SENTENCE.match(right)
            return judgement._replace(others=(itself, *others), is_error=is_error)
        return judgement._replace(others=tuple(others))

    def _may_join(self, one: str, two: str) -> bool:
        """Whether the space between two words may be one too many."""
        words = self._with_lexicon()
        normalize, lexicon = words.context.normalize, words.lexicon
        parts = normalize(one), normalize(two)
        return not all(part in lexicon for part in parts) and "".join(parts) in lexicon


def word_corrector(
    artifact: Artifact, correction: CorrectionSettings | None = None
) -> WordCorrector:
    """Returns what judges words by a file's lexicon and channel.

    Args:
        artifact: of a file with a lexicon.
        correction: when a word is changed; where not given, as the file says.

    Raises:
        ArtifactError: the file holds no lexicon, or what it says of corrections is unusable, or its
            state stays inside the interpreter, where nothing can go back to it.
    """
    metadata = artifact.metadata
    if artifact.lexicon is None:
        raise ArtifactError(f"{artifact.path}: the file holds no lexicon, which this needs.")
    if "start" in metadata["signatures"]:
        raise ArtifactError(f"{artifact.path}: a corrector's file must be exported stateless.")
    try:
        settings = correction or CorrectionSettings.from_metadata(metadata)
        if settings.right_tokens >= metadata["max_source_length"]:
            raise ValueError(
                f"`right_tokens` {settings.right_tokens} and an end are more than the file's "
                f"sources of at most {metadata['max_source_length']} tokens."
            )
        if artifact.source_tokenizer != artifact.target_tokenizer:
            raise ValueError("Both sides must have one tokeniser.")
        channel = ChannelModel.from_metadata(metadata) if "channel" in metadata else None
        return WordCorrector(artifact.source_tokenizer, artifact.lexicon, settings, channel)
    except ValueError as error:
        raise ArtifactError(f"{artifact.path}: {error}") from error
