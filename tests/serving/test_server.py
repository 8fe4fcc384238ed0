"""The server over a socket: answers, bounds, bad clients, and its end."""

import http.client
import json
import random
import signal
import socket
import struct
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.serving.malformed import malformed_bodies
from benchmarks.serving.process import ServingProcess, served
from s2s_keras.runtime import load

TEXTS = ["abc", "a", "hgf ed.", "b,c"]


def test_row_form_answers_what_the_file_predicts(server: ServingProcess, tiny_file: Path) -> None:
    status, answer = server.predict({"instances": TEXTS})
    assert status == 200
    with load(tiny_file) as model:
        model.settings = replace(model.settings, n_best=3)
        expected = model.predict(TEXTS)
    assert [row["texts"] for row in answer["predictions"]] == [
        [prediction.text for prediction in found] for found in expected
    ]
    for row, found in zip(answer["predictions"], expected, strict=True):
        assert row["scores"] == pytest.approx([p.score for p in found], rel=1e-6)


def test_objects_base64_and_column_form_answer_the_same(server: ServingProcess) -> None:
    _, bare = server.predict({"instances": ["abc", "hg"]})
    for instances in (
        [{"texts": "abc"}, {"texts": "hg"}],
        [{"b64": "YWJj"}, {"b64": "aGc="}],
        [{"texts": {"b64": "YWJj"}}, {"texts": "hg"}],
    ):
        assert server.predict({"instances": instances}) == (200, bare)
    for inputs in (["abc", "hg"], {"texts": ["abc", "hg"]}):
        status, answer = server.predict({"inputs": inputs})
        assert status == 200
        assert answer["outputs"] == {
            name: [row[name] for row in bare["predictions"]] for name in ("texts", "scores")
        }


def test_alignments_hang_on_no_other_text(server: ServingProcess) -> None:
    request = {"signature_name": "alignments", "instances": ["ab"]}
    _, alone = server.predict(request)
    _, beside = server.predict({**request, "instances": ["ab", "abcdefgh"]})
    [row] = alone["predictions"]
    assert row["source_pieces"] == ["a", "b"]
    assert row["target_pieces"]
    assert len(row["attention"]) == len(row["target_pieces"])
    assert [sum(weights) for weights in row["attention"]] == pytest.approx(
        [1.0] * len(row["target_pieces"]), abs=1e-5
    )
    padded = beside["predictions"][0]
    assert padded["source_pieces"] == ["a", "b", *[""] * 6]
    steps = len(row["attention"])
    assert [weights[:2] for weights in padded["attention"][:steps]] == row["attention"]
    assert not any(any(weights[2:]) for weights in padded["attention"])


def test_ids_answer_the_ids_of_the_text(server: ServingProcess, tiny_file: Path) -> None:
    _, of_text = server.predict({"instances": ["abc"]})
    with load(tiny_file) as model:
        ids = model.source_tokenizer.encode("abc")
        request = {"signature_name": "ids", "instances": [[*ids, 0, 0]]}
        status, answer = server.predict(request)
        assert status == 200
        [row] = answer["predictions"]
        decoded = [model.target_tokenizer.decode(found) for found in row["target_ids"]]
    assert decoded == of_text["predictions"][0]["texts"]
    assert row["scores"] == pytest.approx(of_text["predictions"][0]["scores"], rel=1e-6)


def test_status_metadata_and_versions(server: ServingProcess) -> None:
    for path in ("/v1/models/toy", "/v1/models/toy/versions/1"):
        status, answer = server.ask("GET", path)
        assert (status, answer["model_version_status"][0]["state"]) == (200, "AVAILABLE")
        status, answer = server.ask("GET", f"{path}/metadata")
        signatures = answer["metadata"]["signature_def"]["signature_def"]
        assert set(signatures) == {"serving_default", "alignments", "ids"}
    body = json.dumps({"instances": ["abc"]})
    assert server.ask("POST", "/v1/models/toy/versions/1:predict", body)[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/v1/models/other", 404, "Servable not found for request: Latest(other)"),
        ("GET", "/v1/models/toy/versions/7", 404, "request: Specific(toy, 7)"),
        ("POST", "/v1/models/toy/versions/7:predict", 404, "request: Specific(toy, 7)"),
        ("POST", "/v1/models/other:predict", 404, "This server has version 1 of 'toy'"),
        ("POST", "/v1/models/toy:classify", 400, "Received: `:classify`"),
        ("POST", "/v1/models/toy", 405, "Malformed request: POST /v1/models/toy"),
        ("GET", "/v1/models/toy:predict", 405, "Malformed request: GET"),
        ("GET", "/v1/models/", 400, "Malformed request"),
        ("GET", "/v1/models/toy/versions/x", 400, "Malformed request"),
        ("DELETE", "/v1/models/toy", 405, "The method does not fit"),
        ("GET", "/secret", 404, "There is nothing here"),
    ],
)
def test_paths_that_are_refused(
    server: ServingProcess, method: str, path: str, status: int, message: str
) -> None:
    found, answer = server.ask(method, path, "{}" if method == "POST" else None)
    assert found == status
    assert message in answer["error"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"instances": ["abc", "xyz"]}, "instances[1]: The text holds characters never seen"),
        ({"instances": ["  "]}, "instances[0]: The text is empty."),
        ({"instances": ["abcdefghabcdefgh"]}, "at most 12 tokens. Received 16"),
        ({"instances": ["a" * 51]}, "at most 50 characters. Received: 51."),
        ({"instances": ["a"] * 21}, "at most 20 instances. Received: 21."),
        ({"signature_name": "ids", "instances": [[5, 99]]}, "between 1 and 14. Received: 99."),
        ({"signature_name": "ids", "instances": [[0, 0]]}, "The source holds no ids."),
        ({"signature_name": "ids", "instances": [[0, 5]]}, "between 1 and 14. Received: 0."),
        ("[" * 19_000, "nested too deeply"),
        ('{"instances":' + "[" * 9_000 + "]" * 9_000 + "}", "nested too deeply"),
        (b'{"instances":["\xff"]}', "must be UTF-8. Byte 16 is not."),
        ('{"instances":["\\ud800"]}', "half of a surrogate pair"),
        ('{"instances":["a"],"instances":["b"]}', "must be distinct. Twice: 'instances'."),
        ('{"signature_name":"ids","instances":[[' + "9" * 5_000 + "]]}", "too long"),
        ("", "must be JSON"),
    ],
)
def test_bodies_that_are_refused(server: ServingProcess, body: object, message: str) -> None:
    status, answer = server.predict(body)
    assert status == 400
    assert message in answer["error"]


