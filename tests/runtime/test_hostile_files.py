"""Damaged and hostile files: a clear error, in little time and memory, and never a crash."""

import io
import os
import random
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from s2s_keras.errors import ArtifactError
from s2s_keras.runtime import Seq2SeqLite, read_artifact
from s2s_keras.text import CharacterTokenizer
from tests.runtime.packing import pack, parts, repack

ROOT = Path(__file__).parent.parent.parent

FLIPS = """
import random, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
from s2s_keras.errors import ArtifactError
from s2s_keras.runtime import read_artifact

whole, damaged = sys.argv[1:]
expected = read_artifact(whole)
content = open(whole, "rb").read()
graph_bytes = expected.metadata["graph_bytes"]
places = [*range(12), *range(graph_bytes, len(content))]
generator = random.Random(7)
refused = 0
for _ in range(500):
    changed = bytearray(content)
    for _ in range(generator.choice([1, 1, 3, 10])):
        byte = generator.choice([0, 127, 255, generator.randrange(256)])
        changed[generator.choice(places)] = byte
    with open(damaged, "wb") as file:
        file.write(changed)
    try:
        found = read_artifact(damaged)
    except ArtifactError:
        refused += 1
    else:  # some bytes mean nothing: dates, for example
        assert found.metadata == expected.metadata
        assert found.source_tokenizer == expected.source_tokenizer
        assert found.target_tokenizer == expected.target_tokenizer
        assert found.graph[12:] == expected.graph[12:]
print(refused)
"""


def signatures(
    steps: dict[str, str] | None = None, encode: str = "encode", length: str = "12"
) -> dict[str, object]:
    """What `model.json` says of the signatures; by default one that fits."""
    steps = {"3": "decode_step"} if steps is None else steps
    return {"encode": {length: encode}, "decode_step": {length: steps}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hostile.tflite"


@pytest.fixture(scope="module")
def content(tiny_file: Path) -> bytes:
    return tiny_file.read_bytes()


def refuses(path: Path, content: bytes, message: str) -> None:
    """Checks that opening the file is refused within two seconds, briefly, naming the file."""
    path.write_bytes(content)
    started = time.perf_counter()
    with pytest.raises(ArtifactError, match=message) as caught:
        Seq2SeqLite(path)
    assert time.perf_counter() - started < 2
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value)) < 1000


def test_repacked_content_is_still_a_model(path: Path, content: bytes) -> None:
    path.write_bytes(repack(content))
    with Seq2SeqLite(path) as model:
        assert model.predict(["abc"])[0][0].text


def test_truncated_at_any_of_200_places_is_refused(path: Path, content: bytes) -> None:
    sizes = {*range(0, len(content), len(content) // 130), *range(len(content) - 75, len(content))}
    assert len(sizes) >= 200
    for size in sorted(sizes):
        refuses(path, content[:size], "not a TFLite file|no readable metadata")


def test_flips_in_header_and_metadata_are_refused_or_mean_nothing(
    path: Path, tiny_file: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FLIPS, str(tiny_file), str(path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 350


def test_flips_in_the_graph_are_seen_before_an_interpreter_sees_them(
    path: Path, content: bytes
) -> None:
    graph, _ = parts(content)
    generator = random.Random(3)
    for place in [0, 8, len(graph) - 1, *(generator.randrange(8, len(graph)) for _ in range(200))]:
        changed = bytearray(content)
        changed[place] ^= 1 << generator.randrange(8)
        path.write_bytes(changed)
        with pytest.raises(ArtifactError, match="the checksum of graph does not match"):
            read_artifact(path)


def with_directory(content: bytes, offset: int, field: str, value: int) -> bytes:
    """Overwrites a number in the directory's entry for `model.json`."""
    changed = bytearray(content)
    entry = content.rindex(b"model.json") - 46
    assert content[entry : entry + 4] == b"PK\x01\x02"
    struct.pack_into(field, changed, entry + offset, value)
    return bytes(changed)


def test_bomb_of_a_member_is_refused(path: Path, content: bytes) -> None:
    graph, members = parts(content)
    for name, size in (("model.json", 2 * 10**6), ("source_tokenizer.json", 2 * 10**7)):
        bomb = pack(graph, {**members, name: b" " * size})
        assert len(bomb) < len(content) + size // 500
        refuses(path, bomb, f"{name} must hold at most .* bytes. Received: {size}")


@pytest.mark.parametrize(
    ("offset", "field", "value", "message"),
    [
        (20, "<L", 2**32 - 2, "model.json must hold at most 1048576 bytes. Received: 4294967294"),
        (24, "<L", 2**32 - 2, "model.json must hold at most 1048576 bytes. Received: 4294967294"),
        (24, "<L", 10, "no readable metadata .*CRC"),  # more inside than it says
        (8, "<H", 1, "no readable metadata .*encrypted"),
        (10, "<H", 12, "no readable metadata .*compressed otherwise than by deflate"),
        (42, "<L", 2**32 - 2, "no readable metadata"),
    ],
)
def test_directory_that_lies_is_refused(
    path: Path, content: bytes, offset: int, field: str, value: int, message: str
) -> None:
    refuses(path, with_directory(content, offset, field, value), message)


@pytest.mark.parametrize("count", [65, 3_000])
def test_many_members_are_refused(path: Path, content: bytes, count: int) -> None:
    graph, members = parts(content)
    buffer = io.BytesIO(graph)
    with zipfile.ZipFile(buffer, "a") as archive:
        for number in range(count - len(members)):
            archive.writestr(f"{number}", b"")
        for name, one in members.items():
            archive.writestr(name, one)
    refuses(path, buffer.getvalue(), f"no readable metadata .*has {count} members")


def test_numbers_of_zip64_are_refused(path: Path, content: bytes) -> None:
    end = content[-22:]
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, 2**60, 1)
    refuses(path, content[:-22] + locator + end, "no readable metadata")


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../model.json", "a/../../b", "a/b", "c:\\d", "..", "model.json"]
)
def test_names_outside_or_twice_are_refused(path: Path, content: bytes, name: str) -> None:
    graph, members = parts(content)
    buffer = io.BytesIO(graph)
    with zipfile.ZipFile(buffer, "a") as archive:
        for known, one in members.items():
            archive.writestr(known, one)
        info = zipfile.ZipInfo("x" * len(name))
        archive.writestr(info, b"{}")
    changed = buffer.getvalue().replace(b"x" * len(name), name.encode())
    refuses(path, changed, "must be distinct, and without a folder")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"[" * 500_000, "model.json must hold at most 10000 lists and objects"),
        (b"[" * 10_000, "model.json is not valid JSON"),
        (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "model.json is not valid JSON"),
        (b"1" * 10_000, "model.json is not valid JSON"),
        (b"\xff\xfe\x00", "model.json is not valid JSON"),
        (b"", "model.json is not valid JSON"),
        (b"null", "model.json must be an object"),
    ],
)
def test_document_that_is_none_is_refused(
    path: Path, content: bytes, document: bytes, message: str
) -> None:
    graph, members = parts(content)
    refuses(path, pack(graph, {**members, "model.json": document}), message)


