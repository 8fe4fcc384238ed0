"""What of the app needs no Android, in JUnit on the desktop; it runs the models that ship."""

from __future__ import annotations

import shutil

import pytest

from tests.android.junit import BUILD, ROOT, only_maven, read_reports, run

APP = ROOT / "android_demo/app"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_service_and_screens_decide_rightly() -> None:
    assert shutil.which("mvn"), "Maven is missing: run `make test`, or apt-get install maven"
    reports = BUILD / "app-logic/surefire-reports"
    shutil.rmtree(reports, ignore_errors=True)
    with only_maven():
        run(["mvn", "-B", "-q", "-f", APP, "test"])
    sources = (APP / "src/test/kotlin").rglob("*.kt")
    written = sum(path.read_text().count("@Test\n") for path in sources)
    assert sum(read_reports(reports.glob("TEST-*.xml")).values()) == written > 20
