"""What stands in `examples/serving`, for TensorFlow Serving and for this server."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from benchmarks.serving.process import ServingProcess

FOLDER = Path(__file__).parents[2] / "examples/serving"
INSTRUCTIONS = {"ARG", "FROM", "COPY", "USER", "EXPOSE", "ENTRYPOINT"}


@pytest.fixture(scope="module")
def client() -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / "client.py"))


def instructions() -> list[tuple[str, str]]:
    """Returns the Dockerfile's instructions and their arguments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (FOLDER / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines if line.strip()]


def test_model_config_is_one_of_the_real_type() -> None:
    config = text_format.Parse(
        (FOLDER / "models.config").read_text(), model_server_config_pb2.ModelServerConfig()
    )
    [model] = config.model_config_list.config
    assert (model.name, model.base_path) == ("en-fr", "/models/en-fr")
    assert model.model_platform == "tensorflow"
    assert model.model_version_policy.latest.num_versions == 1


def test_dockerfile_holds_together() -> None:
    found = instructions()
    assert {name for name, _ in found} <= INSTRUCTIONS
    [(_, version)] = [given for given in found if given[0] == "ARG"]
    assert found[1] == ("FROM", "tensorflow/serving:${SERVING_VERSION}")
    assert re.fullmatch(r"SERVING_VERSION=\d+\.\d+\.\d+", version)
    copied = [arguments.split() for name, arguments in found if name == "COPY"]
    assert copied == [["models", "/models"], ["models.config", "/etc/serving/"]]
    for *sources, _ in copied[1:]:
        assert all((FOLDER / source).is_file() for source in sources)
    [entry] = [arguments for name, arguments in found if name == "ENTRYPOINT"]
    command = json.loads(entry)
    assert command[0] == "tensorflow_model_server"
    [port] = [arguments for name, arguments in found if name == "EXPOSE"]
    assert f"--rest_api_port={port}" in command
    assert "--model_config_file=/etc/serving/models.config" in command
    [user] = [arguments for name, arguments in found if name == "USER"]
    assert user.split(":")[0] not in ("0", "root")


def test_client_prints_the_best_output_of_each_text(
    server: ServingProcess, client: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"http://127.0.0.1:{server.port}"
    assert client["main"](["abc", "b,c", "--server", address, "--model", "toy"]) == 0
    expected = server.predict({"instances": ["abc", "b,c"]})[1]["predictions"]
    assert capsys.readouterr().out == "".join(
        f"{row['texts'][0]}\t{row['scores'][0]:.3f}\n" for row in expected
    )
    [aligned] = client["predict"](address, "toy", ["abc"], "alignments")
    assert aligned["source_pieces"] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "model", "message"),
    [
        (" ", "toy", "error: HTTP 400: instances[0]: The text is empty."),
        ("abc", "other", "error: HTTP 404: Servable not found for request: Latest(other)"),
    ],
)
def test_client_tells_what_the_server_said(
    server: ServingProcess,
    client: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    text: str,
    model: str,
    message: str,
) -> None:
    options = ["--server", f"http://127.0.0.1:{server.port}", "--model", model]
    assert client["main"]([text, *options]) == 1
    assert message in capsys.readouterr().err


def test_client_without_a_server_fails_in_one_line(
    client: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert client["main"](["abc", "--server", "http://127.0.0.1:9"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
