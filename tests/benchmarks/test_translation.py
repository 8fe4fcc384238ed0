"""A translator is measured as it goes on a device, against the model that it was made from."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import translation
from s2s_keras.cli.models import OpenedModel


def test_files_are_measured_against_the_keras_model(
    toy_run: Path,
    toy_dev: list[list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    decode = translation._decode
    decoded: list[tuple[int, float]] = []

    def spoil(opened: OpenedModel, texts: Sequence[str]) -> tuple[list[str], list[float]]:
        """Decodes, and makes each model worse than the last, for the toy's files are all alike."""
        outputs, seconds = decode(opened, texts)
        outputs[: 3 * len(decoded)] = [""] * 3 * len(decoded)
        settings = opened.predictor.settings
        decoded.append((settings.beam_width, settings.length_penalty_alpha))
        return outputs, seconds

    monkeypatch.setattr(translation, "_decode", spoil)
    find = translation.translation_metric  # BLEU is 0 for outputs of less than four tokens
    monkeypatch.setattr(translation, "translation_metric", lambda _, to: find("chrf", to))
    path = tmp_path / "figures.json"
    assert translation.main([str(toy_run), "--length-penalty", "0.5", "--json", str(path)]) == 0
    figures = json.loads(path.read_text())
    assert figures["metric"] == "bleu" and figures["signature"].startswith("nrefs:1|")
    assert figures["sources"] == len({source for source, _ in toy_dev})
    keras, *rows = figures["rows"]
    assert (keras["model"], keras["difference"], keras["p_value"]) == ("keras", 0.0, 1.0)
    assert "median_ms" not in keras
    assert [(r["model"], r["beam_width"], r.get("length_penalty_alpha")) for r in rows] == [
        *(("none", 1, None), ("none", 4, None)),
        *(("dynamic_range", 1, None), ("dynamic_range", 4, None), ("dynamic_range", 4, 0.5)),
    ]
    alpha = figures["length_penalty_alpha"]
    assert alpha != 0.5
    assert decoded == [(4, alpha), (1, alpha), (4, alpha), (1, alpha), (4, alpha), (4, 0.5)]
    for row in rows:
        assert row["difference"] == pytest.approx(row["score"] - keras["score"])
        assert row["difference_low"] <= row["difference"] <= row["difference_high"]
        assert row["difference"] < 0
        assert row["low"] <= row["score"] <= row["high"]
        assert 0 < row["median_ms"] <= row["p95_ms"]
    assert rows[2]["size_bytes"] < rows[0]["size_bytes"]
    printed = capsys.readouterr().out
    assert re.search(r"│ Keras +│", printed) and "file, dynamic_range" in printed
