import pytest

from s2s_keras.cluster import Cluster
from s2s_keras.errors import ConfigError


def test_one_process_needs_nothing():
    cluster = Cluster()
    assert (cluster.process, cluster.processes, cluster.address) == (0, 1, "")


def test_address_is_that_of_process_0():
    assert Cluster("10.0.0.1:12, 10.0.0.2:34", 2, 1).address == "10.0.0.1:12"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ((None, 2, 0), "--job-addresses"),
        (("a:1", None, 0), "--num-processes"),
        (("a:1", 2, None), "--process-id"),
        ((None, None, 0), "--job-addresses, --num-processes"),
    ],
)
def test_missing_options_are_named(given, missing):
    with pytest.raises(ConfigError, match=f"Missing: {missing}\\."):
        Cluster(*given)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (("a:1", 2, 2), "`--process-id` must be from 0 to 1.*Received: 2"),
        (("a:1", 2, -1), "`--process-id` must be from 0 to 1.*Received: -1"),
        (("a:1", 0, 0), "`--num-processes` must be at least 1. Received: 0"),
    ],
)
def test_numbers_out_of_range_are_named(given, problem):
    with pytest.raises(ConfigError, match=problem):
        Cluster(*given)
