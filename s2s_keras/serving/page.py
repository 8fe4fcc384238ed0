"""The web page, and the headers that keep it to itself."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

__all__ = ["PAGE", "PAGE_HEADERS"]

PAGE = files("s2s_keras.serving").joinpath("page.html").read_text(encoding="utf-8")


def _hash(tag: str) -> str:
    """Returns how the policy names the one inline element of a kind."""
    [content] = re.findall(rf"<{tag}>(.*?)</{tag}>", PAGE, re.DOTALL)
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


PAGE_HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; script-src {_hash('script')}; style-src {_hash('style')}; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
