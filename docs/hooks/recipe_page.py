"""The page of the recipe's keys, from the classes that validate them."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from s2s_keras.config import Recipe
from s2s_keras.config.base import options, section_of

__all__ = ["pages"]

INTRODUCTION = """# The recipe

A recipe is a YAML file with the sections below; `s2s-keras train` takes it. A key without a default
may be left out. `--set` overrides one on the command line: `--set model.units=160`. A key that does
not exist, or a value that its key does not take, is refused before anything else happens, and so
are values that do not fit together.

This page is made of the classes in `s2s_keras/config` that check a recipe.
"""

SIMPLE = {
    bool: "`true` or `false`",
    int: "integer",
    float: "number",
    str: "text",
    Path: "file",
    type(None): "`null`",
    Any: "any value",
}


def pages(root: Path) -> dict[str, str]:
    """Returns the page, `recipe.md`."""
    parts = [INTRODUCTION, "## The top", _keys(Recipe)]
    for key, section in _sections(Recipe):
        parts += [
            f"## `{key}` {{ #{_anchor(key)} }}",
            _document(section),
            _keys(section, f"{key}."),
        ]
    parts += ["## Recipes that come with the repository", _recipes(root)]
    return {"recipe.md": "\n\n".join(parts) + "\n"}


def _sections(section: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Yields the sections inside a section, at any depth, with their dotted names."""
    for name, field in section.model_fields.items():
        if (inner := _inner(field.annotation)) is not None:
            yield prefix + name, inner
            yield from _sections(inner, f"{prefix}{name}.")


def _inner(annotation: Any) -> type[BaseModel] | None:
    """Returns the section that a field holds, by itself or in a list or mapping."""
    if (section := section_of(annotation)) is not None:
        return section
    for option in options(annotation):
        for argument in get_args(option):
            if (section := section_of(argument)) is not None:
                return section
    return None


def _document(section: type[BaseModel]) -> str:
    return " ".join((section.__doc__ or "").split())


def _keys(section: type[BaseModel], prefix: str = "") -> str:
    """Returns a list of a section's keys, each with an anchor: `data-train` for `data.train`."""
    entries = []
    for name, field in section.model_fields.items():
        key = prefix + name
        inner = _inner(field.annotation)
        meaning = field.description or (_document(inner) if inner else "")
        if inner is None:
            term = f"`{key}`{{ #{_anchor(key)} }} {_takes(field)}{_default(field)}"
        else:
            term = f"[`{key}`](#{_anchor(key)}) {_takes(field)}{_default(field)}"
        entries.append(f"{term}\n:   {' '.join(meaning.split())}")
    return "\n\n".join(entries)


def _anchor(key: str) -> str:
    return key.replace(".", "-")


def _takes(field: FieldInfo) -> str:
    return _type(field.annotation, field.metadata)


def _type(annotation: Any, metadata: list[Any]) -> str:
    """Returns a type and its restrictions in words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        restrictions = [
            r for m in arguments[1:] for r in (m.metadata if isinstance(m, FieldInfo) else [m])
        ]
        return _type(arguments[0], [*restrictions, *metadata])
    if origin in (Union, types.UnionType):
        kept = [option for option in arguments if option is not type(None)]
        return ", or ".join(_type(option, metadata) for option in kept)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    if origin is list:
        return f"list of: {_type(arguments[0], [])}"
    if origin is tuple and arguments[-1] is Ellipsis:
        return f"list of: {_type(arguments[0], [])}"
    if origin is tuple:
        return f"list of {len(arguments)}: {_type(arguments[0], [])}"
    if origin is dict:
        return f"names, and for each: {_type(arguments[1], [])}"
    return SIMPLE[annotation] + _range(metadata)


def _range(metadata: list[Any]) -> str:
    """Returns what pydantic's restrictions say, such as ` from 0 to below 1`."""
    found = {
        name: getattr(restriction, name)
        for restriction in metadata
        for name in ("ge", "gt", "le", "lt", "pattern")
        if getattr(restriction, name, None) is not None
    }
    words = {"ge": " from {:,}", "gt": " above {:,}", "le": " to {:,}", "lt": " below {:,}"}
    if "ge" in found and "lt" in found:
        words["lt"] = " to below {:,}"
    said = [text.format(found[name]) for name, text in words.items() if name in found]
    if "pattern" in found:
        said.append(f" of the form `{found['pattern']}`")
    return "".join(said)


def _default(field: FieldInfo) -> str:
    """Returns what follows a field's type: whether it must be given, or its default."""
    if field.is_required():
        return "; **required**"
    default = field.get_default(call_default_factory=True)
    if default is None or isinstance(default, BaseModel):
        return ""
    if isinstance(default, Enum):
        default = default.value
    if isinstance(default, dict):
        return f"; default {', '.join(f'`{key}: {value}`' for key, value in default.items())}"
    return f"; default `{default if isinstance(default, str) else json.dumps(default)}`"


def _recipes(root: Path) -> str:
    """Returns a table of the recipes and what their first comment says."""
    rows = ["| file | what |", "|---|---|"]
    for path in sorted((root / "recipes").rglob("*.yaml")):
        said = []
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                break
            said.append(line.lstrip("# "))
        rows.append(f"| `{path.relative_to(root)}` | {' '.join(said)} |")
    return "\n".join(rows)
