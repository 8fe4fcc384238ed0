"""A training of several processes -> a clear last word, also where native code ends it.

JAX ends a process whose companion is gone from native code, where no Python can speak.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

from s2s_keras.cli.console import note, report_error

__all__ = ["supervise"]

_INTERRUPTED = 130


def supervise(work: Callable[[], None], describe_loss: Callable[[], str]) -> int:
    """Runs work in a child of this process, and returns its exit status.

    The child ends with this process, however that ends, and gets its signals. It does not wait for
    its companions at its end, as JAX would: after an error they would wait for it.

    Args:
        work: what to do; `s2s_keras.cli.main`'s exit statuses stand for its exceptions.
        describe_loss: what to say where JAX has aborted the child.
    """
    is_alive, alive = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os.close(alive)
        os.setpgid(0, 0)  # Ctrl-C comes from the parent, once
        _keep_stdout_for_python()
        threading.Thread(target=_end_with_parent, args=[is_alive], daemon=True).start()
        _work_and_exit(work)
    os.close(is_alive)

    def pass_on(number: int, frame: Any) -> None:
        os.kill(child, number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGABRT:
        note(f"error: {describe_loss()}")
    elif code < 0:
        note(f"error: the training was ended by {signal.Signals(-code).name}.")
    return code if code >= 0 else 1


def _work_and_exit(work: Callable[[], None]) -> None:
    status = 1
    try:
        work()
        status = 0
    except KeyboardInterrupt:
        status = _INTERRUPTED
    except Exception as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        status = report_error(error)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _keep_stdout_for_python() -> None:
    """Silences what native libraries print on standard output, such as Gloo's greeting."""
    sys.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.close(sink)


def _end_with_parent(is_alive: int) -> None:
    os.read(is_alive, 1)  # nothing is ever written: it returns when the parent is gone
    os.kill(os.getpid(), signal.SIGKILL)
