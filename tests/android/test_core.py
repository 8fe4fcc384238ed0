"""`android_demo/core` computes what Python computes: its own tests, on goldens made just before."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from tests.android.junit import CORE, run_tests
from tests.android.tables import FOLDER, UNICODE, sources

CLASSES = (
    "ArtifactTest",
    "AllocationTest",
    "CorrectorGoldenTest",
    "CorrectorTest",
    "KindsGoldenTest",
    "PersonalWordsTest",
    "TextGoldenTest",
    "TranslatorGoldenTest",
    "TranslatorTest",
)


@pytest.mark.skipif(unicodedata.unidata_version != UNICODE, reason=f"needs Unicode {UNICODE}")
def test_tables_are_those_of_python() -> None:
    for name, content in sources().items():
        assert (FOLDER / name).read_text("utf-8") == content, "run python -m tests.android.tables"


def test_no_source_names_what_a_phone_lacks() -> None:
    missing = ("android.", "java.nio.file", "java.time", "java.util.Base64", "java.util.stream")
    for path in (CORE / "src" / "main").rglob("*.kt"):
        imports = [line for line in path.read_text("utf-8").splitlines() if "import " in line]
        assert not [line for line in imports if any(name in line for name in missing)], path


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_core_answers_as_python(core_output: Path, goldens: Path) -> None:
    assert sorted(run_tests(core_output, goldens, "desktop")) == sorted(CLASSES)
