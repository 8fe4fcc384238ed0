"""The messages on the page of troubleshooting are those of the sources."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
MESSAGES = [
    quoted.strip() for _, quoted in re.findall(r"^(`{2,})(.+?)\1\n:", PAGE, flags=re.MULTILINE)
]


def templates(path: Path) -> Iterator[str]:
    """Yields the texts of a module, with "…" for what is formatted into them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                part.value if isinstance(part, ast.Constant) else "…" for part in node.values
            )


@pytest.fixture(scope="module")
def sources() -> list[str]:
    """The texts of all modules."""
    folders = (ROOT / "s2s_keras", ROOT / "export")
    return [text for folder in folders for path in folder.rglob("*.py") for text in templates(path)]


def test_the_page_has_messages() -> None:
    assert len(MESSAGES) > 30
    assert len(MESSAGES) == len(re.findall(r"^:  ", PAGE, flags=re.MULTILINE))


@pytest.mark.parametrize("message", MESSAGES)
def test_message_stands_in_the_sources(message: str, sources: list[str]) -> None:
    assert any(message in text for text in sources)
