"""Shows what docstrings hold beside Google's sections: examples anywhere, and calls of a layer."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from griffe import Class, Extension, Object

__all__ = ["DocstringForms"]

EXAMPLE = re.compile(r"^>>> .*(?:\n.+)*", re.MULTILINE)
CALL = re.compile(r"^(Call arguments|Returns):\n((?:(?: {4}.*)?\n?)+)", re.MULTILINE)
ARGUMENT = re.compile(r"^(\w+): ", re.MULTILINE)


class DocstringForms(Extension):
    """Makes Markdown of what the parser of docstrings does not know.

    What begins with `>>>`, up to the next empty line, becomes a block of code. In a class,
    "Call arguments" and "Returns" tell of its `call`, and become a list and a paragraph.
    """

    def on_object(self, *, obj: Object, **kwargs: Any) -> None:
        """Changes the docstring of each object that has one."""
        if obj.docstring is None:
            return
        text = EXAMPLE.sub(r"```pycon\n\g<0>\n```", obj.docstring.value)
        if isinstance(obj, Class):
            text = CALL.sub(_called, text + "\n").rstrip()
        obj.docstring.value = text


def _called(match: re.Match[str]) -> str:
    title, content = match[1], textwrap.dedent(match[2]).strip("\n")
    if title == "Call arguments":
        content = ARGUMENT.sub(r"- **`\1`**: ", content)
    return f"**{title}:**\n\n{content}\n\n"
