"""One trial of a search, in a process of its own: the side of the search."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import keras

from s2s_keras import errors
from s2s_keras.config import Recipe

__all__ = ["run_trial"]

CLOSING_SECONDS = 30.0

# Native libraries greet on standard error while they load; `work` has it back.
_START = """
import os
kept = os.dup(2)
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
from s2s_keras.training.trial import work
os.dup2(kept, 2)
work()
"""


def run_trial(recipe: Recipe, folder: Path, goes_on: Callable[[], bool]) -> tuple[str, str]:
    """Trains a recipe, or the rest of it, in a process of its own.

    Args:
        recipe: what to train.
        folder: the run folder, which may hold an interrupted run of the same recipe.
        goes_on: is asked after each epoch but the last, when everything of it is saved.

    Returns:
        How it ended, `complete`, `pruned` (`goes_on` said no), `refused` (recipe or data do not
        allow it) or `failed`, and why it was refused or failed.

    Raises:
        ArtifactError: a file of the run that should go on is missing or damaged.
        OSError: the folder cannot be made or written.
        KeyboardInterrupt: what is done is saved.
    """
    process = _start()
    try:
        return _talk(process, recipe, folder, goes_on)
    finally:
        _stop(process)


def _start() -> subprocess.Popen[str]:
    # Ctrl-C of a terminal is for the search alone, which tells the trial by closing its input.
    return subprocess.Popen(
        [sys.executable, "-c", _START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
        env={
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **os.environ,
            "KERAS_BACKEND": keras.backend.backend(),
        },
    )


def _talk(
    process: subprocess.Popen[str], recipe: Recipe, folder: Path, goes_on: Callable[[], bool]
) -> tuple[str, str]:
    requests, answers = _pipes(process)
    _send(requests, {"recipe": recipe.model_dump(mode="json"), "folder": str(folder)})
    for line in answers:
        answer = json.loads(line)
        if "epoch" in answer:
            _send(requests, {"goes_on": goes_on()})
        elif answer["ended"] == "os_error":
            raise OSError(*answer["error"])
        elif answer["ended"] == "error":
            raise getattr(errors, answer["kind"])(answer["note"])
        else:
            return answer["ended"], answer.get("note", "")
    return "failed", f"its process ended with exit status {process.wait()}"


def _send(requests: IO[str], message: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # its process has ended, which `_talk` sees
        requests.write(json.dumps(message) + "\n")
        requests.flush()


def _stop(process: subprocess.Popen[str]) -> None:
    requests, answers = _pipes(process)
    with contextlib.suppress(BrokenPipeError):
        requests.close()
    try:
        process.wait(CLOSING_SECONDS)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
    answers.close()


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise TypeError("The process must have pipes.")
    return process.stdin, process.stdout
