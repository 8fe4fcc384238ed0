"""What the public corpora have in common: files elsewhere -> files of pairs, and a note of both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s2s_keras.data.archives import find_file, unpack
from s2s_keras.data.download import download
from s2s_keras.errors import DataError
from s2s_keras.files import make_folder, write_text

__all__ = ["Fetched", "Progress", "PublicDataset", "RemoteFile"]

Fetched = tuple[bytes, str | Path]
"""The content of a file, and where it is from."""

Report = Callable[[int, int], None]
Progress = Callable[[str], AbstractContextManager[Report]]
"""Shows a description, and gives what takes the bytes done and those of all."""


@dataclass(frozen=True)
class RemoteFile:
    """A file of a corpus.

    Attributes:
        name: of the file, unpacked.
        url: where it is downloaded from, packed.
        sha256: of the content, unpacked, where that never changes.
    """

    name: str
    url: str
    sha256: str | None = None

    def fetch(
        self, place: Path | None, progress: Progress, downloads: MutableMapping[str, bytes]
    ) -> Fetched:
        """Returns the content, from `place` or else downloaded, checked, and where it is from.

        Args:
            place: see `PublicDataset.write`.
            progress: likewise.
            downloads: place -> what it holds, of downloads so far; takes this one.

        Raises:
            DataError: it is not at `place`, is damaged, or is another file.
            DownloadError: see `download`.
        """
        origin: str | Path = self.url
        if place is None:
            if self.url not in downloads:
                with progress(self.url) as report:
                    downloads[self.url] = download(self.url, report)
            content = unpack(downloads[self.url], self.name, self.url)
        else:
            content, origin = find_file(place, self.name, self.url.rpartition("/")[2])
        received = hashlib.sha256(content).hexdigest()
        if self.sha256 not in (None, received):
            raise DataError(
                f"{self.name} must have the SHA-256 {self.sha256}, which it never changes. "
                f"Received: {received}. It is damaged, tokenised, or of another release.",
                origin,
            )
        return content, origin


@dataclass(frozen=True)
class PublicDataset:
    """What others publish, made into what a recipe reads, for one pair of languages.

    Attributes:
        name: what `s2s-keras data` calls it.
        source_language: ISO 639-1 code.
        target_language: likewise.
        files: what it is made of.
        description: of one sentence.
        licence: with whom it asks to name.
        place: the page that describes it.
        size: of what is downloaded, as a person reads it.
        used_sha256: of the written files that the figures of this project were made with, where
            what is published changes.
    """

    name: str
    source_language: str
    target_language: str
    files: tuple[RemoteFile, ...]
    description: str
    licence: str
    place: str
    size: str
    used_sha256: Mapping[str, str] = field(default_factory=dict)

    def write(
        self,
        folder: str | Path,
        place: str | Path | None = None,
        progress: Progress = lambda description: nullcontext(lambda done, total: None),
    ) -> dict[str, Any]:
        """Writes the files that the recipe of the data set's name reads, and a note, `NAME.json`.

        One folder can hold several data sets.

        Args:
            folder: where to.
            place: a folder, an archive or a file that holds the corpus; it is downloaded where not
                given.
            progress: shows how far a download is.

        Returns:
            What that note says: name, description, licence, languages, place, numbers of pairs
            and others, the SHA-256 of each file, and a `warning` where there is one.

        Raises:
            DataError: a file is not at `place`, is damaged or malformed, or is another one.
            DownloadError: see `download`.
            OSError: the folder cannot be made or written.
        """
        place = None if place is None else Path(place)
        downloads: dict[str, bytes] = {}
        fetched = [file.fetch(place, progress, downloads) for file in self.files]
        folder = make_folder(folder)
        counts = self._write_parts(folder, fetched)
        digests = {name: _sha256(folder / name) for name in self._written()}
        card = {
            "name": self.name,
            "description": self.description,
            "licence": self.licence,
            "source_language": self.source_language,
            "target_language": self.target_language,
            "place": self.place,
            **counts,
            "sha256": digests,
            **self._warning(digests),
        }
        write_text(
            folder / f"{self.name}.json", json.dumps(card, indent=2, ensure_ascii=False) + "\n"
        )
        return card

    def _written(self) -> tuple[str, ...]:
        """Returns the names of the files that are written."""
        raise NotImplementedError

    def _write_parts(self, folder: Path, fetched: Sequence[Fetched]) -> dict[str, int]:
        """Writes the files, and returns what is counted, such as `train_pairs` -> how many."""
        raise NotImplementedError

    def _warning(self, digests: Mapping[str, str]) -> dict[str, str]:
        if all(digests[name] == digest for name, digest in self.used_sha256.items()):
            return {}
        return {
            "warning": "these are not the files that the figures of this project were made with, "
            "from archives of another day: figures will differ."
        }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
