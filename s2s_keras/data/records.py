"""Examples <-> ArrayRecord files, which may be larger than memory.

A folder of records holds files of the examples of each bucket, and `records.json`, which says what
they are and is written last. Any record is read by its index: to shuffle all costs no memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grain
import numpy as np

from s2s_keras.data.batches import Bucket, Example
from s2s_keras.errors import DataError
from s2s_keras.files import write_text

__all__ = ["RECORDS_FILE", "IdsCodec", "RecordWriter", "RecordedExamples", "read_description"]

RECORDS_FILE = "records.json"

SHARD_RECORDS = 1_000_000
"""Records of a file, at most."""

_FORMAT = 1

_OPTIONS = "group_size:1"
"""Of the files: any record can then be read by itself."""


class IdsCodec:
    """Examples <-> bytes: the source's length, its ids, and those of the target.

    >>> codec = IdsCodec(300)
    >>> source, target = codec.decode(codec.encode((np.array([5, 6]), np.array([7]))))
    >>> source.tolist(), target.tolist()
    ([5, 6], [7])

    Args:
        largest: number that is written, an id or a length.
    """

    def __init__(self, largest: int) -> None:
        self._dtype = np.dtype("<u2" if largest < 2**16 else "<u4")

    def encode(self, example: Example) -> bytes:
        """Returns the bytes of an example."""
        source, target = example
        return np.concatenate([[len(source)], source, target]).astype(self._dtype).tobytes()

    def decode(self, record: bytes) -> Example:
        """Returns the example of bytes that `encode` made."""
        numbers = np.frombuffer(record, self._dtype).astype(np.int32)
        end = 1 + int(numbers[0])
        return numbers[1:end], numbers[end:]


class RecordWriter:
    """Writes a folder of records.

    Args:
        folder: which must exist; a `records.json` of before is removed.

    Raises:
        OSError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / RECORDS_FILE).unlink(missing_ok=True)
        self._writers: dict[tuple[int, int], Any] = {}
        self._shards: dict[tuple[int, int], list[dict[str, Any]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for writer in self._writers.values():
            writer.close()

    def write(self, room: tuple[int, int], record: bytes) -> None:
        """Adds a record to a bucket.

        Args:
            room: tokens of the longest source and target of the bucket.
            record: of an example.
        """
        shards = self._shards.setdefault(room, [])
        if not shards or shards[-1]["records"] == SHARD_RECORDS:
            self._open(room, shards)
        self._writers[room].write(record)
        shards[-1]["records"] += 1

    def finish(self, description: Mapping[str, Any]) -> None:
        """Closes all files and writes `records.json`, with what else it is to say."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()
        for shard in (shard for shards in self._shards.values() for shard in shards):
            shard["bytes"] = (self._folder / shard["file"]).stat().st_size
        buckets = [{"room": room, "shards": self._shards[room]} for room in sorted(self._shards)]
        document = {"format": _FORMAT, **description, "buckets": buckets}
        write_text(self._folder / RECORDS_FILE, json.dumps(document, indent=1) + "\n")

    def _open(self, room: tuple[int, int], shards: list[dict[str, Any]]) -> None:
        from array_record.python.array_record_module import ArrayRecordWriter

        if room in self._writers:
            self._writers[room].close()
        name = f"{room[0]:04}-{room[1]:04}-{len(shards):05}.array_record"
        path = self._folder / name
        path.unlink(missing_ok=True)
        self._writers[room] = ArrayRecordWriter(str(path), _OPTIONS)
        shards.append({"file": name, "records": 0})


class RecordedExamples:
    """Examples that are read when they are drawn.

    Args:
        folder: of `RecordWriter`.
        draw: record, random numbers -> example; see `Bucket`.

    Attributes:
        description: what `records.json` says.

    Raises:
        DataError: a file is missing, truncated or of another format; names it.
    """

    def __init__(
        self, folder: Path, draw: Callable[[bytes, np.random.Generator | None], Example]
    ) -> None:
        self._folder = folder
        self._draw = draw
        self.description = read_description(folder)
        for shard in self._all_shards():
            path = folder / shard["file"]
            size = path.stat().st_size if path.exists() else None
            if size != shard["bytes"]:
                found = "it is not there" if size is None else f"it has {size:,}"
                raise DataError(
                    f"the file must have {shard['bytes']:,} bytes, and {found}. Prepare the data "
                    "again.",
                    path,
                )

    def __len__(self) -> int:
        """The number of examples."""
        return sum(shard["records"] for shard in self._all_shards())

    @property
    def target_tokens(self) -> int:
        """The tokens of all targets, `eos` included."""
        return int(self.description["target_tokens"])

    def buckets(
        self, bucket_lengths: Sequence[int], target_bucket_lengths: Sequence[int] | None
    ) -> list[Bucket]:
        """Returns the buckets of the files; see `Examples`."""
        return [
            Bucket(
                (room[0], room[1]),
                grain.sources.ArrayRecordDataSource(
                    [str(self._folder / shard["file"]) for shard in bucket["shards"]]
                ),
                self._draw,
            )
            for bucket in self.description["buckets"]
            for room in [bucket["room"]]
        ]

    def _all_shards(self) -> list[dict[str, Any]]:
        return [shard for bucket in self.description["buckets"] for shard in bucket["shards"]]


def read_description(folder: Path) -> dict[str, Any]:
    """Returns what the `records.json` of a folder says.

    Raises:
        DataError: it is missing or damaged, or of another format.
    """
    path = folder / RECORDS_FILE
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            raise ValueError(f"format {document['format']}; this version reads {_FORMAT}")
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"cannot be read: {error}. Prepare the data again.", path) from error
    return document
