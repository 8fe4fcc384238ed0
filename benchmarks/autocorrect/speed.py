"""Measures how long our corrector takes, and how much memory, on one thread.

    python -m benchmarks.autocorrect.speed MODEL.tflite TEXTS.tsv [--texts 300]

A word in a keyboard is corrected as soon as its end is typed, word after word of a text, and
suggestions are asked for; a sentence of 50 to 70 characters is corrected as a whole, seen for the
first time. Memory is what the process holds beyond what it held with the interpreter loaded.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from s2s_keras.cli.console import print_figures, print_json
from s2s_keras.data import read_pairs
from s2s_keras.runtime import Corrector
from s2s_keras.text.words import find_words

__all__ = ["main"]

SENTENCE = range(50, 71)
"""Characters of what counts as a sentence of 60."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints medians and 95th percentiles."""
    options = _parse(arguments)
    import ai_edge_litert.interpreter  # noqa: F401 - its memory is not ours

    before = _resident()
    corrector = Corrector(options.model)
    texts = sorted({pair.source for pair in read_pairs(options.texts_file)})
    random.Random(0).shuffle(texts)
    sentences = [text for text in texts if len(text) in SENTENCE][: options.texts]
    texts = texts[: options.texts]
    whole = [_milliseconds(partial(corrector.correct, text)) for text in sentences]
    judged: list[float] = []
    suggested: list[float] = []
    for text in texts:
        for word in find_words(text):
            left, right = text[: word.start], text[word.end :]
            judged.append(_milliseconds(partial(corrector.correct_word, word.text, left)))
            if len(suggested) < options.texts:
                suggest = partial(corrector.suggest, word.text, left, right)
                suggested.append(_milliseconds(suggest))
    figures = {
        "word as it is typed": _spread(judged),
        "three suggestions": _spread(suggested),
        f"sentence of {SENTENCE[0]} to {SENTENCE[-1]} characters": _spread(whole),
        "memory beyond the interpreter, MB": f"{_resident() - before:.1f}",
        "file, MB": f"{options.model.stat().st_size / 1e6:.2f}",
    }
    if options.json:
        print_json(figures)
    else:
        print_figures(f"{options.model}: ms, median and 95th percentile", figures)
    return 0


def _milliseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - start)


def _spread(times: Sequence[float]) -> str:
    percentile = statistics.quantiles(times, n=20)[-1]
    return f"{statistics.median(times):.2f}, {percentile:.2f}"


def _resident() -> float:
    """Returns the megabytes that the process holds."""
    status = Path("/proc/self/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1e3


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.autocorrect.speed",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, help="a .tflite file with a lexicon")
    parser.add_argument("texts_file", type=Path, help="typed<TAB>meant lines")
    parser.add_argument("--texts", type=int, default=300, help="how many")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
