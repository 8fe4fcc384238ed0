"""What the page says of files, texts and browsers that it cannot work with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from s2s_keras.runtime import read_artifact
from s2s_keras.runtime.artifact import rewrite_artifact
from s2s_keras.runtime.shipped import shipped_corrector, shipped_model
from tests.web.conftest import Visitor
from tests.web.site import Site


@pytest.fixture(scope="module")
def odd_site(
    page_folder: Path, tmp_path_factory: pytest.TempPathFactory, tiny_file: Path, foreign_file: Path
) -> Iterator[Site]:
    """The page, with files beside it that somebody may drop onto it."""
    folder = tmp_path_factory.mktemp("odd") / "page"
    shutil.copytree(page_folder, folder)
    good = shipped_model("en", "fr").read_bytes()
    (folder / "good.tflite").write_bytes(good)
    (folder / "tiny.tflite").write_bytes(tiny_file.read_bytes())
    (folder / "foreign.tflite").write_bytes(foreign_file.read_bytes())
    (folder / "empty.tflite").write_bytes(b"")
    (folder / "half.tflite").write_bytes(good[: len(good) // 2])
    (folder / "damaged.tflite").write_bytes(good[:100_000] + bytes(1000) + good[101_000:])
    (folder / "page.tflite").write_bytes((folder / "index.html").read_bytes())
    (folder / "graph.tflite").write_bytes(read_artifact(shipped_corrector("en")).graph)
    artifact = read_artifact(tiny_file)
    rewrite_artifact(artifact, folder / "newer.tflite", {"format_version": 999})
    with Site(folder) as served:
        yield served


FILES = {
    "empty": "",
    "half": "",
    "damaged": "checksum",
    "page": "",
    "graph": "",
    "newer": "999",
    "foreign": "",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_used_is_named(odd_site: Site, visitor: Visitor, name: str) -> None:
    visitor.open(odd_site.url)
    visitor.drop(f"{name}.tflite", f"{odd_site.url}{name}.tflite")
    visitor.wait(lambda: visitor.text("problem") != "", "the page says what is wrong")
    assert f"{name}.tflite" in visitor.text("problem")
    assert FILES[name] in visitor.text("problem")
    assert len(visitor.driver.find_elements("css selector", "option")) == 2
    visitor.element("typed").send_keys("I beleive ")
    visitor.wait(lambda: visitor.value() == "I believe ", "the other model still works")


def test_a_file_of_ones_own_is_used_at_once(odd_site: Site, visitor: Visitor) -> None:
    visitor.open(odd_site.url)
    visitor.drop("tiny.tflite", f"{odd_site.url}tiny.tflite")
    visitor.wait(lambda: visitor.text("translator-status") == "Ready.", "the model is ready")
    assert visitor.element("tab-translator").get_attribute("aria-selected") == "true"
    visitor.element("source").send_keys("abc")
    visitor.wait(lambda: visitor.text("translator-time") != "", "it translates")
    assert "character" in visitor.text("translator-card")
    visitor.element("source").send_keys(" xyz")  # letters that it does not know
    visitor.wait(lambda: visitor.text("problem") != "", "the page says what is wrong")
    assert visitor.text("translation") == ""
    visitor.set_value("cab", "source")
    visitor.wait(lambda: visitor.text("problem") == "", "the page goes on")


def test_a_pasted_megabyte_stays_and_is_read_in_part(odd_site: Site, visitor: Visitor) -> None:
    visitor.open(odd_site.url)
    text = "I beleive that she came home. " * 35_000
    visitor.set_value(text)
    visitor.wait(lambda: "first 50,000" in visitor.text("corrector-status"), "the page says so")
    assert visitor.driver.execute_script(
        "return document.getElementById('typed').value.length"
    ) == len(text)
    assert len(visitor.marks("not")) == 1667  # one in thirty characters
    visitor.set_value("I beleive you.")
    visitor.wait(lambda: visitor.marks() == ["beleive"], "the page goes on")
    visitor.element("tab-translator").click()
    visitor.wait(lambda: visitor.text("translator-status") == "Ready.", "the translator is ready")
    visitor.set_value(text, "source")
    visitor.wait(lambda: "Translating" in visitor.text("translator-status"), "it begins")
    visitor.set_value("It is cold.", "source")
    visitor.wait(lambda: visitor.text("translator-status") == "Done.", "it is cut short")
    assert "froid" in visitor.text("translation")


def test_lone_surrogates_are_left_alone(odd_site: Site, visitor: Visitor) -> None:
    visitor.open(odd_site.url)
    script = "document.getElementById('typed').value = 'a \\ud800 teh \\udc00x end';"
    script += "document.getElementById('typed').dispatchEvent(new Event('input'))"
    visitor.driver.execute_script(script)
    visitor.wait(lambda: "teh" in visitor.marks(), "the word between them is marked")
    visitor.element("correct-all").click()
    kept = visitor.driver.execute_script(
        "return [...document.getElementById('typed').value].map(c => c.codePointAt(0))"
    )
    assert kept[2] == 0xD800 and 0xDC00 in kept
    assert visitor.text("problem") == ""
    visitor.element("tab-translator").click()
    visitor.wait(lambda: visitor.text("translator-status") == "Ready.", "the translator is ready")
    visitor.driver.execute_script(script.replace("'typed'", "'source'"))
    visitor.wait(lambda: visitor.text("translator-time") != "", "it is translated")


@pytest.mark.parametrize(
    "missing", ["models.json", ".wasm", "core/index.js", "en.tflite", "worker.js"]
)
def test_missing_files_are_named(page_folder: Path, visitor: Visitor, missing: str) -> None:
    with Site(page_folder) as served:
        served.missing = (missing,)
        visitor.driver.get(served.url)
        visitor.wait(lambda: visitor.text("problem") != "", "the page says what is wrong")
        told = visitor.text("problem")
    names = {".wasm": "WebAssembly", "core/index.js": "core/index.js", "worker.js": "missing"}
    assert names.get(missing, missing) in told


def test_a_page_whose_scripts_do_not_run_says_so(page_folder: Path, visitor: Visitor) -> None:
    with Site(page_folder) as served:
        served.missing = ("main.js",)
        for url in (served.url, (page_folder / "index.html").as_uri()):
            visitor.driver.get(url)
            problem = visitor.element("problem")
            visitor.wait(problem.is_displayed, "the page says what is wrong")
            assert "web server" in problem.text


def test_a_browser_without_webassembly_is_told(page_folder: Path, visitor: Visitor) -> None:
    headers = {"Content-Security-Policy": "script-src 'self'"}  # some companies' browsers
    with Site(page_folder, headers=headers) as served:
        visitor.driver.get(served.url)
        visitor.wait(lambda: visitor.text("problem") != "", "the page says what is wrong")
    assert "WebAssembly" in visitor.text("problem")


def test_a_browser_that_stores_nothing_is_told(page_folder: Path, visitor: Visitor) -> None:
    script = (
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no'); }});"
    )
    script += (
        "navigator.serviceWorker.register = () => Promise.reject(new Error('storage is off'));"
    )
    driver = visitor.driver
    added = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
    try:
        with Site(page_folder) as served:
            visitor.open(served.url)
            assert "keeps nothing" in visitor.text("words-status")
            visitor.wait(lambda: "storage is off" in visitor.text("offline"), "the page says so")
            visitor.element("new-word").send_keys("Zorblatt\n")
            visitor.wait(lambda: visitor.text("words") == "Zorblatt ✕", "the word is kept a while")
            assert "forgotten with this page" in visitor.text("words-status")
    finally:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_what_was_stored_by_somebody_else_is_ignored(page_folder: Path, visitor: Visitor) -> None:
    with Site(page_folder) as served:
        visitor.driver.get(served.url)
        for stored in ("{", json.dumps({"learned": ["two words", 3]}), json.dumps("x"), "[]"):
            visitor.driver.execute_script(
                "localStorage.setItem('s2s-keras words', arguments[0])", stored
            )
            visitor.open(served.url)
            assert visitor.text("words") == ""
            visitor.element("typed").send_keys("I beleive ")
            visitor.wait(lambda: visitor.value() == "I believe ", "words are corrected")
