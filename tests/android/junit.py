"""Runs the JUnit tests of `android_demo/core` on what Python makes of the same texts."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

__all__ = ["CORE", "ROOT", "compile_tests", "run", "run_tests", "write_goldens", "write_kinds"]

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".venv-tflite-runtime"
CORE = ROOT / "android_demo" / "core"


def write_goldens(
    folder: Path,
    python: Sequence[str] = (str(ENVIRONMENT / "bin" / "python"),),
    packages: Path | None = None,
    lines: int | None = None,
) -> None:
    """Writes what Python makes of many texts.

    Args:
        folder: where to.
        python: the command that starts Python.
        packages: a folder of packages that it does not find by itself, or `None`.
        lines: how many each file has at most, or `None` for all.
    """
    paths = [str(path) for path in (ROOT, packages) if path]
    limit = [] if lines is None else ["--lines", str(lines)]
    command = [*python, "-m", "tests.golden", folder, "--interpreter", "c_library", *limit]
    run(command, {**os.environ, "PYTHONPATH": os.pathsep.join(paths)})


def write_kinds(folder: Path) -> None:
    """Writes small models of other kinds, and what Python makes of texts with them."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run([sys.executable, "-m", "tests.android.kinds", folder], environment)
    python = ENVIRONMENT / "bin" / "python"
    run([python, "-m", "tests.android.kinds_golden", folder], environment)


def compile_tests(output: Path) -> None:
    """Compiles `core` and its tests into a folder that holds nothing older."""
    _maven("test-compile", output)


def run_tests(
    output: Path, goldens: Path, name: str, *options: str, library: Path | None = None
) -> dict[str, int]:
    """Runs compiled tests, none of which may fail or be skipped.

    Args:
        output: what `compile_tests` wrote.
        goldens: what `write_goldens` wrote.
        name: of this run, for its reports.
        options: for Maven, such as `-Dclasses=JAR` and `-Dtest=NAMES`.
        library: TensorFlow Lite's C library, by default that for this machine.

    Returns:
        Class of tests -> how many ran.
    """
    if library is None:
        [library] = ENVIRONMENT.glob("lib/python3*/site-packages/*/lib/libtensorflowlite_c.so")
    places = (f"-Dgoldens={goldens}", f"-Dtflite.library={library}")
    _maven("surefire:test", output, *places, f"-Dsurefire.reportNameSuffix={name}", *options)
    found = {}
    for path in output.glob(f"*/TEST-*-{name}.xml"):
        suite = ElementTree.parse(path).getroot()
        counts = [int(suite.attrib[key]) for key in ("failures", "errors", "skipped")]
        assert counts == [0, 0, 0], path.name
        tested = path.stem.removesuffix(f"-{name}").rpartition(".")[2]
        found[tested] = int(suite.attrib["tests"])
        assert found[tested] > 0, path.name
    return found


def run(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> None:
    """Runs a command in the project's folder, and shows what it said if it fails."""
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


def _maven(goal: str, output: Path, *options: str) -> None:
    lock = ROOT / "build" / "android" / "maven.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):  # Maven's folder of packages is not for two at once
        run(["mvn", "-q", "-B", "-f", CORE, goal, f"-Doutput={output}", *options])
