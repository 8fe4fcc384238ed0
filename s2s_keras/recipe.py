"""YAML and overrides -> a validated recipe, or an error that says what to mend."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from s2s_keras.config import ModelConfig, Recipe
from s2s_keras.config.base import known_keys
from s2s_keras.data.embeddings import check_embeddings
from s2s_keras.errors import ConfigError

__all__ = ["load_recipe", "parse_recipe"]


def load_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Reads a YAML recipe and applies `key=value` overrides such as `model.units=256`.

    Raises:
        ConfigError: the file is missing or no YAML, an override is malformed, or a key or a value
            is not allowed.
        DataError: a file of embeddings is missing, of another width or broken; names the line.
    """
    path = Path(path)
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, ValueError) as error:
        problem = " ".join(str(error).split())
        raise ConfigError(f"{path}: this is not valid YAML: {problem}") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: a recipe must be a mapping with `data`, `model` and so on.")
    for override in overrides:
        _apply_override(document, override)
    recipe = parse_recipe(document, origin=str(path))
    _check_embedding_files(recipe.model)
    return recipe


def parse_recipe(document: Mapping[str, Any], origin: str = "recipe") -> Recipe:
    """Validates a recipe given as a mapping.

    Args:
        document: sections and their keys.
        origin: what an error names as the place.

    Raises:
        ConfigError: a key or a value is not allowed; names every one.
    """
    try:
        return Recipe.model_validate(document)
    except ValidationError as error:
        problems = "; ".join(_describe(problem) for problem in error.errors())
        raise ConfigError(f"{origin}: {problems}") from None


def _check_embedding_files(model: ModelConfig) -> None:
    """Reads each file through: a broken line shows before the training, not after an hour."""
    source_size = model.source_embedding_size or model.embedding_size
    for path, width in (
        (model.source_embeddings, source_size),
        (model.target_embeddings, model.embedding_size),
    ):
        if path is not None:
            check_embeddings(path, width)


def _apply_override(document: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"An override must be `key=value`. Received: {override!r}.")
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"The value of `{key}` is not valid YAML: {text!r}.") from error
    *sections, last = key.split(".")
    place = document
    for section in sections:
        if place.get(section) is None:
            place[section] = {}
        place = place[section]
        if not isinstance(place, dict):
            raise ConfigError(f"`{section}` in the override {override!r} is not a section.")
    place[last] = value


def _describe(problem: Any) -> str:
    """Turns one of pydantic's errors into a sentence with the rule, the value and the remedy."""
    location = [str(part) for part in problem["loc"]]
    key = ".".join(location)
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, known_keys(Recipe), n=1, cutoff=0.5)
        return f"unknown key `{key}`" + (f"; did you mean `{near[0]}`?" if near else "")
    if problem["type"] == "missing":
        return f"`{key}` is missing"
    if problem["type"] == "value_error":  # raised by a validator above, which names the keys
        return str(problem["ctx"]["error"])
    return f"`{key}` {_rule(problem['msg'])}. Received: {problem['input']!r}"


def _rule(message: str) -> str:
    return message.removeprefix("Input ").removeprefix("String ")
