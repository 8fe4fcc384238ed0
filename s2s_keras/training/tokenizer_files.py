"""The tokenisers of a folder, a file for each side."""

from __future__ import annotations

from pathlib import Path

from s2s_keras.errors import ArtifactError
from s2s_keras.files import write_text
from s2s_keras.text import Tokenizer

__all__ = ["read_tokenizers", "write_tokenizers"]

_FILES = ("source_tokenizer.json", "target_tokenizer.json")


def write_tokenizers(tokenizers: tuple[Tokenizer, Tokenizer], folder: Path) -> None:
    """Writes the source's and the target's.

    Raises:
        OSError: the folder cannot be written.
    """
    for name, tokenizer in zip(_FILES, tokenizers, strict=True):
        write_text(folder / name, tokenizer.to_json())


def read_tokenizers(folder: Path) -> tuple[Tokenizer, Tokenizer] | None:
    """Returns the source's and the target's; `None` where the folder has not both.

    Raises:
        ArtifactError: a file is damaged.
    """
    paths = [folder / name for name in _FILES]
    if not all(path.exists() for path in paths):
        return None
    found: list[Tokenizer] = []
    for path in paths:
        try:
            found.append(Tokenizer.from_json(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise ArtifactError(f"{path}: cannot be read: {error}") from error
    return found[0], found[1]
