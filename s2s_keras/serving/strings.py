"""Texts <-> the strings of tensors, which are bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2s_keras.errors import InputError

__all__ = ["text_of", "to_strings"]


def text_of(value: bytes | NDArray[Any]) -> str:
    """Returns a text of a row, or of a column.

    Raises:
        InputError: it is not valid UTF-8.
    """
    content = value if isinstance(value, bytes) else value.item()
    try:
        return str(content, "utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"The text is not valid UTF-8: byte {error.start + 1}.") from error


def to_strings(texts: str | Sequence[str]) -> NDArray[Any]:
    """Returns a text, or several, as an array of bytes."""
    if isinstance(texts, str):
        return np.array(texts.encode(), object)
    return np.array([text.encode() for text in texts], object)
