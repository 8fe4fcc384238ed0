import multiprocessing
import os
import stat

import pytest

from s2s_keras.errors import DataError, InputError
from s2s_keras.runtime.personal_words import PersonalWords


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "words.txt"


def learn_many(path, first):
    words = PersonalWords(path)
    for i in range(25):
        words.learn(f"word{first}x{i}")


def test_words_are_learned_blocked_and_forgotten(path):
    words = PersonalWords(path)
    assert words.learned == words.blocked == frozenset()
    words.learn("Zürich")
    words.learn("Zürich")
    words.block("teh")
    words.block("gone")
    words.forget("gone")
    words.forget("never")
    assert path.read_text(encoding="utf-8") == "Zürich\n-teh\n"
    again = PersonalWords(path)
    assert again.learned == {"Zürich"}
    assert again.blocked == {"teh"}


def test_spellings_of_a_word_are_one(path):
    words = PersonalWords(path)
    for word in ("zu\u0308rich", "Z\u00fcrich", "O'Brien", "O\u2019Brien"):
        words.learn(word)
    assert words.learned == {"Z\u00fcrich", "O\u2019Brien"}
    words.forget("Z\u00dcRICH")
    words.block("o'brien")
    assert (words.learned, words.blocked) == (frozenset(), {"o'brien"})


def test_a_link_stays_one_and_the_file_as_private_as_it_was(path, tmp_path):
    path.parent.mkdir()
    path.write_text("  # mine\nold\n")
    path.chmod(0o600)
    link = tmp_path / "link.txt"
    link.symlink_to(path)
    PersonalWords(link).learn("new")
    assert link.is_symlink()
    assert path.read_text() == "  # mine\nold\nnew\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_learning_a_blocked_word_lifts_the_block(path):
    words = PersonalWords(path)
    words.block("teh")
    words.learn("teh")
    assert (words.learned, words.blocked) == ({"teh"}, frozenset())
    words.block("teh")
    assert (words.learned, words.blocked) == (frozenset(), {"teh"})


def test_a_file_that_a_person_wrote_keeps_its_comments(path):
    path.parent.mkdir()
    path.write_bytes("\ufeff# mine\r\nZoë\r\n\r\n-teh".encode())
    words = PersonalWords(path)
    assert (words.learned, words.blocked) == ({"Zoë"}, {"teh"})
    words.learn("new")
    assert path.read_text(encoding="utf-8") == "# mine\nZoë\n\n-teh\nnew\n"


def test_words_that_another_process_learned_stay(path):
    one, other = PersonalWords(path), PersonalWords(path)
    one.learn("one")
    other.learn("other")
    assert other.learned == {"one", "other"}
    assert PersonalWords(path).learned == {"one", "other"}


def test_no_word_is_lost_when_processes_learn_at_once(path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=learn_many, args=(path, n)) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert len(PersonalWords(path).learned) == 75


@pytest.mark.parametrize(
    "word", ["", "two words", "tab\t", "new\nline", "x" * 49, "\u0130" * 30, "#tag", "-x", "\ud800"]
)
def test_what_is_no_word_is_refused(path, word):
    words = PersonalWords(path)
    with pytest.raises(InputError, match="must"):
        words.learn(word)
    assert not path.exists()


@pytest.mark.parametrize(
    "content, message",
    [
        (b"good\n\xff\xfe\n", ":2: personal words must be text in UTF-8"),
        (b"two words\n", ":1: A word must hold 1 to 48 characters"),
        (b"good\n\nb\x00d\n", ":3: A word must hold"),
        (b"x\n" * (2**21 + 1), "at most 4,194,304 bytes"),
    ],
)
def test_a_corrupt_file_is_refused_and_kept(path, content, message):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        PersonalWords(path)
    assert path.read_bytes() == content


def test_a_file_that_became_corrupt_is_not_overwritten(path):
    words = PersonalWords(path)
    words.learn("good")
    path.write_bytes(b"\xff")
    with pytest.raises(DataError, match=":1: personal words must be text"):
        words.learn("other")
    assert path.read_bytes() == b"\xff"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_an_error_that_names_the_file(path):
    words = PersonalWords(path)
    words.learn("good")
    path.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(OSError, match="words.txt|folder"):
            words.learn("other")
    finally:
        path.parent.chmod(stat.S_IRWXU)
    assert PersonalWords(path).learned == {"good"}


def test_a_folder_in_place_of_the_file_is_an_error(path):
    path.mkdir(parents=True)
    with pytest.raises(OSError, match="words.txt"):
        PersonalWords(path)
