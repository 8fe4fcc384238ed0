"""Asking a person about each correction: `s2s-keras correct --interactive`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich.text import Text

from s2s_keras.cli.console import note, stderr
from s2s_keras.decoding import Edit, apply_edits
from s2s_keras.runtime import Correction, Corrector

__all__ = ["Reviewer"]

HELP = (
    "y or nothing takes the correction, n leaves the word, a number takes that alternative, w asks "
    "for another word, l leaves the word and learns it (with --personal-words), a takes this and "
    "all that follow, q leaves this and all that follow"
)


class Reviewer:
    """Asks on standard error what is to become of each edit.

    Args:
        corrector: learns words, where it has personal ones.
    """

    def __init__(self, corrector: Corrector) -> None:
        self._corrector = corrector
        self._learned: set[str] = set()
        self._rest: bool | None = None
        """Whether all that follows is taken; `None` as long as a person is asked."""

    def review(self, correction: Correction) -> Correction:
        """Returns a correction with the edits that a person wants."""
        kept = tuple(self._kept(correction))
        return Correction(correction.source, apply_edits(correction.source, kept), kept)

    def _kept(self, correction: Correction) -> Iterator[Edit]:
        for edit in correction.edits:
            found: Edit | None = edit
            if edit.typed.lower() in self._learned:
                found = None
            elif self._rest is None:
                found = self._ask(correction.source, edit)
            elif not self._rest:
                found = None
            if found is not None:
                yield found

    def _ask(self, source: str, edit: Edit) -> Edit | None:
        line = Text(source)
        line.stylize("bold red", edit.start, edit.end)
        stderr.print(line, soft_wrap=True)
        choices = {str(n): text for n, text in enumerate(edit.alternatives, 1)}
        others = "".join(f"  [{n}] {text}" for n, text in choices.items())
        while True:
            note(f"  {edit.typed} -> {edit.corrected} ({edit.probability:.0%}){others}")
            answer = _answer("  [y]es [n]o [w]ord [l]earn [a]ll [q]uit? ")
            if answer in choices:
                return _replaced(edit, choices[answer])
            if answer == "w":
                return _replaced(edit, _answer("  word: "))
            if answer == "l" and self._corrector.personal_words is not None:
                self._corrector.learn(edit.typed)
                self._learned.add(edit.typed.lower())
                return None
            if answer in ("a", "q"):
                self._rest = answer == "a"
            if answer in ("y", "", "a"):
                return edit
            if answer in ("n", "q"):
                return None
            note(f"  {HELP}")


def _answer(question: str) -> str:
    """Returns a line of standard input without its end; `q` where there is no more."""
    stderr.print(question, end="")
    line = sys.stdin.readline()
    return line.strip() if line else "q"


def _replaced(edit: Edit, word: str) -> Edit | None:
    return None if word == edit.typed else edit._replace(corrected=word)
