"""The recipe that a verb takes, with its overrides and where its files are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from s2s_keras.config import Recipe

__all__ = ["DataFolder", "Overrides", "open_recipe"]

Overrides = Annotated[
    list[str], typer.Option("--set", help="Overrides a key, such as model.units=256; repeatable.")
]
DataFolder = Annotated[
    Path | None,
    typer.Option(
        help="Folder that holds the recipe's files of pairs. [default: the recipe's, or the "
        "working folder]"
    ),
]


def open_recipe(path: Path, overrides: list[str], data: Path | None) -> Recipe:
    """Loads a recipe; where its files are becomes absolute, for whoever goes on elsewhere.

    Raises:
        ConfigError, DataError: see `load_recipe`.
    """
    from s2s_keras.recipe import load_recipe

    given = [] if data is None else [f"data.folder={json.dumps(str(data.resolve()))}"]
    return load_recipe(path, [*overrides, *given])
