"""The page of the claims."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.claims import report

FOUND = {"mean": 0.75, "min": 0.5, "max": 0.875, "values": [0.5, 0.875]}


def test_report_takes_every_number_from_the_figures(tmp_path: Path) -> None:
    docs = tmp_path / "claims"
    docs.mkdir()
    row = {"token_accuracy": FOUND, "exact_match": FOUND, "perplexity": FOUND}
    figures = {"command": "COMMAND", "quick": False, "results": {"luong-forward": row}}
    (docs / "reversal.json").write_text(json.dumps(figures))
    (docs / "reversal.png").touch()
    assert report.main(["--docs", str(docs)]) == 0
    page = (tmp_path / "claims.md").read_text(encoding="utf-8")
    cell = "0.750 (0.500 to 0.875)"
    assert f"| luong-forward | {cell} | {cell} | {cell} |" in page
    assert "```sh\nCOMMAND\n```" in page
    assert "](claims/reversal.png)" in page
    assert "--quick" not in page
    for section in report.SECTIONS:
        assert f"## {section.title}" in page
        missing = f"there is no `{section.name}.json`" in page
        assert missing == (section.name != "reversal")


def test_report_marks_quick_figures(tmp_path: Path) -> None:
    found = {"diagonality": 0.5, "inversions": 0.125}
    drawn = {"diagonal": {"source": "A red car.", "output": "Une voiture rouge."}}
    figures = {"command": "C", "quick": True, "captions": 9, "attention": found, "chance": found}
    (tmp_path / "alignment.json").write_text(json.dumps({**figures, "drawn": drawn}))
    page = report.render(tmp_path, "x")
    assert "These figures come from `--quick`" in page
    assert "| chance | 0.500 | 0.125 |" in page
    assert "alignment-diagonal.png" not in page  # there is no such picture
