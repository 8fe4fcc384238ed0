"""One connection: uvicorn's, with bounds on how many there are and how slow one may be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from s2s_keras.serving.limits import Limits

__all__ = ["connection_class"]


def connection_class(limits: Limits, reject: Callable[[str], None]) -> type[H11Protocol]:
    """Returns the class of the server's connections.

    Args:
        limits: `max_connections`, `head_seconds`, and `body_seconds`, within which a client has to
            go on reading an answer, too.
        reject: called with the reason where a connection is closed unanswered.
    """

    class Connection(H11Protocol):
        """Closes itself where a head does not come, or an answer is not read."""

        _head_timer: asyncio.TimerHandle | None = None
        _reading_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > limits.max_connections:
                reject("too_many_connections")
                message = (
                    f"At most {limits.max_connections} connections are served. Try again later."
                )
                transport.write(_answer(503, "Service Unavailable", message))
                self._close()
                return
            self._watch_head()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch_head()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._watch_head()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._reading_timer = self.loop.call_later(limits.body_seconds, self._nobody_reads)

        def resume_writing(self) -> None:
            if self._reading_timer is not None:
                self._reading_timer.cancel()
            super().resume_writing()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_watching()
            if self._reading_timer is not None:
                self._reading_timer.cancel()
            super().connection_lost(exc)

        def send_400_response(self, msg: str) -> None:
            reject("malformed")
            if not self.transport.is_closing():
                self.transport.write(_answer(400, "Bad Request", msg))
            self._close()

        def _watch_head(self) -> None:
            """Starts the clock where a head has begun, and stops it where it has come."""
            waits = self.conn.their_state is h11.IDLE and not self._rests()
            if not waits:
                self._stop_watching()
            elif self._head_timer is None:
                self._head_timer = self.loop.call_later(limits.head_seconds, self._head_is_late)

        def _rests(self) -> bool:
            """Whether nothing of the next request has come; uvicorn ends such a connection."""
            return self.cycle is not None and not self.conn.trailing_data[0]

        def _stop_watching(self) -> None:
            if self._head_timer is not None:
                self._head_timer.cancel()
                self._head_timer = None

        def _head_is_late(self) -> None:
            self._head_timer = None
            if self.transport is not None and not self.transport.is_closing():
                reject("slow_head")
                message = f"The headers must come within {limits.head_seconds:g} seconds."
                self.transport.write(_answer(408, "Request Timeout", message))
                self._close()

        def _nobody_reads(self) -> None:
            reject("slow_reader")
            self.transport.abort()

        def _close(self) -> None:
            self.connections.discard(self)
            self.transport.close()

    return Connection


def _answer(status: int, phrase: str, message: str) -> bytes:
    content: Any = json.dumps({"error": message})
    return (
        f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(content)}\r\nconnection: close\r\n\r\n{content}"
    ).encode()
