"""The one file: a TFLite graph with a ZIP of `model.json` and the vocabularies appended."""

from __future__ import annotations

import hashlib
import io
import json
import os
import reprlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from s2s_keras.errors import ArtifactError
from s2s_keras.files import atomic_path
from s2s_keras.text import Lexicon, Shortlist, Tokenizer

__all__ = ["FORMAT_VERSION", "Artifact", "read_artifact", "rewrite_artifact", "write_artifact"]

FORMAT_VERSION = 2
MODEL_JSON = "model.json"
TOKENIZER_FILES = {
    "source_tokenizer": "source_tokenizer.json",
    "target_tokenizer": "target_tokenizer.json",
}
SHORTLIST_FILE = "shortlist.bin"
LEXICON_FILE = "lexicon.bin"
OPTIONAL_FILES = (SHORTLIST_FILE, LEXICON_FILE)
MAX_BYTES = {
    MODEL_JSON: 2**20,
    **dict.fromkeys(TOKENIZER_FILES.values(), 16 * 2**20),
    SHORTLIST_FILE: 64 * 2**20,
    LEXICON_FILE: 16 * 2**20,
}
"""Member -> its largest size."""

MAX_BRACKETS = 10_000
"""In a JSON member. One of nothing else would take 40 times its size in memory, and minutes."""

MAX_MEMBERS = 64
MAX_DIRECTORY_BYTES = 64 * 2**10
DIRECTORY_END = struct.Struct("<4s4H2LH")
CHUNK_BYTES = 2**16

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
    """A model file, checked. The graph stays on disk, for an interpreter to map into memory.

    Attributes:
        path: where it was read from. Replace the file, as `s2s-keras export` does, but do not write
            into it while it is open.
        metadata: the document `model.json`.
        source_tokenizer: text -> `source_ids`.
        target_tokenizer: output ids -> text.
        shortlist: source ids -> the target ids that an output is made of; `None` for all.
        lexicon: the words that a correction is made of; `None` where any are.
    """

    path: Path
    metadata: dict[str, Any]
    source_tokenizer: Tokenizer
    target_tokenizer: Tokenizer
    shortlist: Shortlist | None = None
    lexicon: Lexicon | None = None

    @property
    def graph(self) -> bytes:
        """The bytes of the TFLite flatbuffer, read each time."""
        with self.path.open("rb") as file:
            return file.read(self.metadata["graph_bytes"])


def write_artifact(
    path: str | Path,
    graph: bytes,
    metadata: Mapping[str, Any],
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
    shortlist: Shortlist | None = None,
    lexicon: Lexicon | None = None,
) -> dict[str, Any]:
    """Writes the one file, atomically.

    Args:
        path: the file, `.tflite`.
        graph: the bytes of the TFLite flatbuffer.
        metadata: `model.json` without the keys that this function adds: the format version, the
            graph's size and the checksums.
        source_tokenizer: becomes `source_tokenizer.json`.
        target_tokenizer: becomes `target_tokenizer.json`.
        shortlist: becomes `shortlist.bin`, where given.
        lexicon: becomes `lexicon.bin`, likewise.

    Returns:
        The whole `model.json`.
    """
    members = {
        TOKENIZER_FILES["source_tokenizer"]: source_tokenizer.to_json().encode(),
        TOKENIZER_FILES["target_tokenizer"]: target_tokenizer.to_json().encode(),
    }
    if shortlist is not None:
        members[SHORTLIST_FILE] = shortlist.to_bytes()
        sizes = {"size": shortlist.size, "per_token": shortlist.per_token}
        metadata = {**metadata, "shortlist": sizes}
    if lexicon is not None:
        members[LEXICON_FILE] = lexicon.to_bytes()
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


def rewrite_artifact(artifact: Artifact, path: str | Path, changes: Mapping[str, Any]) -> None:
    """Writes the file once more, with other values in its `model.json`.

    Args:
        artifact: what was read.
        path: the file to write; may be the one that was read.
        changes: key of `model.json` -> its new value.
    """
    graph_bytes = artifact.metadata["graph_bytes"]
    with artifact.path.open("rb") as file:
        graph = file.read(graph_bytes)
    added = ("format_version", "graph_bytes", "sha256", "shortlist")
    kept = {key: value for key, value in artifact.metadata.items() if key not in added}
    write_artifact(
        path,
        graph,
        {**kept, **changes},
        artifact.source_tokenizer,
        artifact.target_tokenizer,
        artifact.shortlist,
        artifact.lexicon,
    )


