"""Bad input gives one clear line on standard error, a non-zero status, and nothing half-written."""

import io
import sys
from pathlib import Path

import pytest

from s2s_keras.cli import main
from s2s_keras.runtime import TFLiteSession, read_artifact

RECIPE = "data: {{train: '{train}', max_source_length: 8, max_target_length: 8}}\n{more}"


def failure(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """Runs the command line and returns its status and its one line on standard error."""
    status = main([str(argument) for argument in arguments])
    output = capfd.readouterr()
    assert "Traceback" not in output.err
    lines = [line for line in output.err.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error: ")]
    assert len(errors) == 1
    assert lines[-1] == errors[0]
    return status, errors[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "pairs.tsv: cannot be read: No such file or directory."),
        (b"", "pairs.tsv: the file is empty"),
        (b"ab\tba\nabc\n", "pairs.tsv:2: a line must be `source<TAB>target`"),
        (b"ab\tba\nab\t\xff\n", "pairs.tsv:2: byte 4 of the line is not valid UTF-8"),
        (b"ab\tba\n\tba\n", "pairs.tsv:2: the source is empty"),
        (b"ab\tba\n" + b"a" * 9 + b"\tb\n", "pairs.tsv:2: the source has 9 tokens"),
        (b"ab\tba\na\t" + b"b" * 9 + b"\n", "pairs.tsv:2: the target has 9 tokens"),
        (b"ab\tba\n", "pairs.tsv: no pair is left for dev"),
    ],
)
def test_train_bad_data(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes | None, message: str
) -> None:
    pairs, recipe, out = (tmp_path / name for name in ("pairs.tsv", "recipe.yaml", "run"))
    if content is not None:
        pairs.write_bytes(content)
    recipe.write_text(RECIPE.format(train=pairs, more=""))
    status, line = failure(capfd, "train", recipe, "--out", out)
    assert status == 2
    assert message in line
    assert not out.exists()


@pytest.mark.parametrize(
    ("more", "overrides", "message"),
    [
        ("modell: {units: 3}", (), "unknown key `modell`; did you mean `model`?"),
        ("model: {unit: 3}", (), "unknown key `model.unit`; did you mean `model.units`?"),
        ("model: {units: many}", (), "`model.units` should be a valid integer"),
        ("model: {units: 0}", (), "`model.units` should be greater than or equal to 1"),
        ("", ("training.epoch=3",), "did you mean `training.epochs`?"),
        ("model: {residual: 'yes'}", (), "`model.residual` should be a valid boolean"),
        ("training: {seed: true}", (), "`training.seed` should be a valid integer"),
        ("", ("training.epochs",), "must be `key=value`. Received: 'training.epochs'."),
        ("model: [", (), "not valid YAML"),
    ],
)
def test_train_bad_recipe(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    more: str,
    overrides: tuple[str, ...],
    message: str,
) -> None:
    recipe, out = tmp_path / "recipe.yaml", tmp_path / "run"
    recipe.write_text(RECIPE.format(train="pairs.tsv", more=more))
    sets = [argument for override in overrides for argument in ("--set", override)]
    status, line = failure(capfd, "train", recipe, "--out", out, *sets)
    assert status == 2
    assert message in line
    assert not out.exists()