ABSURD = [10**12, 10**30, -1, True, None, float("nan"), float("inf"), "x" * 200_000, [], {}]


@pytest.mark.parametrize(
    "key",
    ["format_version", "max_source_length", "max_output_length", "min_output_length", "beam_width"],
)
@pytest.mark.parametrize("value", ABSURD, ids=lambda value: str(value)[:12])
def test_absurd_number_is_refused(path: Path, content: bytes, key: str, value: object) -> None:
    refuses(path, repack(content, **{key: value}), f"{key}|model.json|Update s2s-keras")


@pytest.mark.parametrize("value", [-1, 0, 7, 10**12, True, None, "x" * 200_000])
def test_absurd_graph_size_is_refused(path: Path, content: bytes, value: object) -> None:
    refuses(path, repack(content, graph_bytes=value), "`graph_bytes` of model.json")


def test_beam_width_that_the_graph_lacks_is_refused(path: Path, content: bytes) -> None:
    refuses(path, repack(content, beam_width=2), r"says beam width 2, and the graph holds \[1, 3\]")


@pytest.mark.parametrize(
    ("signatures", "message"),
    [
        ({}, "refuses the graph"),
        ({"encode": "encode"}, "refuses the graph"),
        ({"encode": {"12": "encode"}}, "refuses the graph"),
        ({**signatures(), "encode": 5}, "must hold names"),
        ({**signatures(), "decode_step": ["decode_step"]}, "must hold names"),
        ({"encode": {"a": {"b": {"c": "encode"}}}}, "must hold names"),
        (signatures(encode=""), "refuses the graph"),
        (signatures(encode="nonesuch"), "nonesuch"),
        (signatures({"3": "nonesuch"}), "nonesuch"),
        (signatures({"x": "decode_step"}), "refuses the graph"),
        (signatures({"-3": "decode_step"}), "do not fit"),
        (signatures({}), "do not fit"),
        (signatures({"3": "encode"}, encode="decode_step"), "do not fit"),
        (signatures(length="11"), "longest source length must be `max_source_length`"),
        ({**signatures(), "decode_step": {"11": {"3": "decode_step"}}}, "do not fit"),
        ({"start": {"12": "encode"}, "step": {"12": {"3": "decode_step"}}}, "do not fit"),
    ],
)
def test_signatures_that_are_not_there_are_refused(
    path: Path, content: bytes, signatures: object, message: str
) -> None:
    refuses(path, repack(content, signatures=signatures), message)


@pytest.mark.parametrize("side", ["source_tokenizer.json", "target_tokenizer.json"])
@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [
        (CharacterTokenizer("abcdefgh .,xyz").to_json(), "fails on ids of its vocabularies"),
        ("[" * 10**6, "at most 10000 lists and objects"),
        ("[" * 9_000, "vocabulary is not usable"),
        ("{}", "vocabulary is not usable"),
        (CharacterTokenizer("a\ud800").to_json(), "vocabulary is not usable.*surrogates"),
    ],
    ids=["too many", "brackets", "nested", "empty", "half a pair"],
)
def test_vocabulary_of_another_model_is_refused(
    path: Path, content: bytes, side: str, vocabulary: str, message: str
) -> None:
    refuses(path, repack(content, members={side: vocabulary.encode()}), message)


def test_target_vocabulary_that_is_too_small_is_refused(path: Path, content: bytes) -> None:
    vocabulary = CharacterTokenizer("abcdef").to_json().encode()
    changed = repack(content, members={"target_tokenizer.json": vocabulary})
    refuses(path, changed, "answers with ids that are not in the vocabulary of 10")


def test_path_that_is_no_file_is_refused(path: Path, tmp_path: Path) -> None:
    os.mkfifo(path)
    for wrong, message in ((path, "this is not a file"), (tmp_path, "this is not a file")):
        with pytest.raises(ArtifactError, match=message):
            read_artifact(wrong)