def read_artifact(path: str | Path) -> Artifact:
    """Checks all of the one file before an interpreter sees any of it.

    Raises:
        ArtifactError: the file is missing, is no TFLite file, holds no or damaged metadata, is of a
            newer format, or a checksum does not match.
    """
    path = Path(path)
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if file.read(8)[4:] != b"TFL3":
            raise ArtifactError(f"{path}: this is not a TFLite file (its identifier is not TFL3).")
        members = _read_members(path, file, size)
        metadata = _parse_metadata(path, members.pop(MODEL_JSON), size)
        checksums = {name: _sha256(content) for name, content in members.items()}
        checksums["graph"] = _sha256_of_head(file, metadata["graph_bytes"])
    for name, checksum in checksums.items():
        if metadata["sha256"].get(name) != checksum:
            raise ArtifactError(
                f"{path}: the checksum of {name} does not match model.json; the file is damaged. "
                "Export or download it again."
            )
    try:
        contents = {side: members[name] for side, name in TOKENIZER_FILES.items()}
        made = {content: _tokenizer(content) for content in set(contents.values())}
        tokenizers = {side: made[content] for side, content in contents.items()}
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path}: a vocabulary is not usable: {_brief(error)}") from error
    shortlist = _shortlist(path, metadata, members.get(SHORTLIST_FILE), **tokenizers)
    lexicon = _lexicon(path, members.get(LEXICON_FILE))
    return Artifact(path, metadata, **tokenizers, shortlist=shortlist, lexicon=lexicon)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise ArtifactError(f"{path}: this is not a file.")
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read: {error.strerror}.") from error


def _read_members(path: Path, file: BinaryIO, size: int) -> dict[str, bytes]:
    try:
        _check_directory_end(file, size)
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(set(names)) < len(names) or not all(map(_is_plain, names)):
                raise ArtifactError(
                    f"{path}: the names of the metadata's members must be distinct, and without a "
                    f"folder. Received: {reprlib.repr(names)}."
                )
            wanted = [name for name in MAX_BYTES if name not in OPTIONAL_FILES or name in names]
            return {name: _read_member(path, archive, name) for name in wanted}
    except KeyError as error:
        raise ArtifactError(f"{path}: the metadata is incomplete: {error.args[0]}") from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        NotImplementedError,
        OverflowError,
        RuntimeError,
        UnicodeError,
    ) as error:
        raise ArtifactError(
            f"{path}: no readable metadata ({_brief(error)}). The file is truncated or damaged, or "
            "was not made by `s2s-keras export`."
        ) from error


def _is_plain(name: str) -> bool:
    """Whether a name stays in its folder, on any system."""
    return bool(name.strip(".")) and not set(name) & set("/\\:")


def _check_directory_end(file: BinaryIO, size: int) -> None:
    """Refuses a directory that `zipfile` would take long to read, before it reads any of it.

    Raises:
        BadZipFile: the file does not end with the end of a small ZIP directory.
    """
    locator_bytes = 20  # of ZIP64, which would say other numbers
    file.seek(max(0, size - DIRECTORY_END.size - locator_bytes))
    tail = file.read()
    end = tail[-DIRECTORY_END.size :]
    if not end.startswith(b"PK\5\6") or tail.startswith(b"PK\6\7"):
        raise zipfile.BadZipFile("The end of the ZIP directory is missing")
    *_, members, directory_bytes, _, _ = DIRECTORY_END.unpack(end)
    if members > MAX_MEMBERS or directory_bytes > MAX_DIRECTORY_BYTES:
        raise zipfile.BadZipFile(
            f"The ZIP directory has {members} members in {directory_bytes} bytes; at most "
            f"{MAX_MEMBERS} in {MAX_DIRECTORY_BYTES} are read"
        )


