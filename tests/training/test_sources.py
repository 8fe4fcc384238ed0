"""Several sources of training pairs, with weights, in memory and prepared."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from s2s_keras.cli import main
from s2s_keras.data import Pair, split_pairs, write_pairs
from s2s_keras.errors import ConfigError, DataError
from s2s_keras.recipe import parse_recipe
from s2s_keras.training.corpus import learn_tokenizers, load_corpus, make_batches
from s2s_keras.training.prepared import prepare

WEB = [Pair(f"w{i}", f"{i}w" * (1 + i % 3)) for i in range(60)]
NEWS = [Pair(f"n{i}", f"{i}n") for i in range(20)]
COMMON = [Pair(f"c{i}", f"{i}c") for i in range(40)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "web").mkdir()
    write_pairs(tmp_path / "web/b.tsv", WEB[30:])
    write_pairs(tmp_path / "web/a.tsv", WEB[:30] + COMMON)
    write_pairs(tmp_path / "news.tsv", NEWS + COMMON)
    return tmp_path


def recipe_of(folder: Path, weight: float = 2.5, **data):
    sources = [{"train": "web/*.tsv", "weight": 0.5}, {"train": "news.tsv", "weight": weight}]
    sections = {"folder": str(folder), "sources": sources, "dev_fraction": 0.2, **data}
    lengths = {"max_source_length": 8, "max_target_length": 11, "bucket_lengths": [5, 8]}
    return parse_recipe({"data": {**lengths, **sections}, "training": {"batch_size": 7}})


def batches_of(recipe):
    corpus = load_corpus(recipe.data)
    tokenizers = learn_tokenizers(corpus, recipe.data)
    return corpus, tokenizers, make_batches(recipe, corpus, *tokenizers)


def texts_of(batches, tokenizer):
    return Counter(tokenizer.decode(row) for inputs, _ in batches for row in inputs["source_ids"])


def test_what_is_held_out_is_in_no_source(folder: Path) -> None:
    corpus, tokenizers, batches = batches_of(recipe_of(folder))
    train, dev = split_pairs(WEB[:30] + COMMON + WEB[30:] + NEWS + COMMON, 0.2)
    assert corpus.train == train
    assert sorted(corpus.dev) == sorted(set(dev))
    assert len(dev) > len(corpus.dev) > 3
    assert not {pair.source for pair in corpus.dev} & {pair.source for pair in train}
    web, news = ([p for p in part if p in train] for part in (WEB + COMMON, NEWS + COMMON))
    assert corpus.name == "web/*.tsv + news.tsv"
    assert corpus.notes == (
        f"web/*.tsv: {len(web)} training pairs, weight 0.5: {round(len(web) / 2)} an epoch",
        f"news.tsv: {len(news)} training pairs, weight 2.5: {round(len(news) * 2.5)} an epoch",
    )
    seen = texts_of(batches.train.repeat(2), tokenizers[0])
    assert set(seen) == {pair.source for pair in train}
    assert {seen[pair.source] for pair in web if pair in WEB} == {1}
    assert {seen[pair.source] for pair in news if pair in NEWS} == {5}
    assert {seen[pair.source] for pair in news if pair in COMMON} == {6}


def test_prepared_sources_give_the_batches_of_their_files_at_any_weight(folder: Path) -> None:
    prepare(recipe_of(folder).data, folder / "records", workers=2)
    for weight in (2.5, 0.7):
        (corpus, tokenizers, one), (recorded, others, other) = (
            batches_of(recipe_of(place, weight)) for place in (folder, folder / "records")
        )
        assert tokenizers == others
        assert corpus.dev == recorded.dev
        assert corpus.notes == recorded.notes
        assert corpus.name == recorded.name
        assert len(corpus.train) == len(recorded.train)
        assert one.target_tokens == other.target_tokens
        assert len(one.train) == len(other.train)
        for expected, found in zip(one.train.repeat(2), other.train.repeat(2), strict=True):
            np.testing.assert_array_equal(expected[0]["source_ids"], found[0]["source_ids"])
            np.testing.assert_array_equal(expected[1], found[1])


def test_other_sources_than_the_prepared_ones_are_refused(folder: Path) -> None:
    recipe = recipe_of(folder)
    prepare(recipe.data, folder / "records")
    fewer = {"sources": [{"train": "news.tsv"}]}
    for data in (fewer, {"sources": None, "train": "news.tsv"}):
        with pytest.raises(ConfigError, match=r"prepared by another recipe; changed: data.sources"):
            load_corpus(recipe_of(folder / "records", **data).data)


def test_subwords_are_dropped_in_every_source(folder: Path) -> None:
    dropout = {"tokenizer": "subword", "subword_dropout": 0.3, "max_vocabulary": 60}
    corpus, _, batches = batches_of(recipe_of(folder, **dropout))
    shares = [round(weight * count) for count, weight in corpus.weights]
    assert sum(len(batch[1]) for batch in batches.train) == sum(shares)


def test_a_pattern_is_all_that_it_matches_in_order(folder: Path) -> None:
    data = {"sources": None, "train": "web/*.tsv", "dev": "n*.tsv"}
    corpus = load_corpus(recipe_of(folder, **data).data)
    assert corpus.train == WEB[:30] + COMMON + WEB[30:]
    assert corpus.dev == NEWS + COMMON
    assert corpus.notes == ()
    write_pairs(folder / "c*.tsv", NEWS)  # a name as it stands comes first
    write_pairs(folder / "cd.tsv", COMMON)
    corpus = load_corpus(recipe_of(folder, **{**data, "train": "c*.tsv"}).data)
    assert corpus.train == NEWS


def test_sides_of_aligned_files_match_one_by_one(folder: Path) -> None:
    for name, texts in (("0.en", "a b"), ("1.en", "c"), ("0.de", "x y"), ("1.de", "z")):
        (folder / name).write_text("".join(f"{text}\n" for text in texts.split()))
    data = {"sources": None, "train": ["?.en", "?.de"], "dev": "news.tsv"}
    assert load_corpus(recipe_of(folder, **data).data).train == [*zip("abc", "xyz", strict=True)]
    (folder / "1.de").unlink()
    with pytest.raises(DataError, match=r"\?\.en: 2 files match, and 1 match \?\.de"):
        load_corpus(recipe_of(folder, **data).data)


@pytest.mark.parametrize("is_prepared", [False, True])
def test_sources_without_pairs_are_named(folder: Path, is_prepared: bool) -> None:
    def load(**data):
        recipe = recipe_of(folder, **data)
        return prepare(recipe.data, folder / "x") if is_prepared else load_corpus(recipe.data)

    with pytest.raises(DataError, match=r"parts/\*\.tsv: no file matches the pattern"):
        load(sources=[{"train": "news.tsv"}, {"train": "parts/*.tsv"}])
    (folder / "empty.tsv").write_text("")
    with pytest.raises(DataError, match=r"empty\.tsv: the file is empty"):
        load(sources=[{"train": "news.tsv"}, {"train": "empty.tsv"}])
    write_pairs(folder / "long.tsv", [Pair("abcdefghij", "a")])
    with pytest.raises(DataError, match=r"long\.tsv:1: the source has 10 tokens"):
        load(sources=[{"train": "news.tsv"}, {"train": "long.tsv"}])
    with pytest.raises(DataError, match=r"long\.tsv: (all 1 pairs are longer|no pair is left for)"):
        load(sources=[{"train": "news.tsv"}, {"train": "long.tsv"}], too_long="drop")
    held_out = split_pairs(WEB, 0.2)[1][:1]
    write_pairs(folder / "one.tsv", held_out)
    with pytest.raises(DataError, match=r"one\.tsv: no pair is left for training"):
        load(sources=[{"train": "news.tsv"}, {"train": "one.tsv"}])
    write_pairs(folder / "few.tsv", split_pairs(NEWS, 0.2)[0][:1])
    with pytest.raises(DataError, match=r"few\.tsv: no pair is left for dev"):
        load(sources=[{"train": "few.tsv"}])


@pytest.mark.parametrize("weight", [0, -1, "many", float("inf")])
def test_weights_are_positive(folder: Path, weight: object) -> None:
    with pytest.raises(ConfigError, match=r"`data.sources.1.weight` .*Received: "):
        recipe_of(folder, weight)


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([], "`data.sources` .*at least 1 item"),
        ([{"weight": 2}], "`data.sources.0.train` is missing"),
        ([{"train": "a.tsv", "wait": 2}], "unknown key `data.sources.0.wait`"),
        ([{"train": ["a", "b", "c"]}], "`data.train` must be a file of pairs, or a list of two"),
    ],
)
def test_sources_that_mean_nothing_are_refused(sources: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_recipe({"data": {"sources": sources}})


@pytest.mark.slow
def test_train_says_what_it_sees_of_each_source(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    recipe = folder / "recipe.json"
    recipe.write_text(recipe_of(folder).model_dump_json(exclude_none=True))
    small = ["model.units=8", "model.embedding_size=8", "training.epochs=1"]
    overrides = [argument for value in small for argument in ("--set", value)]
    assert main(["train", str(recipe), *overrides, "--out", str(folder / "run")]) == 0
    assert "news.tsv: " in capfd.readouterr().err
