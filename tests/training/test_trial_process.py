import json
from pathlib import Path

import pytest

from s2s_keras.errors import ArtifactError
from s2s_keras.training.checkpoint import find_checkpoints
from s2s_keras.training.history import read_history
from s2s_keras.training.trial_process import run_trial
from tests.training.scripted import make_recipe


@pytest.mark.slow
def test_trial_is_asked_after_each_epoch_and_stopped(tmp_path: Path) -> None:
    recipe = make_recipe(tmp_path, epochs=5)
    folder = tmp_path / "out" / "trial-0000"
    folder.parent.mkdir()
    seen: list[int] = []

    def goes_on() -> bool:
        """Everything of the epoch is saved when it is asked."""
        seen.append(len(read_history(folder)))
        assert find_checkpoints(folder)
        return len(seen) < 2

    assert run_trial(recipe, folder, goes_on) == ("pruned", "")
    assert seen == [1, 2]
    assert len(read_history(folder)) == 2
    assert not (folder / "model.keras").exists()


@pytest.mark.slow
def test_trial_that_cannot_be_trained_says_why(tmp_path: Path) -> None:
    recipe = make_recipe(tmp_path)
    (tmp_path / "pairs.tsv").write_text("abcdefghijk\tb\n")
    state, note = run_trial(recipe, tmp_path / "one", lambda: True)
    assert state == "refused"
    assert "pairs.tsv:1: the source has 11 tokens" in note

    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "config.json").write_text(json.dumps(recipe.model_dump(mode="json")))
    (tmp_path / "one" / "checkpoints").mkdir()
    (tmp_path / "one" / "checkpoints" / "step-000000001.keras").write_bytes(b"half")
    with pytest.raises(ArtifactError, match=r"step-000000001.keras: .*cannot load it"):
        run_trial(recipe, tmp_path / "one", lambda: True)

    (tmp_path / "pairs.tsv").write_text("ab\tb\n")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="Not a directory"):
        run_trial(recipe, tmp_path / "file", lambda: True)


def test_trial_whose_process_dies_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in ("import os; os.kill(os.getpid(), 9)", "import sys; sys.exit(3)"):
        monkeypatch.setattr("s2s_keras.training.trial_process._START", code)
        state, note = run_trial(make_recipe(tmp_path), tmp_path / "out", lambda: True)
        assert state == "failed"
        assert note.startswith("its process ended with exit status ")
        assert note.endswith(("-9", " 3"))
