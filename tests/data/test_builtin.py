import json
import sys

import pytest

from s2s_keras.data import (
    DATASETS,
    BuiltDataset,
    Pair,
    build_dataset,
    number_words,
    read_pairs,
    write_dataset,
)
from s2s_keras.errors import ConfigError, MissingDependencyError


@pytest.fixture
def tiny(monkeypatch):
    """A data set of three pairs."""

    class Tiny:
        DESCRIPTION, LICENCE = "Three pairs.", "CC0"

        @staticmethod
        def build(dev_fraction, fits):
            pairs = [Pair("a", "b"), Pair("aa", "b"), Pair("a", "bb")]
            kept = [pair for pair in pairs if fits(pair)]
            held_out = round(dev_fraction * len(kept))
            return kept[held_out:], kept[:held_out]

    monkeypatch.setitem(DATASETS, "tiny", Tiny)


@pytest.mark.usefixtures("tiny")
def test_build_dataset_hands_on_fraction_and_limits():
    dataset = build_dataset("tiny", 0.5, lambda pair: len(pair.source) == 1)
    expected = [Pair("a", "bb")], [Pair("a", "b")]
    assert (dataset.train, dataset.dev) == expected
    assert (dataset.name, dataset.description) == ("tiny", "Three pairs.")
    assert dataset.licence == "CC0"


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(
    ("dev_fraction", "longest", "message"),
    [
        (0.0, 9, "dev fraction of 0.0 .* leave 3 training and 0 dev pairs of tiny"),
        (1.0, 9, "leave 0 training and 3 dev pairs"),
        (0.5, 0, "leave 0 training and 0 dev pairs"),
    ],
)
def test_build_dataset_with_an_empty_part_raises(dev_fraction, longest, message):
    with pytest.raises(ConfigError, match=message):
        build_dataset("tiny", dev_fraction, lambda pair: len(pair.source) <= longest)


def test_build_dataset_of_an_unknown_name_lists_the_known_ones():
    known = r"\['dates', 'misspellings', 'number_words'\]"
    with pytest.raises(ConfigError, match=f"one of {known}. Received: 'mispelings'"):
        build_dataset("mispelings")


@pytest.mark.parametrize(
    ("name", "package"),
    [("misspellings", "wordfreq"), ("number_words", "num2words"), ("dates", "babel")],
)
def test_build_dataset_without_its_package_names_it_and_the_remedy(monkeypatch, name, package):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, f"{package}.dates", None)
    message = rf"`{name}` needs {package}.*: pip install 's2s-keras\[train\]'"
    with pytest.raises(MissingDependencyError, match=message):
        build_dataset(name)


def test_every_data_set_says_what_it_is_and_its_licence():
    for name, module in DATASETS.items():
        assert module.DESCRIPTION.endswith("."), name
        assert module.LICENCE, name
    assert "LGPL" in number_words.LICENCE


def test_write_dataset_writes_pairs_and_what_a_card_must_say(tmp_path):
    train, dev = [Pair("teh", "the"), Pair("the", "the")], [Pair("hte", "the")]
    dataset = BuiltDataset("tiny", "Three pairs.", "CC0", train, dev)
    folder = write_dataset(dataset, tmp_path / "new" / "tiny")
    assert folder == tmp_path / "new" / "tiny"
    assert sorted(file.name for file in folder.iterdir()) == [
        "dataset.json",
        "dev.tsv",
        "train.tsv",
    ]
    assert (read_pairs(folder / "train.tsv"), read_pairs(folder / "dev.tsv")) == (train, dev)
    assert json.loads((folder / "dataset.json").read_text(encoding="utf-8")) == {
        "name": "tiny",
        "description": "Three pairs.",
        "licence": "CC0",
        "train_pairs": 2,
        "dev_pairs": 1,
    }
