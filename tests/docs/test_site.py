"""The documentation site: what is generated, where its links lead, and what it loads."""

import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

import pytest
from selenium.webdriver.common.by import By
from typer.main import get_command

from s2s_keras.cli.app import build_app
from s2s_keras.config import Recipe
from s2s_keras.config.base import known_keys
from s2s_keras.runtime import read_artifact

ROOT = Path(__file__).parent.parent.parent
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """The anchors of a page, what it links to, what it loads, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.entries: dict[str, str] = {}  # anchor -> what its definition says
        self._entry: list[str] = []
        self._is_definition = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        if "id" in found:
            self.anchors.add(found["id"])
            if tag == "code":
                self._entry.append(found["id"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag in LOADED and LOADED[tag] in found and found.get("rel") != "canonical":
            self.loaded.append(found[LOADED[tag]])
        self._is_definition |= tag == "dd"

    def handle_endtag(self, tag: str) -> None:
        if tag == "dd":
            self._is_definition = False
            self._entry.clear()

    def handle_data(self, data: str) -> None:
        if self._is_definition and self._entry:
            self.entries[self._entry[-1]] = self.entries.get(self._entry[-1], "") + data.strip()


def build(target: Path, config: Path = ROOT / "mkdocs.yml") -> subprocess.CompletedProcess[str]:
    """Runs MkDocs as `make lint` does."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "mkdocs", "build", "--strict"),
            *("--config-file", str(config), "--site-dir", str(target)),
        ],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built without a warning."""
    target = tmp_path_factory.mktemp("site")
    built = build(target)
    assert built.returncode == 0, built.stderr
    return target


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    """The pages, by the path of each."""
    return {str(path.relative_to(site)): Page(path) for path in site.rglob("*.html")}


def test_links_and_anchors_lead_somewhere(site: Path, pages: dict[str, Page]) -> None:
    links = [
        (name, link)
        for name, page in pages.items()
        if name != "404.html"  # its links are those of a server's root
        for link in page.links + page.loaded
        if not re.match("[a-z]+:|try/", link)  # `make docs` puts try/ beside the pages
    ]
    assert len(links) > 1000
    for name, link in links:
        path, anchor = urldefrag(urljoin(name, link))
        target = unquote(path)
        assert (site / target).is_file(), f"{name}: {link}"
        if anchor and target.endswith(".html") and not anchor.startswith("__"):
            assert unquote(anchor) in pages[target].anchors, f"{name}: {link}"


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        outside = [link for link in page.loaded if re.match("(https?:)?//", link)]
        assert outside == [], name
    for path in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import )[\"']?(https?:)?//", path.read_text()), path


def test_the_sources_of_the_site_are_no_part_of_it(site: Path) -> None:
    found = {path.suffix for path in site.rglob("*") if path.is_file()}
    assert found <= set(
        [".html", ".css", ".js", ".json", ".map", ".png", ".svg", ".xml", ".gz", ".inv"]
    )


def test_the_recipe_page_explains_each_key(pages: dict[str, Page]) -> None:
    keys = known_keys(Recipe)
    keys += [f"data.sources.{key}" for key in ("train", "weight", "name")]
    keys += [f"tune.space.{key}" for key in ("choices", "low", "high", "step", "log")]
    page = pages["recipe.html"]
    for key in keys:
        anchor = key.replace(".", "-")
        assert anchor in page.anchors
        is_section = any(other.startswith(f"{key}.") for other in keys)
        assert is_section or len(page.entries[anchor]) > 5, key


def test_the_page_of_the_command_line_has_each_option(site: Path) -> None:
    text = (site / "command_line.html").read_text(encoding="utf-8")
    group: Any = get_command(build_app())
    for verb, command in group.commands.items():
        [section] = re.findall(rf'<h2 id="{verb}">.*?(?=<h2|</article>)', text, flags=re.DOTALL)
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert parameter.opts[0] in section


def test_the_cards_are_those_of_the_files(site: Path) -> None:
    for path in (ROOT / "s2s_keras" / "models").glob("*.tflite"):
        text = (site / "models" / f"{path.stem}.html").read_text(encoding="utf-8")
        metadata = read_artifact(path).metadata
        assert f"{path.stat().st_size:,} bytes" in text
        assert all(f"<code>{key}" in text for key in metadata)


@pytest.mark.parametrize("package", ["decoding", "evaluation", "runtime", "text"])
def test_the_public_names_stand_in_the_reference(package: str, pages: dict[str, Page]) -> None:
    module = importlib.import_module(f"s2s_keras.{package}")
    anchors = pages[f"api/{package}.html"].anchors
    for name in module.__all__:
        if inspect.isclass(value := getattr(module, name)) or inspect.isfunction(value):
            assert {f"{module.__name__}.{name}", f"{value.__module__}.{name}"} & anchors, name


def test_a_broken_link_fails_the_build(tmp_path: Path) -> None:
    for name in ("docs", "mkdocs.yml", "README.md", "recipes", "examples", "s2s_keras", "export"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "docs").unlink()
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    with (tmp_path / "docs" / "browser.md").open("a", encoding="utf-8") as file:
        file.write("\n[gone](no_such_page.md) and [here](recipe.md#no-such-key)\n")
    built = build(tmp_path / "site", tmp_path / "mkdocs.yml")
    assert built.returncode == 1
    assert "no_such_page.md" in built.stderr and "#no-such-key" in built.stderr


def test_search_works_from_the_disk(site: Path, browser: Any) -> None:
    browser.get((site / "index.html").as_uri())
    browser.find_element(By.CSS_SELECTOR, "label[for=__search]").click()
    browser.find_element(By.CSS_SELECTOR, ".md-search__input").send_keys("quantisation")
    found: list[Any] = []
    end = time.monotonic() + 30
    while not found and time.monotonic() < end:
        found = browser.find_elements(By.CSS_SELECTOR, ".md-search-result__link")
        time.sleep(0.1)
    assert any("export.html" in link.get_attribute("href") for link in found)
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
