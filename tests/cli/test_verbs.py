import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import s2s_keras
from s2s_keras.cli import main
from s2s_keras.data import read_pairs
from s2s_keras.decoding import StepOutput
from s2s_keras.evaluation import figures
from s2s_keras.quantization import Quantization
from s2s_keras.runtime import Seq2SeqLite, TFLiteSession, read_artifact
from s2s_keras.text import UNK_ID
from tests.cli.commands import output


@pytest.fixture(params=["run", "keras", "none", "dynamic_range"])
def any_model(request: pytest.FixtureRequest, toy_run: Path, toy_files: dict[str, Path]) -> Path:
    """The toy in each of its forms."""
    return {"run": toy_run, "keras": toy_run / "model.keras", **toy_files}[request.param]


def test_evaluate_every_form_of_the_model(
    any_model: Path, toy_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    figures = json.loads(output(capfd, "evaluate", any_model, toy_folder / "dev.tsv", "--json"))
    assert figures["pairs"] == len(read_pairs(toy_folder / "dev.tsv"))
    assert figures["exact_match"] >= 0.9
    assert figures["character_error_rate"] <= 0.1


@pytest.mark.parametrize("task", ["correction", "translation"])
def test_evaluate_counts_what_the_model_does_not_take(
    toy_files: dict[str, Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    task: str,
) -> None:
    monkeypatch.setattr(Seq2SeqLite, "metadata", {"task": task})
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("abc\tcba\nxyz\txyz\nabcdabcda\tno\n", encoding="utf-8")
    figures = json.loads(output(capfd, "evaluate", toy_files["none"], pairs, "--json"))
    assert figures["unprocessed"] == 2
    assert figures["exact_match"] == pytest.approx(2 / 3)
    assert (figures.get("fix_rate"), figures.get("broken_rate")) == (
        (0.5, 0.0) if task == "correction" else (None, None)
    )


@pytest.mark.parametrize(("task", "shown"), [("correction", True), ("translation", False)])
def test_evaluate_shows_fix_rate_for_a_correction_only(task: str, shown: bool) -> None:
    metrics = {
        "pairs": 1,
        "unprocessed": 0,
        "fix_rate": None,
        "broken_rate": 0.25,
        "exact_match": 0.5,
        "character_error_rate": 0.1,
    }
    rows = figures(metrics, task)
    assert rows["exact match"] == "50.0%"
    assert (rows.get("broken rate (correct words changed)") == "25.0%") is shown
    assert (rows.get("fix rate (corrupted words restored)") == "none in the data") is shown


def test_predict_every_form_of_the_model(
    any_model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert output(capfd, "predict", any_model, "abcd", "abc") == "dcba\ncba\n"


def test_predict_json_has_sorted_scores(
    toy_files: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    line = output(capfd, "predict", toy_files["none"], "abé", "--json", "--n-best", "3")
    document = json.loads(line)
    scores = [prediction["score"] for prediction in document["predictions"]]
    assert document["source"] == "abé"
    assert document["predictions"][0]["text"] == "éba"
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert document["ms"] > 0


def test_predict_translates_long_texts_in_pieces(
    tiny_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    parts = output(capfd, "predict", tiny_file, "abc def.", "cab fed.").removesuffix("\n")
    joined = output(capfd, "predict", tiny_file, "abc def. cab fed.")
    assert joined == " ".join(parts.split("\n")) + "\n"
    arguments = ["predict", str(tiny_file), "abc def. cab fed."]
    assert main([*arguments, "--no-split-long"]) == 2
    assert "at most 12 tokens. Received 17" in capfd.readouterr().err
    assert main([*arguments, "--attention", "alignment.png"]) == 2
    assert "a text that is not split. Received: a split text" in capfd.readouterr().err


def test_predict_says_where_the_time_was_over(
    tiny_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(tiny_file), "abc", "--json", "--time-limit-ms", "0.001"]) == 0
    printed = capfd.readouterr()
    [prediction] = json.loads(printed.out)["predictions"]
    assert (prediction["timed_out"], prediction["is_complete"]) == (True, False)
    assert "warning: text 1: the time was over" in printed.err
    [prediction] = json.loads(output(capfd, "predict", tiny_file, "abc", "--json"))["predictions"]
    assert prediction["timed_out"] is False


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--length-penalty", "power", "--length-penalty-alpha", "0"], lambda p, t: p),
        (["--length-penalty", "power", "--length-penalty-alpha", "2"], lambda p, t: p / t**2),
        (["--length-penalty", "gnmt", "--length-penalty-alpha", "1"], lambda p, t: 6 * p / (5 + t)),
    ],
)
def test_predict_scores_by_the_length_penalty(
    toy_files: dict[str, Path],
    capfd: pytest.CaptureFixture[str],
    options: list[str],
    expected: Callable[[float, int], float],
) -> None:
    arguments = ["predict", toy_files["none"], "abcd", "--json", *options]
    [best] = json.loads(output(capfd, *arguments))["predictions"]
    assert best["text"] == "dcba"
    assert best["score"] == pytest.approx(expected(best["log_prob"], 5), abs=1e-5)


def test_predict_scores_by_the_coverage(
    toy_files: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["predict", toy_files["none"], "abcd", "--json"]
    [plain] = json.loads(output(capfd, *arguments))["predictions"]
    beta = ["--coverage-penalty-beta", "2"]
    [covered] = json.loads(output(capfd, *arguments, *beta))["predictions"]
    assert plain["text"] == covered["text"]
    assert covered["score"] < plain["score"] - 1e-4


def test_predict_and_evaluate_keep_to_the_shortest_output(
    toy_files: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shortest = ["--min-output-length", "6"]
    assert len(output(capfd, "predict", toy_files["none"], "abc", *shortest).strip()) >= 6
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("abc\tcba\nabcd\tdcba\n", encoding="utf-8")
    evaluation = ["evaluate", toy_files["none"], pairs, "--json"]
    assert json.loads(output(capfd, *evaluation))["exact_match"] == 1.0
    assert json.loads(output(capfd, *evaluation, *shortest))["exact_match"] == 0.0


def test_predict_draws_by_temperature_and_seed(
    toy_files: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    def draws(temperature: str, seed: str) -> list[str]:
        options = ["--temperature", temperature, "--seed", seed, "--n-best", "4"]
        return output(capfd, "predict", toy_files["none"], "abcd", *options).strip().split("\t")

    assert draws("0.01", "0") == ["dcba"] * 4
    assert draws("20", "0") == draws("20", "0") != draws("20", "1")


def test_predict_and_evaluate_replace_unknown_tokens(
    toy_files: dict[str, Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    step = TFLiteSession._step

    def unsure(self: TFLiteSession, *inputs: np.ndarray) -> StepOutput:
        """Gives `<unk>` the place of a letter, which the toy never learned to write."""
        found = step(self, *inputs)
        token_ids = np.where(found.token_ids == 4, UNK_ID, found.token_ids)
        log_probs = np.where(found.token_ids == UNK_ID, -99.0, found.log_probs)
        attention = np.eye(8, dtype=np.float32)[np.full(len(token_ids), 1)]
        return StepOutput(log_probs.astype(np.float32), token_ids, attention)

    [letter] = read_artifact(toy_files["none"]).target_tokenizer.tokens[4:5]
    source = f"{letter}aaa" if letter != "a" else "abbb"
    monkeypatch.setattr(TFLiteSession, "_step", unsure)
    predict = ["predict", toy_files["none"], source, "--beam-width", "1"]
    assert "\ufffd" in output(capfd, *predict)
    replaced = output(capfd, *predict, "--replace-unknown").strip()
    assert "\ufffd" not in replaced
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text(f"{source}\t{replaced}\n", encoding="utf-8")
    evaluation = ["evaluate", toy_files["none"], pairs, "--beam-width", "1", "--json"]
    assert json.loads(output(capfd, *evaluation))["exact_match"] == 0.0
    figures = json.loads(output(capfd, *evaluation, "--replace-unknown"))
    assert figures["exact_match"] == 1.0


def test_predict_table_and_attention(
    toy_files: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "attention.png"
    table = output(capfd, "predict", toy_files["none"], "abcd", "--table", "--attention", picture)
    assert "dcba" in table
    assert "probability" in table
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_predict_streams_line_by_line(toy_files: dict[str, Path]) -> None:
    """Each answer comes before the next question is asked."""
    process = subprocess.Popen(
        [sys.executable, "-m", "s2s_keras", "predict", str(toy_files["none"])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for text in ("abc", "dcb"):
        process.stdin.write(text + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == text[::-1] + "\n"
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    process.stdout.close()


def test_predict_empty_standard_input_gives_nothing(
    toy_files: dict[str, Path],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert output(capfd, "predict", toy_files["none"]) == ""


def test_predict_shows_text_as_it_is(
    toy_files: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--table", "--on-error", "copy", "[/b]", "x[bold]z"]
    table = output(capfd, "predict", toy_files["none"], *arguments)
    assert table.count("[/b]") == 2
    assert table.count("x[bold]z") == 2


def test_predict_into_a_closed_pipe_ends_quietly(toy_files: dict[str, Path]) -> None:
    command = f"yes abc | {sys.executable} -m s2s_keras predict {toy_files['none']} | head -1"
    done = subprocess.run(
        ["bash", "-c", command + "; exit ${PIPESTATUS[1]}"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "cba\n", "")


def test_no_verb_shows_help_and_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capfd.readouterr()
    assert "predict" in shown.out + shown.err
    assert "error" not in shown.err


def test_export_beam_width_of_the_command_line_is_in_the_file(
    toy_run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "narrow.tflite"
    report = json.loads(
        output(capfd, "export", toy_run, "--out", path, "--beam-width", "1", "--json")
    )
    assert report["size_bytes"] == path.stat().st_size
    assert report["quantization"] == "dynamic_range"
    assert report["parity"]["texts"] == 40
    inspected = json.loads(output(capfd, "inspect", path, "--json"))
    assert inspected["metadata"]["beam_width"] == 1
    assert set(inspected["signatures"]) == {"encode", "decode_step"}


def test_export_compare_shows_every_quantisation(
    toy_run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["export", toy_run, "--compare", "--compare-texts", "12", "--beam-width", "2"]
    out = tmp_path / "toy.tflite"
    report = json.loads(output(capfd, *arguments, "--out", out, "--json"))
    assert report["beam_width"] == 2
    rows = {row["quantization"]: row for row in report["quantizations"]}
    assert list(rows) == list(Quantization)
    for name, row in rows.items():
        path = tmp_path / f"toy-{name}.tflite"
        assert row["size_bytes"] == path.stat().st_size
        assert row["problem"] is None
        assert 6 < row["pairs"] <= 12
        assert row["same_as_float32"] >= 0.8
    assert rows["int8"]["size_bytes"] < rows["float16"]["size_bytes"]
    assert {path.name for path in tmp_path.iterdir()} == {f"toy-{n}.tflite" for n in Quantization}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--out is needed"),
        (["--compare", "--quantize", "int8"], "leave --quantize"),
        (["--compare", "--min-same-best", "0.5"], "leave --quantize"),
    ],
)
def test_export_options_that_do_not_fit_are_refused(
    options: list[str], message: str, toy_run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(toy_run), *options]) == 2
    assert message in " ".join(capfd.readouterr().err.split())


def test_data_writes_files_with_their_licence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["data", "misspellings", "--out", tmp_path, "--dev-fraction", "0.2"]
    assert "CC BY-SA 3.0" in output(capfd, *arguments)
    figures = json.loads(output(capfd, *arguments, "--json"))
    assert figures["dev_pairs"] == len(read_pairs(tmp_path / "dev.tsv"))
    card = json.loads((tmp_path / "dataset.json").read_text())
    assert card["train_pairs"] == len(read_pairs(tmp_path / "train.tsv"))
    assert card["dev_pairs"] == len(read_pairs(tmp_path / "dev.tsv"))


VERBS = ["train", "evaluate", "predict", "translate", "export", "inspect", "benchmark", "data"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert f"s2s-keras {verb}" in output(capfd, verb, "--help")


def test_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert output(capfd, "--version") == f"s2s-keras {s2s_keras.__version__}\n"
