"""The pages of the API reference, one a module; mkdocstrings fills them in."""

from __future__ import annotations

from pathlib import Path

__all__ = ["pages"]

MODULES = {
    "text": ["text"],
    "data": ["data", "data.batches"],
    "layers": ["layers"],
    "model": ["model"],
    "training": ["training", "training.run", "training.search"],
    "decoding": ["decoding"],
    "evaluation": ["evaluation"],
    "export": ["export"],
    "runtime": ["runtime"],
    "serving": ["serving"],
    "errors": ["errors"],
}
"""Page -> the modules that stand on it."""


SHADOWED = {
    "evaluation": ["evaluation.figures.figures"],
    "export": ["export.compare.compare"],
    "runtime": ["runtime.load.load"],
}
"""Page -> functions that are called what their module is, where the module comes first."""

SHOWN = "    options: {heading_level: 2, show_root_heading: true, show_root_toc_entry: true}\n"


def pages(root: Path) -> dict[str, str]:
    """Returns the pages, `api/*.md`."""
    found = {"api/index.md": "# Python\n\n::: s2s_keras\n"}
    for page, modules in MODULES.items():
        parts = [f"# s2s_keras.{name}\n\n::: s2s_keras.{name}\n" for name in modules]
        parts += [f"::: s2s_keras.{name}\n{SHOWN}" for name in SHADOWED.get(page, ())]
        found[f"api/{page}.md"] = "\n".join(parts)
    return found
