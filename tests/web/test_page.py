"""The page of `s2s-keras web` in a browser, with the shipped models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Keys

from tests.web.conftest import Visitor
from tests.web.site import AXE, ISOLATED, ROOT, Site

SCREENS = ROOT / "build/web/screens"
MAX_PAGE_BYTES = 150_000


@pytest.fixture
def corrector(visitor: Visitor, site: Site) -> Visitor:
    visitor.driver.get(site.url)
    visitor.driver.execute_script("localStorage.clear()")
    visitor.open(site.url)
    return visitor


@pytest.fixture
def translator(visitor: Visitor, site: Site) -> Visitor:
    visitor.open(site.url)
    visitor.element("tab-translator").click()
    visitor.wait(lambda: visitor.text("translator-status") == "Ready.", "the translator is ready")
    return visitor


def test_words_are_corrected_as_one_types(corrector: Visitor) -> None:
    corrector.element("typed").send_keys("I beleive that she recieved teh letter ")
    wanted = "I believe that she received the letter "
    corrector.wait(lambda: corrector.value() == wanted, "the words are corrected")
    assert corrector.marks("applied") == ["believe", "received", "the"]
    assert corrector.text("corrector-status") == "3 words are marked."
    assert corrector.text("corrector-time").endswith(" ms")


def test_a_word_that_is_being_typed_is_left_alone(corrector: Visitor) -> None:
    corrector.element("typed").send_keys("I beleive")
    corrector.wait(lambda: corrector.text("corrector-time") != "", "it was judged")
    assert (corrector.value(), corrector.marks()) == ("I beleive", [])
    corrector.element("typed").send_keys(" ")
    corrector.wait(lambda: corrector.value() == "I believe ", "it is corrected when it ends")


def test_a_pasted_text_is_marked_and_corrected_on_demand(corrector: Visitor) -> None:
    corrector.set_value("I beleive that she recieved teh letter.")
    corrector.wait(lambda: len(corrector.marks("not")) == 3, "words are marked")
    assert corrector.value() == "I beleive that she recieved teh letter."
    corrector.element("correct-all").click()
    assert corrector.value() == "I believe that she received the letter."
    assert not corrector.element("correct-all").is_enabled()


def test_without_correcting_as_one_types_words_are_marked(corrector: Visitor) -> None:
    corrector.element("as-typed").click()
    corrector.element("typed").send_keys("I beleive you ")
    corrector.wait(lambda: corrector.marks("not") == ["beleive"], "the word is marked")
    assert corrector.value() == "I beleive you "


def test_a_click_offers_alternatives_and_undo(corrector: Visitor) -> None:
    corrector.element("typed").send_keys("I beleive you ")
    corrector.wait(lambda: corrector.marks("applied") == ["believe"], "the word is corrected")
    corrector.point_at("believe")
    offered = corrector.menu()
    assert len(offered) >= 3
    assert offered[-2:] == ["Undo: beleive", "Keep “beleive” as my word"]
    corrector.choose(offered[0])
    assert corrector.value() == f"I {offered[0]} you "
    corrector.point_at(offered[0])
    corrector.choose("Undo: beleive")
    assert corrector.value() == "I beleive you "
    corrector.element("typed").send_keys(Keys.END, "and teh dog ")
    corrector.wait(lambda: "the" in corrector.marks(), "another word is corrected")
    assert corrector.value() == "I beleive you and the dog "
    assert corrector.marks() == ["the"]


def test_the_browsers_own_undo_takes_a_correction_back(corrector: Visitor) -> None:
    corrector.element("typed").send_keys("I beleive ")
    corrector.wait(lambda: corrector.value() == "I believe ", "the word is corrected")
    corrector.element("typed").send_keys(Keys.CONTROL + "z")
    corrector.wait(lambda: corrector.value() == "I beleive ", "it is put back")
    corrector.element("typed").send_keys("it and teh ")
    corrector.wait(lambda: "the" in corrector.marks(), "the next word is corrected")
    assert corrector.value().startswith("I beleive it ")


def test_the_menu_works_from_the_keyboard(corrector: Visitor) -> None:
    field = corrector.element("typed")
    field.send_keys("so teh ")
    corrector.wait(lambda: corrector.value() == "so the ", "the word is corrected")
    field.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.ALT + Keys.ARROW_DOWN)
    active = corrector.driver.switch_to.active_element
    assert active.get_attribute("role") == "menuitem"
    active.send_keys(Keys.END)
    assert corrector.driver.switch_to.active_element.text == "Keep “teh” as my word"
    corrector.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert corrector.menu() == []
    assert corrector.driver.switch_to.active_element == field


def test_my_words_are_kept_on_the_device(corrector: Visitor, site: Site) -> None:
    corrector.element("typed").send_keys("I met Zorblatt and teh cat. ")
    corrector.element("new-word").send_keys("teh", Keys.ENTER)
    corrector.wait(lambda: "is yours" in corrector.text("words-status"), "the word is kept")
    corrector.open(site.url)
    assert corrector.text("words") == "teh ✕"
    corrector.element("typed").send_keys("see teh dog, recieve ")
    corrector.wait(lambda: corrector.value() == "see teh dog, receive ", "the other is corrected")
    corrector.driver.find_element("css selector", "#words button").click()
    corrector.wait(lambda: "forgotten" in corrector.text("words-status"), "it is forgotten")
    corrector.set_value("see teh dog.")
    corrector.wait(lambda: corrector.marks() == ["teh"], "the word is marked again")


def test_what_is_no_word_is_not_kept(corrector: Visitor) -> None:
    corrector.element("new-word").send_keys("two words", Keys.ENTER)
    corrector.wait(lambda: corrector.text("words-status") != "", "the page says why")
    assert corrector.text("words") == ""
    assert "yours" not in corrector.text("words-status")


def test_aggressiveness_changes_what_is_marked_and_is_kept(corrector: Visitor, site: Site) -> None:
    text = "He wanted to now weather she was their, or quiet sur of it, form teh start."

    def marked(aggressiveness: float) -> int:
        corrector.driver.execute_script(
            "const slider = document.getElementById('aggressiveness');"
            "slider.value = arguments[0]; slider.dispatchEvent(new Event('input'))",
            aggressiveness,
        )
        corrector.set_value("")
        corrector.wait(lambda: corrector.text("corrector-status") == "Ready.", "it is empty")
        corrector.set_value(text)
        corrector.wait(lambda: " marked" in corrector.text("corrector-status"), "it is judged")
        return len(corrector.marks())

    assert marked(0) < marked(1)
    corrector.open(site.url)
    assert corrector.value("aggressiveness") == "1"


def test_a_translation_comes_with_its_alignment(translator: Visitor) -> None:
    translator.element("source").send_keys("Where is the station?")
    translator.wait(lambda: translator.text("translator-status") == "Done.", "it is translated")
    assert translator.text("translation").strip() == "Où est la gare\u202f?"
    assert translator.text("translator-time").endswith(" ms")
    rows = translator.driver.find_elements("css selector", "#alignment tbody tr")
    pieces = translator.driver.find_elements("css selector", "#translation span")
    assert len(rows) == len(pieces) + 1 > 4  # the end, too, looks somewhere
    translator.driver.execute_script("arguments[0].focus()", pieces[3])
    assert "looked" in str(rows[3].get_attribute("class"))
    assert "%" in str(pieces[3].get_attribute("aria-label"))
    assert translator.driver.find_elements("css selector", "thead th.looked")


def test_the_last_of_many_texts_is_translated(translator: Visitor) -> None:
    for text in ("I am", "I am so", "I am so very tired", "It is cold today."):
        translator.set_value(text, "source")
    translator.wait(lambda: translator.text("translator-status") == "Done.", "it is translated")
    assert "froid" in translator.text("translation")


def test_the_card_tells_what_the_model_is(corrector: Visitor) -> None:
    corrector.driver.execute_script("document.querySelector('#corrector details').open = true")
    card = corrector.text("corrector-card")
    assert "autocorrect-en" in card and "subword" in card and "2,738,993 bytes" in card


def test_it_is_small(page_folder: Path) -> None:
    own = [
        path.stat().st_size
        for path in page_folder.rglob("*")
        if path.is_file() and path.relative_to(page_folder).parts[0] not in ("litert", "models")
    ]
    assert sum(own) <= MAX_PAGE_BYTES


def test_nothing_but_its_own_files_is_asked_for(corrector: Visitor, site: Site) -> None:
    corrector.element("typed").send_keys("I beleive ")
    corrector.wait(lambda: corrector.value() == "I believe ", "the word is corrected")
    names = corrector.driver.execute_script(
        "return performance.getEntriesByType('resource').map(entry => entry.name)"
    )
    assert names and all(name.startswith(site.url) for name in names)
    outside = corrector.driver.execute_async_script(
        "const done = arguments[0]; fetch('http://localhost:1/').then(() => done('sent'), "
        "error => done(String(error)))"
    )
    assert "sent" not in outside
    log = [entry["message"] for entry in corrector.driver.get_log("browser")]
    assert any("Content Security Policy" in line for line in log)
    assert all("Content Security Policy" in line and "localhost:1" in line for line in log)


def test_it_works_in_an_isolated_page(page_folder: Path, visitor: Visitor) -> None:
    with Site(page_folder, headers=ISOLATED) as isolated:
        visitor.open(isolated.url)
        assert visitor.driver.execute_script("return crossOriginIsolated") is True
        visitor.element("typed").send_keys("I beleive ")
        visitor.wait(lambda: visitor.value() == "I believe ", "the word is corrected")


def test_it_works_offline_once_it_was_open(page_folder: Path, visitor: Visitor) -> None:
    with Site(page_folder) as served:
        visitor.open(served.url)
        visitor.wait(lambda: visitor.text("offline").startswith("Stored"), "the page is stored")
        count = len(served.asked)
    visitor.open(served.url)
    visitor.element("typed").send_keys("I beleive ")
    visitor.wait(lambda: visitor.value() == "I believe ", "the word is corrected")
    visitor.element("tab-translator").click()
    visitor.wait(lambda: visitor.text("translator-status") == "Ready.", "the other model, too")
    assert len(served.asked) == count


def test_a_newer_page_replaces_a_stored_one(
    page_folder: Path, visitor: Visitor, tmp_path: Path
) -> None:
    import shutil

    folder = tmp_path / "page"
    shutil.copytree(page_folder, folder)
    with Site(folder) as served:
        visitor.open(served.url)
        visitor.wait(lambda: visitor.text("offline").startswith("Stored"), "the page is stored")
        (folder / "files.js").write_text(
            (folder / "files.js").read_text().replace('VERSION = "', 'VERSION = "newer-')
        )
        (folder / "index.html").write_text(
            (folder / "index.html").read_text().replace("<h1>s2s-keras", "<h1>newer")
        )

        def title() -> str:
            return str(
                visitor.driver.execute_script("return document.querySelector('h1')?.innerText")
            )

        visitor.open(served.url)
        visitor.wait(lambda: visitor.element("newer").is_displayed(), "the newer page is offered")
        visitor.open(served.url)
        assert title() == "s2s-keras"  # as long as nobody asks for the newer one
        visitor.wait(lambda: visitor.element("newer").is_displayed(), "it is still offered")
        visitor.element("newer").click()
        visitor.wait(lambda: title() == "newer", "the newer page is shown")
        assert not visitor.element("newer").is_displayed()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_drawn(corrector: Visitor, scheme: str) -> None:
    driver = corrector.driver
    SCREENS.mkdir(parents=True, exist_ok=True)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    corrector.element("typed").send_keys("I beleive that she recieved teh letter ")
    corrector.wait(lambda: len(corrector.marks("applied")) == 3, "the words are corrected")
    corrector.point_at("received")
    assert corrector.menu()
    driver.execute_script(
        "for (const card of document.querySelectorAll('details')) card.open = true"
    )
    try:
        for pane in ("corrector", "translator"):
            if pane == "translator":
                corrector.element("tab-translator").click()
                corrector.wait(
                    lambda: corrector.text("translator-status") == "Ready.", "it is ready"
                )
                corrector.set_value("The old man is reading a newspaper in the garden.", "source")
                corrector.wait(lambda: corrector.text("translator-status") == "Done.", "it is done")
            for width in (360, 1100):
                device = {
                    "width": width,
                    "height": 1400,
                    "deviceScaleFactor": 1,
                    "mobile": width < 500,
                }
                driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", device)
                wide = driver.execute_script("return document.documentElement.scrollWidth")
                assert wide <= width
                driver.save_screenshot(str(SCREENS / f"{pane}-{scheme}-{width}.png"))
                assert violations(driver) == []
            driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def violations(driver: Any) -> list[str]:
    """What axe finds wrong with a page, a line each."""
    driver.execute_script(AXE.read_text("utf-8"))
    found = driver.execute_async_script(
        "const done = arguments[0]; axe.run().then(result => done(result.violations), "
        "error => done(String(error)))"
    )
    assert isinstance(found, list), found
    return [
        f"{rule['id']}: {json.dumps([node['html'] for node in rule['nodes']])}" for rule in found
    ]
