import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_keras.data import Pair, read_pairs, split_pairs, write_pairs
from s2s_keras.errors import DataError

NAMES = ["pairs.tsv", "pairs.tsv.gz"]
PAIRS = [Pair("helo wrld", "hello world"), Pair("æpple", "apple \N{RED APPLE}")]

# A side as a file can hold it: not blank, no TAB, no line break, no byte order mark.
sides = st.text(
    st.characters(codec="utf-8", exclude_characters="\t\n\r\ufeff"), min_size=1, max_size=12
).filter(str.strip)
pair_lists = st.lists(st.builds(Pair, sides, sides), min_size=1, max_size=20)


def write_bytes(path, content):
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def assert_reading_fails(path, line, message):
    with pytest.raises(DataError, match=message) as caught:
        read_pairs(path)
    place = f"{path}: " if line is None else f"{path}:{line}: "
    assert str(caught.value).startswith(place)
    assert (caught.value.path, caught.value.line) == (path, line)


@pytest.mark.parametrize("name", NAMES)
def test_read_pairs_of_written_pairs_gives_them_back(tmp_path_factory, name):
    path = tmp_path_factory.mktemp("pairs") / name

    @given(pair_lists)
    @settings(deadline=None, max_examples=30)
    def check(pairs):
        write_pairs(path, pairs)
        assert read_pairs(path) == pairs

    check()


@pytest.mark.parametrize("name", NAMES)
def test_read_pairs_takes_a_path_as_text(tmp_path, name):
    path = str(tmp_path / name)
    write_pairs(path, PAIRS)
    assert read_pairs(path) == PAIRS


def test_write_pairs_gives_utf8_lines_with_one_tab(tmp_path):
    write_pairs(tmp_path / "pairs.tsv", PAIRS)
    expected = "helo wrld\thello world\næpple\tapple \N{RED APPLE}\n"
    assert (tmp_path / "pairs.tsv").read_bytes() == expected.encode()


def test_write_pairs_compresses_only_where_the_name_says_so(tmp_path):
    for name in NAMES:
        write_pairs(tmp_path / name, PAIRS)
    plain, packed = ((tmp_path / name).read_bytes() for name in NAMES)
    assert gzip.decompress(packed) == plain


@pytest.mark.parametrize("character", "\t\n\r")
@pytest.mark.parametrize("side", ["source", "target"])
def test_write_pairs_with_a_separator_in_a_text_raises_and_leaves_the_file(
    tmp_path, side, character
):
    path = tmp_path / "pairs.tsv"
    write_pairs(path, PAIRS)
    before = path.read_bytes()
    broken = Pair("a", "b")._replace(**{side: f"x{character}y"})
    with pytest.raises(ValueError, match="hold a TAB or a line break"):
        write_pairs(path, [Pair("a", "b"), broken])
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["pairs.tsv"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "content",
    [
        b"a\tb\nc\td\n",
        b"a\tb\nc\td",
        b"a\tb\r\nc\td\r\n",
        b"\xef\xbb\xbfa\tb\nc\td\n",
        b"\xef\xbb\xbfa\tb\r\nc\td",
    ],
    ids=["plain", "no last newline", "CRLF", "BOM", "BOM and CRLF"],
)
def test_read_pairs_takes_line_ends_and_byte_order_mark(tmp_path, name, content):
    path = write_bytes(tmp_path / name, content)
    assert read_pairs(path) == [Pair("a", "b"), Pair("c", "d")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", None, "is empty; expected lines of"),
        (b"a\tb\nc\n", 2, "exactly one TAB. Received 0 TABs: 'c'"),
        (b"a\tb\n\nc\td\n", 2, "exactly one TAB. Received 0 TABs: ''"),
        (b"a\tb\tc\n", 1, "exactly one TAB. Received 2 TABs"),
        (b"a\tb\nc\td\ne\t\xff\n", 3, "byte 3 of the line is not valid UTF-8"),
        (b"\tb\n", 1, "the source is empty"),
        (b"a\tb\nc\t \n", 2, "the target is empty"),
    ],
    ids=["empty", "no TAB", "blank line", "two TABs", "not UTF-8", "no source", "no target"],
)
def test_read_pairs_of_a_malformed_file_names_file_and_line(tmp_path, name, content, line, message):
    assert_reading_fails(write_bytes(tmp_path / name, content), line, message)


@pytest.mark.parametrize("name", NAMES)
def test_read_pairs_of_a_missing_file_names_it(tmp_path, name):
    assert_reading_fails(tmp_path / name, None, "cannot be read: No such file")


def test_read_pairs_of_a_folder_names_it(tmp_path):
    assert_reading_fails(tmp_path, None, "cannot be read: Is a directory")


@pytest.mark.parametrize("kept", [5, 15, -9], ids=["in the header", "in the data", "in the end"])
def test_read_pairs_of_a_truncated_gzip_file_names_it(tmp_path, kept):
    path = tmp_path / "pairs.tsv.gz"
    write_pairs(path, PAIRS * 50)
    path.write_bytes(path.read_bytes()[:kept])
    assert_reading_fails(path, None, "cannot be read: .*ended before")


