"""The translators that ship: their size, their cards, and a few sentences."""

import pytest

from s2s_keras.runtime import Translator, shipped_languages, shipped_model
from tests.cli.commands import output

MAX_BYTES = 8_000_000

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
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    generated = output(capfd, "inspect", path, "--card")
    assert card.startswith(generated.rstrip("\n") + "\n")
    by_hand = card.removeprefix(generated.rstrip("\n"))
    for heading in ("The file itself", "What it does not know", "Named as the licence asks"):
        assert f"\n## {heading}\n" in by_hand
    for name in ("CC BY 2.0 France", "https://tatoeba.org", "https://www.manythings.org/anki/"):
        assert name in by_hand
