"""Threads that meet on loopback as processes would."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from s2s_keras.errors import ConfigError, TrainingError
from s2s_keras.training.rendezvous import differences, meet


@pytest.fixture
def port():
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


def meet_all(port, documents, processes=None, numbers=None, seconds=20.0):
    """Returns what each process raised."""
    numbers = numbers or range(len(documents))
    address = f"127.0.0.1:{port}"

    def one(number, document):
        try:
            meet(address, processes or len(documents), number, document, seconds)
        except (ConfigError, TrainingError) as error:
            return error
        return None

    with ThreadPoolExecutor(len(documents)) as pool:
        return list(pool.map(one, numbers, documents))


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_all_meet_and_the_port_is_free_again(port, processes):
    documents = [{"recipe": {"name": "ü", "seed": 3}}] * processes
    assert meet_all(port, documents) == [None] * processes
    assert meet_all(port, documents) == [None] * processes


def test_process_0_may_come_last(port):
    with ThreadPoolExecutor(2) as pool:
        other = pool.submit(meet, f"127.0.0.1:{port}", 2, 1, {}, 20.0)
        time.sleep(0.5)
        meet(f"127.0.0.1:{port}", 2, 0, {}, 20.0)
        other.result()


def test_differences_are_named_to_all(port):
    one = {"recipe": {"seed": 1, "training": {"epochs": 2}}}
    other = {"recipe": {"seed": 1, "training": {"epochs": 3}}}
    errors = meet_all(port, [one, one, other])
    assert all(isinstance(error, ConfigError) for error in errors)
    [message] = {str(error) for error in errors}
    assert "recipe.training.epochs (process 0: 2, process 2: 3)." in message
    assert "seed" not in message


def test_keys_that_one_lacks_differ():
    assert differences({0: {"a": 1}, 3: {"a": 1, "b": {"c": 2}}}) == (
        "b.c (process 0: null, process 3: 2)"
    )
    assert differences({0: {"a": [1, 2]}, 1: {"a": [1, 2]}}) == ""


def test_missing_processes_are_named_to_those_that_came(port):
    started = time.monotonic()
    errors = meet_all(port, [{}, {}], processes=4, numbers=[0, 2], seconds=1.0)
    assert time.monotonic() - started < 10
    assert all(isinstance(error, TrainingError) for error in errors)
    assert {str(error) for error in errors} == {str(errors[0])}
    assert "of 4 processes, 1, 3 did not come within 1 s" in str(errors[0])


def test_without_process_0_the_address_is_named(port):
    [error] = meet_all(port, [{}], processes=2, numbers=[1], seconds=1.0)
    assert isinstance(error, TrainingError)
    assert f"127.0.0.1:{port}: process 0 did not answer within 1 s" in str(error)


def test_number_taken_twice_is_named(port):
    errors = meet_all(port, [{}, {}, {}], processes=4, numbers=[0, 1, 1])
    assert all(isinstance(error, ConfigError) for error in errors)
    assert "two processes are number 1" in str(errors[0])


def test_address_in_use_is_named():
    with closing(socket.create_server(("", 0))) as server:
        port = server.getsockname()[1]
        with pytest.raises(ConfigError, match=f"127.0.0.1:{port}: process 0 cannot listen"):
            meet(f"127.0.0.1:{port}", 2, 0, {}, 5.0)


@pytest.mark.parametrize("address", ["somewhere", ":12", "a:b", "a:0", "a:70000", ""])
def test_address_without_host_or_port_is_refused(address):
    with pytest.raises(ConfigError, match="host and a free port"):
        meet(address, 2, 0, {}, 5.0)


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", b"", b"[1]\n", b"\xff\xff\n"])
def test_strangers_are_passed_over(port, said):
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(meet, f"127.0.0.1:{port}", 2, 0, {}, 20.0)
        for _ in range(100):
            try:
                stranger = socket.create_connection(("127.0.0.1", port))
                break
            except OSError:
                time.sleep(0.05)
        with stranger:
            stranger.sendall(said)
            stranger.shutdown(socket.SHUT_WR)
            meet(f"127.0.0.1:{port}", 2, 1, {}, 20.0)
        first.result()
