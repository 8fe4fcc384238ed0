"""The public corpus Multi30k: descriptions of photographs in English, German and French."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from s2s_keras.data.pairs import read_pairs
from s2s_keras.data.public import Fetched, PublicDataset, RemoteFile
from s2s_keras.files import atomic_path

__all__ = ["MULTI30K", "Multi30k"]

_RAW = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw"
_SHA256 = {
    "train.en": "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6",
    "train.de": "0e54cc144a1c657671c943fbe2295cfb8ceafca1fbce0400fa0ae8d2a747f879",
    "train.fr": "5925a3c18f1587b6b54b87743106e6e8ab93618edb6f65d19eac0621f853a10d",
    "val.en": "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227",
    "val.de": "660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660",
    "val.fr": "5304e444d842e962b2dda4d816b70b22a1765b15401642b7ca37a67477e708dc",
}


@dataclass(frozen=True)
class Multi30k(PublicDataset):
    """Multi30k, task 1: the raw files, which never change, as they are.

    Reference:
        Elliott et al. 2016, "Multi30K: Multilingual English-German Image Descriptions".
    """

    def _written(self) -> tuple[str, ...]:
        return tuple(file.name for file in self.files)

    def _write_parts(self, folder: Path, fetched: Sequence[Fetched]) -> dict[str, int]:
        for file, (content, _) in zip(self.files, fetched, strict=True):
            with atomic_path(folder / file.name) as temporary:
                temporary.write_bytes(content)
        sides = (self.source_language, self.target_language)
        return {
            f"{part}_pairs": len(read_pairs(*(folder / f"{name}.{side}" for side in sides)))
            for part, name in (("train", "train"), ("dev", "val"))
        }


def _multi30k(target: str) -> Multi30k:
    names = [f"{part}.{side}" for part in ("train", "val") for side in ("en", target)]
    return Multi30k(
        name=f"multi30k-en-{target}",
        source_language="en",
        target_language=target,
        files=tuple(RemoteFile(name, f"{_RAW}/{name}.gz", _SHA256[name]) for name in names),
        description="English descriptions of photographs, and translations by people: 29,000 and "
        "1,014 pairs.",
        licence="research and education, non-commercial: Multi30k (Elliott et al. 2016), from "
        "Flickr30k",
        place="github.com/multi30k/dataset",
        size="4 MB unpacked",
    )


MULTI30K = tuple(map(_multi30k, ("de", "fr")))
"""From English to each language."""
