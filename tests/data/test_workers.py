"""Processes that draw or encode examples: what becomes of them, and of who waits for them."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cloudpickle
import grain
import pytest

from s2s_keras.data.workers import HandedOver


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


def test_worker_that_dies_while_it_starts_is_not_waited_for():
    command = [sys.executable, "-m", "tests.data.working", "fatal"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "terminated unexpectedly with exit code -9" in done.stderr


def test_handed_over_data_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sent = HandedOver(grain.MapDataset.range(5))
    pickled = [cloudpickle.dumps(sent) for _ in range(2)]
    assert len(list(tmp_path.iterdir())) == 2
    assert list(cloudpickle.loads(pickled[0])) == list(range(5))
    assert len(list(tmp_path.iterdir())) == 1
    del sent
    assert not list(tmp_path.iterdir())
