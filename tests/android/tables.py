"""Writes the Kotlin sources that hold tables of Python's: Unicode, and languages' small words.

`python -m tests.android.tables`. Android's own Unicode is another in each release; with these
tables a text has the same ids on every phone.
"""

from __future__ import annotations

import sys
import textwrap
import unicodedata
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from s2s_keras.text.languages import LANGUAGES
from s2s_keras.text.word import cut_words

__all__ = ["FOLDER", "UNICODE", "sources"]

FOLDER = Path(__file__).parents[2] / "android_demo/core/src/main/kotlin/org/s2skeras/core/text"
UNICODE = "14.0.0"
"""The version whose tables stand there: Python 3.11's."""

FLAGS = (
    "LETTER",
    "NUMBER",
    "DECIMAL",
    "MARK",
    "LOWER",
    "UPPER",
    "TITLE",
    "SPACE",
    "CASED",
    "IGNORABLE",
)
WIDTH = 160


def sources() -> dict[str, str]:
    """Returns the name of each file, and what it holds."""
    return {
        "UnicodeTables.kt": _unicode(),
        "DecompositionTable.kt": _decompositions(),
        "LanguageWords.kt": _languages(),
    }


def _unicode() -> str:
    flags = _runs(_flags(chr(code)) for code in range(sys.maxunicode + 1))
    classes = _runs(unicodedata.combining(chr(code)) for code in range(sys.maxunicode + 1))
    names = "\n".join(f"    const val {name} = {1 << i}" for i, name in enumerate(FLAGS))
    return _file(
        f"/** What Python's Unicode {UNICODE} says of each character. */\n"
        "internal object UnicodeTables {\n"
        f"{names}\n\n"
        "    /** Flags and how many characters in turn have them, in base 36. */\n"
        f"    const val FLAGS =\n{_literal(flags)}\n\n"
        "    /** Combining classes, likewise. */\n"
        f"    const val COMBINING =\n{_literal(classes)}\n\n"
        "    /** First, last, step and distance of characters that have a lower case. */\n"
        f"    const val LOWER_CASE =\n{_literal(_lower())}\n"
        "}\n"
    )


def _decompositions() -> str:
    parts: list[str] = []
    before = 0
    for code in range(sys.maxunicode + 1):
        decomposition = unicodedata.decomposition(chr(code))
        if decomposition and "<" not in decomposition:
            points = [int(point, 16) for point in decomposition.split()]
            whole = "".join(map(chr, points))
            composes = len(points) == 2 and unicodedata.normalize("NFC", whole) == chr(code)
            parts.append(
                f"{_base36(code - before)}{'+' if composes else '-'}"
                + ".".join(map(_base36, points))
            )
            before = code
    return _file(
        "/** What characters are made of, in Python's Unicode. */\n"
        "internal object DecompositionTable {\n"
        "    /** Distance from the one before, `+` where its parts make it or `-`, parts. */\n"
        f"    const val PARTS =\n{_literal(parts)}\n"
        "}\n"
    )


def _languages() -> str:
    entries = ",\n".join(
        f'        "{name}" to (\n{_literal(sorted(words), 100, 12)}\n        )'
        for name, words in LANGUAGES.items()
    )
    return _file(
        "/** Words without which few sentences of a language are written; `text/languages.py`. */\n"
        "internal object LanguageWords {\n"
        f"    val LISTS: Map<String, String> = mapOf(\n{entries},\n    )\n"
        "}\n"
    )


def _file(body: str) -> str:
    return (
        "// Written by `python -m tests.android.tables`.\n\npackage org.s2skeras.core.text\n\n"
        + body
    )


def _literal(parts: Iterable[str], width: int = WIDTH, indent: int = 8) -> str:
    lines = textwrap.wrap(" ".join(parts), width, break_on_hyphens=False, break_long_words=False)
    quoted = [f'{" " * indent}"{line} "' for line in lines[:-1]]
    return " +\n".join([*quoted, f'{" " * indent}"{lines[-1]}"'])


def _runs(values: Iterable[int]) -> list[str]:
    return [f"{_base36(value)}.{_base36(sum(1 for _ in run))}" for value, run in groupby(values)]


def _flags(character: str) -> int:
    category = unicodedata.category(character)
    before_sigma = (character + "\N{GREEK CAPITAL LETTER SIGMA}").lower()[-1]
    is_cased = before_sigma == "\N{GREEK SMALL LETTER FINAL SIGMA}"
    around = ("A" + character + "\N{GREEK CAPITAL LETTER SIGMA}").lower()[-1]
    is_skipped = around == "\N{GREEK SMALL LETTER FINAL SIGMA}" and not is_cased
    # A piece of its own is no word; a mark or a letter goes on with what stands before it.
    in_word = len(cut_words("a" + character)) == 1 and not character.isspace()
    values = (
        character.isalpha(),
        character.isalnum() and not character.isalpha(),
        character.isdecimal(),
        in_word and not character.isalnum() and character != "_",
        character.islower(),
        character.isupper(),
        category == "Lt",
        character.isspace(),
        is_cased,
        is_skipped,
    )
    return sum(1 << i for i, value in enumerate(values) if value)


def _lower() -> list[str]:
    pairs = [
        (code, ord(chr(code).lower()) - code)
        for code in range(sys.maxunicode + 1)
        if len(chr(code).lower()) == 1 and chr(code).lower() != chr(code)
    ]
    runs: list[list[int]] = []
    for code, distance in pairs:
        if runs:
            first, last, step, same = runs[-1]
            if distance == same and (code - last == step or (first == last and code - last < 3)):
                runs[-1] = [first, code, code - last, same]
                continue
        runs.append([code, code, 1, distance])
    return [".".join(map(_base36, run)) for run in runs]


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    if number < 0:
        return "-" + _base36(-number)
    return (_base36(number // 36) if number >= 36 else "") + digits[number % 36]


def main() -> None:
    """Writes the files."""
    for name, content in sources().items():
        (FOLDER / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
