"""Public corpora: tiny ones of the same form, on a server of the test's own and in files."""

import gzip
import hashlib
import io
import json
import re
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from s2s_keras.cli import main
from s2s_keras.data import PUBLIC_DATASETS, Pair, archives, download, read_pairs
from s2s_keras.data.download import download as fetch
from s2s_keras.errors import DataError, DownloadError
from s2s_keras.recipe import load_recipe
from tests.cli.commands import output
from tests.test_config import RECIPES

SIDES = {
    "train.en": b"One dog.\nTwo dogs.\n",
    "train.de": "Ein Hund.\nZwei H\u00fcndchen.\n".encode(),
    "val.en": b"A cat.\n",
    "val.de": b"Eine Katze.\n",
}
SENTENCES = [f"Sentence {i}." for i in range(400)]
LINES = [f"{text}\tPhrase {i} \u00e9.\tCC-BY 2.0" for i, text in enumerate(SENTENCES)]


def zipped(members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


ARCHIVE = zipped({"_about.txt": "About.", "fra.txt": "\n".join([*LINES, LINES[7], ""])})


@contextmanager
def served(answers):
    """Serves path -> content, or what writes to the handler; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answer = answers.get(self.path)
            if callable(answer):
                answer(self)
                return
            self.send_response(404 if answer is None else 200)
            self.send_header("Content-Length", str(len(answer or b"")))
            self.end_headers()
            self.wfile.write(answer or b"")

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def multi30k(address):
    """The catalogue's data set, with files of the test."""
    dataset = PUBLIC_DATASETS["multi30k-en-de"]
    files = tuple(
        replace(
            file,
            url=f"{address}/{file.name}.gz",
            sha256=hashlib.sha256(SIDES[file.name]).hexdigest(),
        )
        for file in dataset.files
    )
    return replace(dataset, files=files)


def tatoeba(address, **changes):
    dataset = PUBLIC_DATASETS["tatoeba-en-fr"]
    [file] = dataset.files
    changes = {"used_sha256": {}, **changes}
    return replace(dataset, files=(replace(file, url=f"{address}/fra-eng.zip"),), **changes)


def test_catalogue_has_a_recipe_for_each_and_says_the_same():
    recipes = {
        path.stem: load_recipe(path).data for path in RECIPES if path.stem in PUBLIC_DATASETS
    }
    assert sorted(recipes) == sorted(PUBLIC_DATASETS)
    for name, dataset in PUBLIC_DATASETS.items():
        assert dataset.name == name
        for key in ("licence", "source_language", "target_language"):
            assert getattr(recipes[name], key) == getattr(dataset, key), name
        assert all(file.url.startswith("https://") for file in dataset.files)
    fixed = [file.sha256 for dataset in PUBLIC_DATASETS.values() for file in dataset.files]
    assert [len(digest) for digest in fixed if digest] == [64] * 8


def test_download_of_the_parts_gives_what_the_recipe_reads(tmp_path):
    shown = {}

    @contextmanager
    def progress(description):
        yield lambda done, total: shown.update({description: (done, total)})

    packed = {f"/{name}.gz": gzip.compress(text) for name, text in SIDES.items()}
    with served(packed) as address:
        dataset = multi30k(address)
        card = dataset.write(tmp_path / "new", progress=progress)
    assert shown == {address + path: (len(p), len(p)) for path, p in packed.items()}
    assert {path.name for path in (tmp_path / "new").iterdir()} == {*SIDES, "multi30k-en-de.json"}
    assert (card["train_pairs"], card["dev_pairs"], "warning" in card) == (2, 1, False)
    assert json.loads((tmp_path / "new/multi30k-en-de.json").read_text()) == card
    for name, text in SIDES.items():
        assert (tmp_path / "new" / name).read_bytes() == text
        assert card["sha256"][name] == hashlib.sha256(text).hexdigest()
    [recipe] = [path for path in RECIPES if path.stem == "multi30k-en-de"]
    config = load_recipe(recipe, [f"data.folder={tmp_path / 'new'}"]).data
    [source] = config.train_sources()
    pairs = [pair for shard in source.shards + config.dev_shards() for pair in read_pairs(*shard)]
    assert pairs[1:] == [Pair("Two dogs.", "Zwei H\u00fcndchen."), Pair("A cat.", "Eine Katze.")]


def test_tatoeba_is_split_by_english_sentence_without_duplicates(tmp_path):
    more = [f"{SENTENCES[i]}\tAutre {i}." for i in range(0, 400, 3)]
    more += [f"{SENTENCES[i].upper()[:-1]}!\tCrie {i} !" for i in range(0, 400, 2)]
    content = zipped({"deep/er/fra.txt": "\n".join([*LINES, *more, LINES[7], more[0]])})
    with served({"/fra-eng.zip": content}) as address:
        card = tatoeba(address).write(tmp_path)
    parts = {part: read_pairs(tmp_path / f"en-fr.{part}.tsv") for part in ("train", "dev", "test")}
    pairs = [pair for part in parts.values() for pair in part]
    assert len(pairs) == len(set(pairs)) == len(LINES) + len(more)
    assert {part: card[f"{part}_pairs"] for part in parts} == {k: len(v) for k, v in parts.items()}
    sources = [{pair.source.rstrip(".!").lower() for pair in part} for part in parts.values()]
    assert sum(map(len, sources)) == len(set.union(*sources)) == 400
    assert len(sources[0]) > 370
    assert Pair("Sentence 5.", "Phrase 5 \u00e9.") in pairs


def test_tatoeba_of_another_day_is_a_warning(tmp_path, monkeypatch, capfd):
    (tmp_path / "fra-eng.zip").write_bytes(ARCHIVE)
    digests = tatoeba("http://x").write(tmp_path / "once", tmp_path)["sha256"]
    used = {name: digests[name] for name in ("en-fr.train.tsv", "en-fr.dev.tsv")}
    for digest, warned in ((used["en-fr.dev.tsv"], False), ("0" * 64, True)):
        dataset = tatoeba("http://x", used_sha256={**used, "en-fr.dev.tsv": digest})
        monkeypatch.setitem(PUBLIC_DATASETS, "tatoeba-en-fr", dataset)
        options = ["--out", tmp_path / "out", "--from", tmp_path / "fra-eng.zip"]
        capfd.readouterr()
        assert main(["data", "tatoeba-en-fr", *map(str, options), "--json"]) == 0
        printed = capfd.readouterr()
        assert json.loads(printed.out)["test_pairs"] > 0
        assert ("warning: these are not the files" in printed.err) is warned


@pytest.mark.parametrize("form", ["plain", "gz", "zip of gz"])
def test_files_that_a_person_has_are_taken_in_any_form(tmp_path, form):
    place = tmp_path / "have"
    place.mkdir()
    packed = {f"data/raw/{name}.gz": gzip.compress(text) for name, text in SIDES.items()}
    if form == "zip of gz":
        place = place / "master.zip"
        place.write_bytes(zipped(packed))
    else:
        for name, text in SIDES.items():
            path = place / (name if form == "plain" else f"{name}.gz")
            path.write_bytes(text if form == "plain" else gzip.compress(text))
    multi30k("http://x").write(tmp_path / "out", place)
    for name, text in SIDES.items():
        assert (tmp_path / "out" / name).read_bytes() == text


def test_another_file_is_refused_and_nothing_written(tmp_path):
    for name, text in SIDES.items():
        (tmp_path / name).write_bytes(text)
    (tmp_path / "val.de").write_bytes(b"Eine Maus.\n")
    with pytest.raises(DataError, match=r"val.de: val.de must have the SHA-256 .*Received: "):
        multi30k("http://x").write(tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (None, b"", "the folder must hold fra.txt or fra.txt.gz or fra-eng.zip"),
        ("fra-eng.zip", b"no archive", "fra-eng.zip: cannot be unpacked: File is not a zip file"),
        ("fra-eng.zip", ARCHIVE[:-99], "cannot be unpacked"),
        ("fra-eng.zip", zipped({"deu.txt": "a"}), "the archive must hold fra.txt, and does not"),
        (
            "fra.txt.gz",
            gzip.compress(b"a\tb\n", mtime=0)[:-9],
            "cannot be unpacked: Compressed file ended",
        ),
        ("fra.txt", b"a\tb\nno translation\n", "fra.txt:2: a line must be English, a TAB"),
        ("fra.txt", b"a\tb\nc\t\xe9\n", "fra.txt:2: byte 3 of the line is not valid UTF-8"),
        ("fra.txt", b"a\tb\n", "fra.txt: 1 pairs leave none for"),
        ("fra.txt", b"a" * 20_001, "more than 20,000 bytes are not read"),
        (
            "fra.txt.gz",
            gzip.compress(b"a" * 20_001, mtime=0),
            "more than 20,000 bytes are not read",
        ),
        ("fra-eng.zip", zipped({"fra.txt": "a" * 20_001}), "more than 20,000 bytes are not read"),
    ],
)
def test_damaged_and_hostile_files_are_refused(tmp_path, monkeypatch, name, content, message):
    for module in (download, archives):
        monkeypatch.setattr(module, "MAX_BYTES", 20_000)
    if name is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        tatoeba("http://x").write(tmp_path / "out", tmp_path)


