"""Examples <-> ArrayRecord files, which may be larger than memory.

A folder of records holds files of the examples of each source and bucket, and `records.json`, which
says what they are and is written last. Any record is read by its index: to shuffle all costs no
memory.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from s2s_keras.data.batches import Bucket, Example
from s2s_keras.errors import DataError
from s2s_keras.files import write_text

__all__ = ["RECORDS_FILE", "IdsCodec", "RecordWriter", "RecordedExamples", "read_description"]

RECORDS_FILE = "records.json"

SHARD_RECORDS = 1_000_000
"""Records of a file, at most."""

_FORMAT = 2

_READ_BYTES = 2**12
"""Read at a time. A record is most often shorter, and what is read beyond it is copied in vain."""

_OPTIONS = "group_size:1"
"""Of the files: any record can then be read by itself."""


Room = tuple[int, int]
"""Tokens of the longest source and of the longest target of a bucket."""


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
        self._source = 0
        self._writers: dict[Room, Any] = {}
        self._shards: dict[tuple[int, Room], list[dict[str, Any]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def write(self, source: int, room: Room, record: bytes) -> None:
        """Adds a record to a bucket.

        Args:
            source: number of the source that it is from, from 0; those of one come one behind the
                other.
            room: tokens of the longest source and target of the bucket.
            record: of an example.
        """
        if source != self._source:
            self._close()
            self._source = source
        shards = self._shards.setdefault((source, room), [])
        if not shards or shards[-1]["records"] == SHARD_RECORDS:
            self._open(room, shards)
        self._writers[room].write(record)
        shards[-1]["records"] += 1

    def finish(self, description: Mapping[str, Any], sources: Sequence[Mapping[str, Any]]) -> None:
        """Closes all files and writes `records.json`.

        Args:
            description: what else it is to say.
            sources: what it is to say of each source.
        """
        self._close()
        buckets: list[list[dict[str, Any]]] = [[] for _ in sources]
        for source, room in sorted(self._shards):
            shards = self._shards[source, room]
            for shard in shards:
                shard["bytes"] = (self._folder / shard["file"]).stat().st_size
            buckets[source].append({"room": room, "shards": shards})
        described = [
            {**source, "buckets": found} for source, found in zip(sources, buckets, strict=True)
        ]
        document = {"format": _FORMAT, **description, "sources": described}
        write_text(self._folder / RECORDS_FILE, json.dumps(document, indent=1) + "\n")

    def _open(self, room: Room, shards: list[dict[str, Any]]) -> None:
        from array_record.python.array_record_module import ArrayRecordWriter

        if room in self._writers:
            self._writers[room].close()
        name = f"{self._source:02}-{room[0]:04}-{room[1]:04}-{len(shards):05}.array_record"
        path = self._folder / name
        path.unlink(missing_ok=True)
        self._writers[room] = ArrayRecordWriter(str(path), _OPTIONS)
        shards.append({"file": name, "records": 0})

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()


class _Records:
    """The records of several files, by index; a `grain` data source whose errors name the file.

    `grain.sources.ArrayRecordDataSource` reads the same files, but opens all of them to count their
    records, and takes time for each record that grows with the file: a millisecond of 200,000
    records. To read a range of one takes 20 microseconds of any file.

    Args:
        paths: of the files, which are opened when they are needed.
        counts: their records.
    """

    def __init__(self, paths: Sequence[Path], counts: Sequence[int]) -> None:
        self._paths = list(paths)
        self._ends = list(accumulate(counts))
        self._readers: dict[int, Any] = {}

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, index: int) -> bytes:
        place = bisect_right(self._ends, index)
        position = index - (self._ends[place - 1] if place else 0)
        try:
            if place not in self._readers:
                self._readers[place] = _open_reader(self._paths[place])
            [record] = self._readers[place].read(position, position + 1)
            if not record:  # so it is behind the end of a file that has become shorter
                raise ValueError("it is not there")
        # Whatever a reader raises that finds no file, or not what its index says.
        except Exception as error:
            reason = getattr(error, "strerror", None) or error
            raise DataError(
                f"record {position:,} cannot be read: {reason}. Put the file back and go on with "
                "`--resume`, or prepare the data again.",
                self._paths[place],
            ) from error
        return bytes(record)

    def __getstate__(self) -> dict[str, Any]:
        """Leaves the open files behind: another process opens its own."""
        return {**self.__dict__, "_readers": {}}


def _open_reader(path: Path) -> Any:
    from array_record.python.array_record_module import ArrayRecordReader

    path.stat()  # a reader of no file says so only when it reads, and then in other words
    options = "readahead_buffer_size:0,max_parallelism:0"
    return ArrayRecordReader(str(path), options=options, file_reader_buffer_size=_READ_BYTES)


class RecordedExamples:
    """Examples of one source that are read when they are drawn.

    Args:
        folder: of `RecordWriter`.
        source: what `records.json` says of the source.
        draw: record, random numbers -> example; see `Bucket`.

    Raises:
        DataError: a file is missing or truncated; names it.
    """

    def __init__(
        self,
        folder: Path,
        source: Mapping[str, Any],
        draw: Callable[[bytes, np.random.Generator | None], Example],
    ) -> None:
        self._folder = folder
        self._source = source
        self._draw = draw
        for shard in (shard for bucket in source["buckets"] for shard in bucket["shards"]):
            path = folder / shard["file"]
            size = path.stat().st_size if path.exists() else None
            if size != shard["bytes"]:
                found = "it is not there" if size is None else f"it has {size:,}"
                raise DataError(
                    f"the file must have {shard['bytes']:,} bytes, and {found}. Prepare the data "
                    "again.",
                    path,
                )

    @property
    def target_tokens(self) -> int:
        """The tokens of all targets, `eos` included."""
        return int(self._source["target_tokens"])

    def buckets(
        self, bucket_lengths: Sequence[int], target_bucket_lengths: Sequence[int] | None
    ) -> list[Bucket]:
        """Returns the buckets of the files; see `Examples`."""
        found: list[Bucket] = []
        for bucket in self._source["buckets"]:
            paths = [self._folder / shard["file"] for shard in bucket["shards"]]
            counts = [shard["records"] for shard in bucket["shards"]]
            source_room, target_room = bucket["room"]
            records = _Records(paths, counts)
            found.append(Bucket((source_room, target_room), records, self._draw))
        return found


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
