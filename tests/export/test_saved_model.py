import json
import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from s2s_keras.decoding import DecodingSettings, Predictor
from s2s_keras.errors import ArtifactError, ExportError
from s2s_keras.export import export_saved_model, export_tflite
from s2s_keras.export import saved_model as export_module
from s2s_keras.keras_session import KerasSession
from s2s_keras.model import Seq2Seq
from s2s_keras.runtime import load
from s2s_keras.saved_model import read_saved_model
from s2s_keras.saved_model_predictor import SavedModelPredictor
from s2s_keras.text import UNK_ID, Tokenizer, WordTokenizer, pad_ids
from tests.export.models import SYSTEMS, random_model
from tests.text.golden import golden_texts, golden_tokenizer_of

SETTINGS = DecodingSettings(
    beam_width=3, n_best=2, max_source_length=24, max_output_length=8, allow_unknown=True
)
TEXTS = ["The slow river carries", "L'eau d'été", "Река течёт ☃", "  zzyzx\t", "河"]
COMBINATIONS = list(zip(SYSTEMS.values(), 2 * ["subword", "word", "character"], strict=False))


def sample(tokenizer: Tokenizer, count: int = 200) -> list[str]:
    """Returns golden texts that a model of 24 tokens takes."""
    fit = (t for t in golden_texts() if t.strip() and 1 <= len(tokenizer.encode(t)) <= 24)
    return [text for text, _ in zip(fit, range(count), strict=False)]


def strings(texts: list[str]) -> tf.Tensor:
    return tf.constant([text.encode() for text in texts], tf.string)


def called(function: Any, **inputs: Any) -> dict[str, Any]:
    return {name: tensor.numpy() for name, tensor in function(**inputs).items()}


@pytest.fixture(scope="module")
def model() -> Seq2Seq:
    """A model whose outputs hold `<unk>` now and then."""
    model = random_model(golden_tokenizer_of("word"))
    table = model.target_embedding.embeddings
    factors = np.ones((table.shape[0], 1), np.float32)
    factors[UNK_ID] = 4
    table.assign(table * factors)
    return model


