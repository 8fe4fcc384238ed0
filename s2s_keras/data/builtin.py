"""The data sets that can be built from installed packages, by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from s2s_keras.data import dates, misspellings, number_words
from s2s_keras.data.catalogue import PUBLIC_DATASETS
from s2s_keras.data.pairs import Pair, write_pairs
from s2s_keras.errors import INSTALL_TRAINING, ConfigError, MissingDependencyError
from s2s_keras.files import make_folder, write_text

__all__ = ["DATASETS", "BuiltDataset", "build_dataset", "write_dataset"]


class _Module(Protocol):
    """What the module of a data set has."""

    DESCRIPTION: str
    LICENCE: str

    def build(
        self, dev_fraction: float, fits: Callable[[Pair], bool]
    ) -> tuple[list[Pair], list[Pair]]:
        """Builds train and dev pairs, the same at each call."""


DATASETS: dict[str, _Module] = {
    "dates": dates,
    "misspellings": misspellings,
    "number_words": number_words,
}


@dataclass(frozen=True)
class BuiltDataset:
    """A built data set, with what a model card must say about it."""

    name: str
    description: str
    licence: str
    train: list[Pair]
    dev: list[Pair]

    def card(self) -> dict[str, Any]:
        """Returns name, description, licence and sizes."""
        return {
            "name": self.name,
            "description": self.description,
            "licence": self.licence,
            "train_pairs": len(self.train),
            "dev_pairs": len(self.dev),
        }


def build_dataset(
    name: str, dev_fraction: float = 0.1, fits: Callable[[Pair], bool] = lambda pair: True
) -> BuiltDataset:
    """Builds the data set `name`.

    Args:
        name: one of `DATASETS`.
        dev_fraction: share that is held out, 0 to 1.
        fits: pairs for which this is false are left out, such as those that are too long.

    Raises:
        ConfigError: there is no data set of that name, or a part of it would be empty.
        MissingDependencyError: a package that it is built from is not installed.
    """
    if name not in DATASETS:
        remedy = ""
        if name in PUBLIC_DATASETS:
            remedy = f" Get that one with `s2s-keras data {name} --out FOLDER`, and give its files."
        raise ConfigError(
            f"The data set must be one of {sorted(DATASETS)}. Received: {name!r}.{remedy}"
        )
    module = DATASETS[name]
    try:
        train, dev = module.build(dev_fraction, fits)
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"The data set `{name}` needs {error.name}: {INSTALL_TRAINING}."
        ) from error
    if not train or not dev:
        raise ConfigError(
            f"A dev fraction of {dev_fraction} and the limits of length leave {len(train)} "
            f"training and {len(dev)} dev pairs of {name}."
        )
    return BuiltDataset(name, module.DESCRIPTION, module.LICENCE, train, dev)


def write_dataset(dataset: BuiltDataset, folder: str | Path) -> Path:
    """Writes `train.tsv`, `dev.tsv` and `dataset.json` (description, licence, sizes) to `folder`.

    Raises:
        OSError: the folder cannot be made or written.
    """
    folder = make_folder(folder)
    write_pairs(folder / "train.tsv", dataset.train)
    write_pairs(folder / "dev.tsv", dataset.dev)
    write_text(folder / "dataset.json", json.dumps(dataset.card(), indent=2) + "\n")
    return folder
