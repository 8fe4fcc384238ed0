"""Measures what corrections to words outside of the lexicon could gain at most.

    python -m benchmarks.autocorrect.unknown_words MODEL.tflite TEXTS.tsv ...

Corrections are words of the lexicon. Here an oracle adds the meant word where the lexicon lacks it,
as if a search without a lexicon had found it each time, and counts how often it would be chosen: no
search can repair more.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from s2s_keras.cli.console import print_figures
from s2s_keras.data import Pair, read_pairs
from s2s_keras.runtime import TFLiteSession, read_artifact
from s2s_keras.runtime.corrector import word_corrector
from s2s_keras.text.words import find_words

__all__ = ["main"]

UNKNOWN_FREQUENCY = 1e-9
"""Of a meant word that the lexicon lacks, as a share of running text."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the counts of each file."""
    options = _parse(arguments)
    artifact = read_artifact(options.model)
    words, session = word_corrector(artifact), TFLiteSession(artifact)
    lexicon = words.lexicon
    for path in options.texts:
        errors = unknown = chosen = 0
        for left, typed, right, meant in _errors(read_pairs(path)):
            errors += 1
            word = words.context.normalize(meant)
            if word in lexicon or not word.isalpha() or not words.takes(typed):
                continue
            unknown += 1
            words.use_words(lexicon.changed({word: UNKNOWN_FREQUENCY}))
            judgement = words.judge(session, left, typed, right, max(session.beam_widths))
            chosen += judgement.is_error and judgement.others[0].text == word
        figures = {
            "errors": f"{errors:,}",
            "meant word not in the lexicon": f"{unknown:,}",
            "of these the oracle's would be chosen": f"{chosen:,}",
        }
        print_figures(str(path), figures)
    return 0


def _errors(pairs: Sequence[Pair]) -> Iterator[tuple[str, str, str, str]]:
    """Yields left context, typed word, right context and meant word of each error."""
    for source, target in pairs:
        typed_words, meant_words = find_words(source), find_words(target)
        if len(typed_words) != len(meant_words):
            continue
        for typed, meant in zip(typed_words, meant_words, strict=True):
            if typed.text != meant.text:
                yield source[: typed.start], typed.text, source[typed.end :], meant.text


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.autocorrect.unknown_words",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, help="a .tflite file with a lexicon")
    parser.add_argument("texts", type=Path, nargs="+", help="typed<TAB>meant lines")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
