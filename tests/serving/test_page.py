"""The web page, in a real browser. `make test` installs it where it is missing."""

from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from benchmarks.serving.process import ServingProcess
from s2s_keras.serving.page import PAGE
from tests.browser import SECONDS


@pytest.fixture
def page(browser: Any, server: ServingProcess) -> Any:
    browser.get(f"http://127.0.0.1:{server.port}/")
    wait(browser, lambda: element(browser, "name").text == "toy")
    return browser


def element(page: Any, name: str) -> Any:
    return page.find_element(By.ID, name)


def wait(page: Any, condition: Any) -> None:
    WebDriverWait(page, SECONDS, 0.05).until(lambda _: condition())


def rows(page: Any) -> list[list[Any]]:
    return [
        row.find_elements(By.TAG_NAME, "td")
        for row in page.find_elements(By.CSS_SELECTOR, "#heat tbody tr")
    ]


def test_a_text_is_translated_with_scores_and_alignment(page: Any, server: ServingProcess) -> None:
    assert element(page, "go").text == "Translate"
    element(page, "text").send_keys("abc")
    element(page, "go").click()
    wait(page, lambda: element(page, "alignment").is_displayed())
    [expected] = server.predict({"instances": ["abc"]})[1]["predictions"]
    shown = [item.text for item in page.find_elements(By.CSS_SELECTOR, "#outputs li")]
    assert shown == [
        f"{text} score {score:.3f}".strip()
        for text, score in zip(expected["texts"], expected["scores"], strict=True)
    ]
    request = {"signature_name": "alignments", "instances": ["abc"]}
    [aligned] = server.predict(request)[1]["predictions"]
    headings = page.find_elements(By.CSS_SELECTOR, "#heat thead th")
    assert [heading.text for heading in headings] == ["a", "b", "c"]
    for found, weights in zip(rows(page), aligned["attention"], strict=True):
        for cell, weight in zip(found, weights, strict=True):
            color = cell.value_of_css_property("background-color")
            assert float(color.rstrip(")").rpartition(",")[2]) == pytest.approx(weight, abs=0.01)
    assert element(page, "status").text.endswith(" ms")


def test_the_keyboard_suffices(page: Any) -> None:
    assert page.switch_to.active_element == element(page, "text")
    page.switch_to.active_element.send_keys("ab", Keys.CONTROL, Keys.ENTER)
    wait(page, lambda: element(page, "results").is_displayed())
    element(page, "text").send_keys(Keys.TAB)
    assert page.switch_to.active_element == element(page, "go")
    first = element(page, "outputs").text
    element(page, "text").clear()
    element(page, "text").send_keys("hgfed")
    element(page, "go").send_keys(Keys.ENTER)
    wait(page, lambda: element(page, "outputs").text != first)


def test_what_the_model_refuses_is_told(page: Any) -> None:
    element(page, "text").send_keys("abc Z")
    element(page, "go").click()
    wait(page, lambda: element(page, "error").is_displayed())
    assert "characters never seen in training: 'Z'" in element(page, "error").text
    assert element(page, "error").get_attribute("role") == "alert"
    assert not element(page, "results").is_displayed()
    # A text that is decoded in pieces has outputs, but no one alignment.
    element(page, "text").clear()
    element(page, "text").send_keys("abcd abcd abcd abcd")
    element(page, "go").click()
    wait(page, lambda: element(page, "results").is_displayed())
    wait(page, lambda: element(page, "go").is_enabled())
    assert not element(page, "alignment").is_displayed()
    assert not element(page, "error").is_displayed()


def test_text_is_never_markup(page: Any) -> None:
    script = "showOutputs({texts: ['<img src=x onerror=alert(1)>'], scores: [-1]})"
    page.execute_script(script)
    assert "<img" in element(page, "outputs").text
    assert not page.find_elements(By.CSS_SELECTOR, "#outputs img")


def test_every_control_has_a_name_and_results_are_announced(page: Any) -> None:
    tree = page.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = {
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if not node["ignored"]
    }
    assert {("textbox", "Text"), ("button", "Translate"), ("heading", "toy")} <= named
    assert element(page, "status").get_attribute("role") == "status"
    assert page.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_light_and_dark(page: Any, scheme: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    screen = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    try:
        element(page, "text").send_keys("abcdefgh.,")
        element(page, "go").click()
        wait(page, lambda: element(page, "alignment").is_displayed())
        width = page.execute_script("return document.documentElement.scrollWidth")
        assert width <= 360
        assert element(page, "go").size["height"] >= 44
        for selector in ("body", "#go", "#hint", "#text"):
            found = page.find_element(By.CSS_SELECTOR, selector)
            ink, paper = (
                channels(found.value_of_css_property(name))
                for name in ("color", "background-color")
            )
            if paper is None:
                paper = channels(
                    page.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
                )
            assert contrast(ink, paper) >= 4.5, selector
        assert (sum(paper) < 384) == (scheme == "dark")
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def channels(color: str) -> tuple[float, ...] | None:
    """Returns red, green and blue of a colour that is not transparent."""
    numbers = [float(part) for part in color[color.index("(") + 1 : -1].split(",")]
    return None if numbers[3:] == [0] else tuple(numbers[:3])


def contrast(ink: Any, paper: Any) -> float:
    """Returns the contrast of two colours, as WCAG 2 defines it."""

    def luminance(color: tuple[float, ...]) -> float:
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in (channel / 255 for channel in color)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(ink), luminance(paper)))
    return (light + 0.05) / (dark + 0.05)


def test_the_policy_is_kept_and_forbids_scripts_from_elsewhere(
    page: Any, server: ServingProcess
) -> None:
    log = [entry["message"] for entry in page.get_log("browser")]
    assert not [message for message in log if "Content Security Policy" in message]
    page.execute_script(
        "const made = document.createElement('script'); made.textContent = 'window.hurt = 1';"
        "document.body.append(made);"
    )
    assert page.execute_script("return window.hurt") is None
    _, headers, content = server.raw("GET", "/")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert b"http://" not in content
    assert b"https://" not in content


def test_the_page_is_complete_in_the_package() -> None:
    path = Path(__file__).parents[2] / "s2s_keras/serving/page.html"
    assert path.read_text(encoding="utf-8") == PAGE
