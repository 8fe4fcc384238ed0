"""A recipe with subwords, from pairs to the file's outputs."""

from pathlib import Path

import pytest

from s2s_keras.cli import main
from s2s_keras.data import read_pairs
from s2s_keras.keras_session import make_predictor
from s2s_keras.runtime import load
from s2s_keras.text import SubwordTokenizer
from s2s_keras.training.run import load_run
from tests.cli.commands import output

OPTIONS = (
    "data.tokenizer=subword",
    "data.max_vocabulary=40",
    "data.max_source_length=12",
    "data.max_target_length=12",
    "data.bucket_lengths=null",
    "model.units=8",
    "training.epochs=1",
    "training.batch_size=256",
    "export.quantization=none",
)


@pytest.mark.slow
def test_subwords_go_from_a_recipe_into_the_file(
    toy_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run, path = tmp_path / "run", tmp_path / "m.tflite"
    settings = [part for option in OPTIONS for part in ("--set", option)]
    output(capfd, "train", toy_folder / "recipe.yaml", "--out", run, *settings)
    assert main(["export", str(run), "--out", str(path)]) == 0
    trained = load_run(run)
    opened = load(path)
    assert type(opened.source_tokenizer) is SubwordTokenizer
    assert opened.source_tokenizer == trained.model.source_tokenizer
    assert len(opened.source_tokenizer.vocabulary) == 40
    sources = [pair.source for pair in read_pairs(toy_folder / "dev.tsv")[:20]] + ["☃ ab"]
    expected = make_predictor(trained.model, trained.recipe.decoding_settings()).predict(sources)
    found = opened.predict(sources)
    assert [best[0].text for best in found] == [best[0].text for best in expected]
    assert found[-1][0].source_tokens[:4] == ("▁", "<0xE2>", "<0x98>", "<0x83>")
