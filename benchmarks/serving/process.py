"""`s2s-keras serve` in a process of its own, and what its tests send to it."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_SECONDS = 240


class ServingProcess:
    """A server that listens at `port`, and what it wrote."""

    def __init__(self, process: subprocess.Popen[str], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, **headers: str
    ) -> tuple[int, Any]:
        """Sends one request; returns status and document."""
        status, _, content = self.raw(method, path, body, **headers)
        return status, json.loads(content)

    def raw(
        self, method: str, path: str, body: bytes | str | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Sends one request; returns status, headers and content."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            content = body.encode() if isinstance(body, str) else body
            named = {key.replace("_", "-"): value for key, value in headers.items()}
            connection.request(method, path, content, named)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def predict(self, document: Any) -> tuple[int, Any]:
        """Posts a document, or the text of one."""
        body = document if isinstance(document, str | bytes) else json.dumps(document)
        return self.ask("POST", "/v1/models/toy:predict", body)

    def connect(self) -> socket.socket:
        """Opens a connection and sends nothing."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def figure(self, name: str) -> float:
        """Returns the value of one line of `/metrics`; 0 where there is none."""
        _, _, content = self.raw("GET", "/metrics")
        found = re.search(rf"^{re.escape(name)} (\S+)$", content.decode(), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def stop(self, number: int = signal.SIGTERM, timeout: float = 60) -> int:
        """Sends a signal and returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout)


@contextmanager
def served(
    model: Path, folder: Path, *options: str, python: str = sys.executable
) -> Iterator[ServingProcess]:
    """Serves a model as `toy`, until the block ends."""
    log = folder / "serve.log"
    command = [python, "-m", "s2s_keras", "serve", str(model), "--name", "toy"]
    with log.open("w") as stream:
        process = subprocess.Popen([*command, "--port", "0", *options], stderr=stream, text=True)
    try:
        yield ServingProcess(process, _port(process, log), log)
    finally:
        process.kill()
        process.wait()


def _port(process: subprocess.Popen[str], log: Path) -> int:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        found = re.search(r"at http://[^ ]+:(\d+)/", log.read_text())
        if found:
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError(f"The server did not start: {log.read_text()}")
