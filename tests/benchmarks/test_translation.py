"""A translator is measured as it goes on a device, against the model that it was made from."""

import json
from pathlib import Path

import pytest

from benchmarks.translation import main


def test_files_are_measured_against_the_keras_model(
    toy_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "figures.json"
    assert main([str(toy_run), "--length-penalty", "0.5", "--json", str(path)]) == 0
    figures = json.loads(path.read_text())
    assert figures["metric"] == "bleu" and figures["signature"].startswith("nrefs:1|")
    keras, *rows = figures["rows"]
    assert (keras["model"], keras["difference"], keras["p_value"]) == ("keras", 0.0, 1.0)
    assert "median_ms" not in keras
    assert [(r["model"], r["beam_width"], r.get("length_penalty_alpha")) for r in rows] == [
        *(("none", 1, None), ("none", 4, None)),
        *(("dynamic_range", 1, None), ("dynamic_range", 4, None), ("dynamic_range", 4, 0.5)),
    ]
    assert rows[1]["score"] == pytest.approx(keras["score"])
    for row in rows:
        assert row["difference"] == pytest.approx(row["score"] - keras["score"])
        assert row["low"] <= row["score"] <= row["high"]
        assert 0 < row["median_ms"] <= row["p95_ms"]
    assert rows[2]["size_bytes"] < rows[0]["size_bytes"]
    assert "dynamic_range" in capsys.readouterr().out
