"""`inspect` and `benchmark`: what a file holds and costs."""

import json
from pathlib import Path

import pytest

from s2s_keras.cli import main
from s2s_keras.cli.console import stdout
from s2s_keras.runtime.compatibility import HIGHEST_VERSIONS
from tests.cli.commands import output


def test_inspect_shows_signatures_sizes_and_runtime(
    toy_files: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    path = toy_files["dynamic_range"]
    document = json.loads(output(capfd, "inspect", path, "--json"))
    sizes = document["size_bytes"]
    assert sizes.pop("total") == path.stat().st_size == sum(sizes.values())
    assert sizes["other int8 constants"] > sizes["other float32 constants"] > 0
    assert min(sizes[part] for part in ("embeddings", "vocabularies", "graph structure")) > 0
    assert document["source_lengths"] == [8]
    assert document["beam_widths"] == [1, 4]
    assert document["operators"]["FULLY_CONNECTED"] > 0
    assert document["operators_by_part"]["encode, loop"]["FULLY_CONNECTED"] == 2
    assert document["oldest_runtime"].startswith("2.")
    assert document["loaded_by"].startswith("ai-edge-litert 2.3")
    assert document["runtimes"]["tflite-runtime 2.14"] == {"knows_operators": True, "missing": []}
    text = output(capfd, "inspect", path)
    for shown in ("decode_step", "encode, loop", "knows every operator", "model.json", "toy"):
        assert shown in text


def test_inspect_names_what_a_runtime_lacks(
    toy_files: dict[str, Path],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(HIGHEST_VERSIONS["tflite-runtime 2.14"], "SOFTMAX", 0)
    found = json.loads(output(capfd, "inspect", toy_files["none"], "--json"))["runtimes"]
    assert found["tflite-runtime 2.14"] == {"knows_operators": False, "missing": ["SOFTMAX 1"]}
    assert "lacks SOFTMAX 1" in output(capfd, "inspect", toy_files["none"])


QUICK = ["--rounds", "2", "--warmup-rounds", "1", "--output-tokens", "4"]


def test_benchmark_json_holds_every_file(
    toy_files: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    paths = list(toy_files.values())
    document = json.loads(output(capfd, "benchmark", *paths, *QUICK, "--threads", "2", "--json"))
    assert [file["path"] for file in document["files"]] == list(map(str, paths))
    assert [file["quantization"] for file in document["files"]] == list(toy_files)
    assert document["options"]["threads"] == 2
    for file in document["files"]:
        assert {entry["beam_width"] for entry in file["text"]} == {1, 4}
        assert all(len(entry["samples_ms"]) == 2 for entry in file["text"])
        assert all(entry["limit_ms"] > 0 for entry in file["step"])


def test_benchmark_tables_and_plot(
    toy_files: dict[str, Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stdout, "_width", 140)
    picture = tmp_path / "times.png"
    tables = output(capfd, "benchmark", toy_files["none"], *QUICK, "--plot", picture)
    for shown in ("median / limit", "first call", "FULLY_CONNECTED", "all else", "tokens/s"):
        assert shown in tables
    assert "MiB" in tables
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_benchmark_takes_texts_from_options_and_a_file(
    toy_files: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("abc\ndcba\n", encoding="utf-8")
    arguments = [*QUICK, "--text", "ab", "--text-file", texts, "--json"]
    document = json.loads(output(capfd, "benchmark", toy_files["none"], *arguments))
    assert document["options"]["texts"] == 3
    assert {entry["sources"] for entry in document["files"][0]["text"]} == {3}


def test_benchmark_shows_nothing_but_results(
    toy_files: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    assert main(["benchmark", str(toy_files["none"]), *QUICK, "--json"]) == 0
    shown = capfd.readouterr()
    assert shown.err == ""
    assert len(shown.out.splitlines()) == 1
