import sys

import numpy as np
import pytest

from s2s_keras.data import Pair
from s2s_keras.decoding import Prediction
from s2s_keras.errors import MissingDependencyError
from s2s_keras.evaluation import (
    compare_translations,
    evaluate_translations,
    group_references,
    report,
    write_report,
)
from s2s_keras.evaluation.drawings import LONGEST_DRAWN, draw_bars, draw_heat_map
from tests.page import Page

PAIRS = [
    Pair("<script>alert('x')</script> & co", "le <b>chat</b> dort bien"),
    Pair("שלום עולם", "bonjour le monde"),
    Pair("שלום עולם", "salut à tous"),
    Pair("one two three four five six", "un deux trois quatre cinq six"),
    Pair("an old dog", "un vieux chien court"),
]
OUTPUTS = ["le <b>chat</b> court & dort", "bonjour monde", "un deux trois quatre cinq six", ""]
OTHER_OUTPUTS = ["</p><script>alert(2)</script>", "salut à tous", "un deux trois", "un vieux chien"]


def predictions(outputs, weight):
    attention = np.asarray([[weight, 1 - weight], [0.0, 1.0]], np.float32)
    return [
        Prediction(output, 0.0, 0.0, ("<x>", " "), ("ש", "<eos>"), attention) for output in outputs
    ]


@pytest.fixture(scope="module")
def ours():
    found = predictions(OUTPUTS, 0.25)
    found[3] = None
    return evaluate_translations(group_references(PAIRS), OUTPUTS, found, unprocessed=1)


@pytest.fixture(scope="module")
def theirs():
    found = predictions(OTHER_OUTPUTS, 0.375)
    return evaluate_translations(group_references(PAIRS), OTHER_OUTPUTS, found)


def page_of(path):
    return Page(path.read_text(encoding="utf-8"))


def test_report_is_one_file_that_needs_no_other(ours, tmp_path):
    path = write_report(tmp_path / "new" / "report", {"model": ours})
    assert [found.name for found in path.parent.iterdir()] == ["index.html"]
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert "://" not in text
    assert "url(" not in page.text("style")
    assert "import" not in page.text("style") + page.text("script")
    links = [found[key] for _, found in page.elements for key in ("href", "src") if key in found]
    assert links
    identifiers = {found["id"] for _, found in page.elements if "id" in found}
    assert all(link[0] == "#" and link[1:] in identifiers for link in links)
    assert page.all("meta", content="default-src 'none'; style-src 'unsafe-inline'; "
                    "script-src 'unsafe-inline'")  # fmt: skip


def test_report_escapes_every_text(ours, theirs, tmp_path):
    for evaluations in ({"<i>": ours}, {"<i>": ours, "<u>": theirs}):
        page = page_of(write_report(tmp_path, evaluations, title="<h1>"))
        counts = {tag: len(page.all(tag)) for tag in ("script", "b", "i", "u", "h1")}
        assert counts == {"script": 1, "b": 0, "i": 0, "u": 0, "h1": 1}
        assert "<script>alert('x')</script> & co" in page.text("bdi")
        assert page.text("h1") == "<h1>"
        assert "<i>" in page.text("code")


def test_report_leaves_the_direction_to_each_text(ours, tmp_path):
    page = page_of(write_report(tmp_path, {"model": ours}))
    assert page.all("bdi") == page.all("bdi", dir="auto") != []
    assert "שלום עולם" in page.text("bdi")


def test_report_shows_figures_intervals_and_signatures(ours, tmp_path):
    page = page_of(write_report(tmp_path, {"model": ours}))
    cells, interval = page.text("td"), ours.intervals["chrf"]
    assert f"{ours['chrf'].score:.2f} ({interval.low:.2f} to {interval.high:.2f})" in cells
    for measurement in ours.measurements:
        assert measurement.signature in page.text("code")
    assert "1 sources not taken" in page.text("p")


