"""Where `s2s-keras correct` reads texts, and the forms in which it writes what became of them."""

from __future__ import annotations

import difflib
import io
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from rich.text import Text

from s2s_keras.cli.console import note, print_json, stdout
from s2s_keras.errors import DataError
from s2s_keras.files import atomic_path
from s2s_keras.runtime import Correction

__all__ = ["Diff", "Document", "Findings", "InPlace", "Json", "Output", "Plain", "documents"]

STANDARD_INPUT = "<stdin>"

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_DIFF_STYLES = {"-": "red", "+": "green", "@": "cyan"}


@dataclass(frozen=True)
class Document:
    """Lines, each with its end as it is, and what they are called.

    Attributes:
        name: of the file; `None` for a text of the command line.
        lines: one by one, as they come.
        path: the file, where it is one.
    """

    name: str | None
    lines: Iterable[str]
    path: Path | None = None


def documents(texts: Sequence[str] | None, files: Sequence[Path]) -> Iterator[Document]:
    """Yields texts and files, or else standard input."""
    for text in texts or ():
        yield Document(None, _LINE.findall(text) or [""])
    for path in files:
        with path.open("rb") as file:
            yield Document(str(path), _lines(file, path), path)
    if not texts and not files:
        yield Document(STANDARD_INPUT, _lines(sys.stdin.buffer, Path(STANDARD_INPUT)))


def _lines(file: BinaryIO | io.BufferedIOBase, path: Path) -> Iterator[str]:
    for number, line in enumerate(iter(file.readline, b""), 1):
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise DataError(
                f"byte {error.start + 1} of the line is not valid UTF-8; convert it to UTF-8.",
                path,
                number,
            ) from error


class Output:
    """A form in which corrections are written; by itself it writes nothing."""

    def start(self, document: Document) -> None:
        """Is told what the next lines are of."""

    def take(self, document: Document, number: int, correction: Correction, end: str) -> None:
        """Takes a line without its end, and the end, as they come."""

    def finish(self, document: Document) -> None:
        """Is told that there are no more lines; not called where reading failed."""


class Plain(Output):
    """Writes the corrected text."""

    def take(self, document: Document, number: int, correction: Correction, end: str) -> None:
        """Writes the line at once; a text of the command line ends with a line feed."""
        if document.name is None and not end:
            end = "\n"
        if isinstance(sys.stdout, io.TextIOWrapper):  # line ends and odd characters as they are
            sys.stdout.reconfigure(newline="", errors="surrogateescape")
        sys.stdout.write(correction.text + end)
        sys.stdout.flush()


class Json(Output):
    """Writes an object for each line."""

    def take(self, document: Document, number: int, correction: Correction, end: str) -> None:
        """Writes the line's object."""
        place = {} if document.name is None else {"file": document.name, "line": number}
        edits = [
            {**edit._asdict(), "alternatives": list(edit.alternatives)} for edit in correction.edits
        ]
        print_json({**place, "source": correction.source, "text": correction.text, "edits": edits})


class Findings(Output):
    """Writes a line for each edit, as compilers and linters do."""

    def take(self, document: Document, number: int, correction: Correction, end: str) -> None:
        """Writes where each edit is, with columns from 1."""
        for edit in correction.edits:
            place = f"{document.name or '<text>'}:{number}:{edit.start + 1}"
            stdout.print(f"{place}: {edit.typed} -> {edit.corrected}", soft_wrap=True)


@dataclass
class Diff(Output):
    """Writes a unified diff, in colour on a terminal; `patch -p0` takes it."""

    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    def start(self, document: Document) -> None:
        """Forgets the last document."""
        self.before, self.after = [], []

    def take(self, document: Document, number: int, correction: Correction, end: str) -> None:
        """Keeps the line."""
        self.before.append(correction.source + end)
        self.after.append(correction.text + end)

    def finish(self, document: Document) -> None:
        """Writes what differs."""
        name = document.name or "<text>"
        for line in difflib.unified_diff(self.before, self.after, name, name):
            is_whole = line.endswith("\n")
            style = _DIFF_STYLES.get(line[0], "")
            if line.startswith(("---", "+++")):
                style = "bold"
            stdout.print(Text(line.rstrip("\n"), style), soft_wrap=True)
            if not is_whole:
                stdout.print("\\ No newline at end of file")


@dataclass
class InPlace(Output):
    """Replaces files by what they should be, atomically; what was there stays beside them.

    Attributes:
        suffix: what the name of the copy ends with; none is kept where it is empty.
    """

    suffix: str
    parts: list[str] = field(default_factory=list)
    edits: int = 0

    def start(self, document: Document) -> None:
        """Forgets the last document."""
        self.parts, self.edits = [], 0

    def take(self, document: Document, number: int, correction: Correction, end: str) -> None:
        """Keeps the line."""
        self.parts += [correction.text, end]
        self.edits += len(correction.edits)

    def finish(self, document: Document) -> None:
        """Writes the file, where anything was corrected."""
        if document.path is None or not self.edits:
            return
        path = document.path.resolve()  # a link stays one
        if self.suffix:
            shutil.copy2(path, path.with_name(path.name + self.suffix))
        mode = path.stat().st_mode
        with atomic_path(path) as temporary:
            temporary.write_bytes("".join(self.parts).encode())
        path.chmod(mode)
        note(f"{document.name}: {self.edits:,} corrected")
