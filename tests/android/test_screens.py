"""The app's screens, run and drawn on Android's own framework, on the models that ship."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock
from PIL import Image

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build/android"
SOURCES = ROOT / "android_demo/app/src/screenTest/kotlin"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_screens_work_and_are_drawn() -> None:
    assert (BUILD / "s2s-keras.apk").is_file(), "the app is missing: run `make apk`"
    with FileLock(BUILD / "maven.lock"):  # Maven's folder of packages is not for two at once
        done = subprocess.run([ROOT / "android_demo/screens.sh"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]
    written = sum(path.read_text().count("@Test\n") for path in SOURCES.rglob("*.kt"))
    assert re.search(rf"^OK \({written} tests\)$", done.stdout, re.MULTILINE)
    for screen in ("correct", "translate", "settings"):
        light, dark = (
            Image.open(BUILD / f"screens/{theme}-{screen}.png").convert("L")
            for theme in ("light", "dark")
        )
        assert light.size == dark.size == (822, 1782)
        assert len(light.getcolors(256) or []) > 20  # something is drawn
        middle = (light.width // 2, light.height - 100)
        assert light.getpixel(middle) > 200 > 100 > dark.getpixel(middle)
