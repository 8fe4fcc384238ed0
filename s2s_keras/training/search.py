"""A recipe with a section `tune` -> trials, each a run folder, and the recipe of the best."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from s2s_keras.config import Recipe, TuneConfig
from s2s_keras.config.tune import place_value
from s2s_keras.errors import ConfigError, S2SKerasError
from s2s_keras.files import make_folder, write_text
from s2s_keras.recipe import parse_recipe
from s2s_keras.training.checkpoint import remove_checkpoints
from s2s_keras.training.corpus import load_corpus
from s2s_keras.training.history import best_epoch, is_complete, kept_epoch, read_history
from s2s_keras.training.run import check_resumable
from s2s_keras.training.sampling import Sampler
from s2s_keras.training.trial_plot import plot_trials
from s2s_keras.training.trial_process import run_trial
from s2s_keras.training.trials import (
    TRIALS_FILE,
    Trial,
    best_trial,
    find_same,
    read_trials,
    write_trials,
)

__all__ = ["SearchResult", "tune", "with_values"]

MOST_FAILURES = 3
"""Trials in a row that may fail before the search gives up: what fails them may not lie in them."""


@dataclass(frozen=True)
class SearchResult:
    """A search that is done, so far as it was asked for.

    Attributes:
        recipe: the best one, complete, without its section `tune`.
        best: the trial that it comes from; its run folder holds the trained model.
        trials: all of them, in order.
        monitor: what their figures are.
        folder: where everything is.
    """

    recipe: Recipe
    best: Trial
    trials: tuple[Trial, ...]
    monitor: str
    folder: Path


def tune(
    recipe: Recipe,
    folder: str | Path,
    *,
    trials: int | None = None,
    resume: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> SearchResult:
    """Searches the values that `recipe.tune.space` declares for the best `training.monitor`.

    Each trial is a training of its own, in a process of its own, with a run folder such as
    `trial-0003`. The folder also holds `trials.csv`, `trials.png`, `best.yaml`, the recipe with the
    values of the best trial, and what `resume` goes on from: `config.json` and `trials.json`. All
    are written anew after each trial.

    Args:
        recipe: what to train, with a section `tune`.
        folder: where to; it must not hold a search unless `resume`.
        trials: how many, those of before included; `recipe.tune.trials` where not given.
        resume: goes on with the trial that was interrupted, after its last complete epoch, and
            finds the same values as a search that never was; may ask for more trials.
        report: takes a line of text for the person who waits.

    Raises:
        ConfigError: there is no section `tune`, no trial is wanted, the folder holds another
            search or is in use, or no trial came to its end.
        DataError: see `load_corpus`.
        ArtifactError: a file of the search that should go on is missing or damaged.
        MissingDependencyError: optuna is not installed.
        S2SKerasError: several trials in a row failed for other reasons than their values.
        OSError: the folder cannot be made or written.
    """
    if recipe.tune is None:
        raise ConfigError("a search needs a section `tune` in its recipe, with a `space`.")
    wanted = recipe.tune.trials if trials is None else trials
    if wanted < 1:
        raise ConfigError(f"the number of trials must be at least 1. Received: {wanted}.")
    search = _Search(recipe, recipe.tune, Path(folder), report)
    search.check(resume)
    make_folder(search.folder)
    try:
        with FileLock(search.folder / "search.lock", timeout=0):
            search.open()
            search.run(wanted)
    except Timeout as error:
        raise ConfigError(f"{folder}: another search is at work in this folder.") from error
    return search.result()


def with_values(recipe: Recipe, values: dict[str, Any], origin: str = "recipe") -> Recipe:
    """Returns a recipe with other values of some dotted keys, and without the section `tune`.

    Raises:
        ConfigError: these values do not go together.
    """
    document = recipe.model_dump(mode="json", exclude={"tune"})
    for key, value in values.items():
        document = place_value(document, key, value)
    return parse_recipe(document, origin)


class _Search:
    """A search in its folder: the trials so far, and what makes the next one."""

    def __init__(
        self,
        recipe: Recipe,
        settings: TuneConfig,
        folder: Path,
        report: Callable[[str], None],
    ) -> None:
        self.recipe = recipe
        self.settings = settings
        self.folder = folder
        self.report = report
        self.monitor = recipe.training.monitor
        self.sampler = Sampler(recipe, settings)
        self.trials: list[Trial] = []

    def check(self, resume: bool) -> None:
        """Checks the folder, or the data of a new search, before anything is written."""
        if (self.folder / "config.json").exists():
            if not (self.folder / TRIALS_FILE).exists():
                raise ConfigError(f"{self.folder} holds a training; choose another `--out`.")
            check_resumable(self.folder, self._kept_recipe(), resume)
        elif not any(key.startswith("data.") for key in self.settings.space):
            load_corpus(self.recipe.data)  # wrong data would fail every trial

    def open(self) -> None:
        """Reads the trials so far, or begins without any."""
        if not (self.folder / "config.json").exists():
            write_trials([], self.folder)
            text = self._kept_recipe().model_dump_json(indent=2)
            write_text(self.folder / "config.json", text + "\n")
        self.trials = read_trials(self.folder)

    def run(self, wanted: int) -> None:
        """Makes trials until there are as many as are wanted, or no other is left."""
        while True:
            if not self.trials or self.trials[-1].state != "running":
                if len(self.trials) >= wanted or self._is_exhausted():
                    break
                values = self._values_of_the_recipe() if not self.trials else None
                values = values or self.sampler.suggest(self.trials)
                self.trials.append(Trial(len(self.trials), values))
                write_trials(self.trials, self.folder)
            trial = self.trials[-1]
            shown = ", ".join(f"{key}={_short(value)}" for key, value in trial.values.items())
            self.report(f"Trial {trial.number}, of {wanted}: {shown}")
            self.trials[-1] = trial = self._run(trial)
            self._write()
            self.report(f"Trial {trial.number}: {self._describe(trial)}")
            self._check_failures()

    def result(self) -> SearchResult:
        """Returns what was found."""
        best = best_trial(self.trials, self.monitor)
        if best is None:
            last = self.trials[-1]
            raise ConfigError(
                f"{self.folder}: no trial came to its end, so none is best. The last one was "
                f"{last.state}: {last.note}"
            )
        recipe = with_values(self.recipe, dict(best.values))
        return SearchResult(recipe, best, tuple(self.trials), self.monitor, self.folder)

    def _run(self, trial: Trial) -> Trial:
        """Returns a trial as it ended."""
        before = self.trials[: trial.number]
        same = find_same(before, trial.values)
        if same is not None:
            note = f"the same values as trial {same.number}"
            return replace(same, number=trial.number, note=note, seconds=0.0)
        try:
            recipe = with_values(self.recipe, dict(trial.values), f"trial {trial.number}")
        except ConfigError as error:
            return replace(trial, state="refused", note=str(error))
        folder = self.folder / trial.folder_name
        early_end = self.sampler.early_end(before, trial)
        reason: str | None = None

        def goes_on() -> bool:
            nonlocal reason
            reason = early_end.reason([row[self.monitor] for row in read_history(folder)])
            return reason is None

        # Where the search was interrupted before it could note how the trial ended.
        is_open = not is_complete(read_history(folder), recipe.training)
        if is_open and not goes_on():
            state, note = "pruned", ""
        else:
            state, note = run_trial(recipe, folder, goes_on)
        return self._ended(trial, recipe, state, reason or note)

    def _ended(self, trial: Trial, recipe: Recipe, state: str, note: str) -> Trial:
        """Returns a trial with the figures of its run folder."""
        folder = self.folder / trial.folder_name
        history = read_history(folder)
        figure = None
        if history and state in ("complete", "pruned"):
            best = best_epoch(history, self.monitor)
            epoch = kept_epoch(history, recipe.training) if state == "complete" else best
            figure = history[epoch - 1][self.monitor]
            if math.isnan(figure):
                state, figure, note = "pruned", None, note or "its figure is not a number"
        if state == "pruned":  # it will not go on
            remove_checkpoints(folder)
        return Trial(
            trial.number,
            trial.values,
            state,  # type: ignore[arg-type]  # one of them
            figure,
            [row[self.monitor] for row in history],
            history[-1]["seconds"] if history else 0.0,
            note,
        )

    def _write(self) -> None:
        write_trials(self.trials, self.folder)
        plot_trials(self.trials, self.settings, self.monitor, self.folder / "trials.png")
        best = best_trial(self.trials, self.monitor)
        if best is not None:
            recipe = with_values(self.recipe, dict(best.values))
            document = recipe.model_dump(mode="json", exclude={"tune"})
            write_text(
                self.folder / "best.yaml",
                f"# Trial {best.number} of {len(self.trials)}, the best by {self.monitor}: "
                f"{best.figure:.6g}.\n"
                + yaml.safe_dump(document, sort_keys=False, allow_unicode=True),
            )

    def _describe(self, trial: Trial) -> str:
        if trial.figure is None:
            return f"{trial.state}: {trial.note}"
        ending = f" ({trial.state}: {trial.note})" if trial.note else ""
        best = best_trial(self.trials, self.monitor)
        found = "" if best is None else f"; best is {best.figure:.4g} of trial {best.number}"
        epochs = len(trial.figures)
        return f"{self.monitor} {trial.figure:.4g} in {epochs} epochs{ending}{found}"

    def _check_failures(self) -> None:
        last = self.trials[-MOST_FAILURES:]
        if len(last) == MOST_FAILURES and all(trial.state == "failed" for trial in last):
            raise S2SKerasError(
                f"{MOST_FAILURES} trials in a row failed, the last of them: {last[-1].note}"
            )

    def _is_exhausted(self) -> bool:
        """Whether all combinations of a finite space were tried."""
        different: list[Any] = []
        for trial in self.trials:
            if trial.values not in different:
                different.append(trial.values)
        if len(different) < self.sampler.combinations:
            return False
        self.report(f"All {len(different)} combinations were tried.")
        return True

    def _values_of_the_recipe(self) -> dict[str, Any] | None:
        """Returns the recipe's own values where the space has them: what a search must beat."""
        document = self.recipe.model_dump(mode="json")
        values: dict[str, Any] = {}
        for key, dimension in self.settings.space.items():
            place: Any = document
            for part in key.split("."):
                place = place.get(part) if isinstance(place, dict) else None
            if not dimension.contains(place):
                return None
            values[key] = place
        return values

    def _kept_recipe(self) -> Recipe:
        """Returns the recipe as it is kept: a search may go on for more trials."""
        trials = TuneConfig.model_fields["trials"].default
        settings = self.settings.model_copy(update={"trials": trials})
        return self.recipe.model_copy(update={"tune": settings})


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
