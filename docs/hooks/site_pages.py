"""What MkDocs calls: pages that are generated, and links and sections that pages share.

The recipe's keys, the command line, the model cards and the notebook are written from what they
describe each time, so that they cannot go stale.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import api_pages
import command_line_page
import markup
import model_pages
import notebook_page
import recipe_page
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

__all__ = ["on_config", "on_files", "on_page_markdown", "on_shutdown"]

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = Path(tempfile.mkdtemp(prefix="s2s-keras-docs-"))
"""Holds links to the package as it is installed: export/ is `s2s_keras.export`."""

GENERATORS = (api_pages, command_line_page, model_pages, notebook_page, recipe_page)


@event_priority(100)  # before mkdocstrings reads its paths
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Lays out the package for the API reference, which is read and not imported."""
    package = SOURCES / "s2s_keras"
    package.mkdir()
    for entry in (ROOT / "s2s_keras").iterdir():
        if entry.name != "export":
            (package / entry.name).symlink_to(entry)
    (package / "export").symlink_to(ROOT / "export")
    handlers = config.plugins["mkdocstrings"].config["handlers"]
    handlers["python"]["paths"] = [str(SOURCES)]
    return config


def on_shutdown() -> None:
    """Removes the links."""
    shutil.rmtree(SOURCES)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the generated pages."""
    for generator in GENERATORS:
        for name, content in generator.pages(ROOT).items():
            files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fills in sections of the README and equations, and mends links that leave docs/."""
    return markup.render(markdown, page.file.src_uri, ROOT)
