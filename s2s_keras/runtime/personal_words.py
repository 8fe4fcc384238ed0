"""A person's own words, in a plain text file that any editor opens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from filelock import FileLock, Timeout

from s2s_keras.errors import DataError, InputError
from s2s_keras.files import make_folder, write_text
from s2s_keras.text import normalize
from s2s_keras.text.lexicon import MAX_WORD_CHARACTERS
from s2s_keras.text.words import straighten

__all__ = ["PersonalWords"]

BLOCKED = "-"
"""Stands before a word that must never be suggested."""

MAX_BYTES = 4 * 2**20

_LOCK_SECONDS = 10.0

_NO_WORD = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class PersonalWords:
    """Words that a person has learned to a corrector, and words that it must never suggest.

    The file holds a word a line, those that are never suggested with a hyphen before them. Empty
    lines and lines that begin with `#` are left as they are. Words that differ in case or in the
    form of their apostrophe are one: to forget "zürich" is to forget "Zürich". Every change reads
    the file anew and replaces it atomically, while no other process may: no word is lost when two
    learn at once.

    >>> words = PersonalWords("~/.config/words.txt")
    >>> words.learn("Zürich")
    >>> sorted(words.learned), sorted(words.blocked)
    (['Zürich'], [])

    Args:
        path: the file; it need not exist. `~` is the person's home.

    Attributes:
        path: the file.
        learned: the words.
        blocked: the words that are never suggested.

    Raises:
        DataError: the file is no text in UTF-8, is too large or holds a line that is no word; names
            file and line.
        OSError: the file cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self.learned: frozenset[str] = frozenset()
        self.blocked: frozenset[str] = frozenset()
        self._keep(self._read())

    def learn(self, word: str) -> None:
        """Adds a word, which is then no error, and may be suggested.

        Raises:
            InputError: it is no word: empty, too long, or with white space or control characters.
            DataError: see the class; or another process keeps the file to itself.
            OSError: the file cannot be written.
        """
        word = _checked(word)
        self._change(lambda lines: [*_without(lines, word), word])

    def forget(self, word: str) -> None:
        """Removes a word, learned or blocked; one that is not there is no error.

        Raises:
            InputError, DataError, OSError: see `learn`.
        """
        word = _checked(word)
        self._change(lambda lines: _without(lines, word))

    def block(self, word: str) -> None:
        """Sees to it that a word is never suggested.

        Raises:
            InputError, DataError, OSError: see `learn`.
        """
        word = _checked(word)
        self._change(lambda lines: [*_without(lines, word), BLOCKED + word])

    def _change(self, change: Callable[[list[str]], list[str]]) -> None:
        path = self.path.resolve()  # a link stays one
        make_folder(path.parent)
        lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_LOCK_SECONDS)
        try:
            with lock:
                before = self._read()
                after = change(before)
                if after != before:
                    mode = path.stat().st_mode if path.exists() else None
                    write_text(path, "".join(f"{line}\n" for line in after))
                    if mode is not None:
                        path.chmod(mode)
                self._keep(after)
        except Timeout as error:
            raise DataError(
                f"another process has kept the personal words locked for {_LOCK_SECONDS:g} "
                "seconds. Try again, or end it.",
                self.path,
            ) from error

    def _keep(self, lines: Iterable[str]) -> None:
        words = [line for line in map(str.strip, lines) if line and not line.startswith("#")]
        self.blocked = frozenset(word[1:] for word in words if word.startswith(BLOCKED))
        self.learned = frozenset(word for word in words if not word.startswith(BLOCKED))

    def _read(self) -> list[str]:
        """Returns the lines of the file; none where there is no file."""
        try:
            with self.path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return []
        if len(content) > MAX_BYTES:
            raise DataError(
                f"personal words must take at most {MAX_BYTES:,} bytes. This is more: is it the "
                "right file?",
                self.path,
            )
        lines = []
        for number, line in enumerate(content.removesuffix(b"\n").split(b"\n"), 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r")
                word = text.strip()
                if word and not word.startswith("#"):
                    _checked(word.removeprefix(BLOCKED))
            except UnicodeDecodeError as error:
                raise DataError(
                    "personal words must be text in UTF-8. Repair the line, or name another file.",
                    self.path,
                    number,
                ) from error
            except InputError as error:
                raise DataError(
                    f"{error} Repair the line, or name another file.", self.path, number
                ) from error
            lines.append(text)
        return lines if content else []


def _checked(word: str) -> str:
    longest = max(len(word), len(_key(word)))  # lower case may be longer
    if not 0 < longest <= MAX_WORD_CHARACTERS or _NO_WORD.search(word):
        raise InputError(
            f"A word must hold 1 to {MAX_WORD_CHARACTERS} characters, none of them white space or "
            f"a control character. Received: {word[:60]!r}."
        )
    if word.startswith(("#", BLOCKED)):
        raise InputError(f"A word must not begin with '#' or '{BLOCKED}'. Received: {word!r}.")
    return word


def _key(word: str) -> str:
    """Returns what the spellings of a word have in common."""
    return straighten(normalize(word)).lower()


def _without(lines: list[str], word: str) -> list[str]:
    keys = (_key(word), BLOCKED + _key(word))
    return [line for line in lines if _key(line.strip()) not in keys]
