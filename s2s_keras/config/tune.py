"""Which values of a recipe to search, and how: the section `tune`."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from s2s_keras.config.base import Count, Flag, Section, known_keys, options, section_of

if TYPE_CHECKING:
    from s2s_keras.config.recipe import Recipe

__all__ = ["Dimension", "TuneConfig", "check_space", "field_type", "place_value"]

PER_TOKEN = ("val_nll", "val_loss", "val_token_accuracy")
"""Figures that count by token: those of two vocabularies cannot be compared."""

_VOCABULARY = ("tokenizer", "shared_vocabulary", "min_count", "max_vocabulary")
_HARMLESS = ("bucket_lengths", "target_bucket_lengths", "subword_dropout")
_UNSEARCHED = {
    "name": "it changes no training",
    "task": "it changes no training",
    "tune": "a search does not search itself",
    "decoding": "it does not change the figure of `training.monitor`, which trials are compared by",
    "export": "it does not change the figure of `training.monitor`, which trials are compared by",
    "training.monitor": "trials are compared by it",
}


def _as_number(value: Any) -> Any:
    """Reads what YAML takes for text, such as `1e-3`."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Number = Annotated[Any, BeforeValidator(_as_number)]
"""A number, which `Dimension.problem` checks: it is called where the key is known."""


class Dimension(Section):
    """The values of one key: some to choose among, or a range of numbers."""

    choices: list[Any] | None = None
    """The values to choose among; or give `low` and `high`."""
    low: Number = None
    """Smallest value of a range; ranges of integers stay integers."""
    high: Number = None
    """Largest value, included."""
    step: Number = None
    """Distance between neighbouring values; where not given, 1 for integers, and any number for
    others. `high` is `low` and a multiple of it."""
    log: Flag = False
    """Whether equal ratios are equally likely, not equal differences; for positive values."""

    @property
    def values(self) -> tuple[Any, ...]:
        """Those that must be valid by themselves: the choices, or both ends of the range."""
        return (self.low, self.high) if self.choices is None else tuple(self.choices)

    def count(self, is_integer: bool) -> int | None:
        """Returns how many values there are, or `None` where any number of a range is one."""
        if self.choices is not None:
            return len(self.choices)
        step = self.step or (1 if is_integer else None)
        return None if step is None else 1 + int(self._span() / Decimal(str(step)))

    def contains(self, value: Any) -> bool:
        """Whether `value` is one of the values."""
        if self.choices is not None:
            return value in self.choices
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if not self.low <= value <= self.high:
            return False
        distance = Decimal(str(value)) - Decimal(str(self.low))
        return self.step is None or distance % Decimal(str(self.step)) == 0

    def problem(self) -> str | None:
        """Returns what does not fit together, or `None`."""
        is_range = self.low is not None or self.high is not None
        if (self.choices is not None) == is_range:
            return "must have either `choices`, or `low` and `high`"
        if self.choices is not None:
            return self._problem_of_choices(self.choices)
        if self.low is None or self.high is None:
            return f"needs both ends of a range. Received: low={self.low}, high={self.high}"
        for name in ("low", "high", "step"):
            value = getattr(self, name)
            if value is not None and not _is_number(value):
                return f"needs a number as `{name}`. Received: {value!r}"
        if self.low >= self.high:
            return f"needs `low` below `high`. Received: low={self.low}, high={self.high}"
        if self.log and self.low <= 0:
            return f"needs `low` above 0 with `log`. Received: low={self.low}"
        if self.log and self.step is not None:
            return f"can have `step` or `log`, not both. Received: step={self.step}"
        if self.step is not None and self.step <= 0:
            return f"needs `step` above 0. Received: step={self.step}"
        if self.step is not None and self._span() % Decimal(str(self.step)) != 0:
            return (
                "needs a `high` that is `low` and a multiple of `step`. "
                f"Received: low={self.low}, high={self.high}, step={self.step}"
            )
        return None

    def _problem_of_choices(self, choices: list[Any]) -> str | None:
        if not choices:
            return "needs at least one of `choices`. Received: []"
        if self.step is not None or self.log:
            return "has `choices`; `step` and `log` are for ranges"
        for index, value in enumerate(choices):
            if any(value == other and type(value) is type(other) for other in choices[:index]):
                return f"names a choice twice. Received: {value!r}"
        return None

    def _span(self) -> Decimal:
        return Decimal(str(self.high)) - Decimal(str(self.low))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


