from pathlib import Path

import numpy as np
import pytest

from s2s_keras.data import Pair, write_pairs
from s2s_keras.errors import ConfigError, DataError
from s2s_keras.recipe import load_recipe, parse_recipe
from s2s_keras.text import WordTokenizer
from s2s_keras.training.build import build_model
from s2s_keras.training.run import load_run, train

SOURCE, TARGET = WordTokenizer.learn(["a b c"]), WordTokenizer.learn(["x y"])
DATA = {"train": "pairs.tsv", "tokenizer": "word", "shared_vocabulary": False}
MODEL = {"embedding_size": 2, "source_embedding_size": 3, "units": 4}


def write_vectors(path: Path, lines: str) -> Path:
    path.write_text(lines, encoding="utf-8")
    return path


@pytest.fixture
def vectors(tmp_path):
    """word2vec's format for the source, GloVe's for the target."""
    source = write_vectors(tmp_path / "source.vec", "2 3\nb 1 2 3\nc 4 5 6\n")
    target = write_vectors(tmp_path / "target.txt", "x 7 8\nother 0 0\n")
    return {"source_embeddings": str(source), "target_embeddings": str(target)}


def test_pretrained_embeddings_are_the_rows_of_their_tokens(vectors):
    recipe = parse_recipe({"data": DATA, "model": {**MODEL, **vectors}})
    lines: list[str] = []
    model = build_model(recipe, SOURCE, TARGET, 10, lines.append)
    source, target = (
        np.array(layer.embeddings) for layer in (model.source_embedding, model.target_embedding)
    )
    np.testing.assert_array_equal(source[SOURCE.encode("b c")], [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(target[TARGET.encode("x")], [[7, 8]])
    assert np.abs(source[SOURCE.encode("a")]).max() < 3  # as it started
    assert "vectors for 66.7% of the source vocabulary" in lines[0]
    assert "vectors for 50.0% of the target vocabulary" in lines[1]


def test_a_step_is_traced_once(monkeypatch):
    model = build_model(parse_recipe({"data": DATA, "model": MODEL}), SOURCE, TARGET, 10)
    traced, train_step = [], type(model).train_step
    monkeypatch.setattr(
        type(model), "train_step", lambda *given: traced.append(given) or train_step(*given)
    )
    ids = np.array([SOURCE.encode("a b")], np.int32)
    inputs = {"source_ids": ids, "target_ids": ids}
    for _ in range(3):
        model.train_on_batch(inputs, ids)
    assert len(traced) == 1


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize(
    ("lines", "place", "message"),
    [
        ("x 1 2 3 4\n", ":1", "must have [23] numbers.*Received: 4.*Use a file of that width"),
        ("x 1 zwei 3\n", ":1", "not a number|must have 2 numbers"),
        ("", "", "the file is empty"),
    ],
)
def test_broken_embeddings_are_refused_with_the_recipe(side, lines, place, message, tmp_path):
    path = write_vectors(tmp_path / "v.txt", lines)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(f"data: {{train: pairs.tsv}}\nmodel: {{{side}_embeddings: {path}}}\n")
    overrides = ["model.embedding_size=2", "model.source_embedding_size=3"]
    with pytest.raises(DataError, match=f"v.txt{place}: .*({message})"):
        load_recipe(recipe, overrides)


def test_one_embedding_has_one_file():
    model = {"share_embeddings": True, "source_embeddings": "v.txt"}
    with pytest.raises(ConfigError, match="`model.target_embeddings`. Received: v.txt"):
        parse_recipe({"data": {"train": "pairs.tsv"}, "model": model})


def test_scheduled_sampling_spreads_over_the_training():
    def sampling(**options):
        recipe = {"data": DATA, "training": {"scheduled_sampling": options, "seed": 7}}
        return build_model(parse_recipe(recipe), SOURCE, TARGET, 120).scheduled_sampling

    found = sampling(schedule="exponential", final_sampling_probability=0.5)
    assert (found.schedule, found.final_sampling_probability) == ("exponential", 0.5)
    assert (found.decay_steps, found.seed) == (120, 7)
    assert sampling(decay_steps=5).decay_steps == 5
    recipe = parse_recipe({"data": DATA})
    assert build_model(recipe, SOURCE, TARGET, 120).scheduled_sampling is None


def test_schedule_that_never_ends_is_refused():
    options = {"schedule": "exponential", "final_sampling_probability": 1}
    with pytest.raises(ConfigError, match="below 1 for.*or `linear`. Received: 1 with 'expo"):
        parse_recipe({"data": DATA, "training": {"scheduled_sampling": options}})


def test_train_with_frozen_embeddings_and_scheduled_sampling(vectors, tmp_path):
    pairs = [Pair(" ".join(s), " ".join(t)) for s in ("ab", "bc", "ca") for t in ("xy", "yx")]
    write_pairs(tmp_path / "pairs.tsv", pairs)
    path = str(tmp_path / "pairs.tsv")
    recipe = parse_recipe(
        {
            "task": "translation",
            "data": {**DATA, "train": path, "dev": path, "bucket_lengths": [3]},
            "model": {**MODEL, **vectors, "freeze_source_embedding": True, "decoder": "luong"},
            "training": {"epochs": 2, "batch_size": 3, "scheduled_sampling": {}},
            "decoding": {"replace_unknown": True, "allow_unknown": True},
        }
    )
    run = train(recipe, tmp_path / "run")
    again = load_run(tmp_path / "run").model
    assert float(again.scheduled_sampling.steps) == again.scheduled_sampling.decay_steps == 4
    tokenizer = again.source_tokenizer
    found = np.array(again.source_embedding.embeddings)[tokenizer.encode("b c")]
    np.testing.assert_array_equal(found, [[1, 2, 3], [4, 5, 6]])
    assert run.metrics["kept_epoch"] in (1, 2)