def test_large_bodies_get_413(server: ServingProcess) -> None:
    body = json.dumps({"instances": ["a" * 30_000]})
    status, answer = server.predict(body)
    assert (status, answer["error"]) == (413, "The body must hold at most 20000 bytes.")
    head = b"POST /v1/models/toy:predict HTTP/1.1\r\nhost: x\r\n"
    with server.connect() as client:  # declared alone: nothing of it need come
        client.sendall(head + b"content-length: 99999999999\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")
    with server.connect() as client:
        client.sendall(head + b"transfer-encoding: chunked\r\n\r\n")
        client.sendall(b"4e20\r\n" + b"x" * 20_000 + b"\r\n4\r\nxxxx\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_slow_bodies_and_slow_heads_are_cut_off(server: ServingProcess) -> None:
    head = b"POST /v1/models/toy:predict HTTP/1.1\r\nhost: x\r\n"
    with server.connect() as slow_body, server.connect() as slow_head, server.connect() as silent:
        slow_body.sendall(head + b'content-length: 100\r\n\r\n{"inst')
        started = time.monotonic()
        slow_head.sendall(head)
        for letter in b"x-slow":  # each byte in time does not make the head so
            time.sleep(0.1)
            slow_head.sendall(bytes([letter]))
        assert slow_body.recv(100).startswith(b"HTTP/1.1 408 ")
        assert slow_head.recv(100).startswith(b"HTTP/1.1 408 ")
        assert silent.recv(100).startswith(b"HTTP/1.1 408 ")
        assert 0.5 < time.monotonic() - started < 30
    assert server.figure('s2s_rejected_total{reason="slow_body"}') >= 1
    assert server.figure('s2s_rejected_total{reason="slow_head"}') >= 2


def test_a_connection_serves_one_request_after_another(server: ServingProcess) -> None:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    sockets = set()
    for pause in (0, 0, 1.5):  # longer than a head may take: a connection at rest is no slow one
        time.sleep(pause)
        client.request("GET", "/healthz")
        assert client.getresponse().read() == b'{"status":"alive"}'
        sockets.add(client.sock)
    client.close()
    assert len(sockets) == 1


def test_connections_beyond_the_bound_get_503(server: ServingProcess) -> None:
    head = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    clients = [server.connect() for _ in range(60)]
    try:
        refused = 0
        for client in clients[40:]:
            try:
                refused += client.recv(100).startswith(b"HTTP/1.1 503 ")
            except ConnectionResetError:
                refused += 1
        assert refused >= 19
        clients[0].sendall(head)
        assert clients[0].recv(100).startswith(b"HTTP/1.1 200 ")
    finally:
        for client in clients:
            client.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"POST /v1/models/toy:predict HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc",
        b"GET /" + b"a" * 40_000,
        b"GET / HTTP/1.1\r\nhost: x\r\n" + b"x: y\r\n" * 9_000,
    ],
)
def test_what_is_no_http_gets_400(server: ServingProcess, sent: bytes) -> None:
    with server.connect() as client:
        try:
            client.sendall(sent)
            answer = client.recv(100)
        except (BrokenPipeError, ConnectionResetError):
            answer = b""  # refused before all of it was sent
    assert answer.startswith(b"HTTP/1.1 400 ") or (not answer and len(sent) > 16 * 2**10)
    assert server.ask("GET", "/healthz")[0] == 200


