"""The checkers in use today, behind one interface; runs in an environment of their own.

    python peers.py NAME [JAMSPELL_MODEL] < {"texts": [...], "words": [...]} > {"texts": ..., ...}

Checkers of single words get the words of a text as ours does: letters with apostrophes within, and
none with capitals behind the first letter. Corrections get the case of what was typed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import resources
from typing import TypeAlias

Suggest: TypeAlias = Callable[[str], Sequence[str]]
"""A word in lower case -> what may have been meant, the best first; the word itself where it is
right."""

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
SUGGESTED = 3


def symspell() -> Suggest:
    """Symspellpy with its own list of 82,765 words: the nearest, then the most frequent."""
    from symspellpy import SymSpell, Verbosity

    checker = SymSpell(max_dictionary_edit_distance=2)
    listed = resources.files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt")
    checker.load_dictionary(str(listed), 0, 1)

    def suggest(word: str) -> Sequence[str]:
        return [found.term for found in checker.lookup(word, Verbosity.ALL, 2)[:SUGGESTED]]

    return suggest


def pyspellchecker() -> Suggest:
    """pyspellchecker: the most frequent of the nearest."""
    from spellchecker import SpellChecker

    checker = SpellChecker()

    def suggest(word: str) -> Sequence[str]:
        if not checker.unknown([word]):
            return [word]
        others = checker.candidates(word) or ()
        return sorted(others, key=lambda other: -checker.word_usage_frequency(other))[:SUGGESTED]

    return suggest


def autocorrect() -> Suggest:
    """autocorrect, likewise."""
    from autocorrect import Speller

    checker = Speller()

    def suggest(word: str) -> Sequence[str]:
        best = checker.autocorrect_word(word)
        others = sorted(checker.get_candidates(word), reverse=True)
        return list(dict.fromkeys([best, *(other for _, other in others)]))[:SUGGESTED]

    return suggest


def _ispell(command: Sequence[str]) -> Suggest:
    """A program that speaks the protocol of ispell."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    writer, reader = process.stdin, process.stdout
    if writer is None or reader is None:  # pipes are there, as they were asked for
        raise OSError(f"{command[0]} has no pipes")
    reader.readline()  # its version

    def suggest(word: str) -> Sequence[str]:
        writer.write(f"^{word}\n")
        writer.flush()
        answers = []
        while line := reader.readline().strip():
            answers.append(line)
        if len(answers) != 1 or answers[0][0] not in "&#":
            return [word]
        return answers[0].partition(": ")[2].split(", ")[:SUGGESTED] if answers[0][0] == "&" else []

    return suggest


def aspell() -> Suggest:
    """GNU Aspell, American English."""
    return _ispell(["aspell", "-a", "--lang=en_US", "--encoding=utf-8"])


def hunspell() -> Suggest:
    """Hunspell, American English."""
    return _ispell(["hunspell", "-a", "-d", "en_US", "-i", "utf-8"])


WORD_CHECKERS: dict[str, Callable[[], Suggest]] = {
    "symspell": symspell,
    "pyspellchecker": pyspellchecker,
    "autocorrect": autocorrect,
    "aspell": aspell,
    "hunspell": hunspell,
}


def correct_words(text: str, suggest: Suggest) -> str:
    """Returns a text in which each word that is wrong is its first suggestion."""

    def corrected(match: re.Match[str]) -> str:
        word = match.group()
        if not (word[1:].islower() or len(word) == 1) or not word.isascii():
            return word
        best = next(iter(suggest(word.lower())), word.lower())
        if best.lower() == word.lower():
            return word
        return best[:1].upper() + best[1:] if word[0].isupper() else best

    return WORD.sub(corrected, text)


def main() -> None:
    """Reads a request, and writes what the checker makes of it."""
    name, *model = sys.argv[1:]
    request = json.load(sys.stdin)
    if name == "jamspell":
        import jamspell

        checker = jamspell.TSpellCorrector()
        if not checker.LoadLangModel(model[0]):
            raise SystemExit(f"{model[0]}: no JamSpell model")
        correct = checker.FixFragment

        def suggest(word: str) -> Sequence[str]:
            return list(checker.GetCandidates([word], 0))[:SUGGESTED] or [word]

    else:
        suggest = WORD_CHECKERS[name]()

        def correct(text: str) -> str:
            return correct_words(text, suggest)

    start = time.perf_counter()
    texts = [correct(text) for text in request["texts"]]
    seconds = time.perf_counter() - start
    suggestions = [list(suggest(word.lower())) for word in request["words"]]
    json.dump({"texts": texts, "suggestions": suggestions, "seconds": seconds}, sys.stdout)


if __name__ == "__main__":
    main()
