"""The body of a request, read within bounds."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from s2s_keras.errors import RequestError
from s2s_keras.serving.limits import Limits

__all__ = ["read_body"]


async def read_body(request: Request, limits: Limits) -> bytes:
    """Reads a request's body.

    Raises:
        RequestError: 413, it is too large; 408, it comes too slowly; 415, it is compressed; 400,
            the client went away.
    """
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise RequestError(
            415, f"The body must not be compressed. Received: {encoding[:40]!r}.", "malformed"
        )
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > limits.max_body_bytes:
        raise _too_large(limits)
    chunks, size = [], 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for chunk in request.stream():
                chunks.append(chunk)
                size += len(chunk)
                if size > limits.max_body_bytes:
                    raise _too_large(limits)
    except TimeoutError as error:
        raise RequestError(
            408, f"The body must come within {limits.body_seconds:g} seconds.", "slow_body"
        ) from error
    except ClientDisconnect as error:
        raise RequestError(400, "The client went away.", "disconnected") from error
    return b"".join(chunks)


def _too_large(limits: Limits) -> RequestError:
    return RequestError(
        413, f"The body must hold at most {limits.max_body_bytes} bytes.", "body_too_large"
    )
