"""What quantisation costs is measured against what the unquantised file makes of the same texts."""

import json
from pathlib import Path

import pytest

from benchmarks.quantization import main


def test_quantizations_of_a_run_are_measured(
    toy_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "figures.json"
    assert main([str(toy_run), "--json", str(path)]) == 0
    rows = json.loads(path.read_text())
    assert [(r["quantization"], r["beam_width"]) for r in rows[:2]] == [("none", 1), ("none", 4)]
    assert (rows[0]["difference"], rows[0]["p_value"]) == (0.0, 1.0)
    for row in rows:
        [reference] = [r for r in rows[:2] if r["beam_width"] == row["beam_width"]]
        assert row["difference"] == pytest.approx(row["bleu"] - reference["bleu"])
        assert row["low"] <= row["high"]
    assert rows[0]["signature"].startswith("nrefs:1|")
    small = next(r for r in rows if r["quantization"] == "dynamic_range")
    assert small["size_bytes"] < rows[0]["size_bytes"]
    assert "dynamic_range" in capsys.readouterr().out
