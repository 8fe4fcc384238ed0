"""The app's screens, run and drawn on Android's own framework, on the models that ship."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from tests.android.junit import BUILD, ROOT, only_maven, run

SOURCES = ROOT / "android_demo/app/src/screenTest/kotlin"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_screens_work_and_are_drawn() -> None:
    assert (BUILD / "s2s-keras.apk").is_file(), "the app is missing: run `make apk`"
    with only_maven():
        said = run([ROOT / "android_demo/screens.sh"])
    written = sum(path.read_text().count("@Test\n") for path in SOURCES.rglob("*.kt"))
    assert re.search(rf"^OK \({written} tests\)$", said, re.MULTILINE)
    for screen in ("correct", "translate", "settings"):
        light, dark = (
            Image.open(BUILD / f"screens/{theme}-{screen}.png").convert("L")
            for theme in ("light", "dark")
        )
        assert light.size == dark.size == (822, 1782)
        assert len(light.getcolors(256) or []) > 20  # something is drawn
        middle = (light.width // 2, light.height - 100)
        assert light.getpixel(middle) > 200 > 100 > dark.getpixel(middle)