def test_report_table_has_a_row_a_sentence_with_values_to_sort_by(ours, tmp_path):
    page = page_of(write_report(tmp_path, {"model": ours}, sentences=0))
    values = [found["data-value"] for found in page.all("td") if "data-value" in found]
    rows = [values[start : start + 4] for start in range(0, len(values), 4)]
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert rows[2][1] == "one two three four five six"
    assert [float(row[3]) for row in rows] == [ours["chrf"].sentence_score(i) for i in range(4)]
    assert "chat</b>" in "".join(page.texts["bdi"])
    assert "court &" in page.text("mark")
    assert len(page.all("details")) == 0


def test_report_samples_a_table_that_is_too_large(ours, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "LARGEST_TABLE", 3)
    page = page_of(write_report(tmp_path, {"model": ours}, sentences=0))
    numbers = [found["data-value"] for found in page.all("td", class_="number")
               if found.get("data-value", "").isdigit()]  # fmt: skip
    assert numbers == ["1", "3"]
    assert "An even sample: 2 of 4." in page.text("p")


@pytest.mark.parametrize(("sentences", "drawn"), [(1, 2), (3, 4), (20, 4)])
def test_report_draws_the_worst_and_the_best_once(ours, tmp_path, sentences, drawn):
    page = page_of(write_report(tmp_path, {"model": ours}, sentences=sentences))
    assert len(page.all("details")) == drawn
    summaries = "".join(page.texts["summary"])
    assert "4: chrF 0.00" in summaries  # the worst
    assert "3: chrF 100.00" in summaries  # the best
    assert "No alignment" in page.text("p")


def test_report_of_two_models_orders_by_their_difference(ours, theirs, tmp_path):
    evaluations = {"ours": ours, "theirs": theirs}
    differences = compare_translations(ours, theirs)
    page = page_of(write_report(tmp_path, evaluations, differences, sentences=2))
    summaries = [text for text in page.texts["summary"] if "chrF" in text]
    score = [m["chrf"].sentence_score for m in (ours, theirs)]
    order = sorted(range(4), key=lambda i: score[0](i) - score[1](i))
    assert [int(text.split(":")[0]) - 1 for text in summaries] == [order[i] for i in (0, 1, 3, 2)]
    assert f"chrF {score[0](order[0]):.2f} against {score[1](order[0]):.2f}" in summaries[0]
    assert f"{differences['chrf'].p_value:.4f}" in page.text("td")
    titles = page.text("title")
    assert "0.250" in titles
    assert "0.375" in titles


def test_report_of_two_models_that_answer_alike_draws_nothing(ours, tmp_path):
    page = page_of(write_report(tmp_path, {"ours": ours, "theirs": ours}))
    assert page.all("details") == []
    assert "None is shown." in page.text("p")


def test_report_replaces_the_one_before(ours, tmp_path):
    (tmp_path / "index.html").write_text("old")
    page = page_of(write_report(tmp_path, {"model": ours}, title="new"))
    assert page.text("h1") == "new"
    assert [found.name for found in tmp_path.iterdir()] == ["index.html"]


def test_report_that_fails_leaves_the_one_before(ours, tmp_path, monkeypatch):
    (tmp_path / "index.html").write_text("old")
    monkeypatch.setattr(report, "draw_bars", lambda *_: {}["none"])
    with pytest.raises(KeyError):
        write_report(tmp_path, {"model": ours})
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [
        ("index.html", "old")
    ]


def test_report_in_a_file_raises(ours, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotADirectoryError):
        write_report(tmp_path / "file", {"model": ours})


def test_report_without_jinja_names_the_remedy(ours, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 's2s-keras\[evaluate\]'"):
        write_report(tmp_path / "report", {"model": ours})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("count", "sentences"), [(0, 1), (3, 1), (1, -1)])
