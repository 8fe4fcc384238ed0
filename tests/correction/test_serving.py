"""A corrector of words behind a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from benchmarks.serving.process import ServingProcess, served
from s2s_keras.errors import ArtifactError, InputError
from s2s_keras.runtime import Corrector
from s2s_keras.serving import CorrectorServable, LiteServable, open_servable
from s2s_keras.serving.rows import split_columns, trim_row
from tests.browser import SECONDS

TEXTS = ["Teh cat sat on teh mat", "", "The cat sat", "\U0001f63a ther cat saton the mat"]


@pytest.fixture(scope="module")
def server(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingProcess]:
    with served(file, tmp_path_factory.mktemp("served")) as process:
        yield process
        assert process.stop() == 0


def test_texts_are_corrected_as_in_python(file: Path, corrector: Corrector) -> None:
    servable = open_servable(file, workers=1)
    assert isinstance(servable, CorrectorServable)
    assert servable.metadata["task"] == "correction"
    texts = np.array([text.encode() for text in TEXTS], object)
    found = servable.run("serving_default", {"texts": texts})
    assert found.keys() == servable.signatures["serving_default"].outputs.keys()
    for row, text in enumerate(TEXTS):
        expected = corrector.correct(text)
        assert found["texts"][row, 0].decode() == expected.text
        count = len(expected.edits)
        assert [word.decode() for word in found["edit_texts"][row]] == [
            *(edit.corrected for edit in expected.edits),
            *[""] * (found["edit_texts"].shape[1] - count),
        ]
        for name in ("start", "end"):
            given = [getattr(edit, name) for edit in expected.edits]
            assert found[f"edit_{name}s"][row, :count].tolist() == given
        np.testing.assert_allclose(
            found["edit_probabilities"][row, :count],
            [edit.probability for edit in expected.edits],
            rtol=1e-6,
        )
    servable.close()


def test_edits_are_cut_to_those_of_their_row(file: Path) -> None:
    servable = open_servable(file)
    texts = np.array([text.encode() for text in TEXTS], object)
    together = split_columns(servable.run("serving_default", {"texts": texts}))
    for row, text in zip(together, texts, strict=True):
        [alone] = split_columns(servable.run("serving_default", {"texts": np.array([text])}))
        trimmed = trim_row(row)
        assert {name: value.tolist() for name, value in trimmed.items()} == {
            name: value.tolist() for name, value in alone.items()
        }
    servable.close()


def test_what_it_does_not_take_is_refused(file: Path) -> None:
    with pytest.raises(ValueError, match="leave `n_best` out"):
        open_servable(file, n_best=2)
    with pytest.raises(ValueError, match="`workers` must be a positive integer"):
        open_servable(file, workers=0)
    with pytest.raises(ArtifactError, match="take `CorrectorServable`"):
        LiteServable(file)
    servable = open_servable(file)
    with pytest.raises(InputError, match="not valid UTF-8: byte 2"):
        servable.check("serving_default", {"texts": np.array(b"a\xff", object)})
    servable.close()


def test_an_answer_does_not_hang_on_the_texts_beside_it(server: ServingProcess) -> None:
    together = server.predict({"instances": TEXTS})[1]["predictions"]
    for text, padded in zip(TEXTS, together, strict=True):
        [answer] = server.predict({"instances": [text]})[1]["predictions"]
        assert answer.pop("texts") == padded.pop("texts")
        for name, values in answer.items():
            filler = "" if name == "edit_texts" else 0
            assert padded[name] == values + [filler] * (2 - len(values))
    [answer] = server.predict({"instances": TEXTS[:1]})[1]["predictions"]
    assert answer == {
        "texts": ["The cat sat on the mat"],
        "edit_starts": [0, 15],
        "edit_ends": [3, 18],
        "edit_texts": ["The", "the"],
        "edit_probabilities": pytest.approx([1, 1], abs=0.2),
    }


def test_the_page_marks_what_was_changed(browser: Any, server: ServingProcess) -> None:
    browser.get(f"http://127.0.0.1:{server.port}/")
    wait = WebDriverWait(browser, SECONDS, 0.05)
    wait.until(lambda _: browser.find_element(By.ID, "go").text == "Correct")
    browser.execute_script(
        "document.getElementById('text').value = arguments[0]", "\U0001f63a Teh cat sat <b> on teh"
    )
    browser.find_element(By.ID, "go").click()
    wait.until(lambda _: browser.find_elements(By.TAG_NAME, "mark"))
    item = browser.find_element(By.CSS_SELECTOR, "#outputs li")
    assert item.text == "\U0001f63a The cat sat <b> on the"
    marks = item.find_elements(By.TAG_NAME, "mark")
    assert [mark.text for mark in marks] == ["The", "the"]
    assert [mark.get_attribute("title").split(",")[0] for mark in marks] == ["Teh", "teh"]
