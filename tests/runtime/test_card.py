"""Model cards: what `model.json` says, as a person reads it."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from s2s_keras.cli import main
from s2s_keras.runtime import model_card, read_artifact, write_artifact
from tests.cli.commands import output

QUALITY = {
    "pairs": 3278,
    "unprocessed": 0,
    "exact_match": 0.3217,
    "character_error_rate": 0.25,
    "broken_rate": 0.9,
    "fix_rate": None,
    "bleu": {"score": 41.234, "low": 40.1, "high": 42.5, "signature": "case:mixed|tok:13a"},
    "chrf": {"score": 60.0},
    "by_source_length": [{"words": 3}],
    "data": {"name": "Tatoeba en-fr", "licence": "CC BY 2.0 France: tatoeba.org"},
}


def rewritten(tiny_file: Path, path: Path, **changes: Any) -> Path:
    """Writes a file of random weights with other metadata."""
    artifact = read_artifact(tiny_file)
    tokenizers = (artifact.source_tokenizer, artifact.target_tokenizer)
    write_artifact(path, artifact.graph, {**artifact.metadata, **changes}, *tokenizers)
    return path


def test_card_says_what_the_file_knows_of_itself(tiny_file: Path, tmp_path: Path) -> None:
    path = rewritten(
        tiny_file,
        tmp_path / "en-fr.tflite",
        name="tatoeba-en-fr",
        quality=QUALITY,
        source_language="en",
        target_language="fr",
    )
    card = model_card(read_artifact(path), ["first", "second"])
    lines = card.splitlines()
    assert lines[0] == "# tatoeba-en-fr"
    assert lines[2].endswith("that translates texts from `en` to `fr`.")
    for line in (
        "| data | Tatoeba en-fr |",
        "| licence | CC BY 2.0 France: tatoeba.org |",
        "Of the model before its conversion, on 3,278 dev pairs:",
        "| exact match | 32.2% |",
        "| character error rate | 25.0% |",
        "| case:mixed\\|tok:13a | bleu 41.23 (95 %: 40.10 to 42.50) |",
        "| chrf | chrf 60.00 |",
        "| source | up to 12 characters; longer texts in pieces |",
        "| output | up to 10 characters |",
        f"| size | {path.stat().st_size:,} bytes |",
        f"| SHA-256 | `{hashlib.sha256(path.read_bytes()).hexdigest()}` |",
        "s2s-keras translate --from en --to fr 'TEXT'",
    ):
        assert line in lines
    assert "```sh\nfirst\nsecond\n```" in card
    assert "broken" not in card and "fix rate" not in card
    assert "## Made again" not in model_card(read_artifact(path))


def test_card_of_a_correction_has_its_rates(tiny_file: Path, tmp_path: Path) -> None:
    path = rewritten(tiny_file, tmp_path / "m.tflite", task="correction", quality=QUALITY)
    assert "| broken rate: correct words changed | 90.0% |" in model_card(read_artifact(path))


def test_card_of_a_file_that_says_little_or_nonsense(tiny_file: Path, tmp_path: Path) -> None:
    card = model_card(read_artifact(tiny_file))
    assert "## How good it is\n\nNot measured." in card
    assert "s2s-keras predict tiny.tflite 'TEXT'" in card
    quality = {"pairs": "x", "exact_match": 0.5, "bleu": {"score": "x"}, "data": ["x"]}
    name = "x\n\n| [link](http://x) |"
    path = rewritten(tiny_file, tmp_path / "m.tflite", name=name, quality=quality, parity=3)
    card = model_card(read_artifact(path))
    assert card.startswith("# x \\| [link](http://x) \\|\n")
    assert "on unknown dev pairs:" in card


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        (
            "tatoeba-en-fr",
            [
                "s2s-keras data tatoeba-en-fr --out data/tatoeba-en-fr",
                "s2s-keras train recipes/tatoeba-en-fr.yaml --data data/tatoeba-en-fr",
                "s2s-keras export runs/tatoeba-en-fr --quantize none --out m.tflite",
            ],
        ),
        (
            "dates",
            [
                "s2s-keras train recipes/dates.yaml",
                "s2s-keras export runs/dates --quantize none --out m.tflite",
            ],
        ),
        ("a; rm", []),
    ],
)
def test_inspect_prints_the_card_with_its_commands(
    tiny_file: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    name: str,
    commands: list[str],
) -> None:
    path = rewritten(tiny_file, tmp_path / "m.tflite", name=name)
    printed = output(capfd, "inspect", path, "--card")
    assert printed == model_card(read_artifact(path), commands)
    assert main(["inspect", str(path), "--card", "--json"]) == 2
