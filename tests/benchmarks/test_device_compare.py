"""The script says what is missing before it makes or measures anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.device.compare import main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--opennmt-python", "none"], "none is missing: make .venv-opennmt/ready"),
        (["other.tflite"], "other.tflite: there is no such file."),
        (["--rounds", "0"], "--rounds must be at least 1"),
    ],
)
def test_what_is_missing_is_said_at_once(
    tmp_path: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--out", str(tmp_path / "out"), *arguments])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
