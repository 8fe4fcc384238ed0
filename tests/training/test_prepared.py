import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from s2s_keras.cli import main
from s2s_keras.data import Pair, read_pairs, write_pairs
from s2s_keras.errors import ArtifactError, ConfigError, DataError
from s2s_keras.recipe import load_recipe
from s2s_keras.training.corpus import learn_tokenizers, load_corpus, make_batches
from s2s_keras.training.history import read_history
from s2s_keras.training.prepared import prepare
from s2s_keras.training.run import load_run

VARIES = {"tokens_per_second", "waiting", "seconds"}


def batches_of(recipe):
    corpus = load_corpus(recipe.data)
    tokenizers = learn_tokenizers(corpus, recipe.data)
    return corpus, tokenizers, make_batches(recipe, corpus, *tokenizers)


@pytest.mark.parametrize(
    "changes", [["data.dev=null", "data.dev_fraction=0.2"], ["data.tokenizer=word"]]
)
def test_prepared_pairs_give_the_batches_of_their_files(
    toy_folder: Path, tmp_path: Path, changes: list[str]
) -> None:
    path, changes = toy_folder / "recipe.yaml", [*changes, "training.batch_size=7"]
    recipe = load_recipe(path, changes)
    found = prepare(recipe.data, tmp_path / "records")
    prepared = load_recipe(path, [*changes, f"data.folder={tmp_path}/records"])
    (corpus, tokenizers, one), (other_corpus, others, other) = map(batches_of, (recipe, prepared))
    assert tokenizers == others
    assert corpus.dev == other_corpus.dev
    assert len(other_corpus.train) == len(corpus.train) == found["pairs"]
    assert one.target_tokens == other.target_tokens == found["target_tokens"]
    assert len(one.train) == len(other.train)
    for i in (0, 1, 5, len(one.train) - 1):
        for batches in zip(one.train[i][0].values(), other.train[i][0].values(), strict=True):
            np.testing.assert_array_equal(*batches)


@pytest.mark.slow
def test_train_on_prepared_pairs_is_training_on_their_files(
    toy_run: Path, toy_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    recipe, records = str(toy_folder / "recipe.yaml"), tmp_path / "records"
    assert main(["data", "prepare", recipe, "--out", str(records), "--workers", "2", "--json"]) == 0
    printed = json.loads(capfd.readouterr().out)
    assert printed["pairs"] == len(read_pairs(toy_folder / "train.tsv"))
    out = tmp_path / "run"
    assert main(["train", recipe, "--data", str(records), "--out", str(out)]) == 0
    runs = load_run(toy_run), load_run(out)
    for one, other in zip(*(run.model.get_weights() for run in runs), strict=True):
        np.testing.assert_array_equal(one, other)
    one, other = (
        [{key: row[key] for key in row.keys() - VARIES} for row in read_history(run.folder)]
        for run in runs
    )
    assert one == other


def test_workers_change_nothing(toy_folder: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("s2s_keras.data.encoding._CHUNK", 50)
    data = load_recipe(toy_folder / "recipe.yaml").data
    counts: list[int] = []
    prepare(data, tmp_path / "one", progress=counts.append)
    assert sum(counts) == len(read_pairs(toy_folder / "train.tsv"))
    assert max(counts) == 50
    prepare(data, tmp_path / "two", workers=2)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_pairs_that_are_too_long_are_named_or_left_out(tmp_path: Path) -> None:
    write_pairs(tmp_path / "pairs.tsv", [Pair("ab", "b"), Pair("cc", "c"), Pair("d", "abcdefghij")])
    recipe = {"train": str(tmp_path / "pairs.tsv"), "dev": str(tmp_path / "pairs.tsv")}
    path = tmp_path / "recipe.yaml"
    path.write_text(json.dumps({"data": {**recipe, "max_target_length": 9}}))
    with pytest.raises(DataError, match=r"pairs.tsv:3: the target has 10 tokens; .* is 9"):
        prepare(load_recipe(path).data, tmp_path / "records")
    assert not (tmp_path / "records" / "records.json").exists()
    drop = ["data.too_long=drop"]
    found = prepare(load_recipe(path, drop).data, tmp_path / "records")
    assert (found["pairs"], found["dev_pairs"]) == (2, 2)
    assert found["notes"][0] == "1 of 3 pairs are too long and left out"
    with pytest.raises(DataError, match=r"pairs.tsv: all 3 pairs are longer"):
        prepare(
            load_recipe(path, [*drop, "data.max_source_length=1", "data.max_target_length=1"]).data,
            tmp_path / "none",
        )


def test_what_cannot_be_prepared_or_has_changed_is_refused(
    toy_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = toy_folder / "recipe.yaml"
    with pytest.raises(ConfigError, match="only files can be prepared"):
        prepare(
            load_recipe(path, ["data.train=null", "data.dev=null", "data.dataset=dates"]).data,
            tmp_path,
        )
    dropout = ["data.tokenizer=subword", "data.subword_dropout=0.1"]
    with pytest.raises(ConfigError, match="cuts texts anew"):
        prepare(load_recipe(path, dropout).data, tmp_path)
    prepare(load_recipe(path).data, tmp_path)
    changed = [f"data.folder={tmp_path}", "data.max_source_length=7", "data.lowercase=true"]
    with pytest.raises(ConfigError, match="changed: data.lowercase, data.max_source_length. Prep"):
        load_corpus(load_recipe(path, changed).data)
    (tmp_path / "source_tokenizer.json").write_text("{}")
    with pytest.raises(ArtifactError, match="source_tokenizer.json: cannot be read"):
        load_corpus(load_recipe(path, changed[:1]).data)
    (tmp_path / "source_tokenizer.json").unlink()
    with pytest.raises(DataError, match="a file of a tokeniser is missing"):
        load_corpus(load_recipe(path, changed[:1]).data)

    for arguments in (
        ["prepare"],
        ["prepare", str(path), "--dev-fraction", "0.5"],
        ["dates", "--workers", "2"],
    ):
        assert main(["data", *arguments, "--out", str(tmp_path / "x")]) == 2
    shutil.rmtree(tmp_path)
