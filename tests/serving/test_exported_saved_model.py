"""The server on a SavedModel that `export_saved_model` made, beside the same model's file."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.serving.malformed import malformed_bodies
from benchmarks.serving.process import ServingProcess, served

TEXTS = ["abc", "h", "fed cba", "b,c."]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    import keras

    from s2s_keras.decoding import DecodingSettings
    from s2s_keras.export import export_tflite
    from s2s_keras.export.saved_model import export_saved_model
    from s2s_keras.model import Seq2Seq
    from s2s_keras.text import CharacterTokenizer

    keras.utils.set_random_seed(2)
    tokenizer = CharacterTokenizer("abcdefgh .,")
    model = Seq2Seq(tokenizer, tokenizer, embedding_size=8, units=8)
    for weight in model.trainable_weights:
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.7))
    settings = DecodingSettings(beam_width=3, max_source_length=12, max_output_length=10)
    folder = tmp_path_factory.mktemp("models")
    card = {"task": "translation"}
    options = {"quantization": "none", "min_same_best": 0.0, "card": card}
    export_tflite(model, folder / "toy.tflite", TEXTS, settings, **options)
    export_saved_model(model, folder / "toy", TEXTS, replace(settings, n_best=3), card=card)
    return {"tflite": folder / "toy.tflite", "saved_model": folder / "toy"}


@pytest.fixture(scope="module")
def servers(
    models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, ServingProcess]]:
    with (
        served(models["tflite"], tmp_path_factory.mktemp("a")) as file,
        served(models["saved_model"], tmp_path_factory.mktemp("b")) as folder,
    ):
        yield {"tflite": file, "saved_model": folder}
        assert [process.stop() for process in (file, folder)] == [0, 0]


def assert_alike(found: Any, expected: Any) -> None:
    """Compares two documents, numbers with a tolerance."""
    assert type(found) is type(expected)
    if isinstance(found, dict):
        assert found.keys() == expected.keys()
        for key in found:
            assert_alike(found[key], expected[key])
    elif isinstance(found, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_alike(one, other)
    else:
        assert found == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("form", ["instances", "inputs"])
@pytest.mark.parametrize("signature", ["serving_default", "alignments", "ids"])
def test_both_forms_of_a_model_answer_alike(
    servers: dict[str, ServingProcess], signature: str, form: str
) -> None:
    values: list[Any] = [[4, 5, 6, 0], [9, 0, 0, 0]] if signature == "ids" else TEXTS
    document = {"signature_name": signature, form: values}
    (status, found), (_, expected) = (
        servers[name].predict(document) for name in ("saved_model", "tflite")
    )
    assert status == 200
    assert_alike(found, expected)


@pytest.mark.parametrize(
    "document",
    [
        {"instances": ["abc", "xyz"]},
        {"instances": [" "]},
        {"signature_name": "alignments", "instances": ["abcdefghabcdefgh"]},
        {"signature_name": "ids", "instances": [[4, 99]]},
        {"signature_name": "ids", "instances": [[0, 0]]},
        {"signature_name": "ids", "instances": [[4] * 13]},
        {"signature_name": "ids", "instances": [[0, 5]]},
    ],
)
def test_both_forms_of_a_model_refuse_alike(
    servers: dict[str, ServingProcess], document: dict[str, Any]
) -> None:
    found, expected = (servers[name].predict(document) for name in ("saved_model", "tflite"))
    assert found[0] == 400
    assert found == expected


def test_signatures_are_named_and_shaped_alike(servers: dict[str, ServingProcess]) -> None:
    def shapes(process: ServingProcess) -> dict[str, Any]:
        _, document = process.ask("GET", "/v1/models/toy/metadata")
        definitions = document["metadata"]["signature_def"]["signature_def"]
        return {
            (signature, side, name): (info["dtype"], len(info["tensor_shape"]["dim"]))
            for signature, definition in definitions.items()
            for side in ("inputs", "outputs")
            for name, info in definition[side].items()
        }

    assert shapes(servers["saved_model"]) == shapes(servers["tflite"])


def test_malformed_bodies_do_not_stop_it(servers: dict[str, ServingProcess]) -> None:
    process = servers["saved_model"]
    before = process.predict({"instances": TEXTS})
    statuses = {process.predict(body)[0] for body in malformed_bodies(100, seed=4)}
    assert statuses <= {400, 413}
    assert process.predict({"instances": TEXTS}) == before
