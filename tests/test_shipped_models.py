"""The models that ship: their size, their cards, and a few sentences."""

from pathlib import Path

import pytest

from s2s_keras.runtime import (
    Corrector,
    Translator,
    shipped_corrector,
    shipped_languages,
    shipped_model,
)
from tests.cli.commands import output

MAX_BYTES = 8_000_000
MAX_CORRECTOR_BYTES = 5_000_000

CORRECTIONS = {
    "I definately recieved your mesage tommorow.": "I definitely received your message tomorrow.",
    "Teh goverment will anounce it on Wensday.": "The government will announce it on Wednesday.",
    "This is a beautifull and peacefull place.": "This is a beautiful and peaceful place.",
    "Please reply untill Friday, or call me@home.org.": (
        "Please reply until Friday, or call me@home.org."
    ),
}
"""What was typed -> what must come out, and must stay as it is."""

TRANSLATIONS = {
    ("en", "fr"): {
        "Where is the station?": "Où est la gare\u202f?",
        "I have lost my keys.": "J'ai perdu mes clés.",
        "What time does the train leave?": "À quelle heure part le train\u202f?",
        "My brother lives in London.": "Mon frère vit à Londres.",
        "It's raining again.": "Il pleut encore.",
    }
}
"""Source -> the output of each file, in everyday sentences that it must not lose."""


def hand_written(path: Path, capfd: pytest.CaptureFixture[str]) -> str:
    """Returns what a file's card says beside what is generated, which it must begin with."""
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    generated = output(capfd, "inspect", path, "--card").rstrip("\n")
    assert card.startswith(generated + "\n")
    return card.removeprefix(generated)


def test_languages_that_ship() -> None:
    assert set(shipped_languages()) == set(TRANSLATIONS)


@pytest.mark.parametrize("languages", sorted(TRANSLATIONS))
def test_everyday_sentences_come_out_right(languages: tuple[str, str]) -> None:
    with Translator.shipped(*languages) as translator:
        found = {text: translator.translate(text).text for text in TRANSLATIONS[languages]}
        assert found == TRANSLATIONS[languages]
        paragraph = " ".join(TRANSLATIONS[languages])
        assert translator.translate(paragraph).text == " ".join(TRANSLATIONS[languages].values())


@pytest.mark.parametrize("languages", sorted(TRANSLATIONS))
def test_file_is_small_and_its_card_is_its_own(
    languages: tuple[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    path = shipped_model(*languages)
    assert path.stat().st_size <= MAX_BYTES
    by_hand = hand_written(path, capfd)
    for heading in ("The file itself", "What it does not know", "Named as the licence asks"):
        assert f"\n## {heading}\n" in by_hand
    for name in ("CC BY 2.0 France", "https://tatoeba.org", "https://www.manythings.org/anki/"):
        assert name in by_hand


def test_the_corrector_of_english_repairs_and_leaves_alone() -> None:
    with Corrector.shipped("en") as corrector:
        for typed, meant in CORRECTIONS.items():
            assert corrector.correct(typed).text == meant
            assert corrector.correct(meant).text == meant
        assert "definitely" in [found.text for found in corrector.suggest("definately")]


def test_the_corrector_is_small_and_its_card_is_its_own(
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = shipped_corrector("en")
    assert path.stat().st_size <= MAX_CORRECTOR_BYTES
    by_hand = hand_written(path, capfd)
    for heading in ("On real errors", "What it does not know", "Named as the licences ask"):
        assert f"\n## {heading}\n" in by_hand
    for name in ("CC BY 2.0 France", "https://tatoeba.org", "WordNet", "codespell", "wordfreq"):
        assert name in by_hand


def test_the_command_corrects_without_a_model_of_ones_own(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert output(capfd, "correct", "I definately recieved it.") == "I definitely received it.\n"
