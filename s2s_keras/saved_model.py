"""Folders of SavedModels: numbered versions, and what each says of its model. No TensorFlow."""

from __future__ import annotations

import hashlib
import json
import os
import reprlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2s_keras.decoding import DecodingSettings, Predictor, StepOutput
from s2s_keras.errors import ArtifactError
from s2s_keras.files import make_folder
from s2s_keras.text import Tokenizer

__all__ = [
    "EXTRA_FOLDER",
    "NewVersion",
    "SavedModelFolder",
    "SearchInGraph",
    "is_saved_model",
    "new_version",
    "read_saved_model",
    "write_members",
]

GRAPH_FILE = "saved_model.pb"
EXTRA_FOLDER = "assets.extra"
"""What a SavedModel's loaders leave alone."""
MODEL_JSON = "model.json"
TOKENIZER_FILES = {
    "source_tokenizer": "source_tokenizer.json",
    "target_tokenizer": "target_tokenizer.json",
}
FORMAT_VERSION = 2
CHUNK_BYTES = 2**20


class SearchInGraph:
    """What stands for the session of a SavedModel, which makes no single steps."""

    def start(self, source_ids: NDArray[np.int32], beam_width: int) -> None:
        """Refuses."""
        raise ValueError("A SavedModel searches by itself. Use `predict`.")

    def step(self, tokens: NDArray[np.int32], parents: NDArray[np.intp]) -> StepOutput:
        """Refuses."""
        raise ValueError("A SavedModel searches by itself. Use `predict`.")


@dataclass(frozen=True)
class SavedModelFolder:
    """A version of a SavedModel, checked.

    Attributes:
        path: the version's folder, which holds `saved_model.pb`.
        metadata: the document `assets.extra/model.json`.
        source_tokenizer: text -> `source_ids`.
        target_tokenizer: output ids -> text.
        settings: how the graph decodes; `n_best` is the outputs that it gives for a text.
    """

    path: Path
    metadata: dict[str, Any]
    source_tokenizer: Tokenizer
    target_tokenizer: Tokenizer
    settings: DecodingSettings

    @property
    def has_text(self) -> bool:
        """Whether there are signatures on strings, which need tensorflow-text."""
        return "serving_default" in self.metadata["signatures"]

    def checker(self) -> Predictor:
        """Returns what checks sources with `check` and `check_ids`, and decodes none."""
        return Predictor(
            SearchInGraph(), self.source_tokenizer, self.target_tokenizer, self.settings
        )

    @property
    def size_bytes(self) -> dict[str, int]:
        """File -> its size, relative to the version's folder."""
        return {name: (self.path / name).stat().st_size for name in _file_names(self.path)}


@dataclass
class NewVersion:
    """A version that is being written.

    Attributes:
        path: its folder: a hidden one, and, once it is complete, the one with its number.
    """

    path: Path


def is_saved_model(path: Path) -> bool:
    """Whether a folder is a version of a SavedModel, or holds one."""
    return (path / GRAPH_FILE).is_file() or any(
        (path / str(number) / GRAPH_FILE).is_file() for number in _versions(path)
    )


