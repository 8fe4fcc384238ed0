from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_keras.decoding import DecodingSettings
from s2s_keras.errors import ArtifactError, InputError
from s2s_keras.export import export_tflite
from s2s_keras.model import Seq2Seq
from s2s_keras.runtime import read_artifact
from s2s_keras.runtime.bare_operators import BareOperators
from s2s_keras.runtime.benchmark import benchmark
from s2s_keras.runtime.benchmark_options import BenchmarkOptions
from s2s_keras.runtime.file_benchmark import FileBenchmark
from s2s_keras.runtime.graph import signature_subgraphs
from s2s_keras.runtime.machine import describe_machine
from s2s_keras.runtime.products import step_constant_bytes
from s2s_keras.text import EOS_ID, CharacterTokenizer

OPTIONS = BenchmarkOptions(rounds=3, warmup_rounds=1, output_tokens=5)
TIMES = {"median_ms", "best_ms", "p95_ms", "to_first", "samples_ms"}
LIMIT = {"limit_ms", "products", "median_to_limit", "best_to_limit"}
KEYS = {
    "encode": {"source_length", *TIMES, *LIMIT},
    "step": {"source_length", "beam_width", "constant_bytes", *TIMES, *LIMIT},
    "text": {"source_length", "beam_width", "sources", "tokens_per_second", *TIMES},
}
FILE_KEYS = {
    *("path", "size_bytes", "quantization", "flavour", "beam_width", "peak_memory_bytes"),
    *("load", "first_call", *KEYS),
}


@pytest.fixture(scope="module")
def document(tiny_files: dict[str, Path]) -> dict[str, Any]:
    """All of `tiny_files`, measured together."""
    return benchmark(list(tiny_files.values()), OPTIONS)


