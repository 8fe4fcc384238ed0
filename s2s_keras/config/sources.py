"""The files of pairs of a recipe: `data.train`, `data.dev` and `data.sources`."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, ValidationInfo

from s2s_keras.config.base import Positive, Section
from s2s_keras.errors import DataError

__all__ = ["PairFiles", "Source", "SourceConfig", "find_shards"]


def _check_pair_files(value: Any, info: ValidationInfo) -> Any:
    """Refuses what is neither one name nor two, before the union's cases report one by one."""
    is_pair = isinstance(value, list | tuple) and len(value) == 2
    if value is None or all(
        isinstance(name, str | Path) for name in (value if is_pair else [value])
    ):
        return value
    raise ValueError(
        f"`data.{info.field_name}` must be a file of pairs, or a list of two files that are "
        f"aligned by line. Received: {value!r}"
    )


PairFiles = Annotated[Path | tuple[Path, Path], BeforeValidator(_check_pair_files)]
"""A file of `source<TAB>target`, or a file of sources and one of targets; or patterns of such files
(`parts/*.tsv`), which are read in the order of their names."""

Shard = tuple[Path, ...]
"""A file of pairs, or two that are aligned by line."""


class SourceConfig(Section):
    """One of several sources of training pairs."""

    train: PairFiles
    """Its files."""
    weight: Positive = 1.0
    """How often an epoch sees each pair: 2 twice; 0.5 a half of them, and the next epoch the other
    half."""
    name: str | None = None
    """What it is called; that of its files where not given."""

    @property
    def label(self) -> str:
        """What it is called."""
        paths = [self.train] if isinstance(self.train, Path) else self.train
        return self.name or " + ".join(map(str, paths))


class Source(NamedTuple):
    """Where training pairs come from.

    Attributes:
        name: what messages call it.
        shards: its files.
        weight: how often an epoch sees each of its pairs.
    """

    name: str
    shards: list[Shard]
    weight: float


def find_shards(given: Path | tuple[Path, Path] | None, folder: Path) -> list[Shard]:
    """Returns the files that a recipe names, or that its patterns match, in order.

    Args:
        given: names or patterns; nothing gives none.
        folder: what they are relative to.

    Raises:
        DataError: no file matches a pattern, or those of two sides are not equally many.
    """
    if given is None:
        return []
    patterns = [given] if isinstance(given, Path) else list(given)
    sides = [_matches(pattern, folder) for pattern in patterns]
    counts = [len(side) for side in sides]
    if min(counts) < max(counts):
        raise DataError(
            f"{counts[0]} files match, and {counts[1]} match {patterns[1]}; files that are aligned "
            "by line must be equally many.",
            folder / patterns[0],
        )
    return list(zip(*sides, strict=True))


def _matches(pattern: Path, folder: Path) -> list[Path]:
    path = folder / pattern
    if path.exists() or not any(character in "*?[" for character in str(pattern)):
        return [path]
    found = glob.glob(str(pattern), root_dir=folder, recursive=True)
    if not found:
        raise DataError("no file matches the pattern.", path)
    return [folder / name for name in sorted(found)]
