"""Measures what suggestions are worth to a person who types, without errors.

    python -m benchmarks.autocorrect.keys_saved MODEL.tflite TEXTS.tsv [--texts 200]

Letter by letter, as in a keyboard, three words are suggested; nothing stands behind the cursor. A
word that is among them is taken with one key, which also types the space. Counted are the words
that are suggested before their first letter, and the keys that are saved.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from s2s_keras.cli.console import print_figures, print_json
from s2s_keras.data import read_pairs
from s2s_keras.runtime import Corrector
from s2s_keras.text.words import find_words

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the figures."""
    options = _parse(arguments)
    words = letters = keys = next_words = 0
    with Corrector(options.model) as corrector:
        for _, text in read_pairs(options.texts_file)[: options.texts]:
            for word in find_words(text):
                pressed = _keys(corrector, text[: word.start], word.text, options.suggestions)
                words += 1
                letters += len(word.text) + 1
                keys += pressed
                next_words += pressed == 1
    figures = {
        "words": words,
        "next_word_accuracy": next_words / words,
        "keys_saved": 1 - keys / letters,
    }
    if options.json:
        print_json(figures)
    else:
        shown = {
            "words": f"{words:,}",
            f"next words among {options.suggestions} suggestions": f"{next_words / words:.1%}",
            "keys saved": f"{figures['keys_saved']:.1%}",
        }
        print_figures(f"{options.model} on {options.texts_file}", shown)
    return 0


def _keys(corrector: Corrector, left: str, word: str, suggestions: int) -> int:
    """Returns the keys that a word and its space take."""
    for typed in range(len(word)):
        found = corrector.suggest(word[:typed], left, k=suggestions)
        if word.lower() in [suggestion.text.lower() for suggestion in found]:
            return typed + 1
    return len(word) + 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.autocorrect.keys_saved",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, help="a .tflite file with a lexicon")
    parser.add_argument(
        "texts_file", type=Path, help="typed<TAB>meant lines; the meant text counts"
    )
    parser.add_argument("--texts", type=int, default=200, help="how many")
    parser.add_argument("--suggestions", type=int, default=3, help="at a time")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