def test_train_built_in_data_set_that_is_left_empty(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    recipe, out = tmp_path / "recipe.yaml", tmp_path / "run"
    recipe.write_text("data: {dataset: misspellings, max_source_length: 1}")
    status, line = failure(capfd, "train", recipe, "--out", out)
    assert (status, "leave 0 training" in line) == (2, True)
    assert not out.exists()


def test_train_missing_recipe(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, line = failure(capfd, "train", tmp_path / "none.yaml")
    assert (status, "none.yaml: cannot be read: No such file" in line) == (2, True)


def test_train_unwritable_output(
    toy_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    status, line = failure(capfd, "train", toy_folder / "recipe.yaml", "--out", blocked / "run")
    assert status == 2
    assert "Not a directory" in line


def test_export_unwritable_output(
    toy_run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    status, line = failure(capfd, "export", toy_run, "--out", blocked / "model.tflite")
    assert status == 2
    assert "Not a directory" in line
    assert blocked.read_text() == "in the way"


def test_export_of_no_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "model.tflite"
    status, line = failure(capfd, "export", tmp_path / "none", "--out", out)
    assert (status, "there is no such folder" in line) == (2, True)
    status, line = failure(capfd, "export", tmp_path, "--out", out)
    assert (status, "this is not a run folder" in line) == (2, True)
    assert not out.exists()


@pytest.mark.parametrize("verb", ["predict", "inspect", "benchmark"])
@pytest.mark.parametrize(
    ("name", "cut", "message"),
    [
        ("missing.tflite", None, "o such file"),
        ("truncated.tflite", slice(0, 5000), "truncated or damaged"),
        ("foreign.tflite", slice(3, None), "this is not a TFLite file"),
    ],
)
def test_bad_model_file(
    toy_files: dict[str, Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    verb: str,
    name: str,
    cut: slice | None,
    message: str,
) -> None:
    path = tmp_path / name
    if cut is not None:
        path.write_bytes(toy_files["none"].read_bytes()[cut])
    arguments = [verb, path] + (["abc"] if verb == "predict" else [])
    status, line = failure(capfd, *arguments)
    assert status == 2
    assert message in line


def test_tflite_file_without_metadata(
    toy_files: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bare.tflite"
    path.write_bytes(read_artifact(toy_files["none"]).graph)
    status, line = failure(capfd, "predict", path, "abc")
    assert (status, "no readable metadata" in line) == (2, True)


def test_model_file_with_a_flipped_bit(
    toy_files: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(toy_files["none"].read_bytes())
    content[4000] ^= 1
    path = tmp_path / "flipped.tflite"
    path.write_bytes(content)
    status, line = failure(capfd, "predict", path, "abc")
    assert (status, "checksum of graph" in line) == (2, True)


def test_keras_file_that_is_none(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(b"not a model")
    status, line = failure(capfd, "predict", path, "abc")
    assert (status, "Keras cannot load it" in line) == (2, True)


BAD_LINES = [
    (b"abc\n\nabc\n", "<stdin>:2: The text is empty."),
    (b"abc\nabcdabcda\n", "<stdin>:2: The text must hold at most 8 tokens. Received 9"),
    (b"abc\nab\xe2\x98\x83\n", "<stdin>:2: The text holds characters never seen in training: '☃'"),
    (b"abc\n\xff\n", "<stdin>:2: the line is not valid UTF-8"),
]


@pytest.mark.parametrize(("lines", "message"), BAD_LINES)
def test_predict_bad_line_stops(
    toy_files: dict[str, Path],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    lines: bytes,
    message: str,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    status = main(["predict", str(toy_files["none"])])
    output = capfd.readouterr()
    assert status == 2
    assert output.out == "cba\n"
    assert output.err.startswith(f"error: {message}")
    assert output.err.count("\n") == 1


def test_predict_bad_lines_are_copied_on_request(
    toy_files: dict[str, Path],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = "abc\nab☃\nabcdabcda\ncba\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    assert main(["predict", str(toy_files["none"]), "--on-error", "copy"]) == 0
    output = capfd.readouterr()
    assert output.out == "cba\nab☃\nabcdabcda\nabc\n"
    assert output.err.count("warning: <stdin>:") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "MODEL", "abc", "--beam-width", "0"], "an integer from 1 to 200"),
        (["predict", "MODEL", "abc", "--length-penalty", "wu"], "'wu' is not one of"),
        (["predict", "MODEL", "abc", "--length-penalty-alpha", "6"], "between 0 and 5"),
        (["predict", "MODEL", "abc", "--coverage-penalty-beta", "-1"], "`coverage_penalty_beta`"),
        (["predict", "MODEL", "abc", "--min-output-length", "9"], "less than `max_output_length`"),
        (["predict", "MODEL", "abc", "--temperature", "0"], "`temperature` must be a positive"),
        (["predict", "MODEL", "abc", "--seed", "-1"], "`seed` must be an integer of at least 0"),
        (["evaluate", "MODEL", "PAIRS", "--length-penalty", "wu"], "'wu' is not one of"),
        (["evaluate", "MODEL", "PAIRS", "--length-penalty-alpha", "6"], "between 0 and 5"),
        (["evaluate", "MODEL", "PAIRS", "--coverage-penalty-beta", "-1"], "at least 0"),
        (["predict", "MODEL", "abc", "--beam-width", "3"], "holds beam widths [1, 4]"),
        (["predict", "MODEL", "abc", "--n-best", "5"], "at most `beam_width`"),
        (["predict", "MODEL", "abc", "--json", "--table"], "exclude each other"),
        (["predict", "MODEL", "abc", "--attention", "/nonesuch/a.png"], "error: /nonesuch/a.png:"),
        (["benchmark", "MODEL", "--rounds", "0"], "--rounds"),
        (["benchmark", "MODEL", "--threads", "0"], "--threads"),
        (["benchmark", "MODEL", "--output-tokens", "0"], "--output-tokens"),
        (["benchmark", "MODEL", "--seed", "-1"], "--seed"),
        (["benchmark", "MODEL", "--text", "abcdabcda"], "at most 8 tokens. Received 9"),
        (["benchmark", "MODEL", "--text-file", "none.txt"], "none.txt: cannot be read"),
        (["benchmark", "MODEL", "--plot", "/nonesuch/a.png"], "error: /nonesuch: No such file"),
        (["benchmark", "MODEL", "OUT"], "out: there is no such file"),
        (["benchmark"], "Missing argument 'FILE"),
        (["evaluate", "MODEL", "none.tsv"], "none.tsv: cannot be read"),
        (["evaluate", "MODEL", "PAIRS", "--language", "French"], "an ISO 639-1 code"),
        (["evaluate", "MODEL", "PAIRS", "--against", "OUT"], "out: there is no such file"),
        (["evaluate", "MODEL", "PAIRS", "--report-sentences", "-1"], "--report-sentences"),
        (["data", "misspellings", "--out", "OUT", "--dev-fraction", "0"], "0 dev pairs"),
        (["data", "nonesuch", "--out", "OUT"], "must be one of ['autocorrect-en', 'dates'"),
        (["translate"], "Missing option '--to'"),
        (["export"], "Missing argument 'RUN'"),
    ],
)
def test_bad_usage(
    toy_files: dict[str, Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("abc\tcba\n")
    names = {"MODEL": toy_files["none"], "OUT": tmp_path / "out", "PAIRS": pairs}
    status, line = failure(capfd, *(names.get(argument, argument) for argument in arguments))
    assert status == 2
    assert message in line
    assert not (tmp_path / "out").exists()


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no such file"):
        main(["predict", str(tmp_path / "none.tflite"), "abc", "--debug"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--attention", "PICTURE"], "`--attention` needs a model with attention"),
        (["--coverage-penalty-beta", "0.1"], "need a model with attention"),
        (["--replace-unknown"], "need a model with attention"),
    ],
)
def test_predict_what_needs_attention_by_a_model_without(
    toy_files: dict[str, Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    step = TFLiteSession.step
    monkeypatch.setattr(
        TFLiteSession, "step", lambda *inputs: step(*inputs)._replace(attention=None)
    )
    picture = tmp_path / "attention.png"
    given = (picture if argument == "PICTURE" else argument for argument in arguments)
    status, line = failure(capfd, "predict", toy_files["none"], "abc", *given)
    assert (status, message in line) == (2, True)
    assert not picture.exists()
    assert main(["predict", str(toy_files["none"]), "abc", "--json"]) == 0
    assert '"text": "cba"' in capfd.readouterr().out


def test_benchmark_plot_without_matplotlib_is_refused_before_measuring(
    toy_files: dict[str, Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    picture = tmp_path / "times.png"
    status, line = failure(capfd, "benchmark", toy_files["none"], "--plot", picture)
    assert (status, "pip install matplotlib" in line) == (2, True)
    assert not picture.exists()
