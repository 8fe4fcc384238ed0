"""Runs the JUnit tests of `android_demo/core` on what Python makes of the same texts."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

__all__ = [
    "BUILD",
    "CORE",
    "ROOT",
    "compile_tests",
    "only_maven",
    "read_reports",
    "run",
    "run_tests",
    "write_goldens",
    "write_kinds",
]

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "android"
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
    found = read_reports(output.glob(f"*/TEST-*-{name}.xml"))
    return {tested.removesuffix(f"-{name}"): count for tested, count in found.items()}


def read_reports(paths: Iterable[Path]) -> dict[str, int]:
    """Returns class of tests -> how many ran; none may have failed or been skipped."""
    found = {}
    for path in paths:
        suite = ElementTree.parse(path).getroot()
        counts = [int(suite.attrib[key]) for key in ("failures", "errors", "skipped")]
        assert counts == [0, 0, 0], path.name
        tested = path.stem.rpartition(".")[2]
        found[tested] = int(suite.attrib["tests"])
        assert found[tested] > 0, path.name
    return found


@contextmanager
def only_maven() -> Iterator[None]:
    """Maven's folder of packages is not for two at once."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with FileLock(BUILD / "maven.lock"):
        yield


def run(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> str:
    """Runs a command in the project's folder, and shows what it said if it fails.

    Returns:
        Its standard output.
    """
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout


def _maven(goal: str, output: Path, *options: str) -> None:
    with only_maven():
        run(["mvn", "-q", "-B", "-f", CORE, goal, f"-Doutput={output}", *options])
