"""A command flows in, and milliseconds a token of what it runs flow out; see `worker`."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["ROOT", "WorkerError", "WorkerProcess"]

ROOT = Path(__file__).parents[2]
"""The repository: every environment imports `benchmarks` from here."""


class WorkerError(RuntimeError):
    """A worker ended before it answered, or decoded another number of tokens than was asked for."""


class WorkerProcess:
    """Starts a worker and waits until it is ready.

    Args:
        command: what starts it: an interpreter of Python, and its arguments.
        tokens: what every output must have.

    Attributes:
        about: what the worker said of what it has loaded.

    Raises:
        WorkerError: it ended while it loaded.
        OSError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], tokens: int) -> None:
        self._command = list(command)
        self._tokens = tokens
        with ExitStack() as stack:
            self._errors = stack.enter_context(
                tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
            )
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                cwd=ROOT,
                text=True,
            )
            stack.callback(self._end)
            self.about = self._answer()
            self._resources = stack.pop_all()

    def token_ms(self) -> float:
        """Lets it decode once, and returns milliseconds a token.

        Raises:
            WorkerError: it ended, or the output has another number of tokens.
        """
        try:
            self._pipe("stdin").write("decode\n")
            self._pipe("stdin").flush()
        except BrokenPipeError:
            pass  # `_answer` says why
        answer = self._answer()
        if answer["tokens"] != self._tokens:
            raise WorkerError(
                f"Every output must have {self._tokens} tokens. Received: {answer['tokens']}, from "
                f"{' '.join(self._command)}"
            )
        return float(answer["ms"]) / self._tokens

    def close(self) -> None:
        """Ends it, and waits until it has ended."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _end(self) -> None:
        self._process.kill()  # it keeps nothing that would be lost
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        line = self._pipe("stdout").readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            said = self._errors.read().strip().splitlines()[-5:]
            raise WorkerError("\n".join([f"The worker ended: {' '.join(self._command)}", *said]))
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _pipe(self, name: str) -> Any:
        return getattr(self._process, name)
