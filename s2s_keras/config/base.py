"""What the sections of a recipe are made of."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Count",
    "Flag",
    "Positive",
    "Section",
    "Share",
    "known_keys",
    "options",
    "section_of",
]

Count = Annotated[int, Field(ge=1, strict=True)]
Flag = Annotated[bool, Field(strict=True)]
# Not strict: YAML reads `1e-3` as text.
Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """A part of a recipe: unknown keys are errors, and values do not change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


def section_of(annotation: Any) -> type[BaseModel] | None:
    """Returns the section that a field's type holds, optional or not; `None` where it has none."""
    for option in options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


def options(annotation: Any) -> Iterator[Any]:
    """Yields the types of a union, without their restrictions."""
    if get_origin(annotation) is Annotated:
        yield from options(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for option in get_args(annotation):
            yield from options(option)
    else:
        yield annotation


def known_keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    """Returns the dotted keys of a section and of those inside it, each behind `prefix`."""
    keys: list[str] = []
    for name, field in section.model_fields.items():
        keys.append(prefix + name)
        if (inner := section_of(field.annotation)) is not None:
            keys.extend(known_keys(inner, f"{prefix}{name}."))
    return keys