@pytest.fixture(scope="module")
def folder(model: Seq2Seq, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    settings = replace(SETTINGS, replace_unknown=True)
    report = export_saved_model(
        model, folder, sample(model.source_tokenizer, 12), settings, card={"task": "translation"}
    )
    assert report.path == folder / "1"
    assert report.parity.same_beams == report.parity.same_alignments == 1.0
    assert report.parity.max_difference < 1e-5
    assert report.size_bytes == sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    return folder


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Any:
    return tf.saved_model.load(str(folder / "1"))


@pytest.fixture(scope="module")
def reference(model: Seq2Seq) -> Predictor:
    tokenizers = (model.source_tokenizer, model.target_tokenizer)
    return Predictor(KerasSession(model), *tokenizers, replace(SETTINGS, replace_unknown=True))


@pytest.mark.slow
@pytest.mark.parametrize(("options", "kind"), COMBINATIONS)
def test_outputs_are_those_of_keras_and_of_the_tflite_file(
    options: dict[str, Any], kind: str, tmp_path: Path
) -> None:
    model = random_model(golden_tokenizer_of(kind), **options)
    texts = sample(model.source_tokenizer)
    report = export_saved_model(model, tmp_path / "served", texts, SETTINGS)
    assert report.parity.texts == len(texts) == 200
    assert report.parity.same_beams >= 0.99  # the rest are ties
    # Keras warns of attention to a single token.
    proof = [text for text in texts if len(model.source_tokenizer.encode(text)) > 3][:1]
    export_tflite(model, tmp_path / "m.tflite", proof, SETTINGS, quantization="none")
    served = SavedModelPredictor(tmp_path / "served")
    served.settings = SETTINGS
    expected = load(tmp_path / "m.tflite", SETTINGS).predict(texts)
    found = served.predict(texts, batch_size=32)
    same = [
        [p.text for p in a] == [p.text for p in b] for a, b in zip(expected, found, strict=True)
    ]
    assert np.mean(same) >= 0.99
    differences = [
        abs(p.score - q.score)
        for a, b, is_same in zip(expected, found, same, strict=True)
        for p, q in zip(a, b, strict=True)
        if is_same
    ]
    assert max(differences) < 1e-4


def test_serving_default_gives_texts_and_scores(loaded: Any, reference: Predictor) -> None:
    found = called(loaded.signatures["serving_default"], texts=strings(TEXTS))
    expected = reference.predict(TEXTS)
    assert [[t.decode() for t in row] for row in found["texts"]] == [
        [p.text for p in row] for row in expected
    ]
    assert any("zzyzx" in p.text or "☃" in p.text for row in expected for p in row)  # replaced
    assert found["scores"].dtype == np.float32
    scores = [[p.score for p in row] for row in expected]
    np.testing.assert_allclose(found["scores"], scores, atol=1e-5)


def test_alignments_give_pieces_and_attention(loaded: Any, reference: Predictor) -> None:
    found = called(loaded.signatures["alignments"], texts=strings(TEXTS))
    for n, [best, *_] in enumerate(reference.predict(TEXTS)):
        source, target = (
            [piece.decode() for piece in found[f"{side}_pieces"][n]]
            for side in ("source", "target")
        )
        assert found["texts"][n].decode() == best.text
        assert found["scores"][n] == pytest.approx(best.score, abs=1e-5)
        shape = len(best.target_tokens), len(best.source_tokens)
        assert source == [*best.source_tokens, *[""] * (len(source) - shape[1])]
        assert target == [*best.target_tokens, *[""] * (len(target) - shape[0])]
        attention = found["attention"][n]
        assert attention.shape == (len(target), len(source))
        np.testing.assert_allclose(attention[: shape[0], : shape[1]], best.attention, atol=1e-5)
        assert not attention[shape[0] :].any()
        assert not attention[:, shape[1] :].any()


def test_ids_need_no_text(loaded: Any, reference: Predictor) -> None:
    rows = [reference.check(text) for text in TEXTS]
    source_ids = tf.constant(pad_ids(rows, 24))
    found = called(loaded.signatures["ids"], source_ids=source_ids)
    tokens = reference.target_tokenizer.tokens
    for ids, scores, expected in zip(
        found["target_ids"], found["scores"], reference.predict(TEXTS), strict=True
    ):
        for row, score, prediction in zip(ids, scores, expected, strict=True):
            length = len(prediction.target_tokens)
            assert tuple(tokens[i] for i in row[:length]) == prediction.target_tokens
            assert not row[length:].any()
            assert score == pytest.approx(prediction.score, abs=1e-5)


def test_text_of_white_space_comes_out_empty_beside_others(loaded: Any) -> None:
    serve = loaded.signatures["serving_default"]
    alone = called(serve, texts=strings(TEXTS[:1]))
    beside = called(serve, texts=strings(["", TEXTS[0], " \t\u3000\n"]))
    assert beside["texts"].tolist() == [[b"", b""], alone["texts"][0].tolist(), [b"", b""]]
    np.testing.assert_allclose(beside["scores"], [[0, 0], alone["scores"][0], [0, 0]], atol=1e-6)
    aligned = called(loaded.signatures["alignments"], texts=strings(["", " "]))
    assert aligned["source_pieces"].tolist() == [[b""], [b""]]
    assert aligned["target_pieces"].shape == (2, 0)
    assert aligned["attention"].shape == (2, 0, 1)
    assert called(serve, texts=strings([]))["texts"].shape == (0, 2)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a", "a b " * 12 + "c"], r"texts\[1\] must hold at most 24 tokens. Received: 25\."),
        (["a" * 50_001], r"texts\[0\] must hold at most 50000 characters. Received: 50001\."),
    ],
)
def test_text_that_is_not_taken_is_named(loaded: Any, texts: list[str], message: str) -> None:
    for name in ("serving_default", "alignments"):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            loaded.signatures[name](texts=strings(texts))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[4, 5], [4, 90_000]], r"source_ids\[1\] must hold ids from 0 to 70\."),
        ([[-1]], r"source_ids\[0\] must hold ids from 0 to 70\."),
        ([[4, 0, 5]], r"source_ids\[0\] must hold padding, 0, on the right alone\."),
        ([[5] * 25], r"source_ids\[0\] must hold at most 24 tokens. Received: 25\."),
    ],
)
def test_ids_that_are_not_taken_are_named(loaded: Any, rows: list[Any], message: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        loaded.signatures["ids"](source_ids=tf.constant(rows))


def test_model_json_is_that_of_a_file(folder: Path) -> None:
    read = read_saved_model(folder)
    assert read.path == folder / "1"
    metadata = json.loads((folder / "1" / "assets.extra" / "model.json").read_text())
    assert metadata == read.metadata
    assert metadata["task"] == "translation"
    assert metadata["signatures"] == ["alignments", "ids", "serving_default"]
    assert metadata["n_best"] == 2
    assert metadata["beam_width"] == 3
    assert metadata["parity"]["texts"] == 12
    assert {"saved_model.pb", "assets.extra/source_tokenizer.json"} <= set(metadata["sha256"])


def test_client_of_the_docs_runs(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    docs = Path(__file__).parents[2] / "docs" / "saved_model.md"
    [client] = re.findall(r"```python\n(.*?)```", docs.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "en-fr").symlink_to(folder)
    monkeypatch.chdir(tmp_path)
    exec(compile(client, "saved_model.md", "exec"), {})
    assert re.fullmatch(r"\['.*', '.*'\] \[-\S+ -\S+\]\n", capsys.readouterr().out)


def test_weights_stand_in_it_once(folder: Path, model: Seq2Seq) -> None:
    stored = (folder / "1" / "variables" / "variables.data-00000-of-00001").stat().st_size
    assert 4 * model.count_params() <= stored < 4.2 * model.count_params() + 20_000


ALONE = """
import importlib.util, json, sys
sys.path.append(sys.argv[1])  # without the links in it
assert importlib.util.find_spec("s2s_keras") is None
import tensorflow as tf
if sys.argv[3] == "text":
    import tensorflow_text
loaded = tf.saved_model.load(sys.argv[2])
inputs = json.loads(sys.argv[4])
found = [loaded.signatures[name](tf.constant(rows)) for name, rows in inputs.items()]
assert sys.argv[3] == "text" or "tensorflow_text" not in sys.modules
print(json.dumps([found["scores"].numpy().tolist() for found in found]))
"""


def run_alone(folder: Path, kind: str, inputs: dict[str, Any]) -> list[Any]:
    """Runs signatures in a process that knows nothing of us."""
    packages = sysconfig.get_path("purelib")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ALONE, packages, str(folder), kind, json.dumps(inputs)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    return list(json.loads(done.stdout))


@pytest.mark.slow
def test_folder_works_where_we_are_not_installed(folder: Path, loaded: Any) -> None:
    inputs: dict[str, Any] = {
        "serving_default": TEXTS,
        "alignments": TEXTS,
        "ids": [[4, 5], [6, 0]],
    }
    for name, scores in zip(inputs, run_alone(folder / "1", "text", inputs), strict=True):
        expected = loaded.signatures[name](tf.constant(inputs[name]))["scores"]
        np.testing.assert_allclose(scores, expected, atol=1e-5)


@pytest.mark.slow
def test_folder_without_text_works_without_tensorflow_text(tmp_path: Path) -> None:
    model = random_model()
    settings = replace(SETTINGS, replace_unknown=True)
    report = export_saved_model(model, tmp_path, ["abc", "h"], settings, with_text=False)
    assert report.signatures == ["ids"]
    assert report.parity.same_alignments is None
    [scores] = run_alone(report.path, "plain", {"ids": [[4, 5, 6], [7, 0, 0]]})
    opened = SavedModelPredictor(tmp_path)
    assert not opened.settings.replace_unknown
    found = [p[0].score for p in opened.predict(["abc", "d"])]
    np.testing.assert_allclose([row[0] for row in scores], found, atol=1e-5)


@pytest.mark.slow
def test_versions_count_up_and_an_export_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, options = random_model(), {"with_text": False}
    folder = tmp_path / "served"
    (folder / "7").mkdir(parents=True)
    assert export_saved_model(model, folder, ["abc"], SETTINGS, **options).path == folder / "8"
    check = export_module.check_servable_parity
    monkeypatch.setattr(
        export_module, "check_servable_parity", lambda *a: replace(check(*a), same_beams=0.9)
    )
    with pytest.raises(ExportError, match=r"At least 98% of the SavedModel's beams.*90.0% of 1"):
        export_saved_model(model, folder, ["abc"], SETTINGS, **options)
    monkeypatch.setattr(
        export_module, "check_servable_parity", lambda *a: replace(check(*a), max_difference=0.1)
    )
    with pytest.raises(ExportError, match=r"within 0.001 of the Keras model's.*: 0.1"):
        export_saved_model(model, folder, ["abc"], SETTINGS, **options)
    assert sorted(path.name for path in folder.iterdir()) == ["7", "8"]


def test_export_of_other_weights_fails_parity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = random_model()
    save = export_module._save

    def save_other_weights(servable: Any, folder: Path) -> list[str]:
        kept = model.get_weights()
        model.set_weights([weight + np.float32(0.1) for weight in kept])
        saved = save(servable, folder)
        model.set_weights(kept)
        return saved

    monkeypatch.setattr(export_module, "_save", save_other_weights)
    with pytest.raises(ExportError, match="must be the Keras model's|must lie within"):
        export_saved_model(model, tmp_path / "m", ["abc", "hgf"], SETTINGS, with_text=False)
    assert list((tmp_path / "m").iterdir()) == []


def test_bad_arguments_are_refused(tmp_path: Path) -> None:
    model = random_model()
    with pytest.raises(ValueError, match="at least one sample text"):
        export_saved_model(model, tmp_path / "m", [], SETTINGS)
    for name in ("temperature", "time_limit_ms"):
        with pytest.raises(ValueError, match=f"`{name}` has no place in a graph.*{name}=2.0"):
            export_saved_model(model, tmp_path / "m", ["a"], replace(SETTINGS, **{name: 2.0}))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("{}")
    with pytest.raises(ArtifactError, match="numbered versions alone. Received one with config"):
        export_saved_model(model, tmp_path / "run", ["a"], SETTINGS, with_text=False)


@pytest.mark.slow
def test_unknown_characters_are_named_where_they_are_not_allowed(tmp_path: Path) -> None:
    settings = replace(SETTINGS, allow_unknown=False)
    with pytest.raises(ExportError, match="Received 1, each empty, too long or of unknown"):
        export_saved_model(random_model(), tmp_path, ["xyz"], settings, with_text=False)
    model = random_model(WordTokenizer(["▁a", "▁b", "c"]))
    path = export_saved_model(model, tmp_path, ["a b", "☃"], settings).path
    assert read_saved_model(path).metadata["parity"]["texts"] == 1
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    message = r"texts\[1\] holds words never seen in training: zz c\."
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        serve(texts=strings(["a b", "zz a c"]))
