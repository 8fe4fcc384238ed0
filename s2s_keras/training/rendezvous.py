"""Processes that should train together find one another, and compare what each was told.

This comes before JAX, which ends a process from native code where one does not come.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import Any

from s2s_keras.errors import ConfigError, TrainingError

__all__ = ["MUST_AGREE", "differences", "meet"]

MUST_AGREE = "the processes of a training must all be started alike, and they differ in"

_RETRY_SECONDS = 0.2
_STRANGER_SECONDS = 5.0
_LONGEST_MESSAGE = 2**24
_SHOWN = 80
"""Characters of a value that a message shows."""


def meet(address: str, processes: int, process: int, document: Any, seconds: float) -> None:
    """Waits until all processes are there, and checks that all hold the same document.

    Process 0 listens at the address until all have come; the port is free again behind this.

    Args:
        address: `host:port` of process 0.
        processes: how many there are.
        process: which of them this is.
        document: JSON.
        seconds: how long to wait for the others.

    Raises:
        ConfigError: the address is none or is in use, two processes have the same number, or their
            documents differ; names the keys. All processes raise the same.
        TrainingError: not all came in time; names those that are missing.
    """
    host, port = _split(address)
    deadline = time.monotonic() + seconds
    own = {"process": process, "document": document}
    if process == 0:
        verdict = _receive_all(address, port, processes, own, deadline, seconds)
    else:
        verdict = _join(host, port, address, own, deadline, seconds)
    kind = {"wrong": ConfigError, "missing": TrainingError}.get(verdict["kind"])
    if kind is not None:
        raise kind(verdict["message"])


def differences(documents: Mapping[int, Any]) -> str:
    """Returns what processes disagree on: each key, with what process 0 and another have there.

    Args:
        documents: of each process, by its number; JSON.
    """
    found = []
    flat = {process: _flatten(document) for process, document in documents.items()}
    for key in sorted({key for one in flat.values() for key in one}):
        own, *others = [
            (process, json.dumps(one.get(key), ensure_ascii=False))
            for process, one in sorted(flat.items())
        ]
        other = next((other for other in others if other[1] != own[1]), None)
        if other is not None:
            sides = [f"process {process}: {value[:_SHOWN]}" for process, value in (own, other)]
            found.append(f"{key} ({', '.join(sides)})")
    return "; ".join(found)


def _flatten(document: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(document, Mapping):
        return {prefix.removesuffix("."): document}
    flat: dict[str, Any] = {}
    for key, value in document.items():
        flat |= _flatten(value, f"{prefix}{key}.")
    return flat


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ConfigError(
            "the job address must be the host and a free port of process 0, such as "
            f"10.0.0.1:1234. Received: {address!r}."
        )
    return host.strip("[]"), int(port)


def _receive_all(
    address: str, port: int, processes: int, own: Any, deadline: float, seconds: float
) -> Any:
    """Takes in all other processes, and tells each the verdict."""
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        server = socket.create_server(("", port), family=family, dualstack_ipv6=both)
    except OSError as error:
        raise ConfigError(
            f"{address}: process 0 cannot listen there: {error.strerror}. Choose a free port."
        ) from error
    joined: dict[int, Any] = {0: own}
    twice = None
    with server, ExitStack() as connections:
        files = []
        while len(joined) < processes and twice is None:
            server.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                connection, _ = server.accept()
            except TimeoutError:
                break
            connections.enter_context(connection)
            connection.settimeout(_STRANGER_SECONDS)
            file = connections.enter_context(connection.makefile("rw", encoding="utf-8"))
            message = _read(file)
            if message is None:
                continue
            files.append(file)
            twice = message["process"] if message["process"] in joined else None
            joined[message["process"]] = message
        verdict = _judge(address, processes, joined, twice, seconds)
        for file in files:
            with suppress(OSError):  # it has gone away, and will be missed
                file.write(json.dumps(verdict) + "\n")
                file.flush()
    return verdict


def _read(file: Any) -> Any:
    """Returns what a process says of itself; `None` of a stranger."""
    with suppress(OSError, ValueError, AttributeError):
        message = json.loads(file.readline(_LONGEST_MESSAGE))
        if message.keys() == {"process", "document"}:
            return message
    return None


def _judge(
    address: str, processes: int, joined: Mapping[int, Any], twice: int | None, seconds: float
) -> dict[str, str]:
    if twice is not None:
        message = (
            f"{address}: two processes are number {twice}; give each its own `--process-id`, from "
            f"0 to {processes - 1}."
        )
        return {"kind": "wrong", "message": message}
    changed = differences({process: one["document"] for process, one in joined.items()})
    if changed:
        message = f"{MUST_AGREE} {changed}."
        return {"kind": "wrong", "message": message}
    missing = [str(process) for process in range(processes) if process not in joined]
    if missing:
        message = (
            f"{address}: of {processes} processes, {', '.join(missing)} did not come within "
            f"{seconds:g} s. Start all of them with the same address, and see that it can be "
            "reached from where they run."
        )
        return {"kind": "missing", "message": message}
    return {"kind": "all there", "message": ""}


def _join(host: str, port: int, address: str, own: Any, deadline: float, seconds: float) -> Any:
    """Goes to process 0, which may come later, and waits for its verdict."""
    while (left := deadline - time.monotonic()) > 0:
        try:
            with socket.create_connection((host, port), timeout=left) as connection:
                # Longer than process 0 waits itself, whose verdict says more.
                connection.settimeout(left + 5.0)
                with connection.makefile("rw", encoding="utf-8") as file:
                    file.write(json.dumps(own) + "\n")
                    file.flush()
                    verdict = json.loads(file.readline(_LONGEST_MESSAGE))
            if {"kind", "message"} <= set(verdict):
                return verdict
        except (OSError, ValueError, TypeError):  # not there yet, or not s2s-keras
            pass
        time.sleep(_RETRY_SECONDS)
    message = (
        f"{address}: process 0 did not answer within {seconds:g} s. See that it runs, and that "
        "the address can be reached from here."
    )
    return {"kind": "missing", "message": message}