def test_report_of_no_or_too_many_evaluations_raises(ours, tmp_path, count, sentences):
    evaluations = {str(number): ours for number in range(count)}
    with pytest.raises(
        ValueError, match=f"Received: {count} evaluations, .* sentences={sentences}"
    ):
        write_report(tmp_path, evaluations, sentences=sentences)


def test_report_of_other_sources_raises(ours, tmp_path):
    other = evaluate_translations(group_references([Pair("a", "b")]), ["b"])
    with pytest.raises(ValueError, match="of 2 lists of sources"):
        write_report(tmp_path / "report", {"ours": ours, "other": other})
    assert list(tmp_path.iterdir()) == []


def test_heat_map_has_target_rows_source_columns_and_no_cell_for_nothing():
    [prediction] = predictions(["x"], 0.25)
    found = draw_heat_map(prediction)
    assert [label.text for label in found.columns] == ["<x>", "␣"]
    assert [label.text for label in found.rows] == ["ש", "<eos>"]
    at = {
        ((cell.x - found.left) / 20, (cell.y - found.top) / 20): cell.weight for cell in found.cells
    }
    assert at == {(0, 0): 0.25, (1, 0): 0.75, (1, 1): 1.0}
    assert found.cells[1].title == "ש → ␣: 0.750"
    assert found.width >= found.left + 2 * 20


@pytest.mark.parametrize("tokens", [LONGEST_DRAWN, LONGEST_DRAWN + 1])
def test_heat_map_of_too_many_tokens_is_not_drawn(tokens):
    attention = np.full((1, tokens), 1 / tokens, np.float32)
    prediction = Prediction("", 0.0, 0.0, ("x",) * tokens, ("<eos>",), attention)
    assert (draw_heat_map(prediction) is None) is (tokens > LONGEST_DRAWN)


def test_bars_are_as_high_as_their_figures(ours, theirs):
    buckets = {"ours": ours.by_source_length, "theirs": theirs.by_source_length}
    chart = draw_bars(buckets, "chrf")
    assert [label.text for label in chart.groups] == ["1-5 (3)", "6-10 (1)"]
    assert [bar.series for bar in chart.bars] == [0, 0, 1, 1]
    bottom = chart.lines[0].y
    for bar in chart.bars:
        assert bar.y + bar.height == pytest.approx(bottom)
        assert bar.height == pytest.approx((bottom - chart.lines[-1].y) * bar.value / 100)
    assert chart.bars[1].value == pytest.approx(100)
    assert chart.bars[0].x < chart.bars[2].x < chart.bars[1].x < chart.width


def test_report_is_searched_and_sorted_in_a_browser(ours, theirs, tmp_path, browser):
    path = write_report(tmp_path, {"this": ours, "other": theirs})
    browser.get(path.as_uri())
    [section] = browser.find_elements("id", "sentences")

    def numbers():
        rows = section.find_elements("css selector", "tbody tr")
        return [row.find_element("tag name", "td").text for row in rows if row.is_displayed()]

    assert numbers() == ["1", "2", "3", "4"]
    search = section.find_element("css selector", "input[type=search]")
    search.send_keys("UN VIEUX")
    assert numbers() == ["4"]
    assert section.find_element("css selector", "[role=status]").text == "1 of 4 shown"
    search.clear()
    search.send_keys("x")
    search.send_keys("\b")
    assert numbers() == ["1", "2", "3", "4"]
    header = section.find_element("css selector", "th:last-child")
    differences = [
        float(row.find_element("css selector", "td:last-child").get_attribute("data-value"))
        for row in section.find_elements("css selector", "tbody tr")
    ]
    order = [str(1 + i) for i in sorted(range(4), key=differences.__getitem__)]
    for state, expected in (("ascending", order), ("descending", order[::-1])):
        header.find_element("tag name", "button").click()
        assert header.get_attribute("aria-sort") == state
        assert numbers() == expected
    assert browser.get_log("browser") == []  # nothing was refused, and no script failed
