"""The page of the command line, from its own `--help`."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from typer._click.core import Context
from typer.main import get_command

from s2s_keras.cli.app import build_app

__all__ = ["pages"]

INTRODUCTION = """# The command line

`s2s-keras VERB --help` shows the same. Every verb takes `--debug`, which shows a traceback where
something fails. The exit status is 0, 1 (failed, or with `correct --check` something was found),
2 (bad usage or input) or 130 (interrupted).
"""


def pages(root: Path) -> dict[str, str]:
    """Returns the page, `command_line.md`."""
    group: Any = get_command(build_app())
    parts = [INTRODUCTION]
    for name, command in group.commands.items():
        context = Context(command, info_name=f"s2s-keras {name}")
        usage = command.get_usage(context).removeprefix("Usage: ").strip()
        parts += [f"## {name}", f"```text\n{usage}\n```", inspect.cleandoc(command.help)]
        records = [parameter.get_help_record(context) for parameter in command.params]
        entries = [f"`{left}`\n:   {_escaped(said)}" for left, said in filter(None, records)]
        parts += entries
    return {"command_line.md": "\n\n".join(parts) + "\n"}


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("[", "\\[")
