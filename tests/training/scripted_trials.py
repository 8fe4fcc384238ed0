"""Trials whose figures are computed instead of trained, and their interruptions scripted."""

from collections.abc import Callable
from pathlib import Path

from s2s_keras.config import Recipe
from s2s_keras.data import Pair, write_pairs
from s2s_keras.recipe import parse_recipe
from s2s_keras.training.history import read_history, write_history

SPACE = {
    "model.units": {"low": 2, "high": 40},
    "training.learning_rate": {"low": 1e-4, "high": 0.1, "log": True},
    "model.cell": {"choices": ["gru", "lstm"]},
}


def make_recipe(folder: Path, space: dict | None = None, **settings: object) -> Recipe:
    """A recipe of four pairs with a search; `training` holds more of that section."""
    pairs = folder / "pairs.tsv"
    write_pairs(pairs, [Pair(text, text) for text in ("ab", "abc", "c", "bcabc")])
    training = {"epochs": 4, **settings.pop("training", {})}
    lengths = {"max_source_length": 6, "max_target_length": 6}
    return parse_recipe(
        {
            "data": {"train": pairs, "dev": pairs, **lengths},
            "training": training,
            "tune": {"space": space or SPACE, "pruner": "none", **settings},
        }
    )


def distance(recipe: Recipe, epoch: int) -> float:
    """Falls over the epochs, and is least where units are 20 and the learning rate 0.01."""
    off = abs(recipe.model.units - 20) / 20 + abs(recipe.training.learning_rate - 0.01) * 10
    return 1 + off + (recipe.model.cell == "gru") / 2 + 1 / epoch


class Trainings:
    """Stands in for `run_trial`.

    Args:
        figure: the monitored figure of a recipe after an epoch.
        interrupt: (folder's name, epoch) -> whether Ctrl-C comes after this epoch; once each.
        endings: folder's name -> what `run_trial` returns or raises at once.

    Attributes:
        epochs: (folder's name, epoch) of all that were trained.
    """

    def __init__(
        self,
        figure: Callable[[Recipe, int], float] = distance,
        interrupt: set[tuple[str, int]] = frozenset(),
        endings: dict[str, object] | None = None,
    ) -> None:
        self.figure = figure
        self.interrupt = set(interrupt)
        self.endings = endings or {}
        self.epochs: list[tuple[str, int]] = []

    def __call__(
        self, recipe: Recipe, folder: Path, goes_on: Callable[[], bool]
    ) -> tuple[str, str]:
        ending = self.endings.get(folder.name, self.endings.get("all"))
        if isinstance(ending, Exception):
            raise ending
        if ending:
            return ending
        folder.mkdir(exist_ok=True)
        history = read_history(folder)
        epochs = recipe.training.epochs
        for epoch in range(len(history) + 1, epochs + 1):
            (folder / "checkpoints").mkdir(exist_ok=True)
            figures = {recipe.training.monitor: self.figure(recipe, epoch), "seconds": epoch * 1.5}
            history.append({"epoch": epoch, "step": epoch, **figures})
            write_history(history, folder)
            self.epochs.append((folder.name, epoch))
            if (folder.name, epoch) in self.interrupt:
                self.interrupt.remove((folder.name, epoch))
                raise KeyboardInterrupt
            if epoch < epochs and not goes_on():
                return "pruned", ""
        return "complete", ""
