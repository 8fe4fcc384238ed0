"""What the library of the search decides: the values of a trial, and whether it goes on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from s2s_keras.config import Dimension, Recipe, TuneConfig
from s2s_keras.config.tune import field_type
from s2s_keras.errors import MissingDependencyError
from s2s_keras.training.history import is_larger_better
from s2s_keras.training.trials import Trial

if TYPE_CHECKING:
    import optuna

__all__ = ["EarlyEnd", "Sampler", "require_optuna"]


def require_optuna() -> Any:
    """Returns the library of the search.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "A search needs optuna: pip install 's2s-keras[tune]'."
        ) from error
    return optuna


class Sampler:
    """Chooses the values of trials.

    What it chooses hangs on the seed, the trial's number and the trials before alone: it is made
    anew for each trial, from the rows that are kept, so a search that goes on finds the same values
    as one that was never interrupted.

    Args:
        recipe: what is searched; it has a section `tune`.
        tune: that section.

    Raises:
        MissingDependencyError: optuna is not installed.
    """

    def __init__(self, recipe: Recipe, tune: TuneConfig) -> None:
        self._optuna = require_optuna()
        self._tune = tune
        self._direction = "maximize" if is_larger_better(recipe.training.monitor) else "minimize"
        integers = {key: int in (field_type(Recipe, key) or ()) for key in tune.space}
        self._distributions = {
            key: self._distribution(dimension, integers[key])
            for key, dimension in tune.space.items()
        }
        counts = [dimension.count(integers[key]) for key, dimension in tune.space.items()]
        self.combinations = math.prod(math.inf if count is None else count for count in counts)
        """How many trials can differ; infinite where a range has any number."""

    def suggest(self, trials: Sequence[Trial]) -> dict[str, Any]:
        """Returns the values of the next trial, searched key -> value."""
        chosen = self._study(trials, len(trials)).ask(self._distributions).params
        return {
            key: json.loads(value) if self._tune.space[key].choices is not None else value
            for key, value in chosen.items()
        }

    def early_end(self, trials: Sequence[Trial], trial: Trial) -> EarlyEnd:
        """Returns what says when a trial is stopped, by the trials before it."""
        study = self._study(trials[: trial.number], trial.number)
        study.enqueue_trial(self._params(trial.values))
        return EarlyEnd(study.ask(self._distributions))

    def study(self, trials: Sequence[Trial]) -> optuna.Study:
        """Returns the trials as a study of optuna, for its plots and other analyses.

        Choices are written as JSON, such as `"gru"` with its quotes.
        """
        return self._study(trials, len(trials))

    def _study(self, trials: Sequence[Trial], number: int) -> optuna.Study:
        library, tune = self._optuna, self._tune
        seed = int(np.random.SeedSequence([tune.seed, number]).generate_state(1)[0])
        sampler = (
            library.samplers.RandomSampler(seed)
            if tune.sampler == "random"
            else library.samplers.TPESampler(n_startup_trials=tune.random_trials, seed=seed)
        )
        # optuna counts epochs from 0.
        pruner = (
            library.pruners.NopPruner()
            if tune.pruner == "none"
            else library.pruners.MedianPruner(tune.pruner_trials, tune.pruner_epochs - 1)
        )
        with _quiet(library):
            study: optuna.Study = library.create_study(
                direction=self._direction, sampler=sampler, pruner=pruner
            )
        study.add_trials([self._frozen(trial) for trial in trials])
        return study

    def _frozen(self, trial: Trial) -> optuna.trial.FrozenTrial:
        """Returns a trial as optuna knows it.

        Of a refused or a failed one it should learn that it was bad: to optuna it was pruned before
        its first epoch, which counts as worse than any figure.
        """
        states = self._optuna.trial.TrialState
        is_complete = trial.state == "complete"
        frozen: optuna.trial.FrozenTrial = self._optuna.create_trial(
            state=states.COMPLETE if is_complete else states.PRUNED,
            value=trial.figure if is_complete else None,
            params=self._params(trial.values),
            distributions=self._distributions,
            intermediate_values=dict(enumerate(trial.figures)),
        )
        return frozen

    def _params(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            key: json.dumps(value) if self._tune.space[key].choices is not None else value
            for key, value in values.items()
        }

    def _distribution(self, dimension: Dimension, is_integer: bool) -> Any:
        kinds = self._optuna.distributions
        if dimension.choices is not None:
            # As text, because a choice may be a list, and 1 equals True.
            return kinds.CategoricalDistribution([json.dumps(v) for v in dimension.choices])
        low, high, step = dimension.low, dimension.high, dimension.step
        if is_integer:
            return kinds.IntDistribution(low, high, log=dimension.log, step=step or 1)
        return kinds.FloatDistribution(low, high, log=dimension.log, step=step)


class EarlyEnd:
    """Says after each epoch whether a trial is stopped.

    Args:
        trial: optuna's, of a study with the trials before.
    """

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial
        self._epochs = 0

    def reason(self, figures: Sequence[float]) -> str | None:
        """Returns why the trial ends after its last epoch, or `None` where it goes on.

        Args:
            figures: the dev figure of each epoch so far, at least of those at the last call.
        """
        for epoch in range(self._epochs, len(figures)):
            self._trial.report(figures[epoch], epoch)
        self._epochs = max(self._epochs, len(figures))
        if figures and math.isnan(figures[-1]):
            return f"its figure is not a number after epoch {len(figures)}"
        if figures and self._trial.should_prune():
            return f"worse than the median after epoch {len(figures)}"
        return None


@contextmanager
def _quiet(library: Any) -> Iterator[None]:
    """Keeps optuna from announcing each study on standard error."""
    before = library.logging.get_verbosity()
    library.logging.set_verbosity(library.logging.WARNING)
    try:
        yield
    finally:
        library.logging.set_verbosity(before)
