"""What of the app needs no Android, in JUnit on the desktop; it runs the models that ship."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build/android"
SOURCES = ROOT / "android_demo/app/src/test/kotlin"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_service_and_screens_decide_rightly() -> None:
    assert shutil.which("mvn"), "Maven is missing: run `make test`, or apt-get install maven"
    reports = BUILD / "app-logic/surefire-reports"
    shutil.rmtree(reports, ignore_errors=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    with FileLock(BUILD / "maven.lock"):  # Maven's folder of packages is not for two at once
        done = subprocess.run(
            ["mvn", "-B", "-q", "-f", ROOT / "android_demo/app", "test"],
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]
    suites = [ElementTree.parse(path).getroot() for path in reports.glob("TEST-*.xml")]
    written = sum(path.read_text().count("@Test\n") for path in SOURCES.rglob("*.kt"))
    assert sum(int(suite.get("tests", "0")) for suite in suites) == written > 20
    for suite in suites:
        assert {suite.get(kind) for kind in ("failures", "errors", "skipped")} == {"0"}
