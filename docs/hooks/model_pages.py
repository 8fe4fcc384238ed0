"""The cards of the models that ship, and what the files say of themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from s2s_keras.runtime import read_artifact

__all__ = ["pages"]


def pages(root: Path) -> dict[str, str]:
    """Returns the pages, `models/*.md`."""
    models = root / "s2s_keras" / "models"
    found = {"models/index.md": (models / "README.md").read_text(encoding="utf-8")}
    for path in sorted(models.glob("*.tflite")):
        card = path.with_suffix(".md").read_text(encoding="utf-8")
        found[f"models/{path.stem}.md"] = f"{card}\n{_said(path)}"
    return found


def _said(path: Path) -> str:
    """Returns the section with the entries of the file's `model.json`."""
    metadata = read_artifact(path).metadata
    rows = [
        f"| `{name}` | {_cell(value)} |"
        for key in sorted(metadata)
        for name, value in _flat(key, metadata[key])
    ]
    table = "\n".join(["| entry | value |", "|---|---|", *rows])
    said = f"The entries of `model.json` inside `{path.name}`:"
    return f"## What the file says\n\n{said}\n\n{table}\n"


def _flat(name: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        return [(name, value)]
    return [row for key, inner in value.items() for row in _flat(f"{name}.{key}", inner)]


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("|", "\\|").replace("\n", " ")