def read_saved_model(path: str | Path) -> SavedModelFolder:
    """Reads what a SavedModel says of itself, and checks that its files are what was written.

    Args:
        path: a version's folder, or the folder of versions, of which the highest is read.

    Raises:
        ArtifactError: there is none, it was not made by `s2s-keras export`, or is damaged.
    """
    folder = _version_folder(Path(path))
    extra = folder / EXTRA_FOLDER
    try:
        metadata = json.loads((extra / MODEL_JSON).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtifactError(
            f"{folder}: this SavedModel holds no {EXTRA_FOLDER}/{MODEL_JSON}: it was not made by "
            "`s2s-keras export --to saved_model`."
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ArtifactError(f"{extra / MODEL_JSON}: cannot be read: {error}") from error
    _check_metadata(extra / MODEL_JSON, metadata)
    for name, checksum in metadata["sha256"].items():
        if not (folder / name).is_file() or _sha256(folder / name) != checksum:
            raise ArtifactError(
                f"{folder}: the checksum of {name} does not match {MODEL_JSON}; the folder is "
                "damaged. Export or copy it again."
            )
    try:
        tokenizers = {
            side: Tokenizer.from_json((extra / name).read_text(encoding="utf-8"))
            for side, name in TOKENIZER_FILES.items()
        }
        settings = DecodingSettings.from_metadata(metadata)
        settings = DecodingSettings(**{**vars(settings), "n_best": metadata["n_best"]})
    except (OSError, ValueError, RecursionError) as error:
        raise ArtifactError(f"{extra}: not usable: {error}") from error
    return SavedModelFolder(folder, metadata, **tokenizers, settings=settings)


@contextmanager
def new_version(folder: str | Path) -> Iterator[NewVersion]:
    """Yields a folder to write a version into, which gets the next free number on success.

    It stands beside the versions under a hidden name until then, so that a server sees all of it or
    nothing; it is removed when the block raises, Ctrl-C included.

    Args:
        folder: of the versions; made where it does not exist.

    Raises:
        ArtifactError: the folder holds something else than versions.
        OSError: it cannot be made or written.
    """
    folder = make_folder(folder)
    others = sorted(
        entry.name
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and not (_is_number(entry.name) and entry.is_dir())
    )
    if others:
        raise ArtifactError(
            f"{folder}: the folder of a SavedModel must be new, or hold numbered versions alone. "
            f"Received one with {', '.join(others[:3])}. Give another one."
        )
    temporary = Path(tempfile.mkdtemp(prefix=".version-", dir=folder))
    version = NewVersion(temporary)
    try:
        yield version
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o777 & ~umask)  # mkdtemp made it private to this user
        version.path = _rename_to_next(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_members(
    folder: Path,
    metadata: Mapping[str, Any],
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
) -> dict[str, Any]:
    """Writes `assets.extra` of a version whose graph and weights are there.

    Args:
        folder: the version's.
        metadata: `model.json` without the keys that this function adds: the format version and the
            checksums of all other files.
        source_tokenizer: becomes `source_tokenizer.json`.
        target_tokenizer: becomes `target_tokenizer.json`.

    Returns:
        The whole `model.json`.
    """
    extra = make_folder(folder / EXTRA_FOLDER)
    for side, tokenizer in (
        ("source_tokenizer", source_tokenizer),
        ("target_tokenizer", target_tokenizer),
    ):
        (extra / TOKENIZER_FILES[side]).write_text(tokenizer.to_json(), encoding="utf-8")
    checksums = {name: _sha256(folder / name) for name in _file_names(folder)}
    checksums.pop(f"{EXTRA_FOLDER}/{MODEL_JSON}", None)
    document = {"format_version": FORMAT_VERSION, **metadata, "sha256": checksums}
    text = json.dumps(document, indent=2) + "\n"
    (extra / MODEL_JSON).write_text(text, encoding="utf-8")
    return document


def _version_folder(path: Path) -> Path:
    if (path / GRAPH_FILE).is_file():
        return path
    numbers = [n for n in _versions(path) if (path / str(n) / GRAPH_FILE).is_file()]
    if not numbers:
        raise ArtifactError(
            f"{path}: there is no SavedModel: neither {GRAPH_FILE} nor a folder such as "
            f"1/{GRAPH_FILE}."
        )
    return path / str(max(numbers))


def _versions(folder: Path) -> list[int]:
    if not folder.is_dir():
        return []
    return [int(entry.name) for entry in folder.iterdir() if _is_number(entry.name)]


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and str(int(name)) == name


def _rename_to_next(temporary: Path, folder: Path) -> Path:
    """Renames a folder to the next free number; another export may take one at the same time."""
    while True:
        target = folder / str(max(_versions(folder), default=0) + 1)
        try:
            temporary.rename(target)
        except OSError:
            if not target.exists():
                raise
        else:
            return target


def _file_names(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def _check_metadata(path: Path, metadata: Any) -> None:
    if not isinstance(metadata, dict):
        raise ArtifactError(f"{path}: it must be an object.")
    version = metadata.get("format_version")
    if version != FORMAT_VERSION:
        raise ArtifactError(
            f"{path}: `format_version` must be {FORMAT_VERSION}, which this version of s2s-keras "
            f"reads. Received: {reprlib.repr(version)}. Update s2s-keras, or export again."
        )
    kinds = {"signatures": list, "sha256": dict, "n_best": int, "beam_width": int}
    for key, kind in kinds.items():
        if not isinstance(metadata.get(key), kind):
            raise ArtifactError(
                f"{path}: `{key}` is missing or of a wrong type. "
                f"Received: {reprlib.repr(metadata.get(key))}."
            )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
