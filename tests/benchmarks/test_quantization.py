"""What quantisation costs is measured against what the unquantised file makes of the same texts."""

import json
from pathlib import Path

import pytest

from benchmarks.quantization import main, paired_bleu

TARGETS = [f"the {colour} dog runs over a {thing}" for colour in ("red", "old") for thing in "abcd"]


def test_paired_bleu_of_equal_outputs_has_no_difference() -> None:
    figures = paired_bleu(TARGETS, list(TARGETS), TARGETS)
    assert figures["bleu"] == pytest.approx(100.0)
    assert (figures["difference"], figures["low"], figures["high"]) == (0.0, 0.0, 0.0)
    assert figures["signature"].startswith("nrefs:1")


def test_paired_bleu_of_worse_outputs_is_below_with_its_interval() -> None:
    worse = ["the dog"] * 4 + TARGETS[4:]
    figures = paired_bleu(worse, TARGETS, TARGETS)
    assert figures["low"] <= figures["difference"] < 0
    assert figures["high"] < 0
    assert figures["difference"] == pytest.approx(figures["bleu"] - 100.0)
    better = paired_bleu(TARGETS, worse, TARGETS)
    assert better["difference"] == pytest.approx(-figures["difference"])


def test_quantizations_of_a_run_are_measured(
    toy_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "figures.json"
    assert main([str(toy_run), "--json", str(path)]) == 0
    rows = json.loads(path.read_text())
    assert [(r["quantization"], r["beam_width"]) for r in rows[:2]] == [("none", 1), ("none", 4)]
    assert rows[0]["difference"] == 0.0
    small = next(r for r in rows if r["quantization"] == "dynamic_range")
    assert small["size_bytes"] < rows[0]["size_bytes"]
    assert "dynamic_range" in capsys.readouterr().out
