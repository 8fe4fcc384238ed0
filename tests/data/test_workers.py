"""What becomes of the processes that draw or encode examples when their training is killed."""

import subprocess
import sys
import time
from pathlib import Path

import pytest


def children_of(pid: int) -> list[Path]:
    """Returns the folders of `/proc` of the processes that one has spawned to work for it."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    found = [child for thread in threads for child in (thread / "children").read_text().split()]
    folders = [Path("/proc", child) for child in found]
    return [folder for folder in folders if b"spawn_main" in (folder / "cmdline").read_bytes()]


def is_running(process: Path) -> bool:
    try:
        return ") Z " not in (process / "stat").read_text()  # a zombie, where nobody waits for it
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("work", ["batches", "encoding"])
def test_workers_of_a_killed_process_end(work):
    command = [sys.executable, "-m", "tests.data.working", work]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "works\n"
        workers = children_of(process.pid)
        assert len(workers) == 2
        assert all(map(is_running, workers))
        process.kill()
    until = time.monotonic() + 30
    while any(map(is_running, workers)):
        assert time.monotonic() < until, "they wait for a process that is gone"
        time.sleep(0.1)
