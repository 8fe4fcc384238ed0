"""Says to which page size shared libraries are aligned: `page_alignment.py LIBRARY ...`."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

PAGE_BYTES = 16384
"""Of devices with large pages, which Android 15 and later may have."""

LOAD = 1


def page_alignment(library: bytes) -> int:
    """Returns the smallest alignment, in bytes, of what a 64-bit ELF library loads."""
    if library[:6] != b"\x7fELF\x02\x01":
        raise ValueError("A library must be 64-bit ELF, little-endian.")
    (offset,) = struct.unpack_from("<Q", library, 32)
    size, count = struct.unpack_from("<HH", library, 54)
    headers = [
        struct.unpack_from("<II6Q", library, offset + size * number) for number in range(count)
    ]
    return min(header[-1] for header in headers if header[0] == LOAD)


def main(paths: list[str]) -> None:
    """Prints a line for each library."""
    for path in map(Path, paths):
        alignment = page_alignment(path.read_bytes())
        verdict = "has" if alignment >= PAGE_BYTES else "lacks"
        print(f"{path.parent.name}/{path.name} {verdict} 16 kB page alignment: {alignment} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
