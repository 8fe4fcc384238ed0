"""`core` on a phone's processor, emulated: a JVM for arm64, and TensorFlow Lite for arm64.

Python's answers come from the same library under the same emulation: weights of int8 meet
activations that each processor's kernels round in their own way.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.android.junit import run_tests, write_goldens
from tests.runtimes.environments import ARM64, ARM64_ENVIRONMENTS

LINES = 10
"""Of each golden file: emulation is slow."""

JAVA = ARM64 / "root/usr/lib/jvm/java-17-openjdk-arm64/bin/java"
TESTS = ("ArtifactTest", "CorrectorGoldenTest", "TextGoldenTest", "TranslatorGoldenTest")


@pytest.mark.slow
@pytest.mark.arm64
@pytest.mark.timeout(1800)
def test_core_answers_as_python_on_arm64(core_output: Path, tmp_path: Path) -> None:
    assert JAVA.is_file(), f"{JAVA} is missing: delete .venv-arm64, run `make test-arm64`"
    phone = ARM64_ENVIRONMENTS[0]
    assert phone.packages is not None
    goldens = tmp_path / "goldens"
    write_goldens(goldens, phone.python, phone.packages, LINES)
    emulator = shlex.join([*phone.python[:-1], str(JAVA)])
    java = tmp_path / "bin/java"
    java.parent.mkdir()
    java.write_text(f'#!/bin/sh\nexec {emulator} "$@"\n')
    java.chmod(0o755)
    [library] = phone.packages.glob("*/lib/libtensorflowlite_c.so")
    flags = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Dgoldens.least={LINES}")
    options = (f"-Djvm={java}", f"-DargLine={' '.join(flags)}", f"-Dtest={','.join(TESTS)}")
    found = run_tests(core_output, goldens, "arm64", *options, library=library)
    assert sorted(found) == sorted(TESTS)
    [report] = core_output.glob("*/TEST-*.TextGoldenTest-arm64.xml")
    assert '<property name="os.arch" value="aarch64"/>' in report.read_text("utf-8")
