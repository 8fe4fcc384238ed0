"""Makes dev sets of clean text: as it is, with words taken for one another, in other spellings.

    python -m benchmarks.autocorrect.dev_sets TEXT ... --without TRAINING_TEXT --out FOLDER

`clean.tsv` holds sentences on both sides: whatever a corrector changes there, it breaks.
`real_words.tsv` holds sentences with one word replaced by another of its confusion set, such as
"their" by "there": only the context tells. With `--lexicon lexicon.tsv`, `spellings.tsv` holds
sentences with a word that is right in two spellings, in the other one on both sides: nothing is to
be corrected. A TEXT holds a sentence a line, or is a file of pairs of which the first column
counts; sentences of the training text are left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random

from s2s_keras.cli.console import note
from s2s_keras.data import Pair, read_pairs
from s2s_keras.data.lines import read_lines
from s2s_keras.data.noise import Noise, confusion_sets
from s2s_keras.data.pairs import write_pairs
from s2s_keras.data.variants import spelling_variants
from s2s_keras.files import make_folder
from s2s_keras.text.words import find_words

__all__ = ["confused", "find_others", "main", "respelled"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the sets."""
    options = _parse(arguments)
    texts = {line.split("\t")[0].strip() for path in options.texts for _, line in read_lines(path)}
    trained = {line.strip() for path in options.without for _, line in read_lines(path)}
    sentences = sorted(text for text in texts - trained if len(text.split()) >= options.least_words)
    Random(options.seed).shuffle(sentences)
    folder = make_folder(options.out)
    clean = [Pair(text, text) for text in sentences[: options.count]]
    write_pairs(folder / "clean.tsv", clean)
    rng = Random(options.seed)
    found = (confused(text, rng) for text in sentences)
    real_words = [pair for pair in found if pair is not None][: options.count]
    write_pairs(folder / "real_words.tsv", real_words)
    note(f"{folder}: {len(clean):,} clean sentences, {len(real_words):,} with a wrong word")
    if options.lexicon is not None:
        others = find_others(word for word, _ in read_pairs(options.lexicon))
        respelt = (respelled(text, others) for text in sentences)
        spellings = [Pair(text, text) for text in respelt if text is not None][: options.count]
        write_pairs(folder / "spellings.tsv", spellings)
        note(f"{folder}: {len(spellings):,} sentences with another spelling")
    return 0


def confused(text: str, rng: Random) -> Pair | None:
    """Returns a text with one word replaced by another of its confusion set; `None` without any.

    Args:
        text: clean.
        rng: chooses the word and the other.
    """
    confusions = confusion_sets()
    noise = Noise({"confusion": 1.0}, confusions=confusions)
    words = [word for word in find_words(text) if word.text.lower() in confusions]
    if not words:
        return None
    word = rng.choice(words)
    typed = noise.type_word([word.text], 0, rng).text
    return Pair(text[: word.start] + typed + text[word.end :], text)


def find_others(words: Iterable[str]) -> dict[str, str]:
    """Returns word -> its other spelling, of those that have one."""
    pairs = spelling_variants(words)
    return {one: other for pair in pairs for one, other in (pair, pair[::-1])}


def respelled(text: str, others: Mapping[str, str]) -> str | None:
    """Returns a text with the first word that can be in another spelling; `None` without any.

    Args:
        text: clean.
        others: word -> its other spelling.
    """
    for word in find_words(text):
        if word.text in others:
            return text[: word.start] + others[word.text] + text[word.end :]
    return None


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.autocorrect.dev_sets",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("texts", type=Path, nargs="+", help="clean text")
    parser.add_argument("--without", type=Path, nargs="*", default=[], help="training text")
    parser.add_argument("--lexicon", type=Path, help="lexicon.tsv, for words in other spellings")
    parser.add_argument("--count", type=int, default=2000, help="sentences of each set")
    parser.add_argument("--least-words", type=int, default=4, help="of a sentence")
    parser.add_argument("--seed", type=int, default=0, help="of the choice")
    parser.add_argument("--out", type=Path, required=True, help="folder")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
