"""The public corpus Tatoeba: short sentences in many languages, translated by volunteers."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from s2s_keras.data.lines import decode_lines
from s2s_keras.data.pairs import Pair, split_pairs, write_pairs
from s2s_keras.data.public import Fetched, PublicDataset, RemoteFile
from s2s_keras.errors import DataError

__all__ = ["TATOEBA", "Tatoeba", "split_tatoeba"]

_USED_SHA256 = {
    "fr": {
        "en-fr.train.tsv": "10ba1dc96421a46f2c484161ea74df303f7d100f5e176a86d8325321d3148462",
        "en-fr.dev.tsv": "d8dc87a82340a4fc8747bdbd63b5e4916fb628bdd760d8b4da0b862c7dbf754b",
    },
    "de": {
        "en-de.train.tsv": "0c117acd07240d4bec3dc8762e18673323c2972c95dec2024e9686224045da3d",
        "en-de.dev.tsv": "54b6b3ac4d393fdfb65e920eb7993ce9623a4cea54a0c405dcdb5afe3841baf3",
    },
    "es": {
        "en-es.train.tsv": "eb43af456b5514dce59c3f6ef3ad3773df1ea4760849f6910ec676608ae5a409",
        "en-es.dev.tsv": "c2f9587f573daf6a2e5fe1f4deb039e22091ffd8b66b6d00059b058617644ba3",
    },
}

PARTS = ("train", "dev", "test")

HELD_OUT = 0.04
"""Share of the English sentences in dev and test together."""


@dataclass(frozen=True)
class Tatoeba(PublicDataset):
    """Sentence pairs of Tatoeba as manythings.org/anki selects them, split by English sentence.

    Two sentences that differ only in case and punctuation are in the same part. Exact duplicates of
    a pair are left out, and nothing else. The archive grows and is mended all the time.
    """

    def _written(self) -> tuple[str, ...]:
        return tuple(self._file(part) for part in PARTS)

    def _file(self, part: str) -> str:
        """Returns the name of a part's file: one folder may hold several languages."""
        return f"{self.source_language}-{self.target_language}.{part}.tsv"

    def _write_parts(self, folder: Path, fetched: Sequence[Fetched]) -> dict[str, int]:
        [(content, origin)] = fetched
        parts = split_tatoeba(content, origin)
        for part, kept in parts.items():
            write_pairs(folder / self._file(part), kept)
        return {f"{part}_pairs": len(kept) for part, kept in parts.items()}


def split_tatoeba(content: bytes, origin: str | Path) -> dict[str, list[Pair]]:
    """Returns the pairs of an archive's file, by part: train, dev and test.

    Args:
        content: of the file.
        origin: what errors name.

    Raises:
        DataError: a line is malformed, or a part would be empty.
    """
    pairs = list(dict.fromkeys(_parse_tatoeba(content, origin)))
    train, held_out = split_pairs(pairs, HELD_OUT, key=_words)
    # Another hash than the one that held them out.
    test, dev = split_pairs(held_out, 0.5, key=lambda pair: f"dev {_words(pair)}")
    parts = dict(zip(PARTS, (train, dev, test), strict=True))
    for part, kept in parts.items():
        if not kept:
            raise DataError(f"{len(pairs)} pairs leave none for {part}.", origin)
    return parts


def _words(pair: Pair) -> str:
    """Returns what two English sentences have in common that must not be in two parts."""
    return " ".join(re.findall(r"\w+", pair.source.casefold())) or pair.source


def _parse_tatoeba(content: bytes, origin: str | Path) -> list[Pair]:
    """Reads lines of English, another language and, in newer archives, whom to name."""
    pairs: list[Pair] = []
    for number, line in decode_lines(io.BytesIO(content), origin):
        columns = line.split("\t")
        if len(columns) not in (2, 3) or not all(text.strip() for text in columns[:2]):
            raise DataError(
                "a line must be English, a TAB, its translation and perhaps a TAB and whom to "
                f"name. Received: {line[:60]!r}",
                origin,
                number,
            )
        pairs.append(Pair(*(text.strip().lstrip("\ufeff") for text in columns[:2])))
    return pairs


def _tatoeba(target: str, archive: str) -> Tatoeba:
    return Tatoeba(
        name=f"tatoeba-en-{target}",
        source_language="en",
        target_language=target,
        files=(RemoteFile(f"{archive}.txt", f"https://www.manythings.org/anki/{archive}-eng.zip"),),
        description="Short sentences of all kinds, translated by learners and teachers; more each "
        "month.",
        licence="CC BY 2.0 France: sentences by the contributors of tatoeba.org, pairs by "
        "manythings.org/anki",
        place="manythings.org/anki",
        size="some 10 MB",
        used_sha256=_USED_SHA256[target],
    )


TATOEBA = (_tatoeba("de", "deu"), _tatoeba("es", "spa"), _tatoeba("fr", "fra"))
"""From English to each language."""
