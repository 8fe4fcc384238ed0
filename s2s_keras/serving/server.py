"""Listens, serves, and stops without losing a request."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn

from s2s_keras.serving.app import make_app
from s2s_keras.serving.connection import connection_class
from s2s_keras.serving.service import Service

__all__ = ["bind", "serve"]

logger = logging.getLogger(__name__)

BACKLOG = 512
KEEP_ALIVE_SECONDS = 15
MAX_HEAD_BYTES = 16 * 2**10
SEND_BUFFER_BYTES = 128 * 2**10
"""What the system takes of an answer that nobody reads; with more, that shows."""


def bind(host: str, port: int) -> socket.socket:
    """Returns a socket with an address, which refuses connections until it is served.

    Args:
        host: name or address.
        port: 0 to 65535; 0 takes a free one.

    Raises:
        ValueError: `port` lies outside its range.
        OSError: the address is taken, unknown or forbidden.
    """
    if not 0 <= port <= 65_535:
        raise ValueError(f"`port` must lie between 0 and 65535. Received: port={port}.")
    bound = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        bound.bind(address)
    except OSError as error:
        if bound is not None:
            bound.close()
        place = f"{host}:{port}"
        raise OSError(error.errno, f"cannot listen here: {error.strerror}", place) from error
    return bound


def serve(service: Service, bound: socket.socket, ready: Callable[[], None] = lambda: None) -> bool:
    """Serves until SIGTERM or SIGINT comes.

    New connections are refused from then on. Requests under way are finished within
    `stop_seconds`; a second SIGINT does not wait for them.

    Args:
        service: what answers.
        bound: see `bind`; closed at the end.
        ready: called once requests are taken.

    Returns:
        Whether every request was finished.
    """
    limits = service.limits
    config = uvicorn.Config(
        make_app(service),
        http=connection_class(limits, service.metrics.rejected),
        ws="none",
        backlog=BACKLOG,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(limits.stop_seconds)),
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
    )
    server = _Server(config, service, ready)
    asyncio.run(server.serve(sockets=[bound]))
    return service.close(limits.stop_seconds if server.was_in_time else 0.0) and server.was_in_time


class _Server(uvicorn.Server):
    """Tells the service that the end has come, and leaves signals to the caller's process."""

    def __init__(self, config: uvicorn.Config, service: Service, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._service = service
        self._ready = ready
        self.was_in_time = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.is_stopping = True
        await super().shutdown(sockets)
        self.was_in_time = not self.server_state.tasks

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Takes SIGTERM and SIGINT as the wish to stop, which is no error of the process."""
        kept = {
            number: signal.signal(number, self.handle_exit)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)