def test_nothing_is_extracted_outside(tmp_path):
    members = {"../../outside.txt": "x", "/etc/outside.txt": "x", "../fra.txt": "\n".join(LINES)}
    (tmp_path / "fra-eng.zip").write_bytes(zipped(members))
    tatoeba("http://x").write(tmp_path / "a/b/out", tmp_path)
    written = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    parts = {f"en-fr.{part}.tsv" for part in ("train", "dev", "test")}
    assert written == {"fra-eng.zip", *parts, "tatoeba-en-fr.json"}


def hangs_up(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"a" * 10)


def is_endless(handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b"a" * 100)


def is_silent(handler):
    threading.Event().wait(1)


def refuses(handler):
    handler.send_error(403)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "HTTP Error 404: Not Found|Not Found"),
        (refuses, "Forbidden"),
        (hangs_up, "it ended after 10 of 1,000 bytes"),
        (is_endless, "it is longer than 20,000 bytes"),
        (is_silent, "timed out"),
    ],
)
def test_a_failed_download_names_the_place_and_the_remedy(monkeypatch, answer, message):
    monkeypatch.setattr(download, "MAX_BYTES", 20_000)
    monkeypatch.setattr(download, "TIMEOUT_S", 0.2)
    with (
        served({"/file": answer} if answer else {}) as address,
        pytest.raises(DownloadError, match=rf"/file cannot be downloaded: .*({message})") as caught,
    ):
        fetch(f"{address}/file")
    assert str(caught.value).startswith(caught.value.url)
    assert str(caught.value).endswith("say where it is with `--from`.")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://localhost/x", "http://127.0.0.1:1/x"])
