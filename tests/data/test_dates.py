import datetime
from collections import defaultdict

import pytest

from s2s_keras.data import build_dataset, dates
from s2s_keras.data.dates import LOCALES, STYLES, write_date


@pytest.fixture(scope="module")
def dataset():
    return build_dataset("dates", 0.1)


@pytest.mark.parametrize(
    ("locale", "style", "text"),
    [
        ("en", "full", "Wednesday, March 4, 1987"),
        ("en_GB", "long", "4 March 1987"),
        ("fr", "yMMMEd", "mer. 4 mars 1987"),
        ("de", "medium", "04.03.1987"),
        ("ru", "long", "4 марта 1987 \u0433."),
        ("hu", "full", "1987. március 4., szerda"),
    ],
)
def test_write_date_follows_the_locale_with_plain_spaces(locale, style, text):
    assert write_date(datetime.date(1987, 3, 4), locale, style) == text


def test_no_text_of_a_year_means_two_dates():
    meanings = defaultdict(set)
    for day in range(366):
        date = datetime.date(2012, 1, 1) + datetime.timedelta(day)
        for locale in LOCALES:
            for style in STYLES:
                text = write_date(date, locale, style)
                assert "2012" in text
                meanings[text].add(date)
    assert date == datetime.date(2012, 12, 31)
    assert [text for text, found in meanings.items() if len(found) > 1] == []
    assert len(set.union(*meanings.values())) == 366


def test_targets_are_the_dates_of_two_centuries_once_each(dataset):
    targets = sorted(pair.target for pair in dataset.train + dataset.dev)
    assert (targets[0], targets[-1], len(targets)) == ("1900-01-01", "2099-12-31", 73049)
    assert len(set(targets)) == len(targets)
    assert all(datetime.date.fromisoformat(target) for target in targets)


def test_each_source_is_its_target_in_a_locale(dataset):
    for pair in dataset.dev[::500]:
        date = datetime.date.fromisoformat(pair.target)
        assert pair.source in {write_date(date, lo, style) for lo in LOCALES for style in STYLES}


def test_every_locale_and_style_is_drawn(monkeypatch):
    drawn = set()
    monkeypatch.setattr(dates, "LAST", datetime.date(1902, 12, 31))
    monkeypatch.setattr(
        dates,
        "write_date",
        lambda date, locale, style: drawn.add((locale, style)) or date.isoformat(),
    )
    dates.build(0.5)
    assert drawn == {(locale, style) for locale in LOCALES for style in STYLES}
    assert len(LOCALES) >= 12


def test_no_date_stands_in_both_parts(dataset):
    train, dev = dataset.train, dataset.dev
    for side in ("source", "target"):
        assert not {getattr(p, side) for p in train} & {getattr(p, side) for p in dev}
    assert len(dev) / len(train + dev) == pytest.approx(0.1, abs=0.01)


def test_a_text_of_two_dates_is_left_out(monkeypatch):
    monkeypatch.setattr(dates, "LAST", datetime.date(1900, 1, 3))
    monkeypatch.setattr(dates, "write_date", lambda date, *_: "day" if date.day < 3 else "third")
    assert dates.build(0.0) == ([("third", "1900-01-03")], [])


def test_build_is_deterministic(dataset):
    assert build_dataset("dates", 0.1) == dataset


def test_only_pairs_that_fit_are_built(monkeypatch):
    monkeypatch.setattr(dates, "LAST", datetime.date(1901, 12, 31))
    built = build_dataset("dates", 0.5, lambda pair: len(pair.source) <= 15)
    assert max(len(pair.source) for pair in built.train + built.dev) == 15


def test_licence_is_that_of_the_data(dataset):
    assert "Unicode-3.0" in dataset.licence