def _read_member(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    info = archive.getinfo(name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"{name} is compressed otherwise than by deflate")
    size = max(info.file_size, info.compress_size)  # `zipfile` allocates what the directory says
    if size > MAX_BYTES[name]:
        raise ArtifactError(
            f"{path}: {name} must hold at most {MAX_BYTES[name]} bytes. Received: {size}."
        )
    content = archive.read(info)
    brackets = content.count(b"[") + content.count(b"{")
    if name.endswith(".json") and brackets > MAX_BRACKETS:
        raise ArtifactError(f"{path}: {name} must hold at most {MAX_BRACKETS} lists and objects.")
    return content


def _parse_metadata(path: Path, content: bytes, size: int) -> dict[str, Any]:
    try:
        metadata = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path}: model.json is not valid JSON: {_brief(error)}") from error
    if not isinstance(metadata, dict):
        raise ArtifactError(f"{path}: model.json must be an object.")
    version = metadata.get("format_version")
    if type(version) is int and version > 0 and version != FORMAT_VERSION:
        remedy = "Update s2s-keras" if version > FORMAT_VERSION else "Export the model again"
        raise ArtifactError(
            f"{path}: the file has format {reprlib.repr(version)}; this version of s2s-keras reads "
            f"format {FORMAT_VERSION}. {remedy}."
        )
    for key, kind in REQUIRED_KEYS.items():
        value = metadata.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ArtifactError(
                f"{path}: `{key}` of model.json is missing or of a wrong type. "
                f"Received: {reprlib.repr(value)}."
            )
    ranges = {"format_version": (1, FORMAT_VERSION), "graph_bytes": (8, size)}
    for key, (least, most) in ranges.items():
        if not least <= metadata[key] <= most:
            raise ArtifactError(
                f"{path}: `{key}` of model.json must lie between {least} and {most}. "
                f"Received: {reprlib.repr(metadata[key])}."
            )
    if not _holds_names(metadata["signatures"]):
        raise ArtifactError(
            f"{path}: `signatures` of model.json must hold names, or objects of names. "
            f"Received: {reprlib.repr(metadata['signatures'])}."
        )
    return metadata


def _holds_names(signatures: dict[str, Any], depth: int = 3) -> bool:
    return depth > 0 and all(
        _holds_names(value, depth - 1) if isinstance(value, dict) else isinstance(value, str)
        for value in signatures.values()
    )


def _tokenizer(content: bytes) -> Tokenizer:
    tokenizer = Tokenizer.from_json(content.decode())
    "".join(tokenizer.tokens).encode()  # half a surrogate pair could not be printed
    return tokenizer


def _lexicon(path: Path, content: bytes | None) -> Lexicon | None:
    try:
        return None if content is None else Lexicon.from_bytes(content)
    except ValueError as error:
        raise ArtifactError(f"{path}: the lexicon is not usable: {_brief(error)}") from error


def _shortlist(
    path: Path,
    metadata: dict[str, Any],
    content: bytes | None,
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
) -> Shortlist | None:
    described = metadata.get("shortlist")
    if (described is None) != (content is None):
        raise ArtifactError(
            f"{path}: a file must hold both {SHORTLIST_FILE} and `shortlist` of model.json, or "
            "neither. Export it again."
        )
    if content is None:
        return None
    sizes = described if isinstance(described, dict) else {}
    size, per_token = sizes.get("size"), sizes.get("per_token")
    if type(size) is not int or type(per_token) is not int:
        raise ArtifactError(
            f"{path}: `shortlist` of model.json must have the whole numbers `size` and "
            f"`per_token`. Received: {reprlib.repr(described)}."
        )
    try:
        return Shortlist.from_bytes(
            content,
            size=size,
            per_token=per_token,
            source_size=len(source_tokenizer),
            target_size=len(target_tokenizer),
        )
    except ValueError as error:
        raise ArtifactError(f"{path}: the shortlist is not usable: {_brief(error)}") from error


def _brief(error: Exception) -> str:
    """Returns what an error says, but not all of a damaged file with it."""
    message = str(error)
    return message if len(message) <= 300 else f"{message[:300]}..."


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sha256_of_head(file: BinaryIO, size: int) -> str:
    """Returns the checksum of a file's first bytes, read in chunks."""
    digest = hashlib.sha256()
    file.seek(0)
    while size > 0 and (chunk := file.read(min(size, CHUNK_BYTES))):
        digest.update(chunk)
        size -= len(chunk)
    return digest.hexdigest()
