"""The markup of our own: sections of the README, equations, and links that leave docs/."""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable
from pathlib import Path

from latex2mathml.converter import convert

__all__ = ["heading_sections", "render"]

SECTION = re.compile(r"^<!-- readme: (.+) -->$", re.MULTILINE)
EQUATION = re.compile(r"^```math\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
SYMBOL = re.compile(r"\$([^$\n]+)\$")
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")
CODE = re.compile(r"(^```.*?^```$|`[^`\n]*`)", re.MULTILINE | re.DOTALL)


def render(markdown: str, page: str, root: Path) -> str:
    """Returns Markdown that MkDocs understands.

    Args:
        markdown: of a page. A line `<!-- readme: HEADING -->` stands for that section of the
            README, and a block of code in the language `math` for an equation in LaTeX, as does
            what stands between two `$`.
        page: its path in docs/.
        root: the repository.

    Raises:
        KeyError: the README has no such section.
    """
    folder = os.path.dirname(f"docs/{page}")
    markdown = _with_links(markdown, folder, page, root)
    sections = heading_sections((root / "README.md").read_text(encoding="utf-8"))
    markdown = SECTION.sub(lambda m: _with_links(sections[m[1]], "", page, root), markdown)
    markdown = EQUATION.sub(
        lambda m: f'<div class="equation">{convert(m[1], display="block")}</div>', markdown
    )
    return _outside_code(lambda text: SYMBOL.sub(lambda m: convert(m[1]), text), markdown)


def heading_sections(markdown: str) -> dict[str, str]:
    """Returns what stands below each heading, up to the next one of whatever level."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    in_code = False
    for line in markdown.splitlines():
        in_code ^= line.startswith("```")
        if line.startswith("#") and not in_code:
            lines = sections.setdefault(line.lstrip("#").strip(), [])
        else:
            lines.append(line)
    return {heading: "\n".join(found).strip() for heading, found in sections.items()}


def _with_links(markdown: str, folder: str, page: str, root: Path) -> str:
    """Returns Markdown, written for a folder of the repository, with links for a page."""
    return _outside_code(
        lambda text: LINK.sub(lambda m: _link(m, folder, page, root), text), markdown
    )


def _outside_code(change: Callable[[str], str], markdown: str) -> str:
    """Returns Markdown in which all but code is changed."""
    parts = CODE.split(markdown)  # text and code in turn
    parts[::2] = map(change, parts[::2])
    return "".join(parts)


def _link(match: re.Match[str], folder: str, page: str, root: Path) -> str:
    mark, text, target, anchor = match.groups(default="")
    path = os.path.normpath(os.path.join(folder, target))
    inside = _in_site(path)
    if inside is not None:
        start = os.path.dirname(page) or "."
        return f"{mark}[{text}]({os.path.relpath(inside, start)}{anchor})"
    return text if (root / path).exists() else match[0]  # MkDocs says what is not there


def _in_site(path: str) -> str | None:
    """Returns the path in docs/ of the page that shows a file of the repository."""
    if path == "README.md":
        return "index.md"
    for folder, of_site in (("docs/", ""), ("s2s_keras/models/", "models/")):
        if path.startswith(folder):
            return of_site + path.removeprefix(folder)
    return None
