"""A folder, an archive or a packed file -> the bytes of one file in it; nothing is extracted."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from s2s_keras.data.download import MAX_BYTES, read_bounded
from s2s_keras.errors import DataError

if TYPE_CHECKING:
    from _typeshed import SupportsRead

__all__ = ["find_file", "unpack"]


def find_file(place: str | Path, name: str, packed: str) -> tuple[bytes, Path]:
    """Returns a file that a person has, unpacked, and where it was found.

    Args:
        place: a folder, in which the file lies plain, as `NAME.gz` or in the archive `packed`; or
            an archive or a file of any name, which is read by its ending: `.zip`, `.gz` or plain.
        name: of the file, unpacked.
        packed: what it is called where it is downloaded from.

    Raises:
        DataError: it is not there, cannot be read, or holds more than `MAX_BYTES`.
    """
    place = Path(place)
    path = place
    if place.is_dir():
        candidates = [place / name, place / f"{name}.gz", place / packed]
        found = [path for path in candidates if path.is_file()]
        if not found:
            names = " or ".join(dict.fromkeys(path.name for path in candidates))
            raise DataError(f"the folder must hold {names}, and holds none of them.", place)
        path = found[0]
    try:
        with path.open("rb") as file:
            content = read_bounded(file)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}.", path) from error
    if content is None:
        raise _too_long(path)
    return unpack(content, name, path), path


def unpack(content: bytes, name: str, origin: str | Path) -> bytes:
    """Returns the file `name` of a packed file's content.

    Args:
        content: of a ZIP archive, of a gzip file, or of the file itself.
        name: the file; in an archive it may lie in any folder, and be packed once more as
            `NAME.gz`.
        origin: where the content is from; its ending says what it is.

    Raises:
        DataError: it is not in the archive, the archive is damaged, or the file holds more than
            `MAX_BYTES`.
    """
    ending = PurePosixPath(origin).suffix
    try:
        if ending == ".zip":
            return _from_zip(content, name, origin)
        if ending == ".gz":
            with gzip.open(io.BytesIO(content)) as file:
                return _read(file, origin)
    # Damaged archives raise all of these; encrypted ones `RuntimeError`.
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
        raise DataError(f"cannot be unpacked: {error}", origin) from error
    return content


def _from_zip(content: bytes, name: str, origin: str | Path) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for wanted in (name, f"{name}.gz"):
            for member in archive.namelist():
                if PurePosixPath(member).name == wanted:
                    with archive.open(member) as file:
                        return unpack(_read(file, origin), name, f"{origin}/{wanted}")
    raise DataError(f"the archive must hold {name}, and does not.", origin)


def _read(file: SupportsRead[bytes], origin: str | Path) -> bytes:
    content = read_bounded(file)
    if content is None:
        raise _too_long(origin)
    return content


def _too_long(path: str | Path) -> DataError:
    return DataError(f"more than {MAX_BYTES:,} bytes are not read, packed or unpacked.", path)
