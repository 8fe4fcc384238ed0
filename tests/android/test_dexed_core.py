"""The code in the APK is the tested one: taken back out of it, `core` passes the same tests."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from tests.android.dex import class_names
from tests.android.junit import ROOT, run, run_tests
from tests.android.test_build_descriptions import VERSIONS
from tests.android.test_core import CLASSES

BUILD = ROOT / "build/android"
APK = BUILD / "s2s-keras.apk"
KOTLIN = "org.jetbrains.kotlin:kotlin-stdlib"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_dexed_core_answers_as_python(core_output: Path, goldens: Path, tmp_path: Path) -> None:
    jar = tmp_path / "dexed.jar"
    names = to_classes(APK, jar)
    loaded = tmp_path / "loaded.txt"
    options = (
        "-Dtest=*GoldenTest",
        f"-Dclasses={jar}",
        f"-Dmaven.test.dependency.excludes={KOTLIN}",  # the app has its own
        f"-DargLine=-Xlog:class+load:file={loaded}",
    )
    found = run_tests(core_output, goldens, "dexed", *options)
    assert sorted(found) == sorted(name for name in CLASSES if name.endswith("GoldenTest"))
    written = {
        path.stem: path.read_text("utf-8") for path in ROOT.glob("android_demo/core/**/*Test.kt")
    }
    for name, count in found.items():
        assert count >= written[name].count("@Test\n"), name
    sources = dict(re.findall(r"\] (\S+) source: (\S+)$", loaded.read_text(), re.MULTILINE))
    assert {source for name, source in sources.items() if name in names} == {f"file:{jar}"}
    assert len(names & sources.keys()) > 200
    assert {"org.s2skeras.core.decoding.Search", "kotlin.jvm.internal.Intrinsics"} <= sources.keys()


def to_classes(apk: Path, jar: Path) -> set[str]:
    """Writes all of an app's code as classes of Java, and returns their names."""
    assert apk.is_file(), f"{apk} is missing: run `make apk`"
    tools = [
        path for kind in ("dex", "d2j", "asm") for path in (BUILD / "tools").glob(f"{kind}-*.jar")
    ]
    assert BUILD / f"tools/dex-tools-{VERSIONS['dex2jar']}.jar" in tools
    path = ":".join(map(str, tools))
    # Frames for Java's verifier, which looks at every class; names as Kotlin has them.
    flags = ("--force", "--compute-frames", "--dont-sanitize-names", "--not-handle-exception")
    run(["java", "-cp", path, "com.googlecode.dex2jar.tools.Dex2jarCmd", *flags, "-o", jar, apk])
    with zipfile.ZipFile(apk) as dexed, zipfile.ZipFile(jar) as classes:
        names = [name for name in dexed.namelist() if name.endswith(".dex")]
        expected = set().union(*(class_names(dexed.read(name)) for name in names))
        found = {name for name in classes.namelist() if name.endswith(".class")}
    assert {name.removesuffix(".class").replace("/", ".") for name in found} == expected
    return expected
