import os
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_keras.data import records
from s2s_keras.data.batches import ListedExamples, make_dataset, stream
from s2s_keras.data.records import (
    RECORDS_FILE,
    IdsCodec,
    RecordedExamples,
    RecordWriter,
    read_description,
)
from s2s_keras.errors import DataError

BUCKETS = [3, 6]
ids = st.lists(st.integers(0, 70_000), max_size=20)


@given(source=ids, target=ids, largest=st.sampled_from([70_000, 2**31]))
def test_what_is_encoded_comes_back(source, target, largest):
    codec = IdsCodec(largest)
    example = codec.decode(codec.encode((np.array(source, int), np.array(target, int))))
    assert [side.tolist() for side in example] == [source, target]
    assert {side.dtype for side in example} == {np.dtype(np.int32)}


def test_small_numbers_take_two_bytes():
    example = np.array([5, 65_535]), np.array([7])
    assert len(IdsCodec(65_535).encode(example)) == 8
    assert len(IdsCodec(65_536).encode(example)) == 16


@pytest.fixture
def examples():
    rng = np.random.default_rng(0)
    return [
        (rng.integers(4, 99, source, dtype=np.int32), rng.integers(4, 99, target, dtype=np.int32))
        for source, target in rng.integers(1, 7, (50, 2))
    ]


@pytest.fixture
def folder(tmp_path, examples, monkeypatch):
    """A folder of the examples, with seven in a file."""
    monkeypatch.setattr(records, "SHARD_RECORDS", 7)
    codec = IdsCodec(99)
    with RecordWriter(tmp_path) as writer:
        for bucket in ListedExamples(examples).buckets(BUCKETS, None):
            for index in bucket.items:
                writer.write(0, bucket.room, codec.encode(examples[index]))
        tokens = sum(len(target) for _, target in examples)
        writer.finish({}, [{"target_tokens": tokens}])
    return tmp_path


def opened(folder):
    codec = IdsCodec(99)
    [source] = read_description(folder)["sources"]
    return RecordedExamples(folder, source, lambda record, rng: codec.decode(record))


def test_batches_of_records_are_those_of_the_same_examples_in_memory(folder, examples):
    recorded = opened(folder)
    assert len(list(folder.glob("*.array_record"))) >= 8
    assert recorded.target_tokens == ListedExamples(examples).target_tokens
    for seed in (None, 3):
        one, other = (make_dataset(x, 4, BUCKETS, seed).repeat(2) for x in (recorded, examples))
        assert len(one) == len(other)
        for i in range(len(one)):
            for name in ("source_ids", "target_ids"):
                np.testing.assert_array_equal(one[i][0][name], other[i][0][name])


def write_records(folder, count):
    folder.mkdir()
    with RecordWriter(folder) as writer:
        for i in range(count):
            writer.write(0, (3, 3), b"%d" % i)
        writer.finish({}, [{"target_tokens": count}])
    [source] = read_description(folder)["sources"]
    [bucket] = RecordedExamples(folder, source, lambda record, rng: record).buckets([3], None)
    return bucket.items


def test_a_record_of_a_large_file_is_read_as_fast_as_one_of_a_small_file(tmp_path):
    seconds = []
    for count in (1_000, 200_000):
        records = write_records(tmp_path / str(count), count)
        assert records[count - 1] == b"%d" % (count - 1)
        spans = []
        for start in range(5):
            began = time.perf_counter()
            assert [records[i] for i in range(start, count, count // 100)]
            spans.append(time.perf_counter() - began)
        seconds.append(min(spans))
    assert seconds[1] < 20 * seconds[0]  # it was 100 times as much


def read_from(folder, workers, damage):
    """Reads records without end in a folder whose second file is damaged after a few batches."""
    examples = opened(folder)
    batches = iter(stream(make_dataset(examples, 2, BUCKETS, 1).repeat(10_000), workers))
    for _ in range(5):
        next(batches)
    damage(sorted(folder.glob("*.array_record"))[1])
    for _ in range(2_000):
        next(batches)


def cut(path):
    os.truncate(path, 0)


def scramble(path):
    path.write_bytes(b"\xff" * path.stat().st_size)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("damage", [cut, scramble])
def test_a_file_that_is_damaged_while_it_is_read_is_named(folder, workers, damage):
    name = sorted(folder.glob("*.array_record"))[1].name
    with pytest.raises(DataError, match=rf"{name}: record \d+ cannot be read: ") as raised:
        read_from(folder, workers, damage)
    assert raised.value.path == folder / name


def test_a_file_that_vanishes_before_it_is_opened_is_named(folder):
    dataset = make_dataset(opened(folder), 50, BUCKETS, 1)
    path = sorted(folder.glob("*.array_record"))[1]
    path.unlink()
    with pytest.raises(DataError, match=rf"{path.name}: record \d+ .*No such file"):
        list(dataset)


def test_files_that_are_missing_or_damaged_are_named(folder):
    path = sorted(folder.glob("*.array_record"))[2]
    content = path.read_bytes()
    path.write_bytes(content[:-100])
    with pytest.raises(
        DataError, match=rf"{path.name}: the file must have [0-9,]+ bytes, and it has "
    ):
        opened(folder)
    path.unlink()
    with pytest.raises(DataError, match=rf"{path.name}: .* it is not there. Prepare the data"):
        opened(folder)
    for content in ('{"format": 1}', "{", "[]"):
        (folder / RECORDS_FILE).write_text(content)
        with pytest.raises(DataError, match=rf"{RECORDS_FILE}: cannot be read"):
            opened(folder)


def test_a_folder_that_was_not_finished_is_none(folder):
    with RecordWriter(folder) as writer:
        writer.write(0, (3, 3), b"half")
    with pytest.raises(DataError, match=rf"{RECORDS_FILE}: cannot be read"):
        opened(folder)
