from pathlib import Path

import pytest

from s2s_keras.data import Pair
from s2s_keras.export import Candidate, compare, export_candidate
from s2s_keras.export import tflite as export_module
from s2s_keras.quantization import Quantization
from s2s_keras.runtime import default_settings, read_artifact
from tests.export.test_tflite import SETTINGS, foreign_graph, random_model


def test_compare_measures_every_file_on_the_same_texts(
    toy_files: dict[str, Path], toy_dev: list[list[str]], tmp_path: Path
) -> None:
    pairs = [Pair(*pair) for pair in toy_dev[:10]] + [Pair("never seen", "x")]
    settings = default_settings(read_artifact(toy_files["none"]))
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(toy_files["none"].read_bytes()[:-40])
    candidates = [
        Candidate("damaged", damaged),
        *(Candidate(name, path) for name, path in toy_files.items()),
        Candidate("missing", tmp_path / "none.tflite", "the converter failed"),
    ]
    calls: list[int] = []
    found = {c.quantization: c for c in compare(candidates, pairs, settings, calls.append)}
    assert list(found) == ["damaged", *Quantization, "missing"]
    assert sum(calls) == len(pairs)
    assert "damaged.tflite" in (found["damaged"].problem or "")
    assert found["missing"].problem == "the converter failed"
    for name, path in toy_files.items():
        row = found[name].as_dict()
        assert row["problem"] is None
        assert row["size_bytes"] == path.stat().st_size
        assert (row["pairs"], row["unprocessed"]) == (11, 1)
        assert row["exact_match"] >= 0.8
        assert row["same_as_float32"] >= 0.9
        assert row["median_ms"] > 0
    assert found["none"].same_as_float32 == 1.0
    assert found["missing"].as_dict().keys() == {
        "quantization",
        "problem",
        "size_bytes",
        "same_as_float32",
        "median_ms",
    }


def test_compare_without_float32_knows_no_share(
    toy_files: dict[str, Path], toy_dev: list[list[str]]
) -> None:
    settings = default_settings(read_artifact(toy_files["none"]))
    pairs = [Pair(*pair) for pair in toy_dev[:2]]
    (found,) = compare([Candidate("int8", toy_files["int8"])], pairs, settings)
    assert found.same_as_float32 is None
    assert found.evaluation is not None


def test_export_candidate_says_why_there_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, path = random_model(), tmp_path / "model.tflite"
    made = export_candidate(model, path, ["abc"], SETTINGS, "none")
    assert (made.quantization, made.problem) == ("none", None)
    assert path.exists()
    monkeypatch.setattr(export_module, "_convert", lambda *a, **k: (foreign_graph(), {}))
    failed = export_candidate(model, tmp_path / "other.tflite", ["abc"], SETTINGS, "none")
    assert "not builtin: Erfinv" in (failed.problem or "")
