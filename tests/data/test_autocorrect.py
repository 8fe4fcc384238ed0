"""The data of the corrector: tiny files of the published form, and the packages' real lists."""

import hashlib
import json

import pytest

from s2s_keras.cli import main
from s2s_keras.data import PUBLIC_DATASETS, read_pairs
from s2s_keras.data.autocorrect import _frequencies
from s2s_keras.errors import DataError

NAMES = ("text.txt", "misspellings.tsv", "lexicon.tsv")
NOVEL = """\
The Title

It was _late_ when he came.  The dog
barked--but not for long. "Who is there?"

Short.
"""
WORDNET = """\
  1 This licence | is no entry
00001740 00 a 01 able 0 005 = 05200169 n 0000 | having the skill; "able to swim"; "an able man"
"""
TYPOS = "zzteh,the\nZZdoog,dog\nzzmany,one,two\nthier,their\nthe,them\nzz9,nine\nzzlate,late one\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    for name in ("fra", "deu", "spa"):
        lines = [f"This is  sentence {name} {i}.\tPhrase {i}." for i in range(400)]
        (folder / f"{name}.txt").write_text("\n".join([*lines, "All of them have this.\tCeci."]))
    (folder / "big.txt").write_text(NOVEL)
    for part in ("adj", "adv", "noun", "verb"):
        (folder / f"data.{part}").write_text(WORDNET)
    (folder / "words.csv").write_text(TYPOS)
    return folder


@pytest.fixture(scope="module")
def written(place, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "new"
    card = PUBLIC_DATASETS["autocorrect-en"].write(folder, place)
    return folder, card


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def test_text_is_sentences_of_all_origins_none_twice(written):
    lines = lines_of(written[0] / "text.txt")
    assert len(set(lines)) == len(lines)
    assert {"It was late when he came.", "The dog barked -- but not for long."} <= set(lines)
    assert {"having the skill", "able to swim", "an able man", '"Who is there?"'} <= set(lines)
    assert not {"Short.", "All of them have this.\tCeci."} & set(lines)
    assert not any("licence" in line or "  " in line for line in lines)


def test_text_leaves_out_what_tatoeba_holds_out(written):
    lines = lines_of(written[0] / "text.txt")
    sentences = [line for line in lines if line.startswith("This is sentence")]
    assert 1_000 < len(sentences) < 1_200  # all but four in a hundred


def test_misspellings_are_of_both_lists_in_lower_case_with_one_correction(written):
    pairs = dict(read_pairs(written[0] / "misspellings.tsv"))
    assert (pairs["zzteh"], pairs["zzdoog"], pairs["recieve"]) == ("the", "dog", "receive")
    assert not {"zzmany", "zz9", "zzlate", "the", "aache"} & set(pairs)


def test_lexicon_holds_no_misspelling_however_frequent(written):
    frequencies = {word: float(f) for word, f in read_pairs(written[0] / "lexicon.tsv")}
    assert not set(frequencies) & {"alot", "doesnt", "recieve", *dict(_misspellings(written[0]))}
    assert frequencies["the"] > frequencies["dog"] > frequencies["abbrevs"] == 1e-9
    assert {"don't", "aluminum"} <= set(frequencies)
    assert list(frequencies) == sorted(frequencies)


def test_lexicon_holds_british_and_american_spellings(written):
    words = {word for word, _ in read_pairs(written[0] / "lexicon.tsv")}
    assert {"colorless", "colourless", "centimeters", "centimetres", "analyzes"} <= words


def test_no_spelling_that_is_a_misspelling_comes_in():
    assert not {"colorless", "definately"} & set(_frequencies({"colorless", "definately"}))


def _misspellings(folder):
    return read_pairs(folder / "misspellings.tsv")


def test_card_counts_lines_and_names_files(written):
    folder, card = written
    assert json.loads((folder / "autocorrect-en.json").read_text()) == card
    assert [card[key] for key in ("lines", "misspellings", "words")] == [
        len(lines_of(folder / name)) for name in NAMES
    ]
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in NAMES}
    assert card["sha256"] == digests


def test_command_prints_what_it_wrote_and_how_it_differs(place, tmp_path, capfd):
    assert main(["data", "autocorrect-en", "--from", str(place), "--out", str(tmp_path)]) == 0
    printed = capfd.readouterr()
    assert "words of the lexicon" in printed.out
    assert "not the files that the figures" in " ".join(printed.err.split())


def test_malformed_file_is_named(place, tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    for path in place.iterdir():
        (raw / path.name).write_bytes(path.read_bytes())
    (raw / "data.noun").write_bytes(b"fine\n\xff\n")
    with pytest.raises(DataError, match=r"data\.noun:2: "):
        PUBLIC_DATASETS["autocorrect-en"].write(tmp_path / "out", raw)
    assert not any((tmp_path / "out").glob("*"))
