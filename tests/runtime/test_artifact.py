import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from s2s_keras.decoding import DecodingSettings
from s2s_keras.errors import ArtifactError
from s2s_keras.runtime import default_settings, load, read_artifact, write_artifact
from s2s_keras.text import CharacterTokenizer, WordTokenizer

GRAPH = b"\x1c\x00\x00\x00TFL3" + bytes(range(256))
TOKENIZER = CharacterTokenizer("abc")
METADATA = {
    "max_source_length": 8,
    "max_output_length": 9,
    "beam_width": 2,
    "length_penalty_alpha": 1.0,
    "signatures": {"encode": {"4": "encode"}, "decode_step": {"4": {"2": "decode_step"}}},
}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "model.tflite"
    write_artifact(path, GRAPH, METADATA, TOKENIZER, TOKENIZER)
    return path


def repack(content: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """Takes the ZIP apart, changes its members, and appends it again."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    buffer = io.BytesIO(content[: len(GRAPH)])
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return buffer.getvalue()


def edit(**changes: object) -> Callable[[bytes], bytes]:
    def change(members: dict[str, bytes]) -> None:
        document = {**json.loads(members["model.json"]), **changes}
        members["model.json"] = json.dumps(document).encode()

    return lambda content: repack(content, change)


def drop(name: str) -> Callable[[bytes], bytes]:
    return lambda content: repack(content, lambda members: members.pop(name) and None)


def replace(name: str, member: bytes) -> Callable[[bytes], bytes]:
    return lambda content: repack(content, lambda members: members.update({name: member}))


def test_artifact_round_trip(written: Path) -> None:
    artifact = read_artifact(written)
    assert artifact.graph == GRAPH
    assert artifact.source_tokenizer == artifact.target_tokenizer == TOKENIZER
    assert artifact.metadata.items() >= METADATA.items()
    assert artifact.metadata["format_version"] == 2


def test_artifact_keeps_the_kind_of_each_tokenizer(tmp_path: Path) -> None:
    words = WordTokenizer(["▁a", "b"], lowercase=True)
    write_artifact(tmp_path / "model.tflite", GRAPH, METADATA, TOKENIZER, words)
    artifact = read_artifact(tmp_path / "model.tflite")
    assert (artifact.source_tokenizer, artifact.target_tokenizer) == (TOKENIZER, words)


def test_artifact_same_content_gives_same_bytes(written: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.tflite"
    write_artifact(again, GRAPH, METADATA, TOKENIZER, TOKENIZER)
    assert again.read_bytes() == written.read_bytes()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: b"", "not a TFLite file"),
        (lambda content: b"PK\x03\x04" + content, "not a TFLite file"),
        (lambda content: content[: len(GRAPH)], "no readable metadata"),
        (lambda content: content[:-30], "no readable metadata"),
        (lambda content: content[:100] + b"\xff" + content[101:], "checksum of graph"),
        (edit(format_version=3), "Update s2s-keras"),
        (edit(format_version=1), "Export the model again"),
        (edit(beam_width="2"), "`beam_width` of model.json"),
        (edit(graph_bytes=50), "checksum of graph"),
        (edit(sha256={}), "checksum of"),
        (drop("model.json"), "incomplete.*model.json"),
        (drop("source_tokenizer.json"), "incomplete.*source_tokenizer.json"),
        (replace("model.json", b"{"), "not valid JSON"),
        (replace("model.json", b"[]"), "must be an object"),
        (replace("target_tokenizer.json", b"{}"), "checksum of target_tokenizer.json"),
        (replace("model.json", b" " * (2**20 + 1)), "at most 1048576 bytes. Received: 1048577"),
    ],
)
def test_artifact_damaged_is_refused(
    written: Path, damage: Callable[[bytes], bytes], message: str
) -> None:
    written.write_bytes(damage(written.read_bytes()))
    with pytest.raises(ArtifactError, match=message) as caught:
        read_artifact(written)
    assert str(written) in str(caught.value)


def test_artifact_truncated_anywhere_is_refused(written: Path) -> None:
    content = written.read_bytes()
    for size in range(0, len(content), 23):
        written.write_bytes(content[:size])
        with pytest.raises(ArtifactError):
            read_artifact(written)


def test_artifact_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"none\.tflite: cannot be read: No such file"):
        read_artifact(tmp_path / "none.tflite")


def test_load_graph_that_no_interpreter_takes_is_refused(written: Path) -> None:
    with pytest.raises(ArtifactError, match="interpreter refuses the graph"):
        load(written)


def test_settings_of_an_older_file_take_the_defaults(written: Path) -> None:
    expected = DecodingSettings(beam_width=2, max_source_length=8, max_output_length=9)
    assert default_settings(read_artifact(written)) == expected


def test_settings_are_those_that_the_file_was_made_with(tmp_path: Path) -> None:
    settings = DecodingSettings(
        beam_width=2,
        length_penalty_alpha=0.6,
        max_output_length=9,
        max_source_length=8,
        allow_unknown=True,
        length_penalty="gnmt",
        coverage_penalty_beta=0.2,
        min_output_length=1,
        replace_unknown=True,
    )
    path = tmp_path / "model.tflite"
    write_artifact(path, GRAPH, {**METADATA, **settings.as_metadata()}, TOKENIZER, TOKENIZER)
    assert default_settings(read_artifact(path)) == settings


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"beam_width": 201}, "from 1 to 200"),
        ({"length_penalty_alpha": 5.5}, "`length_penalty_alpha`"),
        ({"length_penalty": "wu"}, "`length_penalty` must be one of"),
        ({"length_penalty": None}, "`length_penalty` must be one of"),
        ({"coverage_penalty_beta": "0.2"}, "`coverage_penalty_beta`"),
        ({"coverage_penalty_beta": float("nan")}, "`coverage_penalty_beta`"),
        ({"min_output_length": -1}, "`min_output_length`"),
        ({"min_output_length": 9}, "less than `max_output_length`"),
        ({"replace_unknown": 1}, "`replace_unknown` must be true or false"),
        ({"allow_unknown": "yes"}, "`allow_unknown` must be true or false"),
    ],
)
def test_settings_with_a_wrong_value_are_refused(
    written: Path, change: dict[str, object], message: str
) -> None:
    written.write_bytes(edit(**change)(written.read_bytes()))
    with pytest.raises(ArtifactError, match=message) as caught:
        default_settings(read_artifact(written))
    assert str(caught.value).startswith(f"{written}: model.json: ")