class TuneConfig(Section):
    """A search for good values of other keys of the recipe; see `s2s-keras tune`."""

    space: dict[str, Dimension]
    """The keys to search, such as `model.units`, and the values of each."""
    trials: Count = 20
    """Trainings, those that were stopped early or refused included; the first is the recipe as it
    is, where its values lie in the space."""
    sampler: Literal["tpe", "random"] = "tpe"
    """How values are chosen: from what earlier trials found (tree-structured Parzen estimators,
    Bergstra et al. 2011), or at random."""
    random_trials: Count = 10
    """Trials before `tpe` learns from them."""
    pruner: Literal["median", "none"] = "median"
    """Whether a trial stops after an epoch where its best figure so far is worse than the median
    of the complete trials after as many epochs."""
    pruner_trials: Count = 5
    """Complete trials before any is stopped."""
    pruner_epochs: Annotated[int, Field(ge=1, strict=True)] = 2
    """Epochs before a trial may be stopped."""
    seed: Annotated[int, Field(ge=0, lt=2**31, strict=True)] = 0
    """Seed of the values that are chosen; each training has `training.seed`."""

    @model_validator(mode="after")
    def _dimensions_are_sound(self) -> Self:
        if not self.space:
            raise ValueError("`tune.space` needs at least one key, such as `model.units`")
        for key, dimension in self.space.items():
            if problem := dimension.problem():
                raise ValueError(f"`tune.space.{key}` {problem}")
            for other in self.space:
                if other.startswith(f"{key}."):
                    raise ValueError(
                        f"`tune.space.{other}` is a part of `tune.space.{key}`; leave one out"
                    )
        return self


def check_space(recipe: Recipe, tune: TuneConfig) -> None:
    """Checks that each key is one of the recipe's, and takes each value by itself.

    What values do together shows only when they meet: such a trial is refused, and no other.

    Raises:
        ValueError: a key is unknown or cannot be searched, or a value is refused; names it.
    """
    document = recipe.model_dump(mode="json", exclude={"tune"})
    for key, dimension in tune.space.items():
        types = field_type(type(recipe), key)
        if types is None:
            raise ValueError(
                f"`tune.space.{key}`: the recipe has no key `{key}`{_near(recipe, key)}"
            )
        if reason := _why_unsearched(key, recipe.training.monitor):
            raise ValueError(f"`tune.space.{key}` cannot be searched: {reason}")
        if int in types and isinstance(dimension.step, float):
            raise ValueError(
                f"`tune.space.{key}` needs a whole number as `step`. Received: {dimension.step}"
            )
        for value in dimension.values:
            if problem := _refusal(type(recipe), document, key, value):
                raise ValueError(
                    f"`tune.space.{key}` holds a value that `{key}` does not take: it {problem}. "
                    f"Received: {value!r}"
                )


def place_value(document: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Returns a copy of a recipe's document in which a dotted key has another value."""
    section, dot, rest = key.partition(".")
    inner = place_value(document.get(section) or {}, rest, value) if dot else value
    return {**document, section: inner}


def field_type(section: type[BaseModel], key: str) -> tuple[Any, ...] | None:
    """Returns the types that a dotted key of a section takes, or `None` for an unknown key."""
    name, dot, rest = key.partition(".")
    if name not in section.model_fields:
        return None
    annotation = section.model_fields[name].annotation
    if not dot:
        return tuple(options(annotation))
    inner = section_of(annotation)
    return None if inner is None else field_type(inner, rest)


def _why_unsearched(key: str, monitor: str) -> str | None:
    """Returns why trials with other values of a key cannot be compared, or `None`."""
    section, _, name = key.partition(".")
    for unsearched in (section, key):
        if unsearched in _UNSEARCHED:
            return _UNSEARCHED[unsearched]
    if key == "training.label_smoothing" and monitor == "val_loss":
        return "`val_loss` depends on it; take another `training.monitor`, such as `val_nll`"
    if section != "data" or name in _HARMLESS:
        return None
    if name not in _VOCABULARY:
        return "all trials must be measured on the same dev pairs"
    if monitor in PER_TOKEN:
        return (
            f"`{monitor}` counts by token, and vocabularies would differ; take "
            "`training.monitor: val_exact_match`"
        )
    return None


def _refusal(recipe: type[Recipe], document: Mapping[str, Any], key: str, value: Any) -> str | None:
    """Returns the rule of the field that a value breaks, or `None` where it breaks none."""
    try:
        recipe.model_validate(place_value(dict(document), key, value))
    except ValidationError as error:
        for problem in error.errors():
            if problem["type"] != "value_error":  # what goes together is another question
                return problem["msg"].removeprefix("Input ").removeprefix("String ")
    return None


def _near(recipe: BaseModel, key: str) -> str:
    found = difflib.get_close_matches(key, known_keys(type(recipe)), n=1, cutoff=0.5)
    return f"; did you mean `{found[0]}`?" if found else ""
