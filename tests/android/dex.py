"""Reads the names of a dex file's classes."""

from __future__ import annotations

import struct

__all__ = ["class_names"]


def class_names(dex: bytes) -> set[str]:
    """Returns the classes that a dex file defines, as `org.example.Name`."""
    if not dex.startswith(b"dex\n"):
        raise ValueError("This is no dex file.")
    (strings,) = struct.unpack_from("<I", dex, 60)
    (types,) = struct.unpack_from("<I", dex, 68)
    count, classes = struct.unpack_from("<II", dex, 96)
    names = set()
    for number in range(count):
        (type_index,) = struct.unpack_from("<I", dex, classes + 32 * number)
        (string_index,) = struct.unpack_from("<I", dex, types + 4 * type_index)
        (start,) = struct.unpack_from("<I", dex, strings + 4 * string_index)
        while dex[start] & 0x80:  # the length, LEB128
            start += 1
        descriptor = dex[start + 1 : dex.index(0, start + 1)].decode()
        names.add(descriptor.removeprefix("L").removesuffix(";").replace("/", "."))
    return names
