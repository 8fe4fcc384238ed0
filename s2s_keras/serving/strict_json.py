"""The bytes of a request -> a JSON document, or an error that says what is wrong with it."""

from __future__ import annotations

import json
import reprlib
from typing import Any

from s2s_keras.errors import RequestError

__all__ = ["malformed", "parse_json"]


def parse_json(body: bytes) -> Any:
    """Parses a document strictly: UTF-8, no key twice. `NaN` and `Infinity` are numbers.

    Raises:
        RequestError: 400, the document is malformed.
    """
    try:
        return json.loads(body.decode(), object_pairs_hook=_distinct)
    except UnicodeDecodeError as error:
        raise malformed(f"The body must be UTF-8. Byte {error.start + 1} is not.") from error
    except json.JSONDecodeError as error:
        raise malformed(
            f"The body must be JSON. At line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error
    except RecursionError as error:
        raise malformed("The body is nested too deeply.") from error
    except ValueError as error:
        if isinstance(error, RequestError):
            raise
        # A number of thousands of digits.
        raise malformed("The body holds a number that is too long.") from error


def malformed(message: str) -> RequestError:
    """Returns the error of a request that no change of the server's load would make good."""
    return RequestError(400, message, "malformed")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise malformed(f"The keys of an object must be distinct. Twice: {reprlib.repr(twice)}.")
    return found