def test_places_that_are_not_opened(url):
    with pytest.raises(DownloadError, match=f"{url} cannot be downloaded: .*(only http|refused)"):
        fetch(url)


def test_download_says_who_asks():
    asked = []

    def answer(handler):
        asked.append(handler.headers["User-Agent"])
        handler.send_response(200)
        handler.end_headers()

    with served({"/x": answer}) as address:
        assert fetch(f"{address}/x") == b""
    assert asked[0].startswith("s2s-keras/")


def test_list_names_every_data_set(capfd):
    shown = output(capfd, "data")
    listed = json.loads(output(capfd, "data", "--json"))
    assert [row["name"] for row in listed][-len(PUBLIC_DATASETS) :] == list(PUBLIC_DATASETS)
    assert all(row["licence"] and row["place"] and row["name"] in shown for row in listed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["multi30k-en-de"], "--out is needed"),
        (["multi30k-en-de", "--out", "x", "--dev-fraction", "0.1"], "this one has its own parts"),
        (["dates", "--out", "x", "--from", "y"], "--from is for public data sets"),
        (["multi30k-en-es", "--out", "x"], "'multi30k-en-de', .*Received: 'multi30k-en-es'"),
        (["multi30k-en-de", "--out", "x", "--from", "/nowhere"], "/nowhere: cannot be read"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, message, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["data", *arguments]) == 2
    found = " ".join(capfd.readouterr().err.split())
    assert re.search(message, found), found
    assert list(tmp_path.iterdir()) == []
