import os
import stat

import pytest

from s2s_keras.files import atomic_path, make_folder, write_text


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("old")
    return path


def test_atomic_path_shows_the_new_file_only_when_the_block_is_done(old):
    with atomic_path(old) as temporary:
        temporary.write_text("new")
        assert temporary.parent == old.parent
        assert temporary.suffix == ".txt"
        assert old.read_text() == "old"
    assert old.read_text() == "new"
    assert list(old.parent.iterdir()) == [old]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_atomic_path_leaves_the_old_file_when_the_block_raises(old, error):
    with pytest.raises(error), atomic_path(old) as temporary:
        temporary.write_text("half")
        raise error
    assert old.read_text() == "old"
    assert list(old.parent.iterdir()) == [old]


def test_atomic_path_leaves_nothing_when_the_first_write_raises(tmp_path):
    with pytest.raises(RuntimeError), atomic_path(tmp_path / "new.txt"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_atomic_path_leaves_nothing_when_the_rename_fails(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError), atomic_path(tmp_path / "taken"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_atomic_path_respects_and_keeps_the_umask(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write_text(tmp_path / "notes.txt", "x")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "notes.txt").stat().st_mode) == mode


def test_atomic_path_in_a_missing_folder_raises(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "missing" / "notes.txt"):
        pass


def test_write_text_writes_utf8(tmp_path):
    write_text(str(tmp_path / "notes.txt"), "zażółć\n")
    assert (tmp_path / "notes.txt").read_bytes() == "zażółć\n".encode()


def test_make_folder_makes_parents_and_leaves_no_file(tmp_path):
    folder = tmp_path / "a" / "b"
    assert make_folder(str(folder)) == folder
    assert make_folder(folder) == folder
    assert list(folder.iterdir()) == []


def test_make_folder_where_a_file_stands_raises(old):
    with pytest.raises(NotADirectoryError, match="notes.txt"):
        make_folder(old)


def test_make_folder_that_cannot_be_written_raises(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    # A mode of 0o500 would not stop the administrator, whom containers run tests as.
    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(PermissionError):
        make_folder(tmp_path / "folder")
