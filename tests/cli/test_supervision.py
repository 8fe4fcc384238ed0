"""What a supervised child does, in processes of their own: a test's process has threads."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from s2s_keras.cli.supervision import supervise
from s2s_keras.errors import ConfigError

def work():
    {work}

sys.exit(supervise(work, lambda: "one is gone"))
"""


def start(work: str, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(work=work), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("work", "status", "said"),
    [
        ("print('done')", 0, ""),
        ("raise ConfigError('wrong key')", 2, "error: wrong key\n"),
        ("os.abort()", 1, "error: one is gone\n"),
        ("os.kill(os.getpid(), signal.SIGKILL)", 1, "error: the training was ended by SIGKILL.\n"),
        ("raise KeyboardInterrupt", 130, ""),
    ],
)
def test_status_and_last_word(work: str, status: int, said: str) -> None:
    process = start(work)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (status, said)
    assert out == ("done\n" if status == 0 else "")


def test_native_code_prints_nothing_on_standard_output() -> None:
    process = start("os.write(1, b'[Gloo] here'); print('figures')")
    assert process.communicate(timeout=60) == ("figures\n", "")


def test_child_does_not_wait_at_its_exit() -> None:
    work = "import atexit; atexit.register(time.sleep, 60); raise ConfigError('wrong')"
    started = time.monotonic()
    assert start(work).communicate(timeout=50)[1] == "error: wrong\n"
    assert time.monotonic() - started < 50


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_reach_the_child_once(number: signal.Signals, tmp_path: Path) -> None:
    seen, ready = tmp_path / "seen", tmp_path / "ready"
    work = """
    def note(number, frame):
        with open(sys.argv[1], "a") as file:
            file.write(f"{{number}}\\n")
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, note)
    Path(sys.argv[2]).touch()
    time.sleep(3)""".replace("{{", "{").replace("}}", "}")
    process = start(work, seen, ready)
    _wait_for(ready)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert seen.read_text() == f"{number.value}\n"


def test_child_ends_with_its_parent(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    work = "Path(sys.argv[1]).write_text(str(os.getpid()) + ' '); time.sleep(300)"
    process = start(work, pid)
    _wait_for(pid)
    child = Path("/proc") / pid.read_text().strip()
    assert child.exists()
    process.kill()
    process.communicate(timeout=60)  # the child holds the pipes
    deadline = time.monotonic() + 30
    while child.exists() and "zombie" not in (child / "status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() or (path.name == "pid" and not path.read_text().endswith(" ")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
