"""Model files, open: threads, streams, tasks, closing, memory."""

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from s2s_keras.decoding import DecodingSettings
from s2s_keras.errors import ArtifactError, InputError
from s2s_keras.runtime import (
    Correction,
    Corrector,
    Seq2SeqLite,
    Translator,
    load,
    read_artifact,
    write_artifact,
)
from tests.runtime.packing import repack

TEXTS = ["abc", "h", "gfedc", "a b.", "cab, fed", "hhhhhhhh", "ddd", "abcdefgh"]


@pytest.fixture
def model(tiny_file: Path) -> Iterator[Seq2SeqLite]:
    with Seq2SeqLite(tiny_file) as model:
        yield model


@pytest.fixture
def file_for(tiny_file: Path, tmp_path: Path) -> Callable[[object], Path]:
    """Returns the file, of another task."""

    def of_task(task: object) -> Path:
        path = tmp_path / f"{str(task)[:9]}.tflite"
        path.write_bytes(repack(tiny_file.read_bytes(), task=task))
        return path

    return of_task


def is_mapped(path: Path) -> bool:
    return str(path) in Path("/proc/self/maps").read_text()


@pytest.mark.parametrize("beam_width", [1, 3])
def test_threads_predict_what_one_thread_predicts(model: Seq2SeqLite, beam_width: int) -> None:
    model.settings = replace(model.settings, beam_width=beam_width, n_best=beam_width)
    expected = [repr(found[0]) for found in model.predict(TEXTS)]
    assert len(set(expected)) == len(TEXTS)
    barrier = threading.Barrier(4)

    def decode(first: int) -> None:
        barrier.wait()
        for turn in range(2 * len(TEXTS)):
            index = (first + turn) % len(TEXTS)
            assert repr(model.predict([TEXTS[index]])[0][0]) == expected[index]
            assert repr([*model.stream(TEXTS[index])][-1]) == expected[index]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(decode, range(4)))
    assert 2 <= len(model._sessions) <= 4


def test_streams_of_one_thread_do_not_disturb_each_other(model: Seq2SeqLite) -> None:
    expected = [[p.text for p in model.stream(text)] for text in TEXTS]
    streams = [model.stream(text) for text in TEXTS]
    found: list[list[str]] = [[] for _ in TEXTS]
    for outputs in itertools.zip_longest(*streams):
        for texts, output in zip(found, outputs, strict=True):
            texts.extend([output.text] if output else [])
        assert model.predict(["abc"])[0][0].text == expected[0][-1]
    assert found == expected


def test_stream_may_go_on_in_another_thread(model: Seq2SeqLite) -> None:
    expected = [p.text for p in model.stream("abc")]
    stream = model.stream("abc")
    found = []
    for _ in expected:
        with ThreadPoolExecutor(1) as pool:
            found.append(pool.submit(next, stream).result().text)
    assert found == expected


def test_stream_left_alone_gives_its_interpreter_back(model: Seq2SeqLite) -> None:
    for _ in range(5):
        stream = model.stream("abc")
        next(stream)
        del stream
    assert len(model._sessions) == 1


def test_closed_model_is_refused_and_lets_the_file_go(tiny_file: Path) -> None:
    with Seq2SeqLite(tiny_file) as model:
        assert is_mapped(tiny_file)
        stream = model.stream("abc")
        next(stream)
        model.predict(["abc"])
    assert not is_mapped(tiny_file)
    for use in (lambda: model.predict(["abc"]), lambda: next(model.stream("abc"))):
        with pytest.raises(ValueError, match=r"tiny\.tflite: the model is closed\."):
            use()
    with pytest.raises(ValueError, match=r"tiny\.tflite: the model is closed\."):
        next(stream)
    model.close()


