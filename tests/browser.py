"""Debian's browser, for the pages that the package makes. `make test` installs it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver

BROWSER, DRIVER = "chromium", "chromedriver"
SECONDS = 120
OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # a container's root has none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser without a window, as selenium drives it."""
    with headless_browser(tmp_path_factory.mktemp("browser")) as driver:
        yield driver


@contextmanager
def headless_browser(profile: Path, *more: str) -> Iterator[Any]:
    """A browser that keeps what it keeps in `profile`."""
    missing = [name for name in (BROWSER, DRIVER) if shutil.which(name) is None]
    assert not missing, f"{missing} are missing: run `make test`, or install Debian's packages"
    options = webdriver.ChromeOptions()
    for option in (*OPTIONS, *more, f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.binary_location = str(shutil.which(BROWSER))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(shutil.which(DRIVER))))
    driver.set_page_load_timeout(SECONDS)
    try:
        yield driver
    finally:
        driver.quit()