def entries(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for file in document["files"]:
        yield from (file["load"], file["first_call"])
        for part in KEYS:
            yield from file[part]


def test_benchmark_document_has_the_stated_keys(
    document: dict[str, Any], tiny_files: dict[str, Path]
) -> None:
    assert set(document) == {"machine", "options", "files"}
    assert document["options"] == {
        "rounds": 3,
        "warmup_rounds": 1,
        "threads": 1,
        "output_tokens": 5,
        "texts": 0,
        "seed": 0,
    }
    for file, path in zip(document["files"], tiny_files.values(), strict=True):
        assert set(file) == FILE_KEYS
        assert (file["path"], file["size_bytes"]) == (str(path), path.stat().st_size)
        assert set(file["load"]) == set(file["first_call"]) == TIMES
        for part, keys in KEYS.items():
            assert all(set(entry) == keys for entry in file[part])
    assert [file["flavour"] for file in document["files"]] == ["plain", "plain", "stateful"]
    assert json.loads(json.dumps(document)) == document


def test_benchmark_measures_each_length_and_width(document: dict[str, Any]) -> None:
    for file in document["files"]:
        assert [entry["source_length"] for entry in file["encode"]] == [4, 8]
        for part in ("step", "text"):
            places = [(entry["source_length"], entry["beam_width"]) for entry in file[part]]
            assert places == [(4, 1), (4, 3), (8, 1), (8, 3)]


def test_benchmark_figures_are_sane(document: dict[str, Any]) -> None:
    for entry in entries(document):
        assert 0 < entry["best_ms"] <= entry["median_ms"] <= entry["p95_ms"]
        assert min(entry["samples_ms"]) == entry["best_ms"]
    for file, first in ((file, document["files"][0]) for file in document["files"]):
        assert all(len(entry["samples_ms"]) == 3 for entry in file["text"])
        assert all(len(entry["samples_ms"]) == 15 for entry in file["encode"])
        for entry, reference in zip(file["step"], first["step"], strict=True):
            assert len(entry["samples_ms"]) == 15
            ratios = np.divide(entry["samples_ms"], reference["samples_ms"])
            assert entry["to_first"] == pytest.approx(np.median(ratios))
        assert all(
            entry["tokens_per_second"] == pytest.approx(5000 / entry["median_ms"])
            for entry in file["text"]
        )


def test_benchmark_limit_is_the_sum_of_the_products(
    document: dict[str, Any], tiny_files: dict[str, Path]
) -> None:
    for file in document["files"]:
        for entry in (*file["encode"], *file["step"]):
            total = sum(product["times"] * product["best_ms"] for product in entry["products"])
            assert entry["limit_ms"] == pytest.approx(total)
            assert entry["median_to_limit"] == pytest.approx(entry["median_ms"] / total)
            assert 0 < entry["limit_ms"] < entry["median_ms"]
            assert entry["best_to_limit"] <= entry["median_to_limit"]
        for entry in file["encode"]:
            times = [product["times"] for product in entry["products"]]
            assert sorted(times) == [1] * 4 + [entry["source_length"]] * 2
    plain = document["files"][0]
    graph = read_artifact(tiny_files["float32"]).graph
    read = step_constant_bytes(graph, signature_subgraphs(graph)["decode_step"])
    assert [e["constant_bytes"] for e in plain["step"] if e["beam_width"] == 3] == [read] * 2


def test_benchmark_products_alike_share_one_time(document: dict[str, Any]) -> None:
    """In all files that hold the product: what is compared is not the luck of two measurements."""
    best: dict[str, set[float]] = {}
    for file in document["files"][1:]:
        for product in (p for entry in file["step"] for p in entry["products"]):
            best.setdefault(product["product"], set()).add(product["best_ms"])
    assert len(best) > 8
    assert all(len(found) == 1 for found in best.values())


def test_benchmark_memory_is_that_of_a_fresh_process(document: dict[str, Any]) -> None:
    for file in document["files"]:
        assert file["size_bytes"] < file["peak_memory_bytes"] < 200 * 2**20


def test_machine_is_described_without_a_date() -> None:
    machine = describe_machine("ai-edge-litert")
    assert machine["interpreter"].startswith("ai-edge-litert 2.3")
    assert machine["cores"] >= 1
    assert machine["cpu"]
    assert set(machine) == {
        *("cpu", "cores", "architecture", "system", "interpreter", "python", "numpy"),
    }


@pytest.mark.parametrize("name", ["int8", "stateful"])
@pytest.mark.parametrize("width", [1, 3])
def test_benchmark_texts_have_as_many_tokens_as_asked_for(
    tiny_files: dict[str, Path], name: str, width: int
) -> None:
    options = BenchmarkOptions(output_tokens=6)
    file = FileBenchmark(tiny_files[name], options, BareOperators(options))
    [[hypothesis]] = file.cases["text", 8, width].call()
    assert len(hypothesis.token_ids) == 6
    assert EOS_ID not in hypothesis.token_ids[:-1]


def test_benchmark_texts_given_go_to_the_graphs_that_hold_them(
    tiny_files: dict[str, Path],
) -> None:
    options = BenchmarkOptions(rounds=1, warmup_rounds=0, texts=["abc", "h", "abcdef"])
    [file] = benchmark([tiny_files["int8"]], options)["files"]
    assert {(e["source_length"], e["sources"]) for e in file["text"]} == {(4, 2), (8, 1)}
    short = BenchmarkOptions(rounds=1, warmup_rounds=0, texts=["abc"])
    [file] = benchmark([tiny_files["int8"]], short)["files"]
    assert {e["source_length"] for e in file["text"]} == {4}
    assert {e["source_length"] for e in file["encode"]} == {4, 8}


def test_benchmark_reports_progress_to_the_end(tiny_files: dict[str, Path]) -> None:
    seen: list[tuple[int, int]] = []
    options = BenchmarkOptions(rounds=1, warmup_rounds=1)
    benchmark([tiny_files["int8"]], options, lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == list(range(1, len(seen) + 1))
    assert {total for _, total in seen} == {len(seen)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rounds": 0}, "`rounds` must be an integer of at least 1. Received: rounds=0"),
        ({"warmup_rounds": -1}, "`warmup_rounds` must be an integer of at least 0"),
        ({"num_threads": 0}, "`num_threads` must be"),
        ({"output_tokens": 0}, "`output_tokens` must be"),
        ({"seed": -1}, "`seed` must be"),
    ],
)
def test_benchmark_options_out_of_range_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BenchmarkOptions(**options)


def test_benchmark_bad_files_and_texts_are_refused(
    tiny_files: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(ArtifactError, match=r"none\.tflite: cannot be read"):
        benchmark([tmp_path / "none.tflite"])
    with pytest.raises(InputError, match="at most 8 tokens"):
        benchmark([tiny_files["int8"]], BenchmarkOptions(texts=["abcabcabc"]))


def test_benchmark_of_a_single_candidate_is_refused(tmp_path: Path) -> None:
    tokenizer = CharacterTokenizer("abcdefgh")
    model = Seq2Seq(tokenizer, tokenizer, embedding_size=12, units=16)
    settings = DecodingSettings(beam_width=1, max_source_length=8, max_output_length=9)
    path = tmp_path / "one.tflite"
    export_tflite(model, path, ["abc"], settings, candidates=1, min_same_best=0.0)
    with pytest.raises(ArtifactError, match=r"one\.tflite: a benchmark needs at least 2 candid"):
        benchmark([path])
