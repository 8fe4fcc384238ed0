"""The page of the notebook, which is kept without outputs: its cells as Markdown."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["pages"]

NOTEBOOK = Path("examples") / "from_pairs_to_a_file.ipynb"


def pages(root: Path) -> dict[str, str]:
    """Returns the page, `notebook.md`."""
    notebook = json.loads((root / NOTEBOOK).read_text(encoding="utf-8"))
    parts = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
    return {"notebook.md": "\n\n".join(parts) + "\n"}
