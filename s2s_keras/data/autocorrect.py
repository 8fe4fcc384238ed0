"""English text, misspellings and words with frequencies, from what others publish."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from s2s_keras.data.lines import decode_lines
from s2s_keras.data.misspellings import read_codespell
from s2s_keras.data.pairs import Pair, write_pairs
from s2s_keras.data.public import Fetched, PublicDataset, RemoteFile
from s2s_keras.data.tatoeba import TATOEBA, split_tatoeba
from s2s_keras.data.variants import american_spelling
from s2s_keras.errors import INSTALL_TRAINING, MissingDependencyError
from s2s_keras.files import write_text

__all__ = ["AUTOCORRECT", "Autocorrect"]

SHORTEST, LONGEST = 8, 400
"""Characters of a line of text."""

FREQUENT_ZIPF = 3.3
"""log10 of the occurrences in 10^9 words from which what is written so often counts as a word."""

LEAST_FREQUENCY = 1e-9
"""Of a word, as a share of running text."""

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_QUOTED = re.compile(r'"([^"]+)"')


@dataclass(frozen=True)
class Autocorrect(PublicDataset):
    """What a corrector of English learns from: text, misspellings, and a lexicon.

    The text is the English side of Tatoeba's training pairs, novels of Project Gutenberg, and the
    definitions and examples of WordNet, a sentence a line, none twice. The misspellings are those
    with one correction in the lists of codespell and of typos. The lexicon holds the words of
    SymSpell's list, in British and American spelling, and what is frequent in wordfreq without
    being a misspelling.
    """

    def _written(self) -> tuple[str, ...]:
        return ("text.txt", "misspellings.tsv", "lexicon.tsv")

    def _write_parts(self, folder: Path, fetched: Sequence[Fetched]) -> dict[str, int]:
        names = [file.name for file in self.files]
        contents = dict(zip(names, fetched, strict=True))
        novels, typos = contents.pop("big.txt"), contents.pop("words.csv")
        lines: list[str] = []
        for name, (content, origin) in contents.items():
            if name.startswith("data."):
                lines += _wordnet_texts(content, origin)
            else:
                lines += [pair.source for pair in split_tatoeba(content, origin)["train"]]
        lines += _sentences(novels[0].decode("utf-8", errors="replace"))
        joined = dict.fromkeys(" ".join(line.split()) for line in lines)
        text = [line for line in joined if SHORTEST <= len(line) <= LONGEST]
        try:
            listed = [*read_codespell(), *_read_typos(*typos)]
            frequencies = _frequencies({typed.lower() for typed, _ in listed})
        except ModuleNotFoundError as error:
            raise MissingDependencyError(
                f"The data set `{self.name}` needs {error.name}: {INSTALL_TRAINING}."
            ) from error
        pairs = {Pair(typed.lower(), one.lower()) for typed, [one, *more] in listed if not more}
        misspellings = sorted(
            pair
            for pair in pairs
            if pair.source not in frequencies and all(map(_WORD.fullmatch, pair))
        )
        write_text(folder / "text.txt", "".join(f"{line}\n" for line in text))
        write_pairs(folder / "misspellings.tsv", misspellings)
        lexicon = [Pair(word, f"{frequencies[word]:.3g}") for word in sorted(frequencies)]
        write_pairs(folder / "lexicon.tsv", lexicon)
        return {"lines": len(text), "misspellings": len(misspellings), "words": len(lexicon)}


def _sentences(text: str) -> Iterator[str]:
    """Yields the sentences of novels whose paragraphs lie between empty lines."""
    for paragraph in re.split(r"\n\s*\n", text.replace("\r", "")):
        joined = " ".join(paragraph.split()).replace("--", " -- ").replace("_", "")
        yield from _SENTENCE_END.split(joined)


def _wordnet_texts(content: bytes, origin: str | Path) -> Iterator[str]:
    """Yields the examples of each entry of a WordNet database file, and its definition."""
    for _, line in decode_lines(io.BytesIO(content), origin):
        _, bar, gloss = line.partition("|")
        if bar and not line.startswith("  "):  # the licence stands in indented lines
            yield from _QUOTED.findall(gloss)
            yield _QUOTED.sub("", gloss).strip(" ;")


def _read_typos(content: bytes, origin: str | Path) -> Iterator[tuple[str, list[str]]]:
    """Yields the misspellings of typos, each with its corrections."""
    for _, line in decode_lines(io.BytesIO(content), origin):
        typed, *corrections = line.split(",")
        if corrections:
            yield typed, corrections


def _frequencies(misspellings: set[str]) -> dict[str, float]:
    """Returns each word of the lexicon with its frequency.

    Args:
        misspellings: what is no word however frequent it is, in lower case.

    Raises:
        ModuleNotFoundError: `symspellpy` or `wordfreq` is not installed.
    """
    from wordfreq import get_frequency_dict, zipf_frequency

    listed = resources.files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt")
    lines = listed.read_text(encoding="utf-8-sig").splitlines()
    words = {line.split()[0] for line in lines}
    found = get_frequency_dict("en", wordlist="large")
    words |= {
        word
        for word in found
        if zipf_frequency(word, "en") >= FREQUENT_ZIPF and word not in misspellings
    }
    american = {*map(american_spelling, words)}  # or colorless would be taken for colourless
    words |= american.intersection(found) - misspellings
    return {
        word: max(found.get(word, 0.0), LEAST_FREQUENCY) for word in words if _WORD.fullmatch(word)
    }


_WORDNET = "https://raw.githubusercontent.com/nltk/nltk_data/gh-pages/packages/corpora/wordnet.zip"
_TYPOS = (
    "https://raw.githubusercontent.com/crate-ci/typos/master/crates/typos-dict/assets/words.csv"
)

AUTOCORRECT = Autocorrect(
    name="autocorrect-en",
    source_language="en",
    target_language="en",
    files=(
        *(file for dataset in TATOEBA for file in dataset.files),
        RemoteFile("big.txt", "https://norvig.com/big.txt"),
        *(RemoteFile(f"data.{part}", _WORDNET) for part in ("adj", "adv", "noun", "verb")),
        RemoteFile("words.csv", _TYPOS),
    ),
    description="English text, and in it the words that people misspell, with their frequencies.",
    licence="text: CC BY 2.0 France, sentences by the contributors of tatoeba.org, selected by "
    "manythings.org/anki; novels of Project Gutenberg, public domain; WordNet 3.0, WordNet "
    "licence. Misspellings: codespell, CC BY-SA 3.0; typos, MIT or Apache-2.0. Words: SymSpell, "
    "MIT; frequencies: wordfreq, CC BY-SA 4.0",
    place="tatoeba.org, gutenberg.org, wordnet.princeton.edu, github.com/crate-ci/typos",
    size="some 50 MB",
    used_sha256={
        "text.txt": "efc25643da5b340c26827d07e46ae9cd7650a61e915f08c2820131a4ec96500a",
        "misspellings.tsv": "288d51c4ea653ec084f1152262ff172c23525d1590aea2447624d6760a4e1e21",
        "lexicon.tsv": "862c6fb30d6be945de072517b454188f7e20c7bdec14fdfd9ddc11d5a98fc5fb",
    },
)
"""English."""
