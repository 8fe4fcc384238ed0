"""MODEL -> a servable, and what is refused before a server starts."""

import os
from pathlib import Path

import numpy as np
import pytest

from s2s_keras.cli import main
from s2s_keras.errors import InputError
from s2s_keras.serving import Limits, LiteServable, bind, open_servable
from s2s_keras.serving.rows import join_rows, split_columns, trim_row
from s2s_keras.serving.signature import TensorSpec


def test_n_best_workers_and_metadata_of_a_file(tiny_file: Path) -> None:
    servable = open_servable(tiny_file)
    assert servable.workers == os.cpu_count()
    assert servable.metadata["task"] == "translation"
    assert servable.signatures["serving_default"].outputs["texts"].shape == (None, 3)
    servable.close()
    servable = open_servable(tiny_file, n_best=2, workers=1)
    assert (servable.workers, servable.batch_size, servable.version) == (1, 1, 1)
    found = servable.run("serving_default", {"texts": np.array([b"abc", b"d"], object)})
    assert found["texts"].shape == found["scores"].shape == (2, 2)
    assert np.all(np.diff(found["scores"], axis=1) <= 0)
    servable.close()


def test_attention_is_there_where_the_model_has_it(tiny_file: Path) -> None:
    servable = LiteServable(tiny_file)
    assert "attention" in servable.signatures["alignments"].outputs
    found = servable.run("alignments", {"texts": np.array([b"abc", b"defgh"], object)})
    assert found.keys() == servable.signatures["alignments"].outputs.keys()
    shape = (found["target_pieces"].shape[1], found["source_pieces"].shape[1])
    assert found["attention"].shape == (2, *shape)
    servable.close()


def test_a_model_without_attention_has_alignments_without_it(tmp_path: Path) -> None:
    import keras

    from s2s_keras.decoding import DecodingSettings
    from s2s_keras.export import export_tflite
    from s2s_keras.model import Seq2Seq
    from s2s_keras.text import CharacterTokenizer

    keras.utils.set_random_seed(1)
    tokenizer = CharacterTokenizer("abc")
    sizes = {"embedding_size": 8, "units": 8, "decoder": "sutskever"}
    model = Seq2Seq(tokenizer, tokenizer, **sizes)
    settings = DecodingSettings(beam_width=1, max_source_length=4, max_output_length=5)
    path = tmp_path / "m.tflite"
    export_tflite(model, path, ["abc"], settings, quantization="none", min_same_best=0.0)
    servable = LiteServable(path)
    assert "attention" not in servable.signatures["alignments"].outputs
    found = servable.run("alignments", {"texts": np.array([b"abc"], object)})
    assert found["source_pieces"].tolist() == [[b"a", b"b", b"c"]]
    assert "attention" not in found
    servable.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_best": 4}, "`n_best` must be at most `beam_width`"),
        ({"workers": 0}, "`workers` must be a positive integer"),
        ({"version": 2}, "has version 1 alone. Received: version=2"),
    ],
)
def test_options_that_a_file_refuses(tiny_file: Path, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        open_servable(tiny_file, **options)


def test_texts_that_are_no_utf8_are_refused(tiny_file: Path) -> None:
    servable = LiteServable(tiny_file)
    with pytest.raises(InputError, match="not valid UTF-8: byte 2"):
        servable.check("serving_default", {"texts": np.array(b"a\xff", object)})
    servable.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--name", "a/b"], "`--name` must be 1 to 100 characters without `/`, `:`"),
        (["--name", ""], "`--name` must be 1 to 100 characters"),
        (["--body-seconds", "0"], "`body_seconds` must be a number of seconds above 0"),
        (["--request-seconds", "nan"], "`request_seconds` must be a number of seconds above 0"),
        (["--max-queue", "3"], "`max_queue` must be at least `max_instances`"),
        (["--max-wait-ms", "1e9"], "`max_wait_ms` must lie between 0 and 60000"),
        (["--n-best", "9"], "`n_best` must be at most `beam_width`"),
        (["--host", "256.1.1.1"], "256.1.1.1:0: cannot listen here"),
        (["--port", "70000"], "less than or equal to 65535"),
    ],
)
def test_command_line_refuses_in_one_line(
    tiny_file: Path, capfd: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert main(["serve", str(tiny_file), "--port", "0", *options]) == 2
    lines = capfd.readouterr().err.splitlines()
    assert message in lines[-1]
    assert lines[-1].startswith("error: ")
    assert all(line.startswith(("error: ", "Opening ")) for line in lines)


def test_port_that_is_taken_is_told_before_the_model_is_opened(
    tiny_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["serve", str(tiny_file), "--port", port]) == 2
    assert f"127.0.0.1:{port}: cannot listen here: Address already in use" in (
        capfd.readouterr().err
    )


def test_a_model_that_is_missing_is_told(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["serve", str(tmp_path / "none.tflite"), "--port", "0"]) == 2
    assert "there is no such file or folder" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_body_bytes": 0}, "`max_body_bytes` must be a positive integer"),
        ({"max_instances": 1.5}, "`max_instances` must be a positive integer"),
        ({"stop_seconds": -1.0}, "`stop_seconds` must be a number of seconds above 0"),
        ({"head_seconds": True}, "`head_seconds` must be a number of seconds above 0"),
    ],
)
def test_limits_out_of_range(given: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Limits(**given)


def test_rows_of_several_lengths_are_padded_and_trimmed_again() -> None:
    specs = {
        "source_pieces": TensorSpec("DT_STRING", (None, None), ""),
        "target_pieces": TensorSpec("DT_STRING", (None, None), ""),
        "attention": TensorSpec("DT_FLOAT", (None, None, None), ""),
        "texts": TensorSpec("DT_STRING", (None,), ""),
    }
    rows = [
        {
            "source_pieces": np.array([b"a"] * source, object),
            "target_pieces": np.array([b"b"] * target, object),
            "attention": np.full((target, source), 1 / source, np.float32),
            "texts": np.array(b"x" * target, object),
        }
        for source, target in ((1, 3), (4, 2), (2, 1))
    ]
    columns = join_rows(rows, specs)
    assert columns["attention"].shape == (3, 3, 4)
    assert columns["source_pieces"][0].tolist() == [b"a", b"", b"", b""]
    assert columns["texts"].tolist() == [b"xxx", b"xx", b"x"]
    for row, found in zip(rows, map(trim_row, split_columns(columns)), strict=True):
        for name, value in row.items():
            assert np.array_equal(found[name], value), name
            assert found[name].shape == value.shape
