"""The one file: a TFLite graph with a ZIP of `model.json` and the vocabularies appended."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s2s_keras.errors import ArtifactError
from s2s_keras.files import atomic_path
from s2s_keras.text import Tokenizer

__all__ = ["FORMAT_VERSION", "Artifact", "read_artifact", "write_artifact"]

FORMAT_VERSION = 2
MODEL_JSON = "model.json"
TOKENIZER_FILES = {
    "source_tokenizer": "source_tokenizer.json",
    "target_tokenizer": "target_tokenizer.json",
}
MAX_MEMBER_BYTES = 16 * 2**20
REQUIRED_KEYS: dict[str, type | tuple[type, ...]] = {
    "format_version": int,
    "max_source_length": int,
    "max_output_length": int,
    "beam_width": int,
    "length_penalty_alpha": (int, float),
    "signatures": dict,
    "graph_bytes": int,
    "sha256": dict,
}


@dataclass(frozen=True)
class Artifact:
    """A model file, read and checked.

    Attributes:
        path: where it was read from.
        graph: the bytes of the TFLite flatbuffer.
        metadata: the document `model.json`.
        source_tokenizer: text -> `source_ids`.
        target_tokenizer: output ids -> text.
    """

    path: Path
    graph: bytes
    metadata: dict[str, Any]
    source_tokenizer: Tokenizer
    target_tokenizer: Tokenizer


def write_artifact(
    path: str | Path,
    graph: bytes,
    metadata: Mapping[str, Any],
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
) -> dict[str, Any]:
    """Writes the one file, atomically.

    Args:
        path: the file, `.tflite`.
        graph: the bytes of the TFLite flatbuffer.
        metadata: `model.json` without the keys that this function adds: the format version, the
            graph's size and the checksums.
        source_tokenizer: becomes `source_tokenizer.json`.
        target_tokenizer: becomes `target_tokenizer.json`.

    Returns:
        The whole `model.json`.
    """
    members = {
        TOKENIZER_FILES["source_tokenizer"]: source_tokenizer.to_json().encode(),
        TOKENIZER_FILES["target_tokenizer"]: target_tokenizer.to_json().encode(),
    }
    document = {
        "format_version": FORMAT_VERSION,
        **metadata,
        "graph_bytes": len(graph),
        "sha256": {"graph": _sha256(graph), **{n: _sha256(c) for n, c in members.items()}},
    }
    buffer = io.BytesIO(graph)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        members[MODEL_JSON] = (json.dumps(document, indent=2) + "\n").encode()
        for name, content in sorted(members.items()):
            # A fixed date: the same model gives the same bytes.
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    with atomic_path(path) as temporary:
        temporary.write_bytes(buffer.getvalue())
    return document


def read_artifact(path: str | Path) -> Artifact:
    """Reads the one file and checks all of it before an interpreter sees any.

    Raises:
        ArtifactError: the file is missing, is no TFLite file, holds no or damaged metadata, is of a
            newer format, or a checksum does not match.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read: {error.strerror}.") from error
    if content[4:8] != b"TFL3":
        raise ArtifactError(f"{path}: this is not a TFLite file (its identifier is not TFL3).")
    members = _read_members(path, content)
    metadata = _parse_metadata(path, members[MODEL_JSON])
    graph = content[: metadata["graph_bytes"]]
    for name, part in {"graph": graph, **members}.items():
        if name != MODEL_JSON and metadata["sha256"].get(name) != _sha256(part):
            raise ArtifactError(
                f"{path}: the checksum of {name} does not match model.json; the file is damaged. "
                "Export or download it again."
            )
    try:
        tokenizers = {
            side: Tokenizer.from_json(members[name].decode())
            for side, name in TOKENIZER_FILES.items()
        }
    except ValueError as error:
        raise ArtifactError(f"{path}: a vocabulary is not usable: {error}") from error
    return Artifact(path, graph, metadata, **tokenizers)


def _read_members(path: Path, content: bytes) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in (MODEL_JSON, *TOKENIZER_FILES.values()):
                info = archive.getinfo(name)
                if info.file_size > MAX_MEMBER_BYTES:
                    raise ArtifactError(
                        f"{path}: {name} must hold at most {MAX_MEMBER_BYTES} bytes. "
                        f"Received: {info.file_size}."
                    )
                members[name] = archive.read(info)
    except KeyError as error:
        raise ArtifactError(f"{path}: the metadata is incomplete: {error.args[0]}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ArtifactError(
            f"{path}: no readable metadata ({error}). The file is truncated or damaged, or was not "
            "made by `s2s-keras export`."
        ) from error
    return members


def _parse_metadata(path: Path, content: bytes) -> dict[str, Any]:
    try:
        metadata = json.loads(content)
    except ValueError as error:
        raise ArtifactError(f"{path}: model.json is not valid JSON: {error}") from error
    if not isinstance(metadata, dict):
        raise ArtifactError(f"{path}: model.json must be an object.")
    version = metadata.get("format_version")
    if isinstance(version, int) and version != FORMAT_VERSION:
        remedy = "Update s2s-keras" if version > FORMAT_VERSION else "Export the model again"
        raise ArtifactError(
            f"{path}: the file has format {version}; this version of s2s-keras reads format "
            f"{FORMAT_VERSION}. {remedy}."
        )
    for key, kind in REQUIRED_KEYS.items():
        value = metadata.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ArtifactError(
                f"{path}: `{key}` of model.json is missing or of a wrong type. Received: {value!r}."
            )
    return metadata


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