def test_malformed_bodies_get_4xx_and_the_server_serves_on(server: ServingProcess) -> None:
    statuses = [server.predict(body)[0] for body in malformed_bodies(400, seed=1)]
    assert set(statuses) <= {400, 413}
    assert server.predict({"instances": ["abc"]})[0] == 200


def test_clients_that_go_away_are_forgotten(server: ServingProcess) -> None:
    body = json.dumps({"instances": ["abcdefgh"] * 20}).encode()
    head = f"POST /v1/models/toy:predict HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
    for cut in (10, len(head), len(head) + 5, None):
        for _ in range(5):
            client = server.connect()
            client.sendall((head.encode() + body)[:cut])
            # Not closed in order, but reset.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
    assert server.predict({"instances": ["abc"]})[0] == 200
    end = time.monotonic() + 30
    while server.figure("s2s_queue_rows") and time.monotonic() < end:
        time.sleep(0.1)
    assert server.figure("s2s_queue_rows") == 0


def test_figures_are_counted(server: ServingProcess) -> None:
    rows = 's2s_batch_rows_sum{signature="serving_default"}'
    good = 's2s_requests_total{endpoint="model",status="200"}'
    bad = 's2s_rejected_total{reason="malformed"}'
    before = [server.figure(name) for name in (rows, good, bad)]
    server.predict({"instances": ["abc", "abd"]})
    server.predict({"instances": [1]})
    after = [server.figure(name) for name in (rows, good, bad)]
    assert [b - a for a, b in zip(before, after, strict=True)] == [2, 1, 1]


def test_many_clients_at_once_get_their_own_answers(server: ServingProcess) -> None:
    texts = ["".join(random.Random(n).choices("abcdefgh", k=1 + n % 8)) for n in range(24)]
    expected = {text: server.predict({"instances": [text]})[1] for text in set(texts)}
    found: dict[str, object] = {}

    def ask(text: str) -> None:
        found[text] = server.predict({"instances": [text]})[1]

    threads = [threading.Thread(target=ask, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_what_is_under_way(
    tiny_file: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with served(tiny_file, tmp_path, "--max-instances", "500") as process:
        answers = []
        body = {"instances": ["abcdefgh"] * 500}
        thread = threading.Thread(target=lambda: answers.append(process.predict(body)))
        idle = process.connect()
        thread.start()
        end = time.monotonic() + 30
        while not process.figure('s2s_batch_rows_sum{signature="serving_default"}'):
            assert time.monotonic() < end
        assert process.stop(number) == 0
        thread.join()
        idle.close()
        [(status, answer)] = answers
        assert (status, len(answer["predictions"])) == (200, 500)
        with pytest.raises(ConnectionRefusedError):
            process.connect()


def test_a_client_that_does_not_read_is_cut_off(tiny_file: Path, tmp_path: Path) -> None:
    options = ("--max-instances", "1000", "--body-seconds", "1")
    with served(tiny_file, tmp_path, *options) as process:
        document = {"signature_name": "alignments", "instances": ["abcdefgh.,"] * 1000}
        body = json.dumps(document).encode()
        head = f"POST /v1/models/toy:predict HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}"
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", process.port))
            client.sendall(head.encode() + b"\r\n\r\n" + body)
            end = time.monotonic() + 60
            while not process.figure('s2s_rejected_total{reason="slow_reader"}'):
                assert time.monotonic() < end
                time.sleep(0.1)
        assert process.stop() == 0


def test_a_full_queue_gets_503_and_when_to_come_again(tiny_file: Path, tmp_path: Path) -> None:
    options = ("--max-queue", "20", "--max-instances", "20", "--workers", "1")
    with served(tiny_file, tmp_path, *options) as process:
        body = json.dumps({"instances": ["abcdefgh.,"] * 20})
        found = []

        def ask() -> None:
            found.append(process.raw("POST", "/v1/models/toy:predict", body))

        end = time.monotonic() + 60
        while not any(status == 503 for status, _, _ in found):
            assert time.monotonic() < end
            threads = [threading.Thread(target=ask) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert {status for status, _, _ in found} == {200, 503}
        for status, headers, content in found:
            if status == 503:
                assert headers["retry-after"] == "1"
                assert "places in the queue are taken" in json.loads(content)["error"]
        assert process.figure('s2s_rejected_total{reason="queue_full"}') >= 1


def test_a_request_that_takes_too_long_gets_504(tiny_file: Path, tmp_path: Path) -> None:
    options = ("--request-seconds", "0.2", "--max-instances", "1000")
    with served(tiny_file, tmp_path, *options) as process:
        status, answer = process.predict({"instances": ["abcdefgh"] * 1000})
        assert (status, answer["error"]) == (504, "The model did not answer within 0.2 seconds.")
        # What was queued for it is not run any more.
        end = time.monotonic() + 30
        while process.predict({"instances": ["abc"]})[0] != 200:
            assert time.monotonic() < end
        assert process.figure('s2s_batch_rows_sum{signature="serving_default"}') < 1000
