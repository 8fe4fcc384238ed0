"""One trial of a search, in a process of its own: the side of that process.

What a training leaves behind in a process, above all the graphs that were traced, stays for good,
some 60 MB for the smallest model, whatever is cleared. A process that ends gives it all back, and
one that the system kills for its memory takes no search along.

Lines of JSON on standard input: what to train, and after each epoch whether to go on. Lines of JSON
on standard output: after each epoch that it is over, and at the end how the training ended.
"""

from __future__ import annotations

import _thread
import contextlib
import json
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

import keras
from filelock import FileLock

from s2s_keras.errors import ConfigError, DataError, S2SKerasError
from s2s_keras.recipe import parse_recipe
from s2s_keras.training.run import train

__all__ = ["AfterEpoch", "StoppedEarly", "work"]

GRACE_SECONDS = 10.0
"""What a batch may still take after an interruption."""


class StoppedEarly(Exception):
    """The search has ended a training after one of its epochs."""


class AfterEpoch(keras.callbacks.Callback):
    """Asks after each epoch whether to go on.

    Args:
        channel: to the process of the search.
    """

    def __init__(self, channel: _Channel) -> None:
        super().__init__()
        self._channel = channel

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Ends the training where it was told to; its last epoch is saved already."""
        if not self.model.stop_training and epoch + 1 < self.params["epochs"]:
            self._channel.send({"epoch": epoch + 1})
            if not self._channel.receive()["goes_on"]:
                raise StoppedEarly


class _Channel:
    """Lines from and to the process of the search; ends this process where that one has ended."""

    def __init__(self, source: TextIO, sink: TextIO) -> None:
        self._source = source
        self._sink = sink
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, message: dict[str, Any]) -> None:
        self._sink.write(json.dumps(message) + "\n")
        self._sink.flush()

    def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._lines.get())
        return message

    def _listen(self) -> None:
        for line in self._source:
            self._lines.put(line)
        _thread.interrupt_main()  # the training ends with its batch
        time.sleep(GRACE_SECONDS)
        os._exit(1)


def work() -> None:
    """Trains the recipe that comes on standard input, and says on standard output how it went."""
    # What libraries print goes elsewhere.
    sink = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    channel = _Channel(sys.stdin, sink)
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):  # the search has ended
        channel.send(_train(channel, channel.receive()))
    sys.stderr.flush()
    os._exit(0)  # the thread that listens would be waited for


def _train(channel: _Channel, job: dict[str, Any]) -> dict[str, Any]:
    """Returns how a training ended."""
    folder = Path(job["folder"])
    try:
        # A search that was killed may have left a process that ends with its batch.
        with FileLock(folder.parent / "trial.lock", timeout=60):
            recipe = parse_recipe(job["recipe"], origin="recipe of the trial")
            train(recipe, folder, resume=True, callbacks=[AfterEpoch(channel)])
    except StoppedEarly:
        return {"ended": "pruned"}
    except (ConfigError, DataError) as error:
        return {"ended": "refused", "note": str(error)}
    except OSError as error:
        return {
            "ended": "os_error",
            "error": [error.errno, error.strerror or str(error), error.filename],
        }
    except S2SKerasError as error:
        return {"ended": "error", "kind": type(error).__name__, "note": str(error)}
    except Exception as error:
        return {"ended": "failed", "note": f"{type(error).__name__}: {error}"}
    return {"ended": "complete"}
