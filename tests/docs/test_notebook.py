"""The notebook runs from top to bottom, and is kept without outputs."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NOTEBOOK = ROOT / "examples" / "from_pairs_to_a_file.ipynb"


def test_notebook_is_kept_without_outputs() -> None:
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None


@pytest.mark.slow
def test_notebook_runs_and_learns(tmp_path: Path) -> None:
    copy = tmp_path / NOTEBOOK.name
    shutil.copyfile(NOTEBOOK, copy)
    command = [str(Path(sys.executable).parent / "jupyter-execute"), "--inplace", str(copy)]
    ran = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    cells = json.loads(copy.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    printed = "".join("".join(output.get("text", [])) for output in outputs)
    [(right, dates)] = re.findall(r"(\d+) of (\d+) dates that it has never seen", printed)
    assert int(right) >= 0.95 * int(dates)
    [picture] = [output["data"] for output in outputs if output["output_type"] == "execute_result"]
    assert "image/png" in picture
    assert list(tmp_path.iterdir()) == [copy]
