"""What the README promises."""

import random
import re
from pathlib import Path

import keras
import pytest

from s2s_keras.data import Pair, write_pairs

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_python_examples_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    training, device = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    rng = random.Random(1)
    words = {"".join(rng.choices("recievdly", k=rng.randint(3, 9))) for _ in range(900)}
    write_pairs(tmp_path / "pairs.tsv", [Pair(word, word) for word in sorted(words)])
    monkeypatch.chdir(tmp_path)
    keras.utils.set_random_seed(1)
    exec(compile(training, "README.md", "exec"), {})
    report = capsys.readouterr().out.splitlines()[-2]
    assert report.startswith(f"{(tmp_path / 'model.tflite').stat().st_size} Parity(")
    exec(compile(device, "README.md", "exec"), {})
    corrected, *streamed = capsys.readouterr().out.splitlines()
    assert corrected.split()[1:2] in (["True"], ["False"])
    assert len(streamed) > 4
    assert streamed[-1].endswith("False") or streamed[-1].endswith("True")


def test_readme_tree_names_what_there_is() -> None:
    [tree] = re.findall(r"```\n(pyproject.toml .*?)```", README, flags=re.DOTALL)
    folder = ROOT
    for line in tree.splitlines():
        name = line.split()[0]
        folder = folder if line.startswith(" ") else ROOT
        assert (folder / name).exists(), name
        if name == "s2s_keras/":
            folder = ROOT / name
    shown = {line.split()[0] for line in tree.splitlines()}
    for path in (ROOT / "s2s_keras").iterdir():
        if path.is_dir() and not path.name.startswith("__"):
            assert f"{path.name}/" in shown


def test_readme_verbs_are_those_of_the_command_line() -> None:
    used = set(re.findall(r"s2s-keras (\w+)", README))
    verbs = {"train", "evaluate", "predict", "translate", "export", "inspect"}
    verbs |= {"serve", "benchmark", "data", "correct", "calibrate", "tune", "web"}
    assert used == verbs