def test_file_may_be_replaced_while_it_is_open(tiny_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(tiny_file.read_bytes())
    with Seq2SeqLite(path) as model:
        [[expected]] = model.predict(["abc"])
        (tmp_path / "other").write_bytes(b"another file")
        (tmp_path / "other").replace(path)
        assert model.predict(["abc"])[0][0].text == expected.text


def test_weights_are_mapped_and_not_copied(tiny_file: Path, tmp_path: Path) -> None:
    """Behind the graph stand 64 MB that interpreters do not read: a copy would hold them."""
    path = tmp_path / "large.tflite"
    artifact = read_artifact(tiny_file)
    tokenizers = (artifact.source_tokenizer, artifact.target_tokenizer)
    write_artifact(path, artifact.graph + bytes(64 * 2**20), artifact.metadata, *tokenizers)
    with Seq2SeqLite(tiny_file):  # what interpreters allocate once
        before = private_bytes()
        with Seq2SeqLite(path) as model:
            model.predict(["abc"])
            assert private_bytes() - before < 16 * 2**20


def private_bytes() -> int:
    """Returns the resident memory that belongs to no file."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return 1024 * int(line.split()[1])
    raise OSError("This system does not tell.")


@pytest.mark.parametrize("num_threads", [0, -1, 1.5, "2"])
def test_thread_count_that_is_none_is_refused(tiny_file: Path, num_threads: object) -> None:
    with pytest.raises(ValueError, match="`num_threads` must be a positive integer"):
        Seq2SeqLite(tiny_file, num_threads=num_threads)


def test_several_threads_of_an_interpreter_give_the_same(
    model: Seq2SeqLite, tiny_file: Path
) -> None:
    with Seq2SeqLite(tiny_file, num_threads=2) as other:
        assert repr(other.predict(TEXTS)) == repr(model.predict(TEXTS))


def test_load_opens_what_the_task_says(file_for: Callable[[object], Path]) -> None:
    for task, opener in (
        ("translation", Translator),
        ("correction", Corrector),
        ("summary", Seq2SeqLite),
        (None, Seq2SeqLite),
        (["correction"], Seq2SeqLite),
    ):
        with load(file_for(task)) as model:
            assert type(model) is opener
            assert model.metadata["task"] == task


@pytest.mark.parametrize("task", ["correction", "x" * 10_000, None, 7])
def test_file_of_another_task_is_refused(file_for: Callable[[object], Path], task: object) -> None:
    with pytest.raises(ArtifactError, match="Translator opens files whose task is 'translation'"):
        Translator(file_for(task))


@pytest.mark.parametrize("lowercase", [False, True])
def test_corrector_says_whether_it_changed_anything(
    odd_file: Callable[..., Path], lowercase: bool
) -> None:
    with Corrector(odd_file("says_a", lowercase, task="correction")) as corrector:
        for text, corrected in (("b", "a"), ("ab", "a"), ("a", "a")):
            found = corrector.correct(text)
            assert (found.source, found.text, found.changed) == (text, corrected, text != "a")
            edits = [(edit.start, edit.end, edit.typed, edit.corrected) for edit in found.edits]
            assert edits == ([(0, len(text), text, "a")] if found.changed else [])
        if lowercase:
            assert corrector.correct("A") == Correction("A", "A", ())
            assert corrector.correct("B").text == "a"


def test_output_that_did_not_end_is_no_correction(odd_file: Callable[..., Path]) -> None:
    settings = DecodingSettings(beam_width=1, max_output_length=1)
    with Corrector(odd_file("says_a", task="correction"), settings) as corrector:
        found = corrector.correct("b")
    assert (found.text, found.changed, found.edits) == ("b", False, ())


def test_translator_translates_long_texts_in_pieces(tiny_file: Path) -> None:
    text = "abc def.  gab, hed cab dad.\nbad"
    sentences = ["abc def.", "gab,", "hed cab dad.", "bad"]
    with Translator(tiny_file) as translator:
        found = translator.translate(text)
        parts = [translator.translate(sentence) for sentence in sentences]
        assert ["".join(piece.source_tokens) for piece in found.pieces] == sentences
        assert [piece.text for piece in found.pieces] == [part.text for part in parts]
        assert found.text == "{}  {} {}\n{}".format(*(part.text for part in parts))
        with pytest.raises(InputError, match="at most 12 tokens. Received 13"):
            translator.translate("abc " + "d" * 13)
    with (
        Translator(tiny_file, DecodingSettings(beam_width=1)) as translator,
        pytest.raises(InputError, match="at most 12 tokens. Received 31"),
    ):
        translator.translate(text)
    with (
        Seq2SeqLite(tiny_file) as model,
        pytest.raises(InputError, match="at most 12 tokens. Received 31"),
    ):
        model.predict([text])


def test_time_limit_of_a_file(tiny_file: Path) -> None:
    with Translator(tiny_file) as translator:
        translator.settings = replace(translator.settings, time_limit_ms=1e-3)
        found = translator.translate("abc def. " * 50)
        assert (found.timed_out, found.is_complete, len(found.pieces)) == (True, False, 1)
