"""`android_demo/core` computes what Python computes: its own tests, on goldens made just before."""

from __future__ import annotations

import os
import subprocess
import unicodedata
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from filelock import FileLock

from tests.android.tables import FOLDER, UNICODE, sources

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".venv-tflite-runtime"
CORE = ROOT / "android_demo" / "core"
CLASSES = (
    "ArtifactTest",
    "AllocationTest",
    "CorrectorGoldenTest",
    "CorrectorTest",
    "PersonalWordsTest",
    "TextGoldenTest",
    "TranslatorGoldenTest",
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
def test_core_answers_as_python(tmp_path: Path) -> None:
    [library] = ENVIRONMENT.glob("lib/python3*/site-packages/*/lib/libtensorflowlite_c.so")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    goldens = [ENVIRONMENT / "bin" / "python", "-m", "tests.android.golden", tmp_path / "goldens"]
    _run([*map(str, goldens)], environment)
    output = tmp_path / "output"  # classes of sources that are gone would stay in an older one
    tests = ["mvn", "-q", "-B", "-f", str(CORE), "test", f"-Dgoldens={tmp_path / 'goldens'}"]
    lock = ROOT / "build" / "android" / "maven.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):  # Maven's folder of packages is not for two at once
        _run([*tests, f"-Dtflite.library={library}", f"-Doutput={output}"], environment)
    found = {path.stem.rpartition(".")[2]: path for path in output.glob("*/TEST-*.xml")}
    assert sorted(found) == sorted(CLASSES)
    for name, path in found.items():
        suite = ElementTree.parse(path).getroot()
        counts = [int(suite.attrib[key]) for key in ("failures", "errors", "skipped")]
        assert int(suite.attrib["tests"]) > 0, name
        assert counts == [0, 0, 0], name


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
