"""Arguments flow in; tables, texts and exit statuses flow out. One module a verb.

Exit statuses: 0 done, 1 failed, or with `correct --check` something was found, 2 bad usage or bad
input, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from s2s_keras.cli.app import build_app
from s2s_keras.cli.console import note, report_error

__all__ = ["main"]

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit status.

    Args:
        arguments: without the program's name; those of this process where not given.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        status = build_app()(
            [a for a in given if a != "--debug"], prog_name="s2s-keras", standalone_mode=False
        )
    except SystemExit as error:
        if not isinstance(error.__context__, BrokenPipeError):
            raise
        # The reader of a pipe, `head` for example, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if debug:
            raise
        return report_error(error)
    if status == INTERRUPTED:  # the command line's library turns Ctrl-C into this status
        note("Interrupted.")
    return status if isinstance(status, int) else 0
