"""Runs the command line in this process."""

from pathlib import Path

import pytest

from s2s_keras.cli import main


def output(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """Runs the command line, which must succeed, and returns its standard output."""
    capfd.readouterr()
    assert main([str(argument) for argument in arguments]) == 0
    return capfd.readouterr().out
