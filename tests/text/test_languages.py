"""Sentences in other languages than a text should be in."""

import pytest

from s2s_keras.text.languages import LANGUAGES, foreign_spans

FOREIGN = [
    "Bonjour, comment allez-vous aujourd'hui mes amis ?",
    "Ich habe heute leider keine Zeit, weil ich arbeiten muss.",
    "No tengo tiempo para hablar contigo ahora mismo.",
    "Vorrei un bicchiere di acqua, per favore.",
    "Jeg vil gerne have en kop kaffe, tak.",
    "Eu não sei o que ele quer.",
    "Wij hebben geen melk meer in huis.",
    "Jag vet inte vad det är.",
    "Nie wiem, co to jest.",
    "Ben bir bardak su ve çay isterim.",
]
ENGLISH = [
    "",
    "\ud800 \U0001f63a 12",
    "Teh qick brwn fox",
    "we met in the kitchen",
    "May I come in?",
    "He died in Las Palmas de Gran Canaria.",
    "i thnik taht he is hear",
    "Come over here. We met last night.",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_sentences_of_other_languages_are_found(text: str) -> None:
    assert list(foreign_spans(text, "en")) == [(0, len(text))]


@pytest.mark.parametrize("text", ENGLISH)
def test_english_with_its_errors_is_english(text: str) -> None:
    assert list(foreign_spans(text, "en")) == []


def test_each_sentence_is_judged_and_one_that_tells_nothing_is_as_the_text() -> None:
    text = "He is here. Er ist nicht da. Guten Morgen!"
    spans = [text[start:end] for start, end in foreign_spans(text, "en")]
    assert spans == ["Er ist nicht da. "]
    text = "Er ist nicht da. Guten Morgen! Sie sind auch nicht da."
    assert "".join(text[start:end] for start, end in foreign_spans(text, "en")) == text
    assert list(foreign_spans(text, "de")) == []


def test_of_an_unknown_language_nothing_is_foreign() -> None:
    assert list(foreign_spans(FOREIGN[0], "xx")) == []
    assert all(language.islower() and words for language, words in LANGUAGES.items())
