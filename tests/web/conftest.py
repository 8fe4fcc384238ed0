"""The page with the shipped models, served, and what people do on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from s2s_keras.runtime.artifact import read_artifact, write_artifact
from s2s_keras.runtime.shipped import shipped_models
from s2s_keras.web_page import write_page
from tests.web.site import LITERT, Site

SECONDS = 90


@pytest.fixture(scope="session")
def page_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert LITERT.is_dir(), f"{LITERT} is missing: run `make test`"
    folder = tmp_path_factory.mktemp("web") / "page"
    write_page(shipped_models(), folder, LITERT)
    return folder


@pytest.fixture(scope="module")
def site(page_folder: Path) -> Iterator[Site]:
    with Site(page_folder) as served:
        yield served


class Visitor:
    """Somebody with a browser, who waits for what is to be seen."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, url: str, ready: str = "corrector") -> None:
        """Opens a page and waits until the model of a pane can be used."""
        self.driver.get(url)
        self.wait(lambda: self.text(f"{ready}-status") == "Ready.", "the model is ready")

    def element(self, name: str) -> Any:
        return self.driver.find_element("id", name)

    def text(self, name: str) -> str:
        return str(
            self.driver.execute_script(f"return document.getElementById('{name}').textContent")
        )

    def value(self, name: str = "typed") -> str:
        return str(self.driver.execute_script(f"return document.getElementById('{name}').value"))

    def set_value(self, text: str, name: str = "typed") -> None:
        """Pastes a text in place of all that a field holds."""
        self.driver.execute_script(
            "const field = document.getElementById(arguments[0]); field.focus();"
            "field.select(); field.value = arguments[1];"
            "field.setSelectionRange(arguments[1].length, arguments[1].length);"
            "field.dispatchEvent(new InputEvent('input', {inputType: 'insertFromPaste'}))",
            name,
            text,
        )

    def marks(self, kind: str = "") -> list[str]:
        """The words that are underlined: `applied` ones, or `not` yet applied ones."""
        where = {"": "u", "applied": "u.applied", "not": "u:not(.applied)"}[kind]
        return [
            str(text)
            for text in self.driver.execute_script(
                f"return [...document.querySelectorAll('#marks {where}')].map(u => u.textContent)"
            )
        ]

    def menu(self) -> list[str]:
        return [
            str(text)
            for text in self.driver.execute_script(
                "const menu = document.getElementById('menu'); if (menu.hidden) return [];"
                "return [...menu.querySelectorAll('button')].map(b => b.textContent)"
            )
        ]

    def choose(self, label: str) -> None:
        """Clicks an item of the menu."""
        for button in self.driver.find_elements("css selector", "#menu button"):
            if button.text == label:
                button.click()
                return
        raise AssertionError(f"no {label!r} in {self.menu()}")

    def point_at(self, word: str) -> None:
        """Clicks a word of the field: the place is that of its mark."""
        box = self.driver.execute_script(
            "const marks = [...document.querySelectorAll('#marks u')];"
            "const mark = marks.find(u => u.textContent == arguments[0]);"
            "mark.scrollIntoView({block: 'center'}); const box = mark.getBoundingClientRect();"
            "const field = document.getElementById('typed').getBoundingClientRect();"
            "return [box.x + box.width / 2 - field.x - field.width / 2,"
            "        box.y + box.height / 2 - field.y - field.height / 2]",
            word,
        )
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).move_to_element_with_offset(
            self.element("typed"), round(box[0]), round(box[1])
        ).click().perform()

    def drop(self, name: str, url: str) -> None:
        """Drops a file onto the page; its bytes come from an address of the page's own server."""
        self.driver.execute_async_script(
            "const [name, url, done] = arguments;"
            "fetch(url).then(answer => answer.arrayBuffer()).then(bytes => {"
            "  const dataTransfer = new DataTransfer();"
            "  dataTransfer.items.add(new File([bytes], name));"
            "  for (const kind of ['dragover', 'drop']) document.body.dispatchEvent("
            "    new DragEvent(kind, {dataTransfer, bubbles: true, cancelable: true}));"
            "  done(); }, done)",
            name,
            url,
        )

    def wait(self, holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + SECONDS
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"{what}: not within {SECONDS} s. {self.seen()}")
            time.sleep(0.05)

    def seen(self) -> str:
        """What the page says, for a failed test."""
        log = [entry["message"] for entry in self.driver.get_log("browser")]
        return f"page: {self.driver.find_element('tag name', 'main').text!r}, console: {log}"


@pytest.fixture
def visitor(browser: Any) -> Visitor:
    browser.get_log("browser")
    return Visitor(browser)


@pytest.fixture(scope="session")
def foreign_file(tmp_path_factory: pytest.TempPathFactory, tiny_file: Path) -> Path:
    """A file whose graph needs an operator that no plain interpreter has."""
    from tests.export.test_tflite import foreign_graph

    path = tmp_path_factory.mktemp("foreign") / "foreign.tflite"
    tiny = read_artifact(tiny_file)
    write_artifact(
        path, foreign_graph(), tiny.metadata, tiny.source_tokenizer, tiny.target_tokenizer
    )
    return path