def test_read_pairs_of_a_plain_file_named_gz_names_it(tmp_path):
    path = tmp_path / "pairs.tsv.gz"
    path.write_bytes(b"a\tb\n")
    assert_reading_fails(path, None, "cannot be read: Not a gzipped file")


@given(pair_lists, st.floats(0, 1))
@settings(deadline=None, max_examples=30)
def test_split_pairs_keeps_every_pair_and_no_key_in_both_parts(pairs, dev_fraction):
    train, dev = split_pairs(pairs, dev_fraction)
    sources = {pair.source for pair in dev}
    assert dev == [pair for pair in pairs if pair.source in sources]
    assert train == [pair for pair in pairs if pair.source not in sources]


@given(pair_lists, pair_lists)
@settings(deadline=None, max_examples=30)
def test_split_pairs_stays_when_pairs_are_added(pairs, added):
    before = split_pairs(pairs, 0.5)
    after = split_pairs(added + pairs, 0.5)
    assert all(set(old) <= set(new) for old, new in zip(before, after, strict=True))


def test_split_pairs_holds_out_the_asked_share():
    pairs = [Pair(str(i), "x") for i in range(4000)]
    train, dev = split_pairs(pairs, 0.25)
    assert len(dev) == pytest.approx(1000, abs=100)
    assert (split_pairs(pairs, 0.0), split_pairs(pairs, 1.0)) == ((pairs, []), ([], pairs))
    assert len(train) + len(dev) == 4000


def test_split_pairs_by_another_key_keeps_its_groups_together():
    pairs = [Pair(f"{word}{i}", word) for word in map(str, range(40)) for i in range(5)]
    train, dev = split_pairs(pairs, 0.5, key=lambda pair: pair.target)
    assert train
    assert dev
    assert not {pair.target for pair in train} & {pair.target for pair in dev}


def test_read_gzip_damaged_inside_raises(tmp_path):
    path = tmp_path / "pairs.tsv.gz"
    write_pairs(path, [Pair(f"a{i}", f"b{i * 7919}") for i in range(500)])
    content = bytearray(path.read_bytes())
    content[40:60] = b"\xff" * 20
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"pairs\.tsv\.gz: cannot be read"):
        read_pairs(path)


def test_read_byte_number_counts_the_byte_order_mark(tmp_path):
    path = write_bytes(tmp_path / "pairs.tsv", b"\xef\xbb\xbfa\t\xff\n")
    assert_reading_fails(path, 1, "byte 6 of the line")


@pytest.mark.parametrize("text", ["", " ", "\ufeffa"])
def test_write_text_that_cannot_be_read_back_raises(tmp_path, text):
    with pytest.raises(ValueError, match="must not be empty"):
        write_pairs(tmp_path / "pairs.tsv", [Pair(text, "b")])
    assert list(tmp_path.iterdir()) == []


def test_write_no_pair_raises(tmp_path):
    with pytest.raises(ValueError, match="At least one pair"):
        write_pairs(tmp_path / "pairs.tsv", [])


def write_two(folder, sources, targets, names=("train.en", "train.de")):
    return [
        write_bytes(folder / name, c) for name, c in zip(names, (sources, targets), strict=True)
    ]


@pytest.mark.parametrize("names", [("train.en", "train.de"), ("a.gz", "b.txt")])
def test_read_pairs_of_two_files_pairs_their_lines(tmp_path, names):
    files = write_two(tmp_path, b"one\r\ntwo two", "\ufeffeins\nzwei \u2028 zwei\n".encode(), names)
    assert read_pairs(*files) == [Pair("one", "eins"), Pair("two two", "zwei \u2028 zwei")]


@pytest.mark.parametrize(
    ("sources", "targets", "place", "message"),
    [
        (b"a\nb\nc\n", b"x\ny\n", "train.de:3", "there is no such line, and the other file goes"),
        (b"a\n", b"x\ny\n", "train.en:2", "there is no such line"),
        (b"a\n\nc\n", b"x\ny\nz\n", "train.en:2", "the line is empty; remove it from both files"),
        (b"a\nb\n", b"x\n \n", "train.de:2", "the line is empty"),
        (b"a\nb\n", b"x\nde\xe9j\xe0\n", "train.de:2", "byte 3 of the line is not valid UTF-8"),
        (
            b"a\tb\n",
            b"x\n",
            "train.en:1",
            "without a TAB. Received: 'a\\\\tb'. Give a file of pairs",
        ),
        (b"", b"", "train.en", "the file is empty; expected a text in each line"),
    ],
)
def test_read_pairs_of_two_malformed_files_names_file_and_line(
    tmp_path, sources, targets, place, message
):
    files = write_two(tmp_path, sources, targets)
    with pytest.raises(DataError, match=message) as caught:
        read_pairs(*files)
    assert str(caught.value).startswith(f"{tmp_path}/{place}: ")


@pytest.mark.parametrize("name", NAMES)
def test_read_pairs_refuses_a_line_that_is_no_sentence(tmp_path, name):
    longest = b"a\t" + b"b" * 99_997 + b"\n"
    path = write_bytes(tmp_path / name, longest)
    assert len(read_pairs(path)[0].target) == 99_997
    write_bytes(path, longest + b"a\t" + b"b" * 99_999)
    assert_reading_fails(path, 2, r"at most 100,000 bytes. Received a longer one: 'a\\tb")
