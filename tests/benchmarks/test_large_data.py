import json

from benchmarks import large_data
from s2s_keras.data import read_pairs


def test_sentences_are_all_different_and_have_the_same_words():
    found = [*large_data.sentences(0, 500), *large_data.sentences(500, 500)]
    assert len({source for source, _ in found}) == 1000
    for source, target in found:
        assert source != target
        assert sorted(source.split()) == sorted(target.split())
    assert found[500:] == [*large_data.sentences(500, 500)]


def test_shards_hold_the_pairs_and_dev_others(tmp_path, monkeypatch):
    monkeypatch.setattr(large_data, "SHARD_PAIRS", 40)
    monkeypatch.setattr(large_data, "DEV_PAIRS", 7)
    large_data.write_shards(tmp_path, 100)
    shards = [read_pairs(path) for path in sorted(tmp_path.glob("part-*.tsv"))]
    assert [len(pairs) for pairs in shards] == [40, 40, 20]
    pairs = [pair for shard in shards for pair in shard]
    assert pairs == [*large_data.sentences(0, 100)]
    dev = read_pairs(tmp_path / "dev.tsv")
    assert len(dev) == 7 and not set(dev) & set(pairs)
    assert json.loads((tmp_path / "recipe.json").read_text())["data"]["folder"] == str(tmp_path)
    found = large_data.prepare(tmp_path, 0)
    assert found["pairs"] == 100
