"""What only newer phones can answer does not get into the app: build.sh looks all calls up."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.android.test_build_descriptions import BUILD, DEMO, VERSIONS

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "build/android/tools"
FRAMEWORK = TOOLS / f"android-all-{VERSIONS['framework']}.jar"
SIGNATURES = f"gummy-bears-api-{VERSIONS['minSdk']}-{VERSIONS['gummy-bears']}.signature"

SOURCE = """
import android.annotation.TargetApi;
import android.app.Activity;
import android.os.Build;
import android.view.View;

class Newer extends Activity {
    View inherited() { return requireViewById(1); }
    Object android() { return android.os.VibrationEffect.createOneShot(1, 1); }
    Object java() { return java.util.Base64.getEncoder(); }
    Object file(java.io.File file) { return file.toPath(); }
    String phone() { return getColor(1) + "a".concat("b") + Integer.toString(own()); }
    private int own() { return Build.VERSION.SDK_INT >= 28 ? asked() : 0; }
    @TargetApi(28) private int asked() { return requireViewById(1).getId(); }
}
"""


def test_calls_that_the_oldest_phone_lacks_are_named(tmp_path: Path) -> None:
    assert FRAMEWORK.is_file(), "the tools are missing: run `make apk`"
    source = tmp_path / "Newer.java"
    source.write_text(SOURCE)
    flags = ("--release", "8", "-Xlint:-options")
    compiled = ["javac", *flags, "-cp", FRAMEWORK, "-d", tmp_path / "classes", source]
    subprocess.run(compiled, check=True)
    jars = (TOOLS / f"animal-sniffer-{VERSIONS['animal-sniffer']}.jar", *TOOLS.glob("asm-*.jar"))
    check = ["java", "-cp", ":".join(map(str, jars)), DEMO / "tools/ApiCheck.java"]
    done = subprocess.run(
        [*check, TOOLS / SIGNATURES, tmp_path / "classes", "--beside"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert set(re.findall(r":(\d+): Undefined reference: \S+ (\S+)\(", done.stderr)) == {
        ("8", "Newer.requireViewById"),
        ("9", "android.os.VibrationEffect.createOneShot"),
        ("10", "java.util.Base64.getEncoder"),
        ("11", "java.io.File.toPath"),
    }
    lines = {int(number) for number in re.findall(r":(\d+): Undefined", done.stderr)}
    assert lines == {8, 9, 10, 11}


def test_the_build_looks_up_what_it_dexes() -> None:
    check = BUILD.index("tools/ApiCheck.java")
    assert '"$work"/{app,core}.jar \\\n  --beside' in BUILD[check:]
    assert check < BUILD.index("com.android.tools.r8.D8")
