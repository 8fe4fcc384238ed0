"""A template and what it shows -> a page that needs no other file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["render_page"]

_PACKAGE = "s2s_keras.evaluation"


def render_page(template: str, content: Mapping[str, Any], package: str = _PACKAGE) -> str:
    """Fills a template, in which every text is escaped.

    Args:
        template: its file's name.
        content: what the template names; a name that is missing is an error.
        package: where the template is; those of this package can be included by any.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name, "") for name in (package, _PACKAGE)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(content)
